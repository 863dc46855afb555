"""Load what the commands of `inspect` need: pictures, an encoder, a device."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.cli.progress import download_bar
from engine.encoders import Encoder, load_encoder
from engine.images import read_picture
from engine.on_device import exemplar_on
from engine.options.failures import fail
from engine.preparation import prepare
from engine.request_errors import RequestError, TooFewOpaqueError
from engine.synthesis import Exemplar
from engine.synthesis.devices import describe_device, find_device
from protocol.vocabulary import SMALLEST_EXEMPLAR, Settings


@dataclass(frozen=True)
class EncoderSetup:
    """Device and encoder of a command.

    Attributes:
        device: The device.
        encoder: The encoder, on that device.
        name: Name of the encoder, for people.
        pooling: Its pooling.
    """

    device: torch.device
    encoder: Encoder
    name: str
    pooling: str

    @property
    def description(self) -> str:
        """Encoder and pooling, for the title of a figure."""
        return f"encoder {self.name}, {self.pooling} pooling"

    @property
    def json(self) -> dict[str, str]:
        """Encoder, pooling and device, for JSON."""
        return {"encoder": self.name, "pooling": self.pooling, "device": str(self.device)}

    @property
    def machine(self) -> str:
        """The device, for the title of a figure."""
        return f"on {describe_device(self.device)}"


def load_setup(asked: Settings, weights: Path | None, *, quiet: bool) -> EncoderSetup:
    """Find the device and load the encoder.

    Args:
        asked: Settings with the names of device, encoder and pooling.
        weights: File with the weights of an encoder to use instead, or None.
        quiet: Show no progress of a download.

    Returns:
        Device and encoder.
    """
    found = find_device(asked.device)
    with download_bar(quiet=quiet) as progress:
        network = load_encoder(asked.encoder, weights=weights, pooling=asked.pooling, progress=progress)  # type: ignore[arg-type]
    return EncoderSetup(found, network.to(found), asked.encoder if weights is None else weights.name, asked.pooling)


def load_pictures(paths: Sequence[Path], device: torch.device, *, least: int = 0) -> list[Exemplar]:
    """Read pictures as `synthesize` reads an exemplar, and move them to the device.

    Args:
        paths: Their files.
        device: The device.
        least: Minimum of the shorter side, pixels, if larger than for an exemplar.

    Returns:
        The pictures. The command fails if one cannot be used.
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
        except TooFewOpaqueError:
            fail(f"{path} has hardly any opaque pixels, and no others are looked at: give another picture")
        except RequestError as error:
            fail(f"{path}: {error}")
    return found
