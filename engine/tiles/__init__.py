"""Huge canvases: tiles that are made beside each other, kept in a folder, and put together in one file."""
