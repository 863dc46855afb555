"""Computed pictures: float arrays of shape (height, width, 3) in [0, 1], the same for the same seed."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Random = np.random.Generator
Size = tuple[int, int]
Pattern = Callable[[Size, Random], Array]

SIDE = 256
FRUIT_SIDE = 89
MAP_SIDE = 64
# Height and width of one ornament; neither a power of two nor a divisor of the picture's sides.
ORNAMENT_PERIOD = (43, 37)


def grid(size: Size) -> tuple[Array, Array]:
    """Return the row and the column of every pixel."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    return rows.astype(np.float64), columns.astype(np.float64)


def noise(size: Size, random: Random, *, radius: float = 0.0, slope: float = 0.0) -> Array:
    """Return Gaussian noise with mean 0 and spread 1, shape (height, width), that wraps at the borders.

    Args:
        size: Height and width.
        random: Source of the numbers.
        radius: Spread of a Gaussian blur, pixels.
        slope: Amplitudes fall with the frequency to this power: 1 gives clouds, 0 white noise.

    Returns:
        The noise.
    """
    frequencies = np.hypot(np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1])[None])
    gain = np.exp(-2 * (np.pi * radius * frequencies) ** 2)
    gain *= np.maximum(frequencies, 1 / max(size)) ** -slope
    gain[0, 0] = 0
    made = np.fft.irfft2(np.fft.rfft2(random.normal(size=size)) * gain, s=size)
    return np.asarray(made / made.std())


def paint(values: Array, colors: Sequence[Sequence[float]]) -> Array:
    """Color values in [0, 1] by a scale of evenly spaced colors."""
    places = np.linspace(0, 1, len(colors))
    return np.stack([np.interp(values, places, channel) for channel in np.transpose(colors)], axis=-1)


def blend(below: Array, above: Array | Sequence[float], weight: Array) -> Array:
    """Lay one picture over another with a weight for every pixel, shape (height, width)."""
    return below + weight[..., None] * (np.asarray(above) - below)


def clip(picture: Array) -> Array:
    """Limit a picture to [0, 1]."""
    return np.clip(picture, 0.0, 1.0)


def cells(size: Size, random: Random, spacing: float) -> tuple[Array, Array, npt.NDArray[Any]]:
    """Divide the canvas into Voronoi cells of jittered points.

    Args:
        size: Height and width.
        random: Source of the numbers.
        spacing: Distance of the points before they are moved, pixels.

    Returns:
        Distance to the nearest point, distance to the border of its cell, and its number, each (height, width).
    """
    counts = [int(np.ceil(side / spacing)) + 2 for side in size]
    points = np.stack(np.meshgrid(*map(np.arange, counts), indexing="ij"), axis=-1).reshape(-1, 2) - 0.5
    points = (points + random.uniform(-0.4, 0.4, points.shape)) * spacing
    rows, columns = grid(size)
    nearest, second = np.full(size, np.inf), np.full(size, np.inf)
    label = np.zeros(size, dtype=int)
    for number, (top, left) in enumerate(points):
        far = np.hypot(rows - top, columns - left)
        closer = far < nearest
        second = np.minimum(second, np.where(closer, nearest, far))
        nearest = np.where(closer, far, nearest)
        label[closer] = number
    return nearest, (second - nearest) / 2, label


def ornament(size: Size, _random: Random) -> Array:
    """Draw flowers and rings that repeat exactly, every 43 rows and 37 columns."""
    rows, columns = grid(size)
    high, wide = ORNAMENT_PERIOD
    down, across = (rows % high) - high // 2, (columns % wide) - wide // 2
    angle, radius = np.arctan2(down, across), np.hypot(down, across)
    petals = 10 + 4 * np.cos(6 * angle)
    picture = np.full((*size, 3), [0.93, 0.88, 0.76])
    corner = np.hypot(high // 2 - np.abs(down), wide // 2 - np.abs(across))
    picture = blend(picture, [0.2, 0.42, 0.45], np.clip(8 - corner, 0, 1) * np.clip(corner - 3, 0, 1))
    picture = blend(picture, [0.62, 0.13, 0.16], np.clip(petals - radius + 0.5, 0, 1))
    return blend(picture, [0.9, 0.66, 0.2], np.clip(4.5 - radius, 0, 1))


def cloth(size: Size, random: Random) -> Array:
    """Draw a plain weave of blue and white threads, 7 pixels wide, each a little different."""
    rows, columns = grid(size)
    thread = 7
    tone_down = random.normal(0, 0.05, size[1] // thread + 1)[(columns // thread).astype(int)]
    tone_across = random.normal(0, 0.05, size[0] // thread + 1)[(rows // thread).astype(int)]
    over = ((rows // thread + columns // thread) % 2 == 0).astype(np.float64)
    round_down = np.sin(np.pi * (columns % thread + 0.5) / thread) * (0.75 + 0.25 * bulge(rows, thread))
    round_across = np.sin(np.pi * (rows % thread + 0.5) / thread) * (0.75 + 0.25 * bulge(columns, thread))
    warp = np.array([0.28, 0.38, 0.6]) * (0.45 + 0.6 * round_down + tone_down)[..., None]
    weft = np.array([0.85, 0.83, 0.76]) * (0.45 + 0.6 * round_across + tone_across)[..., None]
    picture = blend(weft, warp, over)
    return clip(picture + 0.02 * noise(size, random, radius=0.6)[..., None])


def bulge(along: Array, thread: int) -> Array:
    """Return how far a thread stands out along its own length, 0 to 1."""
    return np.sin(np.pi * (along % thread + 0.5) / thread)


def gradient(size: Size, _random: Random) -> Array:
    """Draw dots on a soft gradient from left to right."""
    rows, columns = grid(size)
    picture = paint(columns / max(size[1] - 1, 1), [[0.25, 0.33, 0.5], [0.75, 0.6, 0.55], [0.95, 0.85, 0.6]])
    row, column = (rows + columns) % 22 - 11, (rows - columns) % 22 - 11
    dots = np.clip(6.5 - np.hypot(row, column), 0, 1)
    return clip(picture * (1 - 0.25 * dots[..., None]))


def fruit(size: Size, random: Random) -> Array:
    """Draw overlapping shaded discs with highlights."""
    rows, columns = grid(size)
    picture = np.full((*size, 3), [0.12, 0.1, 0.08])
    skins = np.array([[0.75, 0.14, 0.12], [0.85, 0.45, 0.1], [0.5, 0.62, 0.15], [0.7, 0.25, 0.2]])
    for _ in range(size[0] * size[1] // 90):
        top, left = random.uniform(-4, size[0] + 4), random.uniform(-4, size[1] + 4)
        radius = random.uniform(7, 12)
        down, across = (rows - top) / radius, (columns - left) / radius
        far = np.hypot(down, across)
        light = np.clip(1.05 - 0.55 * far**2 - 0.3 * (down + across), 0.15, 1.2)
        skin = skins[random.integers(len(skins))] * random.uniform(0.85, 1.1)
        disc = skin * light[..., None]
        disc = blend(disc, [1.0, 0.97, 0.9], np.exp(-(((down + 0.4) ** 2 + (across + 0.4) ** 2) / 0.02)))
        picture = blend(picture, disc, np.clip((1 - far) * radius, 0, 1))
    return clip(picture)


def pixel_map(size: Size, random: Random) -> Array:
    """Draw a map of five flat colors with coastlines, each pixel of one color alone."""
    height = noise(size, random, slope=1.6) + 0.15 * noise(size, random, radius=1.0)
    colors = np.array([[38, 70, 130], [70, 120, 180], [222, 204, 140], [96, 150, 70], [120, 116, 110]]) / 255
    return np.asarray(colors[np.digitize(height, [-0.3, 0.1, 0.3, 1.2])])


def waves(size: Size, random: Random) -> Array:
    """Draw smooth waves without any grain."""
    rows, columns = grid(size)
    bend = 9 * noise(size, random, radius=24)
    height = np.sin((rows + bend + 0.25 * columns) / 4.1) + 0.5 * np.sin((rows - bend - 0.4 * columns) / 6.3)
    height += 0.5 * noise(size, random, radius=9)
    return clip(paint(height / 4.4 + 0.5, [[0.05, 0.2, 0.3], [0.12, 0.42, 0.5], [0.4, 0.68, 0.7], [0.85, 0.93, 0.9]]))


def bricks(size: Size, random: Random) -> Array:
    """Draw a brick wall with mortar; bricks differ in color."""
    rows, columns = grid(size)
    high, wide, joint = 18, 46, 3
    course = (rows // high).astype(int)
    shifted = columns + (wide // 2) * (course % 2)
    kinds = random.uniform(0, 1, (size[0] // high + 1, size[1] // wide + 2))
    kind = kinds[course, (shifted // wide).astype(int)]
    picture = paint(kind, [[0.42, 0.2, 0.16], [0.62, 0.3, 0.22], [0.72, 0.42, 0.3], [0.55, 0.38, 0.33]])
    picture *= 1 + 0.06 * (noise(size, random, slope=0.8) + noise(size, random, radius=0.7))[..., None]
    uneven = 0.7 * noise(size, random, radius=4)
    edge = np.minimum.reduce([rows % high, high - 1 - rows % high, shifted % wide, wide - 1 - shifted % wide])
    mortar = np.clip(joint - 1.5 + uneven - edge, 0, 1)
    gray = 0.68 + 0.05 * noise(size, random, radius=0.8)
    return clip(blend(picture, gray[..., None] * np.array([1.0, 0.97, 0.9]), mortar))


def cobbles(size: Size, random: Random) -> Array:
    """Draw rounded stones, lit from the upper left, with dark gaps."""
    _, inside, label = cells(size, random, 22)
    dome = np.sqrt(np.clip(inside, 0, 9) / 9)
    slope = np.gradient(dome)
    light = 0.75 - 1.3 * (slope[0] + slope[1]) + 0.06 * noise(size, random, slope=0.7)
    tone = random.uniform(0, 1, label.max() + 1)[label]
    picture = paint(tone, [[0.42, 0.4, 0.38], [0.56, 0.52, 0.47], [0.68, 0.66, 0.63]]) * light[..., None] * 1.25
    return clip(blend(picture, [0.13, 0.11, 0.09], np.clip(1.6 - inside, 0, 1)))


def gravel(size: Size, random: Random) -> Array:
    """Draw small stones of many grays, with grain."""
    _, inside, label = cells(size, random, 8)
    tone = random.uniform(0.25, 0.8, label.max() + 1)[label]
    picture = (tone * (0.6 + 0.4 * np.clip(inside / 3, 0, 1)))[..., None] * np.array([1.0, 0.96, 0.9])
    return clip(picture + 0.04 * noise(size, random)[..., None])


def film(size: Size, random: Random) -> Array:
    """Draw film grain on flat gray."""
    grain = np.stack([noise(size, random, radius=0.5) for _ in range(3)], axis=-1)
    return clip(0.5 + 0.03 * noise(size, random, radius=0.7)[..., None] + 0.015 * grain)


def wood(size: Size, random: Random) -> Array:
    """Draw wood whose streaks run down."""
    rows, columns = grid(size)
    bend = 7 * noise(size, random, radius=30)
    rings = 0.5 + 0.5 * np.sin((columns + bend + 0.05 * rows) / 3.6)
    fibers = noise((1, size[1]), random, radius=0.8) + np.zeros(size)
    pores = np.clip(np.abs(stretched(size, random, 12)) - 1.8, 0, 1)
    value = 0.55 * rings**2 + 0.1 * fibers + 0.12 * stretched(size, random, 9)
    picture = paint(np.clip(value + 0.2, 0, 1), [[0.72, 0.52, 0.33], [0.58, 0.37, 0.2], [0.38, 0.22, 0.11]])
    return clip(picture * (1 - 0.35 * pores[..., None]))


def stretched(size: Size, random: Random, factor: int) -> Array:
    """Return noise that is drawn out along the rows' direction, mean 0 and spread 1."""
    short = noise((size[0] // factor + 2, size[1]), random)
    places = np.arange(size[0]) / factor
    low = places.astype(int)
    part = (places - low)[:, None]
    made = short[low] * (1 - part) + short[low + 1] * part
    return np.asarray((made - made.mean()) / made.std())


def text(size: Size, random: Random) -> Array:
    """Draw lines of marks that look like writing, dark on paper."""
    rows, columns = grid(size)
    ink = np.zeros(size)
    line, advance = 17, 9
    for top in range(3, size[0], line):
        left = 4
        while left < size[1] - 4:
            if random.random() < 0.18:
                left += advance // 2
                continue
            for _ in range(random.integers(2, 4)):
                start, end = random.integers(0, 3, 2) * [5, 3], random.integers(0, 3, 2) * [5, 3]
                ink = np.maximum(ink, stroke(rows - top, columns - left, start, end))
            left += advance
    paper = 0.93 + 0.008 * noise(size, random, radius=1.2)
    return clip(blend(paper[..., None] * np.array([1.0, 0.98, 0.93]), [0.1, 0.09, 0.12], ink))


def stroke(rows: Array, columns: Array, start: npt.NDArray[Any], end: npt.NDArray[Any]) -> Array:
    """Return how much ink a straight stroke leaves on every pixel, 0 to 1."""
    way = (end - start).astype(np.float64)
    share = ((rows - start[0]) * way[0] + (columns - start[1]) * way[1]) / max(float(way @ way), 1.0)
    share = np.clip(share, 0, 1)
    far = np.hypot(rows - start[0] - share * way[0], columns - start[1] - share * way[1])
    return np.asarray(np.clip(1.5 - far, 0, 1))


def landscape(size: Size, random: Random) -> Array:
    """Draw detail of every scale: cloudy ground with stones and grain."""
    ground = noise(size, random, slope=1.2)
    picture = paint(np.clip(ground / 5 + 0.5, 0, 1), [[0.25, 0.2, 0.14], [0.45, 0.42, 0.22], [0.72, 0.66, 0.5]])
    return clip(picture + 0.03 * noise(size, random, radius=0.6)[..., None])


def noise_of(size: Size, random: Random) -> Array:
    """Draw white noise in color."""
    return random.uniform(0, 1, (*size, 3))


# What is made as an exemplar, and at which size.
EXEMPLARS: Mapping[str, tuple[Pattern, Size]] = MappingProxyType(
    {
        "ornament": (ornament, (SIDE, SIDE)),
        "cloth": (cloth, (SIDE, SIDE)),
        "gradient": (gradient, (SIDE, SIDE)),
        "fruit": (fruit, (FRUIT_SIDE, FRUIT_SIDE)),
        "map": (pixel_map, (MAP_SIDE, MAP_SIDE)),
        "waves": (waves, (SIDE, SIDE)),
        "bricks": (bricks, (SIDE, SIDE)),
        "cobbles": (cobbles, (SIDE, SIDE)),
        "gravel": (gravel, (SIDE, SIDE)),
        "film": (film, (SIDE, SIDE)),
        "wood": (wood, (SIDE, SIDE)),
        "text": (text, (SIDE, SIDE)),
    }
)


def exemplar(name: str, seed: int = 0) -> Array:
    """Make one of `EXEMPLARS`; another seed gives another picture of the same kind."""
    pattern, size = EXEMPLARS[name]
    return pattern(size, np.random.default_rng([seed, list(EXEMPLARS).index(name)]))
