"""The implementation of `install.py`; it uses only the standard library."""
