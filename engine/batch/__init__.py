"""Batches: many textures, each one request of `synthesize`, made once however often the batch is interrupted."""
