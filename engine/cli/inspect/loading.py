"""What the commands of `inspect` work with: pictures, an encoder, a device."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.cli.failures import fail
from engine.cli.progress import download_bar
from engine.encoders import Encoder, load_encoder
from engine.images import read_picture
from engine.preparation import MaterialError, prepare
from engine.synthesis import Exemplar
from engine.synthesis.devices import describe_device, find_device
from engine.tensors import exemplar_on
from protocol.vocabulary import SMALLEST_EXEMPLAR, Settings


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

    @property
    def json(self) -> dict[str, str]:
        """The same and the device, for a line of JSON."""
        return {"encoder": self.name, "pooling": self.pooling, "device": str(self.device)}

    @property
    def machine(self) -> str:
        """The device, for a figure's title."""
        return f"on {describe_device(self.device)}"


def load_place(asked: Settings, weights: Path | None, *, quiet: bool) -> Place:
    """Find the device and load the encoder.

    Args:
        asked: Names both, and the pooling.
        weights: File of an encoder that takes the place of the named one, or None.
        quiet: Show no progress of a download.

    Returns:
        Both.
    """
    found = find_device(asked.device)
    with download_bar(quiet=quiet) as progress:
        network = load_encoder(asked.encoder, weights=weights, pooling=asked.pooling, progress=progress)  # type: ignore[arg-type]
    return Place(found, network.to(found), asked.encoder if weights is None else weights.name, asked.pooling)


def load_pictures(paths: Sequence[Path], device: torch.device, *, least: int = 0) -> list[Exemplar]:
    """Read pictures as `synthesize` reads an exemplar, and put them on the device.

    Args:
        paths: Their files.
        device: Where they go.
        least: Pixels that the shorter side must have, where more than an exemplar needs.

    Returns:
        The pictures. One that cannot be used ends the command with a line that names it.
    """
    found = []
    least = max(least, SMALLEST_EXEMPLAR)
    for path in paths:
        picture = read_picture(path)
        height, width = picture.pixels.shape[:2]
        if min(height, width) < least:
            fail(f"{path} is {width}x{height} pixels: give a picture of at least {least}x{least}")
        try:
            found.append(exemplar_on(prepare(picture, flatten=True), device))
        except MaterialError as error:
            fail(f"{path}: {error}")
    return found
