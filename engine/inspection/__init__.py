"""Looking inside: what the encoder sees of a picture, and how a texture came about, as figures and numbers."""
