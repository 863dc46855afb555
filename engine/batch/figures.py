"""Figures of a texture for the report of a batch."""

from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING

import torch

from engine.encoders import Encoder, load_encoder
from engine.figures import measure

if TYPE_CHECKING:
    from engine.images import Picture


def figures_of(exemplar: "Picture", made: "Picture") -> dict[str, float]:
    """Measure a texture, on the CPU; see `engine.figures`.

    Args:
        exemplar: What it was made from.
        made: The texture.

    Returns:
        Figures by name.
    """
    found = asdict(measure(_tensor(exemplar), _tensor(made), _encoder()))
    return {name: round(value, 4) for name, value in found.items()}


@cache
def _encoder() -> Encoder:
    return load_encoder("compact")


def _tensor(picture: "Picture") -> torch.Tensor:
    return torch.from_numpy(picture.pixels).permute(2, 0, 1)[None].contiguous()
