"""The engine's log."""

import logging
import os
import sys
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

LOG_FILE = "engine.log"
LOG_BYTES = 2**20
OLD_LOGS = 3


def for_this_user(path: str | os.PathLike[str], flags: int) -> int:
    """Open a file that is made, where it is not there yet, for this user alone; an `opener` of `open`."""
    return os.open(path, flags, 0o600)


class UnfailingFileHandler(RotatingFileHandler):
    """A log file that rotates; what a full disk does not take is lost, and nothing else."""

    def _open(self) -> TextIOWrapper:
        # A path's own `open` has no opener.
        return open(self.baseFilename, self.mode, encoding=self.encoding, opener=for_this_user)  # type: ignore[return-value]

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Go on."""


def start_log(file: Path | None, *, verbose: bool) -> None:
    """Log to a file that rotates, or plainly to stderr.

    Args:
        file: The file, or None.
        verbose: Whether to log what is of interest for finding faults only.

    Raises:
        OSError: The file cannot be written to.
    """
    handler: logging.Handler
    if file is None:
        handler = logging.StreamHandler(sys.stderr)
    else:
        handler = UnfailingFileHandler(file, maxBytes=LOG_BYTES, backupCount=OLD_LOGS, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("engine").setLevel(logging.DEBUG if verbose else logging.INFO)
