"""A real GIMP with its window, on a screen of its own: seen as screen readers see it, used by mouse and keyboard."""

import base64
import json
import re
import select
import subprocess
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gimps import LANGUAGE, end_group, refuse_faults, surroundings
from provide import Place

SCREEN = "1280x960x24"
SIZE = (1270, 920)
TITLE = "GNU Image Manipulation Program"
START_SECONDS = 180
WAIT_SECONDS = 60
LOOK_SECONDS = 90
# Until then what was done may just take its time; then it was lost, and is done again.
PATIENCE_SECONDS = 10
# A frame around a window moves it by less.
FRAME_PIXELS = 60
PRESSED = ("push button", "toggle button", "radio button", "check box", "combo box", "menu item")
JOB = Path(__file__).with_name("widget_job.py")
# GTK's own complaints, in GIMP and in the plug-in, when the screen is read while a window or an image closes, or
# after one was opened twice: each state set that is not there any more is complained of, and then released.
OF_SCREEN_READERS = (
    r"\((gimp|texture-synthesis):\d+\): Atk-CRITICAL .*atk_state_set_contains_state",
    r"\((gimp|texture-synthesis):\d+\): GLib-GObject-CRITICAL .*g_object_unref: assertion 'G_IS_OBJECT",
    r"\((gimp|texture-synthesis):\d+\): Gtk-CRITICAL .*gtk_container_forall",
    r"\((gimp|texture-synthesis):\d+\): Atk-CRITICAL .*atk_selection_ref_selection",
    r"\((gimp|texture-synthesis):\d+\): Gtk-CRITICAL .*gtk_(accessible|popover)_get_",
)
# GIMP 3.2's, of the mouse that xdotool moves.
OF_MOUSE = (
    r"\(gimp:\d+\): Gdk-CRITICAL .*'GDK_IS_DEVICE \(device\)' failed",
    r"Gimp-Widgets-CRITICAL: gimp_device_info_get_device: assertion 'GIMP_IS_DEVICE_INFO",
)
COMPLAINTS = (*OF_SCREEN_READERS, *OF_MOUSE)


@dataclass(frozen=True)
class Widget:
    """Something that can be seen in a window.

    Attributes:
        role: What it is, such as `push button`, `menu item`, `check box`, `spin button`, `label`.
        name: Its label.
        window: Title of the window it is in.
        tooltip: What is shown where the pointer rests on it.
        text: The text in it, if it has any.
        value: The number it shows, if it is a slider, a spin button or a progress bar.
        states: Of `sensitive`, `checked`, `selected`, `focused`, `expanded` and `active`.
        box: Left, top, width and height on the screen, pixels.
    """

    role: str
    name: str
    window: str
    tooltip: str
    text: str | None
    value: float | None
    states: tuple[str, ...]
    box: tuple[int, int, int, int]

    @property
    def middle(self) -> tuple[int, int]:
        """Where to click on it."""
        left, top, width, height = self.box
        return left + width // 2, top + height // 2

    @property
    def takes_clicks(self) -> bool:
        """Whether something comes of a click on it."""
        return self.role not in PRESSED or "sensitive" in self.states


def repeat(act, done, tell, seconds=WAIT_SECONDS):
    """Do something until it has its effect, and give that: what is done while a window opens may be lost.

    Args:
        act: Does it; may be done more than once.
        done: Gives the effect, if it is there.
        tell: Says what there is instead.
        seconds: For all of it.
    """
    until = time.monotonic() + seconds
    while True:
        act()
        patient = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < patient:
            if found := done():
                return found
            time.sleep(0.1)
        assert time.monotonic() < until, tell()


@dataclass(frozen=True)
class Window:
    """A GIMP on a screen.

    Attributes:
        place: Where it is.
        environment: What its commands are to know.
        log: What it says.
        process: Its process.
        looker: The process that tells what can be seen, and runs commands on the screen.
    """

    place: Place
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen
    looker: subprocess.Popen

    def screenshot(self, path: Path) -> Path:
        """Keep a picture of the screen, PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.tell("import", "-window", "root", "-quality", "10", "png:-"))
        return path

    def click(self, x: int, y: int, button=1, times=1) -> None:
        """Click a place on the screen."""
        often = ("click", "--repeat", str(times), "--delay", "20", str(button))
        self.tell("xdotool", "mousemove", str(x), str(y), "sleep", "0.1", *often)

    def move(self, x: int, y: int) -> None:
        """Move the pointer there."""
        self.tell("xdotool", "mousemove", str(x), str(y))

    def hover(self, x: int, y: int) -> None:
        """Move the pointer there from nearby: where it rests already, nothing would come of it."""
        self.move(x - 3, y)
        self.move(x, y)

    def key(self, keys: str) -> None:
        """Press keys, such as `ctrl+shift+f` or `Escape`."""
        self.tell("xdotool", "key", "--clearmodifiers", keys)

    def type(self, text: str) -> None:
        """Type text."""
        self.tell("xdotool", "type", "--delay", "20", text)

    def windows(self) -> list[str]:
        """Titles of the windows that are open, dialogs among them."""
        return sorted({widget.name for widget in self.look(None) if widget.name})

    def wait_for_window(self, title_part: str, seconds=WAIT_SECONDS) -> str:
        """Wait until a window with this in its title is open."""
        until = time.monotonic() + seconds
        while True:
            titles = self.windows()
            if found := next((title for title in titles if title_part in title), None):
                return found
            assert time.monotonic() < until, f"no window {title_part!r} among {titles}: {self.said()}"
            time.sleep(0.1)

    def place_window(self, title_part: str, left: int, top: int) -> None:
        """Move a dialog, and wait until it is there."""
        words = ("xdotool", "search", "--onlyvisible", "--name", re.escape(title_part), "windowmove")

        def there() -> bool:
            places = [each.box[:2] for each in self.widgets(window=title_part, role="dialog")]
            return any(abs(x - left) + abs(y - top) < FRAME_PIXELS for x, y in places)

        repeat(lambda: self.ask(*words, str(left), str(top)), there, lambda: f"{title_part!r} does not move")

    def activate(self, title_part: str) -> None:
        """Give a window the keyboard, as soon as the window manager does."""
        words = ("xdotool", "search", "--onlyvisible", "--name", re.escape(title_part), "windowactivate", "--sync")
        until = time.monotonic() + WAIT_SECONDS
        # The window manager may have to start again.
        while (done := self.ask(*words))["status"]:
            assert time.monotonic() < until, f"{title_part!r} is not activated: {done['errors']}"
            time.sleep(0.2)

    def wait_for_no_window(self, title_part: str, seconds=WAIT_SECONDS) -> None:
        """Wait until no window has this in its title."""
        until = time.monotonic() + seconds
        while any(title_part in title for title in self.windows()):
            assert time.monotonic() < until, f"the window {title_part!r} stays: {self.said()}"
            time.sleep(0.1)

    def widgets(self, *, seconds=0.0, **wanted) -> list[Widget]:
        """Look for what can be seen: all of it, or what is wanted by `name`, `role`, `window` (part of its title)."""
        return self.look(wanted, seconds)

    def look(self, wanted: dict[str, str] | None, seconds=0.0, which="all") -> list[Widget]:
        """Look for `all` that is wanted, the `first` or the `last`; for the windows alone if it is None."""
        found = self.answer("look", wanted, seconds, which)
        return [Widget(**{**one, "states": tuple(one["states"]), "box": tuple(one["box"])}) for one in found]

    def widget(self, name: str, *, seconds=WAIT_SECONDS, **wanted) -> Widget:
        """Wait until there is one of this name; the last found, if there are several."""
        return self.only({"name": name, **wanted}, seconds, "last")

    def only(self, wanted: dict[str, str], seconds: float, which: str) -> Widget:
        """Wait until there is one that is wanted, and give the `first` or the `last` of them."""
        found = self.look(wanted, seconds, which)
        assert found, f"nothing is called {wanted['name']!r} {wanted} among {self.names()}: {self.said()}"
        return found[0]

    def still(self, name: str, *, seconds=WAIT_SECONDS, **wanted) -> Widget:
        """Wait until what has this name can be pressed and stays where it is: a window that opens may move."""
        until = time.monotonic() + seconds
        before, found = None, self.widget(name, seconds=seconds, **wanted)
        while before is None or before.box != found.box or not found.takes_clicks:
            assert time.monotonic() < until, f"{found} moves, or cannot be pressed: {self.said()}"
            time.sleep(0.1)
            before, found = found, self.widget(name, seconds=seconds, **wanted)
        return found

    def press(self, name: str, *, seconds=WAIT_SECONDS, **wanted) -> Widget:
        """Click what has this name, when it is there and can be pressed."""
        found = self.still(name, seconds=seconds, **wanted)
        self.click(*found.middle)
        return found

    def menu(self, *labels: str) -> None:
        """Open the menus of these names with the mouse, one out of the other, and click the last."""
        path = " > ".join(labels)
        # The first: the menu bar is above all else.
        wanted = [{"name": label, "role": "menu"} for label in labels]
        wanted[-1]["role"] = "menu item"
        item = self.only(wanted[0], WAIT_SECONDS, "first")
        for depth, after in enumerate(wanted[1:]):
            # A submenu opens beneath the pointer; a click could close it again.
            act = self.click if depth == 0 else self.hover
            (item,) = repeat(
                lambda act=act, item=item: act(*item.middle),
                lambda after=after: self.look(after, 0, "first"),
                lambda item=item: f"{path}: {item.name!r} does not open",
            )
            assert "sensitive" in item.states, f"{path}: {item.name!r} is grayed out"
        # What is chosen is shown no more.
        repeat(
            lambda: self.click(*item.middle),
            lambda: not self.look(wanted[-1], 0, "first"),
            lambda: f"{path} stays open",
        )

    def names(self) -> list[str]:
        """The names of all that can be seen."""
        return sorted({widget.name for widget in self.widgets() if widget.name})

    def said(self) -> str:
        """What GIMP and its plug-ins said so far."""
        return self.log.read_text(errors="replace")

    def refuse_its_end(self) -> None:
        """Fail if it has ended."""
        assert self.process.poll() is None, f"GIMP has ended with status {self.process.returncode}: {self.said()}"

    def tell(self, *words: str) -> bytes:
        """Run a command on its screen, and give what it says."""
        done = self.ask(*words)
        assert done["status"] == 0, f"{words[0]}: {done['errors']}"
        return base64.b64decode(done["output"])

    def ask(self, *words: str) -> dict:
        """Run a command on its screen, whatever its `status`; it has `output` and `errors`."""
        return self.answer("run", words, LOOK_SECONDS)

    def answer(self, what: str, asked, seconds: float, *how: str):
        """Have the looker do something that takes some seconds."""
        self.refuse_its_end()
        self.looker.stdin.write(f"{json.dumps([what, asked, seconds, *how])}\n".encode())
        self.looker.stdin.flush()
        # It tells all in one line.
        ready, _, _ = select.select([self.looker.stdout], [], [], LOOK_SECONDS + seconds)
        assert ready, f"nothing tells what can be seen: {self.said()}"
        told = self.looker.stdout.readline()
        assert told, f"what tells what can be seen has ended: {self.said()}"
        return json.loads(told)


@contextmanager
def window(place: Place, profile_folder: Path, *files: Path, language=LANGUAGE, environment=None, allowed=()):
    """Run a GIMP with its window for a while; complaints that no pattern in `allowed` matches fail the test."""
    log = profile_folder.with_name(f"{profile_folder.name}.log")
    around = surroundings(place, profile_folder, language, environment)
    with ExitStack() as stack:
        # Without repeating keys: one that a busy machine lets go of late would be pressed many times.
        words = ("Xvfb", "-r", "-displayfd", "1", "-screen", "0", SCREEN, "-nolisten", "tcp")
        screen = beside(stack, place, around, *words)
        around["DISPLAY"] = f":{first_line(screen)}"
        bus = beside(stack, place, around, "dbus-daemon", "--session", "--nofork", "--print-address=1")
        around["DBUS_SESSION_BUS_ADDRESS"] = first_line(bus)
        # It starts again should it crash, as a desktop's session would have it.
        beside(stack, place, around, "sh", "-c", "until openbox; do sleep 0.2; done")
        with log.open("wb") as sink:
            process = started(place.command(place.window, "--no-splash", *map(str, files)), around, sink)
            looker = started(
                place.command("/usr/bin/python3", str(JOB)), around, sink, subprocess.PIPE, subprocess.PIPE
            )
        stack.enter_context(looker)
        stack.callback(end_group, looker)
        stack.callback(end_group, process)
        found = Window(place, around, log, process, looker)
        enlarge(found, found.wait_for_window(files[-1].stem if files else TITLE, START_SECONDS))
        yield found
    refuse_faults(log.read_text(errors="replace"), (*COMPLAINTS, *allowed))


def enlarge(window: Window, title: str) -> None:
    """Have GIMP's window fill the screen."""
    words = ("xdotool", "search", "--onlyvisible", "--name", re.escape(title))
    size = tuple(map(str, SIZE))
    until = time.monotonic() + WAIT_SECONDS
    # With its frame it is somewhat larger.
    while window.widget(title, role="frame").box[2] < SIZE[0]:
        assert time.monotonic() < until, f"the window stays as small as it is: {window.said()}"
        # Again until it is heard: GIMP may set a size of its own after the first, or the window manager start again.
        window.ask(*words, "windowmove", "0", "0", "windowsize", *size)
        time.sleep(0.3)


def beside(stack: ExitStack, place: Place, environment, *words: str) -> subprocess.Popen:
    """Run something that the window needs, as long as the window is there."""
    process = started(place.command(*words), environment, subprocess.DEVNULL, subprocess.PIPE)
    stack.callback(end_group, process)
    stack.callback(process.stdout.close)
    return process


def first_line(process: subprocess.Popen) -> str:
    """Wait for the first line that a process says."""
    line = process.stdout.readline().decode().strip()
    assert line, f"{process.args} does not start"
    return line


def started(command: list[str], environment, errors, output=None, asked=subprocess.DEVNULL) -> subprocess.Popen:
    """Start a process that leads a group of its own."""
    return subprocess.Popen(
        command,
        stdin=asked,
        stdout=output or errors,
        stderr=errors,
        env=environment,
        start_new_session=True,
    )
