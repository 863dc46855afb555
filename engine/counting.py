"""Counts in messages."""


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, which gets an `s` unless it is one: `1 seed`, `2 seeds`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
