"""Calls of GIMP's procedures that fail because the user has just closed an image or deleted a layer."""

from collections.abc import Iterator
from contextlib import contextmanager

from gi.repository import Gimp


@contextmanager
def failing_quietly() -> Iterator[None]:
    """Have GIMP show no message of a call that fails; such a call gives None, False, 0 or an empty list.

    GIMP is another process and goes on meanwhile, so no check before a call can rule out that it fails.
    """
    plug_in = Gimp.get_plug_in()
    before = plug_in.get_pdb_error_handler()
    plug_in.set_pdb_error_handler(Gimp.PDBErrorHandler.PLUGIN)
    try:
        yield
    finally:
        plug_in.set_pdb_error_handler(before)
