"""The engine: texture synthesis, its terminal commands and its service."""
