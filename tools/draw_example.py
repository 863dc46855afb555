"""Draw the exemplar that ships in `examples/`: cobblestones, lit from the upper left.

python tools/draw_example.py examples/cobbles.png
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

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


def cobbles(generator: np.random.Generator, side: int) -> np.ndarray:
    """Draw the stones, shape (side, side, 3), in [0, 1]."""
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
    sand = np.array([0.24, 0.21, 0.17]) * (1 + 0.25 * clouds(generator, side, 0.5)[..., None])
    joint = np.clip((rim - 0.05) / 0.16, 0, 1)[..., None]
    shaded = sand * (1 - joint) + color * light[..., None] * 1.25 * joint
    return np.asarray(np.clip(shaded, 0, 1))


def main() -> None:
    """Draw the picture and write it."""
    large = cobbles(np.random.default_rng(11), SIDE * SUPERSAMPLING)
    blocks = large.reshape(SIDE, SUPERSAMPLING, SIDE, SUPERSAMPLING, 3).mean(axis=(1, 3))
    Image.fromarray((blocks * 255).round().astype(np.uint8)).save(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
