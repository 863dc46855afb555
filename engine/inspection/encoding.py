"""Encode pictures for figures, layer by layer."""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

import torch
from torch import Tensor

from engine.encoders import Encoder
from engine.synthesis import Exemplar, MemoryExhaustedError, SettingsError
from engine.synthesis.exemplar import source_at
from engine.synthesis.memory import is_out_of_memory
from engine.synthesis.octaves import Size
from protocol.vocabulary import LAYERS

FILLED_MEANS = "Light gray was transparent: it was filled for the network, and does not count."
CLEAR = 0.9


def visible(picture: Exemplar) -> Tensor:
    """Return a picture (1, 3, height, width), light gray where it is transparent."""
    if picture.valid is None:
        return picture.picture
    return torch.where(picture.valid > 0.5, picture.picture, torch.full_like(picture.picture, CLEAR))


def first_of_blocks(encoder: Encoder) -> tuple[str, ...]:
    """Return the first layer of every block, shallow to deep: `relu1_1`, `relu2_1` and so on."""
    return tuple(layer.name for layer in encoder.layers.values() if layer.index == 1)


def fitting_layers(encoder: Encoder, size: Size, layers: Sequence[str], *, asked: bool) -> tuple[str, ...]:
    """Choose the layers that have two positions at least on every side of a picture.

    Args:
        encoder: Has the layers.
        size: Height and width of the smallest picture, pixels.
        layers: Names.
        asked: Whether the user named them, so that none may be left out.

    Returns:
        The names, each once, in the same order.

    Raises:
        SettingsError: A layer that the user named does not fit, or none does.
    """
    encoder.check_layers(layers)
    fitting = tuple(name for name in dict.fromkeys(layers) if min(size) // LAYERS[name] >= 2)
    missing = ", ".join(name for name in layers if name not in fitting)
    if not fitting or (asked and missing):
        raise SettingsError(
            f"a picture of {size[1]}x{size[0]} is too small for {missing}: choose a larger one or shallower layers"
        )
    return fitting


def too_small_for(layers: Sequence[str], fitting: Sequence[str]) -> str:
    """Return which layers were left out, for the title of a figure; empty if none was."""
    missing = [name for name in layers if name not in fitting]
    return f"; too small for {', '.join(missing)}" if missing else ""


def encode(picture: Exemplar, encoder: Encoder, layers: Collection[str]) -> Iterator[tuple[str, Tensor]]:
    """Compute feature maps, one block after the other to save memory.

    Args:
        picture: The picture; parts that may not be sampled are filled.
        encoder: On the same device.
        layers: Names.

    Yields:
        Name and feature maps, shape (1, channels, height, width), shallow to deep.

    Raises:
        MemoryExhaustedError: The maps of a block do not fit.
        RuntimeError: Another error of torch.
    """
    # Unchanged if nothing has to be filled, as noise may have values out of range.
    known = picture if picture.valid is None else source_at(picture, picture.size)
    whole = known.picture.contiguous(memory_format=torch.channels_last)
    for _, block in groupby(sorted(layers, key=LAYERS.__getitem__), LAYERS.__getitem__):
        names = list(block)
        try:
            with torch.no_grad():
                maps = encoder(whole, names)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            raise MemoryExhaustedError(picture.size, whole.device) from error
        yield from ((name, maps[name]) for name in names)
