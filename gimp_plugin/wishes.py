"""What the user wants."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

LAST_FILE = "last-texture.json"

FILL, NEW, SEAMLESS = "fill", "new", "seamless"
TASKS = (FILL, NEW, SEAMLESS)
SURROUNDINGS, DRAWABLE, FILE, PATTERN = "surroundings", "drawable", "file", "pattern"
IMAGE, LAYERS = "image", "layers"
ALL, SIDES, ABOVE_BELOW = "all", "sides", "above-below"
NONE, ACROSS, DOWN, BOTH = "none", "x", "y", "both"


@dataclass(frozen=True)
class Wish:
    """What is to be made and how.

    Attributes:
        task: `fill`, `new` or `seamless`.
        recipe: As in the protocol's `synthesize`.
        quality: Likewise.
        encoder: Likewise.
        seed: Likewise.
        keep_frames: Whether every octave's frame stays as a layer.
        source: Where a fill takes its exemplar: `surroundings`, `drawable`, `file` or `pattern`.
        drawable: Id of the drawable, where it comes from one.
        file: Path of the file.
        pattern: Name of the pattern.
        sample_from: From where around a hole its surroundings are sampled: `all`, `sides` or `above-below`.
        context: How far around, pixels; 0: by the size of the hole.
        mask: Id of the drawable that is white where the exemplar may be sampled; 0 for everywhere.
        width: Of a new texture, pixels; 0 to use the ratio.
        height: Likewise.
        ratio: Of the new texture's sides to the exemplar's.
        flatten: Whether only opaque pixels are sampled, and the texture is opaque.
        wrap: How a texture tiles: `none`, `x`, `y` or `both`.
        variations: How many new textures, of seeds that follow each other.
        destination: New textures become an `image`, or `layers` of this one.
    """

    task: str
    recipe: str = "photo"
    quality: str = "normal"
    encoder: str = "compact"
    seed: int = 0
    keep_frames: bool = False
    source: str = SURROUNDINGS
    drawable: int = 0
    file: str = ""
    pattern: str = ""
    sample_from: str = ALL
    context: int = 0
    mask: int = 0
    width: int = 0
    height: int = 0
    ratio: float = 2.0
    flatten: bool = False
    wrap: str = NONE
    variations: int = 1
    destination: str = IMAGE


def remember(wish: Wish, folder: Path) -> None:
    """Keep a wish for `Repeat Last Texture`.

    Args:
        wish: The wish.
        folder: Where to keep it.

    Raises:
        OSError: It cannot be written.
    """
    (folder / LAST_FILE).write_text(json.dumps(asdict(wish), indent=1), "utf-8")


def recall(folder: Path) -> Wish | None:
    """Look up the last wish.

    Args:
        folder: Where it is kept.

    Returns:
        The wish, or None where there is none that this version understands.
    """
    try:
        found = Wish(**json.loads((folder / LAST_FILE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    usual = asdict(Wish(FILL))
    alike = all(type(value) is type(usual[name]) for name, value in asdict(found).items())
    return found if alike and found.task in TASKS else None
