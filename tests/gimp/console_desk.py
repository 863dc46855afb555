"""A GIMP without a window that runs the code of many tests, one after the other: its start takes longer than some."""

import os
import subprocess
import time
from pathlib import Path
from typing import TextIO

from gimps import Said, batch, end_group, give, refuse_faults, result_of, surroundings
from provide import Place

END_SECONDS = 60


class ConsoleDesk:
    """A GIMP that is started when it is first needed, and anew after code that it did not come to the end of."""

    def __init__(self, place: Place, profile: Path) -> None:
        """Start nothing yet.

        Args:
            place: Where GIMP is.
            profile: Its profile.
        """
        self._place, self._profile = place, profile
        self._process: subprocess.Popen | None = None
        self._folders: TextIO | None = None
        self._log = profile.with_name(f"{profile.name}-console.log")
        self._heard = 0

    def run(self, code: str, *, folder: Path, timeout: float, allowed=(), **given) -> Said:
        """Run code as `console` does; no image is left of it."""
        told = give(folder, code, given)
        process = self._started()
        print(folder, file=self._folders, flush=True)
        until = time.monotonic() + timeout
        while process.poll() is None and not told.exists():
            if time.monotonic() > until:
                self.leave()
                raise AssertionError(f"GIMP is not done after {timeout} s:\n{self._said()}")
            time.sleep(0.02)
        said = self._said()
        if process.returncode is not None:
            self.leave()
        result = result_of(told, said, process.returncode)
        refuse_faults(said, allowed)
        return Said(result, said, "")

    def end(self) -> None:
        """Let GIMP quit, if there is one, and fail if it complains of something."""
        if self._process is None:
            return
        self._folders.close()
        try:
            status = self._process.wait(END_SECONDS)
        finally:
            self.leave()
        said = self._said()
        assert status == 0, f"GIMP ended with status {status}:\n{said}"
        refuse_faults(said)

    def leave(self) -> None:
        """End GIMP, if there is one, at once."""
        if self._process is not None:
            self._folders.close()
            end_group(self._process)
            self._process = None

    def _started(self) -> subprocess.Popen:
        if self._process is None:
            folders = self._profile.with_name(f"{self._profile.name}-folders")
            folders.unlink(missing_ok=True)
            os.mkfifo(folders)
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    batch(self._place, "FOLDERS", folders),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=surroundings(self._place, self._profile),
                    start_new_session=True,
                )
            # For reading, too: otherwise this would wait until GIMP opens it.
            self._folders = os.fdopen(os.open(folders, os.O_RDWR), "w")
        return self._process

    def _said(self) -> str:
        """What it said since this was last asked."""
        with self._log.open("rb") as log:
            log.seek(self._heard)
            said = log.read()
        self._heard += len(said)
        return said.decode(errors="replace")
