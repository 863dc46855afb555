"""The implementation of `install.py` and `texture-engine install-plugin`; it uses only the standard library."""
