"""Transforming: an exemplar is rotated and scaled, as a whole or by maps of where the canvas wants it how."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.images import Picture
from engine.images.picture import FloatArray
from engine.preparation.alpha import OPAQUE
from engine.preparation.areas import Size, whole_of
from engine.preparation.guides import NEGLIGIBLE, Guidance
from engine.preparation.masks import is_colored
from engine.preparation.sampling import FEWEST_PIXELS, Sample
from engine.request_errors import ColoredMapError, RequestError
from protocol.vocabulary import SMALLEST_EXEMPLAR

# How many rotations, and sizes, a map tells apart; fewer of each where there are both.
ANGLES, SIZES = 16, 5
ANGLES_OF_BOTH, SIZES_OF_BOTH = 8, 3
# The sizes at black and at white of a map.
SMALLEST, LARGEST = 0.5, 2.0
# Pixels of all rotated and scaled copies together: as many as the largest exemplar has.
MOST_PIXELS = 2**24
# How far around a place of flat colors the colors lie that it may have, pixels.
AROUND = 3
# Of a rotated picture, what lies so near to its border is mixed with what lies beyond.
WHOLE = 0.999
# A copy for a map need not have corners where nothing lies, if what is left of it has this part of the pixels that
# it is for; nor more pixels than the exemplar has, or than it is for, times this.
LEAST_COVER, MOST_COVER = 0.25, 2.0
# From this size on, copies are made of the exemplar enlarged with detail of its own.
SOFT = 1.25
# Shortest side that is left of a copy, pixels and in sides of the exemplar.
SHORTEST, SHORTEST_PART = 64, 0.5


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

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width of the maps, which the texture has, too; None without maps."""
        return next((whole_of(each.pixels).size for each in (self.rotations, self.scales) if each is not None), None)


def transformed(sample: Sample, transform: ExemplarTransform) -> tuple[list[Sample], Guidance | None]:
    """Rotate and scale an exemplar.

    Args:
        sample: The exemplar.
        transform: How.

    Returns:
        The copies that the canvas needs, and where it needs which; no guidance without maps of several values.

    Raises:
        ColoredMapError: A map has colors.
        RequestError: The exemplar is too large, nothing is left of it, or a map is transparent.
    """
    if not transform.varies:
        return [_transformed(_Fine(sample), transform.rotation, transform.scale)], None
    named = {"rotation_map": transform.rotations, "scale_map": transform.scales}
    given = {name: each for name, each in named.items() if each is not None}
    for name, each in given.items():
        if is_colored(each, NEGLIGIBLE):
            raise ColoredMapError(f"`{name}` has colors, and only brightness counts: make it gray")
        if each.alpha is not None and (each.alpha < OPAQUE).any():
            raise RequestError(f"the {name.replace('_', ' ')} is transparent in places: give an opaque picture")
    maps = list(given.values())
    size = whole_of(maps[0].pixels).size
    angles, sizes = (ANGLES, SIZES) if len(maps) == 1 else (ANGLES_OF_BOTH, SIZES_OF_BOTH)
    angle = np.zeros(size, np.int32)
    if transform.rotations is not None:
        angle = np.rint(transform.rotations.pixels.mean(axis=2) * angles).astype(np.int32) % angles
    step = np.full(size, sizes // 2, np.int32)
    if transform.scales is not None:
        step = np.rint(transform.scales.pixels.mean(axis=2) * (sizes - 1)).astype(np.int32)
    numbers, labels = np.unique(angle * sizes + step, return_inverse=True)
    rotations = (transform.rotation + 360 * (numbers // sizes) / angles).tolist()
    scales = (transform.scale * SMALLEST * (LARGEST / SMALLEST) ** ((numbers % sizes) / (sizes - 1))).tolist()
    fine = _Fine(sample)
    if len(numbers) == 1:
        # As a whole, what is regular stays so.
        return [_transformed(fine, rotations[0], scales[0])], None
    copies, affines = [], []
    height, width = sample.pixels.shape[:2]
    if height * width * len(numbers) > MOST_PIXELS:
        raise RequestError(
            f"the exemplar is too large for {len(numbers)} rotated and scaled copies: crop or scale it down to "
            f"{MOST_PIXELS // len(numbers):,} pixels"
        )
    for rotation, scale, due in zip(rotations, scales, np.bincount(labels.ravel()).tolist(), strict=True):
        copies.append(_transformed(fine, rotation, scale, due))
        affines.append(_affine((height, width), rotation, scale, copies[-1].pixels.shape[:2]))
    weights = (labels.reshape(size)[..., None] == np.arange(len(copies))).astype(np.float32)
    return copies, Guidance(None, weights, strict=True, copies=tuple(affines))


@dataclass(frozen=True, eq=False)
class _Fine:
    """A sample that is doubled only once, and only if it is needed."""

    sample: Sample

    @cached_property
    def doubled(self) -> FloatArray:
        """Its pixels at twice the size, with detail of their own."""
        from engine.synthesis.enlarging import doubled

        return doubled(np.ascontiguousarray(self.sample.pixels, np.float32))

    @cached_property
    def is_flat(self) -> bool:
        """Whether it has areas of a few colors, between which no other one may arise."""
        from engine.synthesis.structure.flatness import has_flat_colors

        valid = self.sample.valid
        return has_flat_colors(
            self.sample.pixels, np.ones(self.sample.pixels.shape[:2], bool) if valid is None else valid > 0
        )


def _transformed(fine: _Fine, rotation: float, scale: float, due: int | None = None) -> Sample:
    """Rotate a sample counterclockwise, and scale it; only as much of it as so many pixels of the canvas need."""
    sample = fine.sample
    quarters, rest = divmod(rotation / 90, 1)
    if rest == 0 and scale == 1:
        pixels = np.ascontiguousarray(np.rot90(sample.pixels, int(quarters)))
        masks = [
            None if each is None else np.rot90(each, int(quarters)).copy() for each in (sample.valid, sample.alpha)
        ]
        return Sample(pixels, masks[0], (0, 0), masks[1])
    height, width = sample.pixels.shape[:2]
    cosine, sine = _turn(rotation)
    inner = None if sample.valid is not None or due is None else _inner_size((height, width), rotation, scale, due)
    size = inner or (
        max(1, round(scale * (abs(height * cosine) + abs(width * sine)))),
        max(1, round(scale * (abs(width * cosine) + abs(height * sine)))),
    )

    def moved(values: FloatArray, order: int, mode: str = "mirror") -> FloatArray:
        # What is given at another size than the sample's is there at once.
        factor = scale * height / values.shape[0]
        if factor < 1:
            # Details that are finer than the smaller pixels would alias.
            spread = 0.5 * np.sqrt(1 / factor**2 - 1)
            values = ndimage.gaussian_filter(values, (spread, spread), mode="reflect")
        affine = _affine((values.shape[0], values.shape[1]), rotation, factor, size)
        found: FloatArray = ndimage.affine_transform(values, affine, output_shape=size, order=order, mode=mode)
        return found.astype(np.float32)

    # A resampled picture is soft beside its copies of other sizes, and critics would make up for it with grain.
    colors = fine.doubled if scale > SOFT else sample.pixels
    pixels = np.stack([moved(colors[..., channel], 3) for channel in range(3)], axis=2).clip(0, 1)
    if fine.is_flat:
        low, high = (each(colors, (AROUND, AROUND, 1)) for each in (ndimage.minimum_filter, ndimage.maximum_filter))
        low, high = (np.stack([moved(each[..., n], 0) for n in range(3)], axis=2) for each in (low, high))
        pixels = pixels.clip(low, high)
    pixels = np.ascontiguousarray(pixels)
    alpha = None if sample.alpha is None else moved(sample.alpha, 1).clip(0, 1)
    valid = None
    if inner is None and (rest or sample.valid is not None):
        inside = moved(np.ones((height, width), np.float32), 1, "constant")
        if sample.valid is not None:
            inside = inside * (moved(sample.valid, 1) >= OPAQUE)
        valid = (inside >= WHOLE).astype(np.float32)
    left = size[0] * size[1] if valid is None else valid.sum()
    if left < FEWEST_PIXELS or min(size) < SMALLEST_EXEMPLAR:
        raise RequestError("hardly anything is left of the exemplar at that size: give a larger scale or exemplar")
    return Sample(pixels, valid, (0, 0), alpha)


def _affine(own: Size, rotation: float, scale: float, size: Size) -> NDArray[np.float64]:
    """Take row, column and 1 in a copy to its place in the exemplar, (2, 3); their middles are the same place."""
    cosine, sine = _turn(rotation)
    back = np.array([[cosine, sine], [-sine, cosine]]) / scale
    return np.column_stack([back, (np.array(own) - 1) / 2 - back @ ((np.array(size) - 1) / 2)])


def _turn(rotation: float) -> tuple[float, float]:
    angle = np.deg2rad(rotation)
    return float(np.cos(angle)), float(np.sin(angle))


def _inner_size(own: Size, rotation: float, scale: float, due: int) -> Size | None:
    """Give the size of the part in the middle of a copy that has no corners where nothing lies.

    Args:
        own: Height and width of the exemplar.
        rotation: Of the copy, degrees.
        scale: Of the copy.
        due: How many pixels of the canvas the copy is for.

    Returns:
        Height and width, pixels; None where that is too little.
    """
    height, width = (int(side) for side in largest_inside((own[0] * scale, own[1] * scale), rotation))
    most = max(own[0] * own[1], MOST_COVER * due)
    if height * width > most:
        shrunk = np.sqrt(most / (height * width))
        height, width = int(height * shrunk), int(width * shrunk)
    shortest = min(SHORTEST, SHORTEST_PART * min(own) * min(1, scale))
    return None if min(height, width) < shortest or height * width < LEAST_COVER * due else (height, width)


def largest_inside(size: tuple[float, float], rotation: float) -> tuple[float, float]:
    """Give the sides of the largest upright rectangle in the middle of a rotated one.

    Args:
        size: Height and width of the rotated one.
        rotation: Its angle, degrees.

    Returns:
        Height and width.
    """
    sine, cosine = abs(np.sin(np.deg2rad(rotation))), abs(np.cos(np.deg2rad(rotation)))
    height, width = size
    long, short = max(size), min(size)
    if short <= 2 * sine * cosine * long or abs(sine - cosine) < 1e-9:
        # Two corners touch the longer sides, the other two lie within.
        half = short / 2
        across, down = (half / sine, half / cosine) if width >= height else (half / cosine, half / sine)
        return down, across
    double = cosine**2 - sine**2
    return (height * cosine - width * sine) / double, (width * cosine - height * sine) / double
