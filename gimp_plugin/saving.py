"""Save a layer as one of GIMP's patterns."""

import itertools
import os
from pathlib import Path

from gi.repository import Gimp, GLib

from gimp_plugin import canvas, marks, patterns, plans, reading, samples
from gimp_plugin.plans import PlanError
from gimp_plugin.translation import _

WRITABLE = "pattern-path-writable"


def save(image: Gimp.Image, layer: Gimp.Layer, wanted: str | None) -> str:
    """Save the selection, or the layer, as a pattern, and have GIMP show it.

    Args:
        image: The image.
        layer: The layer.
        wanted: Name of the pattern; empty or None, as where a script leaves it out: the layer's name, with a number
            if there is such a pattern.

    Returns:
        The name of the pattern.

    Raises:
        PlanError: It is too large, or nothing of it can be seen; there is a pattern of this name, or it cannot be
            written.
    """
    name = (wanted or "").strip() or free_name(layer.get_name())
    if len(name.encode()) > patterns.LONGEST_NAME:
        raise PlanError(
            _("The name is too long: choose one of at most {most} bytes.").format(most=patterns.LONGEST_NAME)
        )
    if Gimp.Pattern.get_by_name(name) is not None:
        raise PlanError(_("There is a pattern “{name}” already: choose another name.").format(name=name))
    box = reading.part_of(image, layer)
    if max(box.width, box.height) > patterns.LONGEST_SIDE:
        sentence = _("The pattern would be {width} × {height} px: select a part with sides of at most {most} px.")
        raise PlanError(sentence.format(width=box.width, height=box.height, most=patterns.LONGEST_SIDE))
    found = canvas.read(layer, box, gray=canvas.is_gray(image), depth="u8", parts=marks.parts_of(layer))
    if not samples.is_visible(found):
        raise PlanError(plans.nothing_visible())
    raster = patterns.without_alpha(found)
    folder = patterns_folder()
    try:
        path = patterns.write_pattern(folder, name, patterns.pattern_bytes(raster, name))
    except (FileExistsError, NotADirectoryError):
        sentence = _("{folder} is not a folder: choose another one in Edit → Preferences → Folders → Patterns.")
        raise PlanError(sentence.format(folder=folder)) from None
    except OSError as error:
        sentence = _("The pattern cannot be written to {folder} ({reason}): check its permissions and its disk.")
        raise PlanError(sentence.format(folder=folder, reason=error.strerror or error)) from None
    Gimp.patterns_refresh()
    if Gimp.Pattern.get_by_name(name) is None:
        sentence = _("GIMP does not show {path}: add its folder in Edit → Preferences → Folders → Patterns.")
        raise PlanError(sentence.format(path=path))
    return name


def free_name(name: str) -> str:
    """Return a name that no pattern has: this one, or with a number."""
    names = itertools.chain([name], (f"{name} {number}" for number in itertools.count(2)))
    return next(each for each in names if Gimp.Pattern.get_by_name(each) is None)


def patterns_folder() -> Path:
    """Find the folder into which the user's patterns are written."""
    usual = Path(Gimp.directory()) / "patterns"
    try:
        listed = Gimp.gimprc_query(WRITABLE)
    except GLib.Error:
        listed = None
    first = (listed or "").split(GLib.SEARCHPATH_SEPARATOR_S)[0].replace("${gimp_dir}", Gimp.directory())
    found = os.path.expanduser(os.path.expandvars(first))  # noqa: PTH111 - GIMP's own notation
    return Path(found) if found and "$" not in found else usual
