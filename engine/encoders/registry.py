"""The encoders by name: a new one is one file and one line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import get_args

from engine.encoders import compact, vgg
from engine.encoders.calibration import calibration_pictures, normalize_activations
from engine.encoders.download import OnDownload
from engine.encoders.weights_file import load_weights_file
from engine.synthesis.encoder import Encoder, EncoderError, Pooling, freeze


@dataclass(frozen=True)
class EncoderSource:
    """One entry of the registry.

    Attributes:
        load: Loads the encoder, float32 on the CPU, fetching its weights where they are not at hand. Takes how blocks
            are joined, and what is called for every part fetched.
        where: Names the file that holds the weights, or that will.
    """

    load: Callable[[Pooling, OnDownload | None], Encoder]
    where: Callable[[], Path]


ENCODERS: Mapping[str, EncoderSource] = MappingProxyType(
    {
        "compact": EncoderSource(compact.load_compact, lambda: Path(str(compact.RESOURCE))),
        "vgg19": EncoderSource(partial(vgg.load_vgg, "vgg19"), partial(vgg.weights_place, "vgg19")),
        "vgg16": EncoderSource(partial(vgg.load_vgg, "vgg16"), partial(vgg.weights_place, "vgg16")),
        "vgg11": EncoderSource(partial(vgg.load_vgg, "vgg11"), partial(vgg.weights_place, "vgg11")),
    }
)


@dataclass(frozen=True)
class EncoderStatus:
    """Whether an encoder works without the net.

    Attributes:
        name: As `load_encoder` takes it.
        available: Its weights are on this computer.
        where: The file that holds them, or that will.
    """

    name: str
    available: bool
    where: str


def encoder_status() -> list[EncoderStatus]:
    """Look up which encoders are at hand, without loading or fetching any."""
    places = {name: source.where() for name, source in ENCODERS.items()}
    return [EncoderStatus(name, place.is_file(), str(place)) for name, place in places.items()]


def load_encoder(
    name: str,
    *,
    weights: Path | None = None,
    pooling: Pooling = "average",
    progress: OnDownload | None = None,
) -> Encoder:
    """Load an encoder whose layers all have a mean activation near 1, fetching its weights when they are not at hand.

    Args:
        name: One of `ENCODERS`.
        weights: A file with the weights of a VGG of any width, which is loaded instead of the named encoder.
        pooling: How blocks are joined.
        progress: Called for every part fetched.

    Returns:
        The encoder, frozen, float32 on the CPU.

    Raises:
        EncoderError: There is no such encoder, or its weights cannot be had.
    """
    if pooling not in get_args(Pooling):
        raise EncoderError(f"{pooling} is neither {' nor '.join(get_args(Pooling))}: choose one of these")
    if weights is not None:
        return freeze(_load_file(weights, name, pooling))
    if name not in ENCODERS:
        raise EncoderError(f"there is no encoder {name}: choose from {', '.join(ENCODERS)}, or give a weights file")
    return freeze(ENCODERS[name].load(pooling, progress))


def _load_file(weights: Path, name: str, pooling: Pooling) -> Encoder:
    try:
        encoder = load_weights_file(weights, pooling=pooling)
    except EncoderError as error:
        raise EncoderError(f"{error}, or leave the file out and use {name}") from error
    # Files come at any scale, and losses compare and add up layers.
    normalize_activations(encoder, calibration_pictures())
    return encoder
