"""The ways in which weights files name the convolutions of a VGG."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor

from engine.synthesis.encoder import EncoderError

TORCHVISION = re.compile(r"features\.(\d+)\.weight")
# `conv1_1` of the original VGG, and `conv11` of slim VGG-19 files.
NUMBERED = (re.compile(r"conv(\d+)_(\d+)\.weight"), re.compile(r"conv([1-9])([1-9])\.weight"))
# Places in torchvision's `features` from one convolution to the next, over a ReLU or over a ReLU and a pooling layer.
SAME_BLOCK, NEXT_BLOCK = 2, 3


@dataclass(frozen=True)
class Named:
    """Where one convolution stands in the network and in the file.

    Attributes:
        block: Number of the block, from 1.
        index: Number of the convolution in its block, from 1.
        key: Name in the file, without `.weight` or `.bias`.
    """

    block: int
    index: int
    key: str


def find_convolutions(state: Mapping[str, Tensor]) -> tuple[Named, ...]:
    """Find the 3×3 convolutions of a VGG by the names of their weights.

    Args:
        state: Tensors by name; `features.N.weight`, `convB_I.weight` or `convBI.weight`. Other names are ignored.

    Returns:
        The convolutions, shallow to deep, blocks and indices without gaps.

    Raises:
        EncoderError: There are none, one is missing between others, or the network has batch normalization.
    """
    if any(key.endswith(".running_mean") for key in state):
        raise EncoderError(
            "the network has batch normalization, which is not supported: give the weights of a VGG without it"
        )
    for style in NUMBERED:
        if found := sorted(_numbered(style, state), key=lambda named: (named.block, named.index)):
            return _without_gaps(found)
    if found := list(_torchvision(state)):
        return tuple(found)
    raise EncoderError(
        "no convolutions found: give the weights of a VGG with names like features.0.weight, conv1_1.weight "
        "or conv11.weight"
    )


def _numbered(style: re.Pattern[str], keys: Iterable[str]) -> Iterator[Named]:
    for key in keys:
        if match := style.fullmatch(key):
            yield Named(int(match[1]), int(match[2]), key.removesuffix(".weight"))


def _torchvision(keys: Iterable[str]) -> Iterator[Named]:
    places = sorted(int(match[1]) for key in keys if (match := TORCHVISION.fullmatch(key)))
    if not places:
        return
    if places[0] != 0:
        raise EncoderError(f"features.0 is missing before features.{places[0]}: give the weights of a whole VGG")
    block = index = 1
    yield Named(block, index, "features.0")
    for before, place in pairwise(places):
        if place - before not in {SAME_BLOCK, NEXT_BLOCK}:
            raise EncoderError(
                f"features.{place} follows features.{before} by {place - before} places where a VGG has 2 or 3: "
                "give the weights of a VGG without other layers"
            )
        block, index = (block, index + 1) if place - before == SAME_BLOCK else (block + 1, 1)
        yield Named(block, index, f"features.{place}")


def _without_gaps(found: list[Named]) -> tuple[Named, ...]:
    block = index = 0
    for named in found:
        if (named.block, named.index) not in {(block, index + 1), (block + 1, 1)} or named.block == 0:
            raise EncoderError(
                f"{named.key} is out of sequence, a convolution before it is missing: give the weights of a whole VGG"
            )
        block, index = named.block, named.index
    return tuple(found)
