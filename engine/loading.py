"""Load large libraries."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Look for no garbage while libraries are loaded, nor ever in what is loaded then.

    Torch makes a million objects that last. To look through them again and again takes a sixth of the time that it
    takes to load it.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
