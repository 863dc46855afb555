"""Transforming: an exemplar is rotated and scaled, as a whole or by maps of where the canvas wants it how."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from engine.images import Picture
from engine.images.picture import FloatArray
from engine.preparation.areas import Size
from engine.preparation.errors import MaterialError
from engine.preparation.guides import Guidance
from engine.preparation.masks import OPAQUE
from engine.preparation.sampling import FEWEST_PIXELS, Sample
from engine.preparation.sizes import check_canvas_size
from protocol.vocabulary import SMALLEST_EXEMPLAR

# How many rotations, and sizes, a map tells apart; fewer of each where there are both.
ANGLES, SIZES = 16, 5
ANGLES_OF_BOTH, SIZES_OF_BOTH = 8, 3
# The sizes at black and at white of a map.
SMALLEST, LARGEST = 0.5, 2.0
# Pixels of all rotated and scaled copies together: as many as the largest exemplar has.
MOST_PIXELS = 2**24
# Of a rotated picture, what lies so near to its border is mixed with what lies beyond.
WHOLE = 0.999


@dataclass(frozen=True, eq=False)
class ExemplarTransform:
    """How an exemplar lies on the canvas.

    Attributes:
        rotation: Degrees, counterclockwise.
        scale: Size, relative to its own.
        rotations: A gray map of the canvas whose brightness adds to the rotation: black nothing, white 360°;
            None for no map.
        scales: Likewise for the size: black halves it, middle gray keeps it, white doubles it.
    """

    rotation: float = 0.0
    scale: float = 1.0
    rotations: Picture | None = None
    scales: Picture | None = None

    @property
    def varies(self) -> bool:
        """Whether it differs from place to place."""
        return self.rotations is not None or self.scales is not None

    def __bool__(self) -> bool:
        return self.varies or bool(self.rotation % 360) or self.scale != 1


def transformed(
    sample: Sample, transform: ExemplarTransform, wanted: Size | None
) -> tuple[list[Sample], Guidance | None]:
    """Rotate and scale an exemplar.

    Args:
        sample: The exemplar.
        transform: How.
        wanted: Height and width of the canvas, or None for those of a map.

    Returns:
        The copies that the canvas needs, and where it needs which; no guidance without maps.

    Raises:
        MaterialError: Maps do not fit, or nothing is left of the exemplar.
    """
    if not transform.varies:
        return [_transformed(sample, transform.rotation, transform.scale)], None
    maps = [each for each in (transform.rotations, transform.scales) if each is not None]
    size = check_canvas_size(maps[0], wanted, "map of rotation or scale")
    for each in maps[1:]:
        check_canvas_size(each, size, "map of scale")
    angles, sizes = (ANGLES, SIZES) if len(maps) == 1 else (ANGLES_OF_BOTH, SIZES_OF_BOTH)
    angle = np.zeros(size, np.int32)
    if transform.rotations is not None:
        angle = np.rint(transform.rotations.pixels.mean(axis=2) * angles).astype(np.int32) % angles
    step = np.full(size, sizes // 2, np.int32)
    if transform.scales is not None:
        step = np.rint(transform.scales.pixels.mean(axis=2) * (sizes - 1)).astype(np.int32)
    numbers, labels = np.unique(angle * sizes + step, return_inverse=True)
    copies = []
    pixels = sample.pixels.shape[0] * sample.pixels.shape[1]
    for number in numbers:
        rotation = transform.rotation + 360 * (number // sizes) / angles
        scale = transform.scale * SMALLEST * (LARGEST / SMALLEST) ** ((number % sizes) / (sizes - 1))
        if pixels * scale**2 * len(numbers) > MOST_PIXELS:
            raise MaterialError(
                f"the exemplar is too large for {len(numbers)} rotated and scaled copies: crop or scale it down to "
                f"{int(MOST_PIXELS / len(numbers) / scale**2):,} pixels"
            )
        copies.append(_transformed(sample, rotation, scale))
    weights = (labels.reshape(size)[..., None] == np.arange(len(copies))).astype(np.float32)
    return copies, Guidance(None, weights, strict=True)


def _transformed(sample: Sample, rotation: float, scale: float) -> Sample:
    """Rotate a sample counterclockwise, and scale it."""
    quarters, rest = divmod(rotation / 90, 1)
    if rest == 0 and scale == 1:
        pixels = np.ascontiguousarray(np.rot90(sample.pixels, int(quarters)))
        masks = [
            None if each is None else np.rot90(each, int(quarters)).copy() for each in (sample.valid, sample.alpha)
        ]
        return Sample(pixels, masks[0], (0, 0), masks[1])
    height, width = sample.pixels.shape[:2]
    angle = np.deg2rad(rotation)
    cosine, sine = np.cos(angle), np.sin(angle)
    back = np.array([[cosine, sine], [-sine, cosine]]) / scale
    size = tuple(
        max(1, round(scale * (abs(own * cosine) + abs(other * sine))))
        for own, other in ((height, width), (width, height))
    )
    center, middle = (np.array([height, width]) - 1) / 2, (np.array(size) - 1) / 2
    offset = center - back @ middle

    def moved(values: FloatArray, order: int) -> FloatArray:
        if scale < 1:
            # Details that are finer than the smaller pixels would alias.
            spread = 0.5 * np.sqrt(1 / scale**2 - 1)
            values = ndimage.gaussian_filter(values, (spread, spread), mode="reflect")
        found: FloatArray = ndimage.affine_transform(values, back, offset, size, order=order, mode="mirror")
        return found.astype(np.float32)

    inside = ndimage.affine_transform(
        np.ones((height, width), np.float32), back, offset, size, order=1, mode="constant", cval=0
    )
    if sample.valid is not None:
        inside = inside * (moved(sample.valid, 1) >= OPAQUE)
    valid = (inside >= WHOLE).astype(np.float32)
    if valid.sum() < FEWEST_PIXELS or min(size) < SMALLEST_EXEMPLAR:
        raise MaterialError("hardly anything is left of the exemplar at that size: give a larger scale or exemplar")
    pixels = np.stack([moved(sample.pixels[..., channel], 3) for channel in range(3)], axis=2).clip(0, 1)
    alpha = None if sample.alpha is None else moved(sample.alpha, 1).clip(0, 1)
    return Sample(np.ascontiguousarray(pixels), valid, (0, 0), alpha)
