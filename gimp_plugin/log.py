"""The plug-in's log file, which several processes of the plug-in may write to at once."""

import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

LOG_FILE = "plug-in.log"
LONGEST = 2**20


class SharedLogHandler(RotatingFileHandler):
    """A rotating log file of several processes.

    A process that does not notice the rotation by another would continue in the old file, and later rotate once more,
    over the latest messages. On Windows, a file that another process has open cannot be rotated at all.
    """

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802  # the name of its base class
        """Return whether to rotate the file now; first open it again if another process has rotated it."""
        if self.stream is not None and not self._is_current(self.stream.fileno()):
            self.stream.close()
            self.stream = self._open()
        return bool(super().shouldRollover(record))

    def doRollover(self) -> None:  # noqa: N802
        """Rotate the file, or keep it if that fails."""
        try:
            super().doRollover()
        except OSError:
            if self.stream is None:
                self.stream = self._open()

    def _is_current(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), Path(self.baseFilename).stat())
        except OSError:
            return False


def start_log(folder: Path) -> None:
    """Log to a file that only this user can read, or to stderr if it cannot be written."""
    # New files are readable by this user alone.
    os.umask(0o077)
    handler: logging.Handler
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = SharedLogHandler(folder / LOG_FILE, maxBytes=LONGEST, backupCount=1, encoding="utf-8")
    except OSError as error:
        # GIMP's own stderr, which a terminal shows.
        handler = logging.StreamHandler(sys.stderr)
        print(f"texture synthesis: no log in {folder} ({error.strerror})", file=sys.stderr)
    handler.setFormatter(logging.Formatter(f"%(asctime)s {os.getpid()} %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
