"""Figures and numbers about what the encoder sees of a picture, and how a texture is made."""
