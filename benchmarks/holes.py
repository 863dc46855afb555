"""Computed pictures with a hole, and what was there: the cases that filling has to master."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from patterns import Array, Random, Size, bricks, cobbles, grid, landscape, noise, noise_of, ornament, paint, wood
from PIL import Image, ImageFilter

SIZE: Size = (256, 384)
# What lies in a hole and must not be sampled.
OBJECT = (1.0, 0.0, 1.0)
JPEG_QUALITY = 60
OBJECT_MARGIN = 4
SOFT_RADIUS = 5
# The shifted copy: where the hole's content is to be found.
COPY_OFFSET = (21, 173)


@dataclass(frozen=True)
class Hole:
    """A picture to fill.

    Attributes:
        picture: With an object in the hole, shape (height, width, 3) in [0, 1].
        mask: 1 where it is to be filled, shape (height, width).
        truth: The picture without the object.
    """

    picture: Array
    mask: Array
    truth: Array


def covered(truth: Array, mask: Array) -> Hole:
    """Cover what is to be filled with an object."""
    return Hole(np.where(mask[..., None] > 0, OBJECT, truth), mask, truth)


def ellipse(size: Size, center: tuple[float, float], radii: tuple[float, float]) -> Array:
    """Return a mask of an ellipse; center and radii in pixels, down and across."""
    rows, columns = grid(size)
    inside = ((rows - center[0]) / radii[0]) ** 2 + ((columns - center[1]) / radii[1]) ** 2 <= 1
    return inside.astype(np.float64)


def middle(size: Size = SIZE, radii: tuple[float, float] = (48, 58)) -> Array:
    """Return a mask of an ellipse in the middle."""
    return ellipse(size, (size[0] / 2, size[1] / 2), radii)


def blot(random: Random, size: Size = SIZE, share: float = 0.1) -> Array:
    """Return a mask of an irregular blot about the middle that covers this share of the picture."""
    rows, columns = grid(size)
    far = np.hypot(rows - size[0] / 2, columns - size[1] / 2) + 12 * noise(size, random, radius=12)
    return (far <= np.quantile(far, share)).astype(np.float64)


def sky(random: Random) -> Hole:
    """Make a sky that gets lighter downwards, with a little noise."""
    rows, _ = grid(SIZE)
    truth = paint(rows / SIZE[0], [[0.24, 0.43, 0.72], [0.5, 0.68, 0.87], [0.83, 0.88, 0.92]])
    truth += 0.012 * np.stack([noise(SIZE, random, radius=0.5) for _ in range(3)], axis=-1)
    return covered(np.clip(truth, 0, 1), blot(random))


def two_colors(_random: Random) -> Hole:
    """Make two flat colors with a slanted border, and a round hole on it."""
    rows, columns = grid(SIZE)
    right = np.clip(columns - SIZE[1] / 2 + 0.35 * (rows - SIZE[0] / 2) + 0.5, 0, 1)
    return covered(paint(right, [[0.85, 0.55, 0.2], [0.2, 0.3, 0.5]]), middle(radii=(50, 50)))


def linear(_random: Random) -> Hole:
    """Make a linear gradient along a diagonal, without noise."""
    rows, columns = grid(SIZE)
    return covered(paint((rows + columns) / sum(SIZE), [[0.15, 0.2, 0.3], [0.9, 0.8, 0.6]]), middle())


def periodic(random: Random) -> Hole:
    """Make an ornament that repeats exactly; the hole is larger than a period."""
    return covered(ornament(SIZE, random), middle())


def white_noise(random: Random) -> Hole:
    """Make white noise, which must stay noise."""
    return covered(noise_of(SIZE, random), blot(random))


def shifted_copy(random: Random) -> Hole:
    """Make detail whose content in the hole is found elsewhere, unchanged: the right answer is an exact copy."""
    truth = landscape(SIZE, random)
    mask = ellipse(SIZE, (110, 100), (38, 46))
    top, bottom, left, right = 52, 168, 34, 166
    down, across = COPY_OFFSET
    truth[top + down : bottom + down, left + across : right + across] = truth[top:bottom, left:right]
    return covered(truth, mask)


def edge(random: Random) -> Hole:
    """Make cobbles that end at wood along a wavy edge, with the hole across it."""
    rows, columns = grid(SIZE)
    left = columns < SIZE[1] / 2 + 14 * np.sin(rows / 37)
    truth = np.where(left[..., None], cobbles(SIZE, random), wood(SIZE, random))
    return covered(truth, blot(random))


def islands(random: Random) -> Hole:
    """Make a brick wall with forty small holes."""
    mask = np.zeros(SIZE)
    for _ in range(40):
        center = random.uniform(0, SIZE[0]), random.uniform(0, SIZE[1])
        radii = random.uniform(3, 11), random.uniform(3, 11)
        mask = np.maximum(mask, ellipse(SIZE, center, radii))
    return covered(bricks(SIZE, random), mask)


def scratches(random: Random) -> Hole:
    """Make detail with thin scratches, one to three pixels wide, across all of it."""
    rows, columns = grid(SIZE)
    mask = np.zeros(SIZE)
    for _ in range(9):
        top, angle = random.uniform(0, SIZE[0]), random.uniform(-0.5, 0.5)
        curve = top + angle * columns + 5 * np.sin(columns / random.uniform(20, 60))
        mask = np.maximum(mask, np.abs(rows - curve) <= random.uniform(0.5, 1.5))
    return covered(landscape(SIZE, random), mask)


def corner(random: Random) -> Hole:
    """Make cobbles whose lower right corner is to be filled."""
    return covered(cobbles(SIZE, random), ellipse(SIZE, (SIZE[0], SIZE[1]), (120, 130)))


def border(random: Random) -> Hole:
    """Make a brick wall with a hole that reaches the upper border."""
    return covered(bricks(SIZE, random), ellipse(SIZE, (0, 190), (70, 90)))


def jpeg(random: Random) -> Hole:
    """Make a wall stored as JPEG, whose artifacts surround the object; the mask reaches 4 pixels beyond it."""
    truth = bricks(SIZE, random)
    mask = middle()
    shown = middle(radii=(48 - OBJECT_MARGIN, 58 - OBJECT_MARGIN))
    picture = np.where(shown[..., None] > 0, OBJECT, truth)
    return Hole(compressed(picture), mask, compressed(truth))


def compressed(picture: Array) -> Array:
    """Store a picture as JPEG and read it again."""
    stored = io.BytesIO()
    image(picture).save(stored, "JPEG", quality=JPEG_QUALITY)
    return np.asarray(Image.open(stored), dtype=np.float64) / 255


def soft(random: Random) -> Hole:
    """Make ground with an object, and a mask with soft borders that is 1 wherever the object is."""
    truth = landscape(SIZE, random)
    hard = blot(random)
    blurred = image(hard).filter(ImageFilter.GaussianBlur(SOFT_RADIUS))
    mask = np.clip(2 * np.asarray(blurred, dtype=np.float64) / 255, 0, 1)
    return Hole(np.where((mask >= 1)[..., None], OBJECT, truth), mask, truth)


HOLES: Mapping[str, Callable[[Random], Hole]] = MappingProxyType(
    {
        "sky": sky,
        "two-colors": two_colors,
        "linear": linear,
        "periodic": periodic,
        "noise": white_noise,
        "shifted": shifted_copy,
        "edge": edge,
        "islands": islands,
        "scratches": scratches,
        "corner": corner,
        "border": border,
        "jpeg": jpeg,
        "soft": soft,
    }
)


def hole(name: str, seed: int = 0) -> Hole:
    """Make one of `HOLES`; another seed gives another picture of the same kind."""
    return HOLES[name](np.random.default_rng([seed, 100 + list(HOLES).index(name)]))


def image(picture: Array) -> Image.Image:
    """Round a picture or a mask in [0, 1] to 8 bits."""
    return Image.fromarray(np.rint(picture * 255).astype(np.uint8))
