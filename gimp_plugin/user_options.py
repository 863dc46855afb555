"""The user's options, and the file that stores the last ones."""

import json
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from protocol.vocabulary import AXES, CONTENT_BY, SAMPLE_FROM, Settings, checked, settings

LAST_FILE = "last-texture.json"
# The id of a drawable that is not there any more; GIMP gives none that is negative.
GONE = -1
# GIMP's whole numbers have 32 bits.
LARGEST_WHOLE = 2**31 - 1

FILL, NEW, SEAMLESS, EXTEND, ENLARGE = "fill", "new", "seamless", "extend", "enlarge"
TASKS = (FILL, NEW, SEAMLESS, EXTEND, ENLARGE)
SURROUNDINGS, DRAWABLE, FILE, PATTERN = "surroundings", "drawable", "file", "pattern"
IMAGE, LAYERS = "image", "layers"
AUTO, MIX, MAPS = "auto", "mix", "maps"
PERCENT, PIXELS = "percent", "pixels"
ALL, SIDES, ABOVE_BELOW = SAMPLE_FROM
NONE, ACROSS, DOWN, BOTH = AXES
BRIGHTNESS, COLOR = CONTENT_BY


@dataclass(frozen=True)
class Options:
    """What is to be made and how.

    Attributes:
        task: `fill`, `new`, `seamless`, `extend` or `enlarge`.
        settings: As in the protocol's `synthesize`.
        keep_frames: Whether every octave's frame stays as a layer.
        source: Where a fill takes its exemplar: `surroundings`, `drawable`, `file` or `pattern`.
        drawable: Id of the drawable, where it comes from one.
        file: Path of the file, or its address if it is not on this computer.
        pattern: Name of the pattern.
        sample_from: From where around a hole its surroundings are sampled: `all`, `sides` or `above-below`.
        context: How far around, pixels; 0: by the size of the hole.
        mask: Id of the drawable that is white where the exemplar may be sampled; 0 for everywhere.
        guide: Id of the drawable that has each area of the exemplar in a flat color; 0 for none.
        canvas_guide: Id of the drawable with these colors where the areas are to be in a new texture, whose size it
            gives; of several exemplars, with grays that mix them. 0 for none.
        content: Id of the drawable that a new texture redraws, whose size it gives; 0 for none.
        rotation_map: Id of the drawable whose grays rotate the exemplar, likewise.
        scale_map: Id of the one whose grays scale it, likewise.
        width: Of a new texture, pixels; 0 to use the ratio.
        height: Likewise.
        ratio: Of the new texture's sides to the exemplar's.
        variations: How many new textures, of seeds that follow each other.
        destination: New textures become an `image`, or `layers` of this one.
        layers_as: What several layers, or those of a group, are: what their names say (`auto`), a `mix`, or `maps` of
            one texture. A group that is no set of maps is one picture.
        unit: What an image is extended by: `percent` of its height or width, or `pixels`.
        top: How much is added above it.
        right: To its right.
        bottom: Below it.
        left: To its left.
    """

    task: str
    settings: Settings = field(default_factory=Settings)
    keep_frames: bool = False
    source: str = SURROUNDINGS
    drawable: int = 0
    file: str = ""
    pattern: str = ""
    sample_from: str = ALL
    context: int = 0
    mask: int = 0
    guide: int = 0
    canvas_guide: int = 0
    content: int = 0
    rotation_map: int = 0
    scale_map: int = 0
    width: int = 0
    height: int = 0
    ratio: float = 2.0
    variations: int = 1
    destination: str = IMAGE
    layers_as: str = AUTO
    unit: str = PERCENT
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    left: float = 0.0


def remember(options: Options, folder: Path, session: str) -> None:
    """Keep options for `Repeat Last Texture`.

    Args:
        options: The options.
        folder: Where to keep them.
        session: The run of GIMP in which its ids of drawables are valid.

    Raises:
        OSError: They cannot be written.
    """
    (folder / LAST_FILE).write_text(json.dumps({**asdict(options), "session": session}, indent=1), "utf-8")


def recall(folder: Path, session: str) -> Options | None:
    """Look up the last options.

    Args:
        folder: Where they are kept.
        session: The run of GIMP now. Drawables of another one are `GONE`: GIMP gives their ids to others.

    Returns:
        The options, or None where there are none that this version understands.
    """
    try:
        kept = json.loads((folder / LAST_FILE).read_text("utf-8"))
        same, known = kept.pop("session", "") == session, settings()
        asked = {name: value for name, value in kept.pop("settings", {}).items() if known[name].kind is not tuple}
        found = Options(**kept, settings=checked(asked))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    usual = Options(FILL)
    alike = all(type(getattr(found, each.name)) is type(getattr(usual, each.name)) for each in fields(usual))
    if not alike or found.task not in TASKS:
        return None
    if same:
        return found
    drawables = ("drawable", "mask", "guide", "canvas_guide", "content", "rotation_map", "scale_map")
    gone: dict[str, Any] = {name: getattr(found, name) and GONE for name in drawables}
    return replace(found, **gone)
