"""The engine's log."""

import logging
import os
import shutil
import sys
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

LOG_FILE = "engine.log"
LOG_BYTES = 2**20
OLD_LOGS = 3


def for_this_user(path: str | os.PathLike[str], flags: int) -> int:
    """Open a file, and create it readable by this user alone; an `opener` for `open`."""
    return os.open(path, flags, 0o600)


class UnfailingFileHandler(RotatingFileHandler):
    """A rotating log file. Messages that cannot be written are dropped."""

    def _open(self) -> TextIOWrapper:
        # `Path.open` takes no opener.
        return open(self.baseFilename, self.mode, encoding=self.encoding, opener=for_this_user)  # type: ignore[return-value]

    def rotate(self, source: str, dest: str) -> None:
        """Rename the file; empty it if that fails, as on Windows, where the engine's own stderr has it open."""
        try:
            super().rotate(source, dest)
        except OSError:
            shutil.copyfile(source, dest)
            os.truncate(source, 0)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Ignore the error."""


def start_log(file: Path | None, *, verbose: bool) -> None:
    """Log to a rotating file, or to stderr.

    Args:
        file: The file, or None.
        verbose: Whether to log details for debugging.

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
