"""Runs beside GIMP, in its Python: tell what can be seen in its windows, as GTK tells screen readers.

Each line that it reads is a JSON array:

- `look`, what a widget must be to be told of, as an object with a part of the title as its `window`, or null for the
  windows alone, seconds, and which of them is wanted, `all`, the `first` or the `last`: it looks until there is one,
  or the seconds are over, and prints a line with a JSON array. To look at all that GIMP shows takes long.
- `run`, the words of a command, and the seconds that it may take: it prints a line with an object, the command's
  `status`, its `output` in base64 and its `errors`.
"""

import base64
import json
import os
import subprocess
import sys
import time
from itertools import islice

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

# States that tests ask for.
STATES = ("SENSITIVE", "CHECKED", "SELECTED", "FOCUSED", "EXPANDED", "ACTIVE")


def children(node, *, backwards=False):
    """What is right beneath a widget; nothing if that is gone meanwhile."""
    try:
        found = [node.get_child_at_index(index) for index in range(node.get_child_count())]
    except GLib.Error:
        return []
    return [child for child in (reversed(found) if backwards else found) if child is not None]


def seen(node, window, wanted, *, backwards):
    """Walk what is showing beneath a window or a widget, and tell of what is wanted."""
    for child in children(node, backwards=backwards):
        if shown(child):
            if not backwards:
                yield from told_if_wanted(child, window, wanted)
            yield from seen(child, window, wanted, backwards=backwards)
            if backwards:
                yield from told_if_wanted(child, window, wanted)


def shown(node):
    """Tell whether a widget is showing."""
    try:
        states = node.get_state_set()
    except GLib.Error:
        return False
    return states.contains(Atspi.StateType.SHOWING) and states.contains(Atspi.StateType.VISIBLE)


def name_of(node):
    """The name of a widget; none if it is gone meanwhile."""
    try:
        return node.get_name() or ""
    except GLib.Error:
        return ""


def told_if_wanted(node, window, wanted):
    """Tell of one widget, if it is wanted; the rest is asked only then, for each question takes its time."""
    try:
        name, role = node.get_name() or "", node.get_role_name()
        if wanted.get("name", name) != name or wanted.get("role", role) != role:
            return
        states = node.get_state_set()
        yield {
            "role": role,
            "name": name,
            "window": window,
            "tooltip": node.get_description() or "",
            "text": Atspi.Text.get_text(words, 0, -1) if (words := node.get_text_iface()) else None,
            "value": Atspi.Value.get_current_value(number) if (number := node.get_value_iface()) else None,
            "states": [name.lower() for name in STATES if states.contains(getattr(Atspi.StateType, name))],
            "box": box(node),
        }
    except GLib.Error:
        return


def box(node):
    """Left, top, width and height on the screen."""
    if not (component := node.get_component_iface()):
        return [0, 0, 0, 0]
    found = Atspi.Component.get_extents(component, Atspi.CoordType.SCREEN)
    return [found.x, found.y, found.width, found.height]


def everything(wanted, *, backwards):
    """What is wanted; the windows alone, if that is nothing."""
    part = (wanted or {}).get("window", "")
    for program in children(Atspi.get_desktop(0), backwards=backwards):
        for window in children(program, backwards=backwards):
            title = name_of(window)
            if part in title and shown(window):
                if not backwards:
                    yield from told_if_wanted(window, title, wanted or {})
                if wanted is not None:
                    yield from seen(window, title, wanted, backwards=backwards)
                if backwards:
                    yield from told_if_wanted(window, title, wanted or {})


def looked(wanted, seconds, which):
    """Look until it is there."""
    until = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        found = everything(wanted, backwards=which == "last")
        found = list(found) if which == "all" else list(islice(found, 1))
        now = time.monotonic()
        if found or now >= until:
            return found
        # GIMP works, too, to tell what it shows.
        time.sleep(max(0.1, 2 * (now - began)))


def ran(words, seconds):
    """Run a command; to start one from outside takes longer."""
    try:
        done = subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return {"status": -1, "output": "", "errors": f"it is not done after {seconds} s"}
    output, errors = base64.b64encode(done.stdout).decode(), done.stderr.decode(errors="replace")
    return {"status": done.returncode, "output": output, "errors": errors}


for line in sys.stdin:
    what, *rest = json.loads(line)
    if what == "run":
        print(json.dumps(ran(*rest)), flush=True)
    # A process each, which knows nothing of what was there before.
    elif process := os.fork():
        os.waitpid(process, 0)
    else:
        print(json.dumps(looked(*rest)), flush=True)
        os._exit(0)
