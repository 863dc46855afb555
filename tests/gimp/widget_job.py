"""Runs beside GIMP, in its Python: tell what can be seen in its windows, as GTK tells screen readers.

Each line that it reads is a JSON array:

- `look`, what a widget must be to be told of, as an object with a part of the title as its `window`, or null for the
  windows alone, seconds, and which of them is wanted, `all`, the `first` or the `last`: it looks until there is one,
  or the seconds are over, and prints a line with a JSON array. To look at all that GIMP shows takes long; what has a
  name or a role is found by GTK itself, in a twentieth of the time.
- `run`, the words of a command, and the seconds that it may take: it prints a line with an object, the command's
  `status`, its `output` in base64 and its `errors`.
"""

import base64
import json
import os
import subprocess
import sys
import time
from itertools import chain, islice

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

# States that tests ask for.
STATES = ("SENSITIVE", "CHECKED", "SELECTED", "FOCUSED", "EXPANDED", "ACTIVE")
# Those of what is showing.
SEEN = (Atspi.StateType.SHOWING, Atspi.StateType.VISIBLE)
ROLES = {Atspi.role_get_name(role): role for role in map(Atspi.Role, range(Atspi.Role.LAST_DEFINED))}


def children(node):
    """What is right beneath a widget; nothing if that is gone meanwhile."""
    try:
        found = [node.get_child_at_index(index) for index in range(node.get_child_count())]
    except GLib.Error:
        return []
    return [child for child in found if child is not None]


def seen(window, wanted, *, backwards):
    """What is showing in a window: all of it, or what has a name, a role or both."""
    if not wanted.keys() & {"name", "role"}:
        yield from in_order(beneath(window), backwards=backwards)
        return
    for node in in_order(matching(window, wanted.get("role")), backwards=backwards):
        if wanted.get("name") in {None, name_of(node)} and all(map(shown, around(node, window))):
            yield node


def beneath(node):
    """Walk what is showing beneath a window or a widget."""
    for child in children(node):
        if shown(child):
            yield child
            yield from beneath(child)


def matching(window, role):
    """What of a role has the states of what is showing, in the order of a walk; of any role, if that is None."""
    roles = [] if role is None else [ROLES[role]]
    every = Atspi.CollectionMatchType.ALL
    rule = Atspi.MatchRule.new(Atspi.StateSet.new(SEEN), every, {}, every, roles, every, [], every, False)  # noqa: FBT003
    order = Atspi.CollectionSortOrder.CANONICAL
    try:
        asked = window.get_collection_iface()
        return asked.get_matches(rule, order, 0, True) if asked else []  # noqa: FBT003
    except GLib.Error:
        return []


def around(node, window):
    """What a widget is in, up to its window: in what is hidden, a widget may have the states of what is showing."""
    try:
        while (node := node.get_parent()) is not None and node != window:
            yield node
    except GLib.Error:
        return


def shown(node):
    """Tell whether a widget is showing."""
    try:
        states = node.get_state_set()
    except GLib.Error:
        return False
    return all(map(states.contains, SEEN))


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
    for program in in_order(children(Atspi.get_desktop(0)), backwards=backwards):
        for window in in_order(children(program), backwards=backwards):
            title = name_of(window)
            if part in title and shown(window):
                inside = () if wanted is None else seen(window, wanted, backwards=backwards)
                for node in chain(inside, [window]) if backwards else chain([window], inside):
                    yield from told_if_wanted(node, title, wanted or {})


def in_order(found, *, backwards):
    """The same, from its end if need be."""
    return reversed(list(found)) if backwards else found


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
