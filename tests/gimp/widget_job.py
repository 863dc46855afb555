"""Runs beside GIMP, in its Python: tell what can be seen in its windows, as GTK tells screen readers.

Each line that it reads is a JSON array: what a widget must be to be told of, as an object with a part of the title as
its `window`, or null for the windows alone; and seconds. It looks until there is one, or the seconds are over, and
prints a line with a JSON array.
"""

import json
import os
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


def seen(node, window, wanted):
    """Walk what is showing beneath a window or a widget, and tell of what is wanted."""
    for child in children(node):
        if shown(child):
            yield from told_if_wanted(child, window, wanted)
            yield from seen(child, window, wanted)


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


def everything(wanted):
    """What is wanted; the windows alone, if that is nothing."""
    part = (wanted or {}).get("window", "")
    found = []
    for program in children(Atspi.get_desktop(0)):
        for window in children(program):
            title = name_of(window)
            if part in title and shown(window):
                found += told_if_wanted(window, title, wanted or {})
                if wanted is not None:
                    found += seen(window, title, wanted)
    return found


def looked(wanted, seconds):
    """Look until it is there."""
    until = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        found = everything(wanted)
        now = time.monotonic()
        if found or now >= until:
            return found
        # GIMP works, too, to tell what it shows.
        time.sleep(max(0.1, now - began))


for line in sys.stdin:
    # A process each, which knows nothing of what was there before.
    if process := os.fork():
        os.waitpid(process, 0)
    else:
        print(json.dumps(looked(*json.loads(line))), flush=True)
        os._exit(0)
