"""The last options, kept for `Repeat Last Texture`, and seeds."""

import logging
import random
import uuid
from dataclasses import replace
from pathlib import Path

from gi.repository import Gimp

from gimp_plugin import user_options
from gimp_plugin.user_options import Options

# Of a parasite that GIMP keeps until it ends.
SESSION = "texture-synthesis-session"


def keep_options(options: Options, folder: Path) -> None:
    """Keep options in a folder, if it can be written."""
    try:
        user_options.remember(options, folder, _session())
    except OSError as error:
        logging.getLogger(__name__).warning("cannot remember the settings: %s", error)


def options_to_repeat(folder: Path) -> Options | None:
    """Load the last options from a folder, with a new seed."""
    last = user_options.recall(folder, _session())
    return None if last is None else replace(last, settings=replace(last.settings, seed=new_seed()))


def new_seed() -> int:
    """Return a random seed."""
    return random.SystemRandom().randint(0, user_options.LARGEST_WHOLE)


def _session() -> str:
    """Name this run of GIMP, in which ids of layers are valid; another run gives the same ids to other layers."""
    found = Gimp.get_parasite(SESSION)
    if found is None:
        # Not persistent: GIMP does not save it.
        found = Gimp.Parasite.new(SESSION, 0, uuid.uuid4().hex.encode())
        Gimp.attach_parasite(found)
    return bytes(found.get_data()).decode()
