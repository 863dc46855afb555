"""A GIMP with its window that many tests use one after the other: its start takes as long as some of them."""

import os
import shutil
import signal
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gimps import profile, refuse_faults
from plugged import Plugged, plug
from provide import Place
from windows import COMPLAINTS, TITLE, WAIT_SECONDS, Window, window

from installation.plugin import plugin_folder

SERVICE = (
    "dbus-send",
    "--session",
    "--print-reply",
    "--reply-timeout=60000",
    "--dest=org.gimp.GIMP.UI",
    "/org/gimp/GIMP/UI",
)
# Their numbers begin with 1; no test opens as many.
MOST_DISPLAYS = 400
# GIMP complains if the display that stays without an image is closed.
CLOSE = f"""
for number in range(1, {MOST_DISPLAYS}) if Gimp.get_images() else ():
    if Gimp.Display.id_is_valid(number):
        Gimp.Display.get_by_id(number).delete()
for image in Gimp.get_images():
    image.delete()
"""


class Desk:
    """A GIMP with its window and the plug-in, started when it is first needed, and anew after a test spoils it."""

    def __init__(self, place: Place, template: Path, state: Path, folder: Path) -> None:
        """Start nothing yet.

        Args:
            place: Where GIMP is.
            template: A warmed profile.
            state: The folder of a warm engine.
            folder: Where to keep profiles.
        """
        self._place, self._template, self._state, self._folder = place, template, state, folder
        self._stack = ExitStack()
        self._window: Window | None = None
        self._plugged: Plugged | None = None
        self._starts = self._heard = 0
        self._terminated = False

    @property
    def profile(self) -> Path:
        """The profile of the GIMP that runs."""
        assert self._plugged is not None
        return self._plugged.profile

    @contextmanager
    def showing(self, *files: Path, allowed=()):
        """Show files in a GIMP that nobody has used, as far as it can be seen.

        Complaints that no pattern in `allowed` matches fail the test.
        """
        found = self._started()
        clean = False
        try:
            for file in files:
                found.tell(*SERVICE, "org.gimp.GIMP.UI.Open", f"string:{file.as_uri()}")
                found.wait_for_window(file.stem)
            yield found
            clean = self._cleared(found)
        finally:
            status = found.process.poll()
            said = found.said()[self._heard :]
            self._heard += len(said)
            if not clean:
                self.leave()
        # In the words that give a test its second attempt, which a complaint of the same crash would take away.
        assert status is None or self._terminated, f"GIMP has ended with status {status}: {said}"
        refuse_faults(said, (*COMPLAINTS, *allowed))

    def plug_in_processes(self) -> list[int]:
        """Processes of the plug-in in this GIMP."""
        return plug_in_processes(plugin_folder(self.profile))

    def terminate(self) -> None:
        """Tell the GIMP to end, as a session that ends does: its end is no fault then."""
        assert self._window is not None
        os.killpg(self._window.process.pid, signal.SIGTERM)
        self._terminated = True

    def leave(self) -> None:
        """End the GIMP, if there is one."""
        self._window = None
        self._stack.close()

    def _started(self) -> Window:
        if self._window is None or self._window.process.poll() is not None:
            self.leave()
            self._starts += 1
            own = profile(self._folder / f"profile-{self._starts}", self._template)
            self._plugged = plug(self._place, own, self._state)
            self._heard = 0
            self._terminated = False
            # What it says is looked at after each test.
            self._window = self._stack.enter_context(window(self._place, own, allowed=("",)))
        return self._window

    def _cleared(self, found: Window) -> bool:
        """Close all images, and forget what was chosen; tell whether that is all that the test has left."""
        if found.process.poll() is not None or len(found.windows()) > 1:
            return False
        if not soon(lambda: not self.plug_in_processes()):
            return False
        python = "string:python-fu-eval"
        found.tell(*SERVICE, "org.gimp.GIMP.UI.BatchRun", python, f"string:{CLOSE}")
        # Without a look: GTK complains if what is looked at is closed.
        title = ("xdotool", "search", "--onlyvisible", "--name", f"^{TITLE}$")
        if not soon(lambda: found.ask(*title)["status"] == 0):
            return False
        # What the dialogs show next time.
        shutil.rmtree(self.profile / "plug-in-settings", ignore_errors=True)
        return True


def soon(condition) -> bool:
    """Tell whether it comes to hold within a while."""
    until = time.monotonic() + WAIT_SECONDS
    while not (found := condition()) and time.monotonic() < until:
        time.sleep(0.1)
    return found


def plug_in_processes(place_of: Path) -> list[int]:
    """Processes of the plug-in in a profile."""
    script = str(place_of / "texture-synthesis.py").encode()
    found = []
    for folder in os.scandir("/proc"):
        if folder.name.isdigit():
            try:
                words = Path(f"/proc/{folder.name}/cmdline").read_bytes()
            except OSError:
                continue
            if script in words:
                found.append(int(folder.name))
    return found
