"""A texture from its options to its request and its pictures, for one command and for batches."""
