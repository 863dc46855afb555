"""Small pictures for the tests, all computed."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy import ndimage

from engine.synthesis.critics import total_loss


def bricks(height=64, width=64, *, seed=0):
    """Bricks with joints and grain, float32 (height, width, 3) in [0, 1]."""
    rows, columns = np.mgrid[:height, :width]
    course = rows // 10
    shifted = columns + 9 * (course % 2)
    chance = np.random.default_rng(seed)
    tone = chance.uniform(0.75, 1.0, (height // 10 + 1, width // 18 + 2))[course, shifted // 18]
    brick = np.array([0.7, 0.35, 0.25]) * tone[..., None]
    joint = ((rows % 10 < 2) | (shifted % 18 < 2))[..., None]
    grain = chance.normal(0, 0.03, (height, width, 1))
    return np.clip(np.where(joint, [0.8, 0.78, 0.72], brick) + grain, 0, 1).astype(np.float32)


def ramp(height=64, width=64):
    """Grain that gets lighter from left to right, so that the left border does not fit the right one."""
    light = np.linspace(0.1, 0.9, width) + np.random.default_rng(0).normal(0, 0.02, (height, width))
    return np.clip(light[..., None] * [1.0, 0.9, 0.8], 0, 1).astype(np.float32)


def clouds(height=64, width=64, *, seed=0):
    """Soft blots with little grain, of which neighbors are alike and opposite borders are not."""
    noise = np.random.default_rng(seed).normal(0, 1, (height + 10, width + 10))
    for axis in (0, 1):
        noise = np.lib.stride_tricks.sliding_window_view(noise, 6, axis=axis).mean(axis=-1)
        noise = np.lib.stride_tricks.sliding_window_view(noise, 6, axis=axis).mean(axis=-1)
    light = 0.5 + 0.2 * noise / noise.std()
    return np.clip(light[..., None] * [1.0, 0.9, 0.8], 0, 1).astype(np.float32)


def camouflage(height=128, width=128, *, seed=0):
    """Blots of three colors with hard edges, float32 (height, width, 3) in [0, 1]."""
    noise = np.random.default_rng(seed).normal(size=(2, height, width))
    first, second = (ndimage.gaussian_filter(each, 5, mode="wrap") for each in noise)
    inks = np.array([[0.94, 0.86, 0.7], [0.47, 0.08, 0.24], [0.12, 0.35, 0.2]], np.float32)
    found: np.ndarray = inks[np.where(first > 0.5 * first.std(), 0, np.where(second > 0, 1, 2))]
    return found


def tensor(array):
    """Turn (height, width, 3) into (1, 3, height, width)."""
    return torch.from_numpy(np.ascontiguousarray(array)).permute(2, 0, 1)[None].contiguous()


def bytes_of(array):
    """Round a picture in [0, 1] to 8 bits."""
    return np.rint(np.asarray(array) * 255).astype(np.uint8)


def seam(samples, axis):
    """Mean step from the last row or column of samples to the first, over that between neighbors."""
    moved = np.moveaxis(samples.astype(float), axis, 0)
    return np.abs(moved[0] - moved[-1]).mean() / np.abs(np.diff(moved, axis=0)).mean()


def save(path: Path, array, **options):
    """Write a picture in [0, 1], or of bytes, in the format that the suffix names."""
    array = np.asarray(array)
    Image.fromarray(array if array.dtype == np.uint8 else bytes_of(array)).save(path, **options)
    return path


def load(path: Path):
    """Read the samples of a file as they are stored."""
    with Image.open(path) as image:
        return np.asarray(image)


def measured(critic, maps):
    """Measure feature maps with a critic: the weighted mean of its layers' losses."""
    return total_loss(critic.losses(maps), critic.layers)
