"""Runs beside GIMP, in its Python: tell what can be seen in its windows, as GTK tells screen readers.

python3 widget_job.py WANTED SECONDS: `WANTED` is a JSON object of what a widget must be to be told of, with a part of
the title as its `window`, or null for the windows alone. It looks until there is one, or the seconds are over, and
prints a JSON array.
"""

import json
import sys
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

# States that tests ask for.
STATES = ("SENSITIVE", "CHECKED", "SELECTED", "FOCUSED", "EXPANDED", "ACTIVE")


def children(node):
    """What is right beneath a widget; nothing if that is gone meanwhile."""
    try:
        found = [node.get_child_at_index(index) for index in range(node.get_child_count())]
    except GLib.Error:
        return []
    return [child for child in found if child is not None]


def seen(node, window=""):
    """Walk what is showing beneath a window or a widget."""
    for child in children(node):
        if told := described(child, window):
            yield told
            yield from seen(child, told["window"])


def described(node, window):
    """Tell of one widget; None if it is not showing."""
    try:
        states = node.get_state_set()
        if not (states.contains(Atspi.StateType.SHOWING) and states.contains(Atspi.StateType.VISIBLE)):
            return None
        return {
            "role": node.get_role_name(),
            "name": node.get_name() or "",
            "window": window or node.get_name() or "",
            "text": Atspi.Text.get_text(words, 0, -1) if (words := node.get_text_iface()) else None,
            "value": Atspi.Value.get_current_value(number) if (number := node.get_value_iface()) else None,
            "states": [name.lower() for name in STATES if states.contains(getattr(Atspi.StateType, name))],
            "box": box(node),
        }
    except GLib.Error:
        return None


def box(node):
    """Left, top, width and height on the screen."""
    if not (component := node.get_component_iface()):
        return [0, 0, 0, 0]
    found = Atspi.Component.get_extents(component, Atspi.CoordType.SCREEN)
    return [found.x, found.y, found.width, found.height]


def windows():
    """The windows of all programs, with what is told of them."""
    programs = children(Atspi.get_desktop(0))
    found = [(node, described(node, "")) for program in programs for node in children(program)]
    return [(node, told) for node, told in found if told]


def everything(wanted):
    """What is wanted; the windows alone, if that is nothing."""
    if wanted is None:
        return [told for _, told in windows()]
    part = wanted.get("window", "")
    within = [(node, told) for node, told in windows() if part in told["window"]]
    found = [widget for node, told in within for widget in (told, *seen(node, told["window"]))]
    return [widget for widget in found if fits(widget, wanted)]


def fits(widget, wanted):
    """Tell whether a widget in the right window is what is asked for."""
    return all(key == "window" or widget[key] == value for key, value in wanted.items())


def main():
    """Look until it is there."""
    wanted, until = json.loads(sys.argv[1]), time.monotonic() + float(sys.argv[2])
    while True:
        found = everything(wanted)
        if found or time.monotonic() > until:
            print(json.dumps(found))
            return
        time.sleep(0.1)


main()
