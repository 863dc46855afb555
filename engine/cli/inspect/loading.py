"""What the commands of `inspect` work with: pictures, an encoder, a device."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.cli.progress import download_bar
from engine.images import read_picture
from engine.preparation import prepare
from engine.synthesis import Exemplar
from engine.synthesis.devices import find_device
from engine.synthesis.encoders import Encoder, load_encoder
from engine.tensors import exemplar_on


@dataclass(frozen=True)
class Place:
    """Where a command computes, and with what.

    Attributes:
        device: Where.
        encoder: On that device.
        name: What the encoder is called, for people.
        pooling: How it halves its maps.
    """

    device: torch.device
    encoder: Encoder
    name: str
    pooling: str

    @property
    def told(self) -> str:
        """Encoder and pooling, for a figure's title."""
        return f"encoder {self.name}, {self.pooling} pooling"


def load_place(encoder: str, weights: Path | None, pooling: str, device: str, *, quiet: bool) -> Place:
    """Find the device and load the encoder.

    Args:
        encoder: Name of the encoder.
        weights: File that takes its place, or None.
        pooling: `average` or `max`.
        device: As it was asked for.
        quiet: Show no progress of a download.

    Returns:
        Both.
    """
    found = find_device(device)
    with download_bar(quiet=quiet) as progress:
        network = load_encoder(encoder, weights=weights, pooling=pooling, progress=progress)  # type: ignore[arg-type]
    return Place(found, network.to(found), encoder if weights is None else weights.name, pooling)


def load_pictures(paths: Sequence[Path], device: torch.device) -> list[Exemplar]:
    """Read pictures as `synthesize` reads an exemplar, and put them on the device."""
    return [exemplar_on(prepare(read_picture(path)), device) for path in paths]
