"""Measures of a texture for the report of a batch."""

from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING

from engine.encoders import Encoder, load_encoder
from engine.measures import PATCH, measure
from engine.tensors import to_tensor

if TYPE_CHECKING:
    from engine.images import Picture


def measures_of(exemplar: "Picture", made: "Picture") -> dict[str, float]:
    """Measure a texture, on the CPU, see `engine.measures`; nothing where one of both is too small to be compared."""
    if min(*exemplar.pixels.shape[:2], *made.pixels.shape[:2]) < PATCH:
        return {}
    one, other = (to_tensor(each.pixels, "cpu").contiguous() for each in (exemplar, made))
    found = asdict(measure(one, other, _encoder()))
    return {name: round(value, 4) for name, value in found.items()}


@cache
def _encoder() -> Encoder:
    return load_encoder("compact")
