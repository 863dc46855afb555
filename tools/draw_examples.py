"""Draw the pictures that ship in `examples/`, which the gallery makes its textures of.

python tools/draw_examples.py examples
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SIDE = 256
STONES = 46
SUPERSAMPLING = 2


def clouds(generator: np.random.Generator, side: int, roughness: float) -> np.ndarray:
    """Draw noise with a power spectrum that falls with frequency, mean 0 and deviation 1, shape (side, side)."""
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)[None])
    frequency[0, 0] = np.inf
    noise: np.ndarray = np.real(np.fft.ifft2(np.fft.fft2(generator.normal(size=(side, side))) / frequency**roughness))
    return np.asarray(noise / noise.std())


def scattered(generator: np.random.Generator, count: int, side: int) -> np.ndarray:
    """Scatter points that keep their distance, each the farthest of ten tries from all before it (Mitchell 1991)."""
    points = generator.uniform(-0.1, 1.1, (1, 2))
    while len(points) < count:
        tries = generator.uniform(-0.1, 1.1, (10, 2))
        nearest = ((tries[:, None] - points[None]) ** 2).sum(axis=2).min(axis=1)
        points = np.vstack([points, tries[nearest.argmax()]])
    return points * side


def cobbles(generator: np.random.Generator, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw the stones, shape (side, side, 3), in [0, 1], and their height, shape (side, side), in pixels."""
    rows, columns = np.mgrid[0:side, 0:side].astype(float)
    rows += 5 * clouds(generator, side, 1.7)
    columns += 5 * clouds(generator, side, 1.7)
    points = scattered(generator, STONES, side)
    distances = np.hypot(rows[..., None] - points[:, 0], columns[..., None] - points[:, 1])
    nearest = distances.argmin(axis=2)
    two = np.partition(distances, 1, axis=2)[..., :2]
    rim = (two[..., 1] - two[..., 0]) / (side / 12)
    dome = np.clip(rim, 0, 1) ** 0.45 * np.clip(1.15 - (two[..., 0] / (side / 7)) ** 2, 0.3, None)
    grain = clouds(generator, side, 0.9)
    height = dome * side / 16 + 0.5 * clouds(generator, side, 1.4) + 0.25 * grain
    down, across = np.gradient(height)
    light = np.clip((0.75 * across + 0.9 * down + 0.9) / np.sqrt(across**2 + down**2 + 1), 0, None)
    tones = np.array(
        [[0.60, 0.55, 0.49], [0.47, 0.49, 0.52], [0.66, 0.58, 0.47], [0.52, 0.43, 0.38], [0.55, 0.57, 0.54]]
    )
    stone = tones[generator.integers(len(tones), size=len(points))] * generator.uniform(0.8, 1.15, (len(points), 1))
    color = stone[nearest] * (1 + 0.07 * clouds(generator, side, 1.0)[..., None] + 0.06 * grain[..., None])
    earth = np.array([0.24, 0.21, 0.17]) * (1 + 0.25 * clouds(generator, side, 0.5)[..., None])
    joint = np.clip((rim - 0.05) / 0.16, 0, 1)[..., None]
    shaded = earth * (1 - joint) + color * light[..., None] * 1.25 * joint
    return np.asarray(np.clip(shaded, 0, 1)), height


def normals(height: np.ndarray) -> np.ndarray:
    """Draw the normals of a relief, y upwards, shape (side, side, 3), in [0, 1]."""
    down, across = np.gradient(height)
    slopes = np.dstack([-across, down, np.ones_like(height)])
    return np.asarray(slopes / np.linalg.norm(slopes, axis=2, keepdims=True) / 2 + 0.5)


def smaller(picture: np.ndarray) -> np.ndarray:
    """Average a picture to the side of an example."""
    return np.asarray(picture.reshape(SIDE, SUPERSAMPLING, SIDE, SUPERSAMPLING, -1).mean(axis=(1, 3)).squeeze())


def hills(side: int) -> np.ndarray:
    """Draw a sun above hills that get darker towards the viewer, shape (side, side), in [0, 1]."""
    rows, columns = np.mgrid[0:side, 0:side] / side
    picture = 0.72 + 0.2 * rows
    picture[(rows - 0.24) ** 2 + (columns - 0.68) ** 2 < 0.13**2] = 1
    for ridge, tone, width, begin in ((0.46, 0.62, 5, 0.4), (0.6, 0.38, 7, 2.2), (0.78, 0.12, 4, 4.4)):
        line = ridge + 0.09 * np.sin(width * columns + begin) + 0.03 * np.sin(2.7 * width * columns)
        picture = np.where(rows > line, tone, picture)
    return np.asarray(picture)


def blades(
    generator: np.random.Generator, side: int, *, tones: Sequence[tuple[int, int, int]], lengths: tuple[float, float]
) -> np.ndarray:
    """Draw blades that lie roughly from left to right, shape (side, side, 3), in [0, 1]."""
    fine = side * 3
    picture = Image.new("RGB", (fine, fine), tones[0])
    draw = ImageDraw.Draw(picture)
    for _ in range(side * 26):
        x, y = generator.uniform(-0.1, 1.1, 2) * fine
        angle, length = generator.normal(0, 0.14), generator.uniform(*lengths) * 3
        tone = np.array(tones[int(generator.integers(1, len(tones)))]) * generator.uniform(0.55, 1.1)
        end = (x + length * np.cos(angle), y + length * np.sin(angle))
        red, green, blue = (int(min(255, each)) for each in tone)
        draw.line((x, y, *end), fill=(red, green, blue), width=int(generator.integers(2, 7)))
    return np.asarray(picture.resize((side, side), Image.Resampling.LANCZOS), float) / 255


def water(generator: np.random.Generator, side: int) -> np.ndarray:
    """Draw ripples, shape (side, side, 3), in [0, 1]."""
    waves = np.abs(clouds(generator, side, 1.6))
    light = np.clip(1 - waves / 0.25, 0, 1)[..., None]
    deep = np.array([0.10, 0.36, 0.46]) * (1 + 0.18 * clouds(generator, side, 1.5)[..., None])
    return np.asarray(np.clip(deep + light * np.array([0.35, 0.40, 0.36]), 0, 1))


def sand(generator: np.random.Generator, side: int) -> np.ndarray:
    """Draw grains, shape (side, side, 3), in [0, 1]."""
    tone = 1 + 0.05 * clouds(generator, side, 1.4) + 0.10 * clouds(generator, side, 0.2)
    return np.asarray(np.clip(np.array([0.78, 0.68, 0.50]) * tone[..., None], 0, 1))


GREEN, GRAY, BLUE, YELLOW = (60, 160, 60), (128, 128, 128), (40, 90, 200), (230, 200, 90)
GRASS = ((38, 62, 22), (96, 140, 52), (120, 160, 70), (70, 112, 44))
DRY = ((96, 70, 30), (222, 188, 104), (200, 164, 84), (236, 208, 132))


def land(generator: np.random.Generator, side: int, stones: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draw grass, stones, water and sand beside each other; the picture, and the number of each pixel's area."""
    rows, columns = np.mgrid[0:side, 0:side] / side
    wide = 0.5 + 0.03 * clouds(generator, side, 2)
    areas = np.where(rows < wide, 0, 2) + (columns > 0.5 + 0.03 * clouds(generator, side, 2))
    grass = blades(generator, side, tones=GRASS, lengths=(12, 44))
    kinds = [grass, stones[:side, :side], water(generator, side), sand(generator, side)]
    return np.choose(areas[..., None], kinds), areas


def landscape(side: int) -> np.ndarray:
    """Number the areas of a map: a river with banks of sand, stones, and grass around them."""
    rows, columns = np.mgrid[0:side, 0:side] / side
    apart = np.abs(columns - 0.5 - 0.2 * np.sin(6 * rows))
    found = np.where(apart < 0.09, 2, np.where(apart < 0.14, 3, 0))
    for row, column, radius in ((0.76, 0.2, 0.13), (0.24, 0.82, 0.14)):
        found[(rows - row) ** 2 + (columns - column) ** 2 < radius**2] = 1
    return np.asarray(found)


def write(folder: Path, name: str, picture: np.ndarray, bits: int = 8) -> None:
    """Write a picture of values in [0, 1], gray or RGB; of 16 bits, gray."""
    samples = (picture * (2**bits - 1)).round().astype(np.uint8 if bits == 8 else np.uint16)
    Image.fromarray(samples).save(folder / f"{name}.png", optimize=True)


def main() -> None:
    """Draw all pictures."""
    folder = Path(sys.argv[1])
    large, relief = cobbles(np.random.default_rng(11), SIDE * SUPERSAMPLING)
    stones, height = smaller(large), smaller(relief) / SUPERSAMPLING
    write(folder, "cobbles", stones)
    write(folder, "cobbles_normal", normals(height))
    write(folder, "cobbles_height", (height - height.min()) / np.ptp(height), bits=16)
    generator = np.random.default_rng(5)
    write(folder, "straw", blades(generator, 192, tones=DRY, lengths=(16, 60)))
    write(folder, "grass", blades(generator, 192, tones=GRASS, lengths=(12, 44)))
    picture, areas = land(generator, SIDE, stones)
    palette = np.array([GREEN, GRAY, BLUE, YELLOW]) / 255
    write(folder, "land", picture)
    write(folder, "land-areas", palette[areas])
    write(folder, "map", palette[landscape(384)])
    rows, columns = np.mgrid[0:384, 0:384] / 383
    write(folder, "gradient", np.clip(1.25 * columns - 0.125, 0, 1))
    # A path that bends: what lies across it at the left lies along it at the right.
    write(folder, "bend", 0.25 * (1 - columns))
    write(folder, "distance", 0.75 * rows)
    write(folder, "hills", hills(384))
    rows, columns = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    write(folder, "scratch", ((np.abs(rows - 0.3 - 0.35 * columns) < 0.04) & (columns > 0.08)).astype(float))


if __name__ == "__main__":
    main()
