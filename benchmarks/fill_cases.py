"""Pictures to fill: read from a folder, computed, or of special sizes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from holes import HOLES, hole, image
from patterns import Array, Size, landscape
from PIL import Image

MASK_SUFFIX = "-mask"
TRUTH_SUFFIX = "-truth"
# Size of the picture and of the rectangle to fill, height and width.
SIZES: tuple[tuple[Size, Size], ...] = (((303, 452), (50, 100)), ((768, 768), (512, 512)), ((4000, 6000), (512, 512)))
# Larger pictures of special sizes are made of this many pixels a side, mirrored.
TILE_SIDE = 1536


@dataclass(frozen=True, eq=False)
class FillCase:
    """A picture to fill.

    Attributes:
        name: Name of its files.
        picture: RGB or gray.
        mask: Gray, of the same size; white is to be filled.
        truth: What belongs in the hole, if that is known.
    """

    name: str
    picture: Image.Image
    mask: Image.Image
    truth: Image.Image | None = None

    @property
    def hole(self) -> Array:
        """Opacity of the filling in [0, 1], shape (height, width)."""
        return np.asarray(self.mask, dtype=np.float64) / 255


def read_cases(folder: Path) -> Iterator[FillCase]:
    """Read every NAME.png of a folder that has a NAME-mask.png; NAME-truth.png may be there too."""
    for path in sorted(folder.glob(f"*{MASK_SUFFIX}.png")):
        name = path.stem.removesuffix(MASK_SUFFIX)
        truth = folder / f"{name}{TRUTH_SUFFIX}.png"
        yield FillCase(
            name,
            opened(folder / f"{name}.png"),
            opened(path).convert("L"),
            opened(truth).convert("RGB") if truth.exists() else None,
        )


def opened(path: Path) -> Image.Image:
    """Read a picture as 8-bit gray if it is gray, otherwise as RGB."""
    with Image.open(path) as found:
        return found.convert("L" if found.mode in {"1", "L"} else "RGB")


def computed_cases(seed: int = 0) -> Iterator[FillCase]:
    """Make every picture of `HOLES`."""
    for name in HOLES:
        made = hole(name, seed)
        yield FillCase(name, image(made.picture), image(made.mask), image(made.truth))


def size_cases(seed: int = 0) -> Iterator[FillCase]:
    """Make pictures of special sizes with a rectangle to fill in the middle."""
    for size, opening in SIZES:
        tile = landscape((min(size[0], TILE_SIDE), min(size[1], TILE_SIDE)), np.random.default_rng([seed, *size]))
        grown = [(0, side - have) for side, have in zip(size, tile.shape[:2], strict=True)]
        truth = np.pad(np.rint(tile * 255).astype(np.uint8), [*grown, (0, 0)], mode="symmetric")
        mask = np.zeros(size, dtype=np.uint8)
        top, left = ((side - part) // 2 for side, part in zip(size, opening, strict=True))
        mask[top : top + opening[0], left : left + opening[1]] = 255
        picture = np.where(mask[..., None] > 0, np.array([255, 0, 255], dtype=np.uint8), truth)
        name = f"{opening[1]}x{opening[0]}-in-{size[1]}x{size[0]}"
        yield FillCase(name, Image.fromarray(picture), Image.fromarray(mask), Image.fromarray(truth))
