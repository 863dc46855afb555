"""The plug-in's own log: what it writes to stderr, nobody sees."""

import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path

LOG_FILE = "plug-in.log"
LONGEST = 2**20


def start_log(folder: Path) -> None:
    """Log to a file of this user, which rotates; without one where it cannot be written.

    Args:
        folder: Where it is.
    """
    # What is written from here on is for this user alone.
    os.umask(0o077)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            folder / LOG_FILE, maxBytes=LONGEST, backupCount=1, encoding="utf-8", delay=True
        )
    except OSError:
        return
    handler.setFormatter(logging.Formatter(f"%(asctime)s {os.getpid()} %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
