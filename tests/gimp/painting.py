"""What a user does with the plug-in's windows, and what they show."""

import os
import re
import signal
import threading
import time
from contextlib import contextmanager, suppress

from windows import WAIT_SECONDS, Window, repeat

MENU = ("Filters", "Texture Synthesis")
FILL = "Fill Selection with Texture"
SECONDS = 300


def wait(condition, seconds=SECONDS, tell=lambda: "it does not come to be"):
    """Wait until it holds, and give it; `tell` says what there is instead."""
    until = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        if found := condition():
            return found
        now = time.monotonic()
        assert now < until, tell()
        # GIMP works, too, to tell what it shows.
        time.sleep(max(0.05, 2 * (now - began)))


def layers(painter, title="wall"):
    """How many layers the image has, by GIMP's title."""
    return int(re.search(r"(\d+) layers?\)", painter.wait_for_window(title))[1])


def size(painter):
    """Width and height of the image, by GIMP's title."""
    title = painter.wait_for_window("wall")
    return next(word for word in title.replace("×", "x").split() if word.replace("x", "").isdigit() and "x" in word)


def select_hole(painter):
    """Select the hole as a user does."""
    painter.menu("Layer", "Transparency", "Alpha to Selection")
    painter.menu("Select", "Invert")


def said(painter: Window, title=FILL):
    """All labels of a dialog."""
    return [found.name for found in painter.widgets(window=title, role="label")]


def asked(painter: Window, title=FILL):
    """Open a dialog by mouse."""
    painter.menu(*MENU, f"{title}…")
    return painter.wait_for_window(title)


def choose(dialog: Window, before, choice, title=FILL):
    """Choose from a list; GIMP names it after what is chosen already."""

    def lists():
        return len(dialog.widgets(window=title, name=before, role="combo box"))

    def act():
        dialog.press(before, window=title, role="combo box")
        dialog.press(choice, role="menu item")

    count = lists()
    repeat(act, lambda: lists() < count, lambda: f"{choice!r} is not chosen: {dialog.names()}")


def expand(dialog: Window, label, title=FILL):
    """Open what is under an expander, or close it again."""

    def is_open():
        return "expanded" in dialog.widget(label, window=title, role="toggle button").states

    def act():
        left, top, _width, _height = dialog.still(label, window=title, role="toggle button").box
        # It answers clicks near its label only, and is as large as what is under it.
        dialog.click(left + 10, top + 10)

    before = is_open()
    repeat(act, lambda: is_open() != before, lambda: f"{label!r} stays as it is")


def in_row(dialog: Window, label, title=FILL, **wanted):
    """Find what is wanted beside a label, the last one, when it is there and does not move."""

    def there():
        row = dialog.still(label, window=title, role="label").middle[1]
        return [each for each in dialog.widgets(window=title, **wanted) if abs(each.middle[1] - row) < each.box[3]]

    return wait(there, WAIT_SECONDS, dialog.names)[-1]


def press_in_row(dialog: Window, button, label, title=FILL):
    """Press the button of this name beside a chooser's label."""
    dialog.click(*in_row(dialog, label, title, name=button).middle)


def choose_layer(dialog: Window, label, image, layer, title=FILL):
    """Choose a layer of an image, both by a part of their names."""
    press_in_row(dialog, "Browse...", label, title)
    chooser = dialog.wait_for_window(f"Choose drawable: {label}")
    choose_cell(dialog, image, chooser)
    choose_cell(dialog, layer, chooser)
    dialog.press("OK", window=chooser)
    dialog.wait_for_no_window(chooser)


def choose_cell(dialog: Window, name, title):
    """Click what has this in its name in a list, once it is there."""
    cells = wait(
        lambda: [each for each in dialog.widgets(window=title, role="table cell") if name in each.name],
        WAIT_SECONDS,
        dialog.names,
    )
    dialog.click(*cells[-1].middle)


def enter(dialog: Window, label, number, title=FILL):
    """Write a number beside a label, by mouse and keyboard."""

    def field():
        return in_row(dialog, label, title, role="spin button")

    def act():
        left, top, _width, height = field().box
        dialog.click(left + 15, top + height // 2)
        dialog.key("ctrl+a")
        dialog.type(number)
        dialog.key("Tab")

    repeat(act, lambda: field().value == float(number), lambda: f"{label} stays {field()}")


def press_key(painter: Window, keys, title, done):
    """Press keys in a window until they have their effect: before it has the keyboard, they are lost."""

    def act():
        # The effect may have closed it meanwhile.
        if not done():
            painter.activate(title)
            painter.key(keys)

    repeat(act, done, lambda: f"nothing comes of {keys} in {title!r}: {painter.names()}")


def undo(painter: Window, count, title="wall"):
    """Undo one step, after which the image has so many layers."""
    press_key(painter, "ctrl+z", title, lambda: layers(painter, title) == count)


def close_image(painter: Window, title="wall"):
    """Close an image that was changed, by keyboard and mouse."""
    press_key(painter, "ctrl+w", title, lambda: painter.widgets(name="Discard Changes"))
    painter.press("Discard Changes")


def works(dialog: Window):
    """Press the button and wait until the first frame is there."""
    dialog.press("Fill", window=FILL)
    wait(lambda: layers(dialog) > 1)


def stops(dialog: Window, title=FILL):
    """Wait until the dialog has taken what ends a job: a slow computer would be done before it does."""
    wait(lambda: "sensitive" not in dialog.widget("Stop Here", window=title).states)


@contextmanager
def held(dialog: Window, engine, begin=works):
    """Begin a job, by default press the button, and stop the engine's workers once there is what `begin` waits for.

    Until then they get a tenth of their time: a fast computer would be done before it can be stopped.
    """
    seen, found = threading.Event(), set()

    def slow():
        with engine.client("slow") as client:
            while not seen.is_set():
                # One that starts is not slowed: it would take minutes.
                found.update(worker.process for worker in client.status().workers if worker.state == "working")
                send(found, signal.SIGSTOP)
                seen.wait(0.09)
                send(found, signal.SIGCONT)
                seen.wait(0.01)
        send(found, signal.SIGSTOP)

    slowing = threading.Thread(target=slow)
    slowing.start()
    try:
        try:
            begin(dialog)
        finally:
            seen.set()
            slowing.join()
        assert found
        yield
    finally:
        send(found, signal.SIGCONT)


def send(processes, number):
    """Send a signal to processes; the engine ends a worker that stands still for long after its job was canceled."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)


def ended(dialog: Window, word, title=FILL):
    """Wait until the dialog says so; a message of GIMP's own, which tells of a fault, fails the test."""
    found = wait(
        lambda: next((label for label in said(dialog, title) if label.startswith(word)), None),
        tell=lambda: said(dialog, title),
    )
    assert "GIMP Message" not in dialog.windows(), dialog.names()
    return found


def idle(engine):
    """Whether the engine has nothing to do."""
    with engine.client("look") as client:
        status = client.status()
    return not status.waiting and all(worker.state == "ready" for worker in status.workers)


@contextmanager
def paused(engine):
    """Stop the engine's workers for a while, so that no job ends before a test has done what it does meanwhile."""
    with engine.client("pause") as client:
        processes = [worker.process for worker in client.status().workers if worker.process]
    assert processes
    send(processes, signal.SIGSTOP)
    try:
        yield
    finally:
        send(processes, signal.SIGCONT)
