"""A VGG-shaped encoder: blocks of 3×3 convolutions and ReLU, halved by pooling between blocks."""

import copy
from collections.abc import Callable, Collection, Sequence
from typing import Literal, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from engine.synthesis.encoders.errors import EncoderError
from engine.synthesis.wrap import NO_WRAP, Wrap, pad_after
from protocol.vocabulary import PIXELS

Pooling = Literal["average", "max"]


class Encoder(nn.Module):
    """Feature maps of a picture at named ReLU layers (Simonyan & Zisserman 2014, arXiv 1409.1556).

    Layers are named `relu{block}_{index}`, both from 1. The network takes RGB in [0, 1]; whatever
    normalization its training used is folded into the first convolution, which is exact because no padding
    here is made of zeros. Gatys et al. (arXiv 1505.07376) recommend average pooling.

    Args:
        widths: Channel counts of every block's convolutions, `[[16, 16], [32, 32], …]`.
        pooling: How blocks are joined.
        wrap: Axes along which pictures wrap around; borders of the others are padded by reflection.
    """

    def __init__(
        self, widths: Sequence[Sequence[int]], *, pooling: Pooling = "average", wrap: Wrap = NO_WRAP
    ) -> None:
        super().__init__()
        self.pooling = pooling
        self.wrap = wrap
        self.blocks = nn.ModuleList()
        channels = 3
        for block in widths:
            convolutions = nn.ModuleList()
            for width in block:
                convolutions.append(nn.Conv2d(channels, width, 3))
                channels = width
            self.blocks.append(convolutions)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of all layers, shallow to deep."""
        return tuple(
            f"relu{b}_{i}"
            for b, block in enumerate(self.blocks, 1)
            for i in range(1, len(cast("nn.ModuleList", block)) + 1)
        )

    def widths(self) -> dict[str, int]:
        """Count the channels of every layer.

        Returns:
            Channel counts by layer name, shallow to deep.
        """
        convolutions = (c for block in self.blocks for c in cast("nn.ModuleList", block))
        return {name: cast("nn.Conv2d", c).out_channels for name, c in zip(self.layers, convolutions, strict=True)}

    def with_wrap(self, wrap: Wrap) -> "Encoder":
        """Return an encoder for pictures that wrap around along these axes; it shares this one's weights."""
        other = copy.copy(self)
        other.wrap = wrap
        return other

    def check_layers(self, layers: Collection[str]) -> None:
        """Refuse layers that this encoder does not have.

        Args:
            layers: Names.

        Raises:
            EncoderError: A name is none of `layers`, nor `pixels`.
        """
        if unknown := sorted(set(layers) - {PIXELS, *self.layers}):
            raise EncoderError(
                f"{', '.join(unknown)}: no such layer in this encoder: choose from {PIXELS}, {', '.join(self.layers)}"
            )

    def forward(self, picture: Tensor, layers: Collection[str], *, checkpointing: bool = False) -> dict[str, Tensor]:
        """Compute the feature maps of the asked layers, and nothing deeper.

        Args:
            picture: RGB in [0, 1], shape (batch, 3, height, width).
            layers: Names out of `layers`, or `pixels`.
            checkpointing: Recompute each block in the backward pass in place of keeping its activations
                (Chen et al. 2016, arXiv 1604.06174): about a third more time for a fraction of the memory.

        Returns:
            Feature maps, shape (batch, channels, height / 2^(block-1), width / 2^(block-1)), by name.

        Raises:
            EncoderError: A name is none of them.
        """
        self.check_layers(layers)
        found = {PIXELS: picture} if PIXELS in layers else {}
        deepest = max((block_of(name) for name in layers), default=0)
        for number, block in enumerate(self.blocks[:deepest], 1):
            wanted = [name for name in self.layers if name in layers and block_of(name) == number]
            run = self._block(cast("nn.ModuleList", block), number, wanted, pool=number < deepest)
            if checkpointing:
                outputs: tuple[Tensor, ...] = checkpoint(run, picture, use_reentrant=False)
            else:
                outputs = run(picture)
            *maps, picture = outputs
            found.update(zip(wanted, maps, strict=True))
        return found

    def _block(
        self, convolutions: nn.ModuleList, number: int, wanted: list[str], *, pool: bool
    ) -> Callable[[Tensor], tuple[Tensor, ...]]:
        def run(x: Tensor) -> tuple[Tensor, ...]:
            maps: list[Tensor] = []
            for index, convolution in enumerate(convolutions, 1):
                if not pool and len(maps) == len(wanted):
                    break
                x = F.relu(convolution(self._pad(x)))
                if f"relu{number}_{index}" in wanted:
                    maps.append(x)
            if pool:
                x = self._pool(x)
            return (*maps, x)

        return run

    def _pad(self, x: Tensor) -> Tensor:
        across, down = ("circular" if wraps else "reflect" for wraps in (self.wrap.x, self.wrap.y))
        if across == down:
            return F.pad(x, (1, 1, 1, 1), mode=across)
        return F.pad(F.pad(x, (1, 1, 0, 0), mode=across), (0, 0, 1, 1), mode=down)

    def _pool(self, x: Tensor) -> Tensor:
        # Pooling would drop an odd row, and the picture would no longer meet itself.
        x = pad_after(x, self.wrap, rows=x.shape[2] % 2, columns=x.shape[3] % 2)
        return F.avg_pool2d(x, 2) if self.pooling == "average" else F.max_pool2d(x, 2)


def block_of(layer: str) -> int:
    """Number, from 1, of the block that a layer such as `relu3_1` belongs to.

    Args:
        layer: Name of a layer.

    Returns:
        The number after `relu`; 0 for `pixels`.
    """
    return 0 if layer == PIXELS else int(layer.removeprefix("relu").split("_")[0])


def stride_of(layer: str) -> int:
    """Pixels of the picture per position of the layer's feature maps.

    Args:
        layer: Name of a layer.

    Returns:
        A power of two: 1 in block 1, 16 in block 5.
    """
    return 1 << max(0, block_of(layer) - 1)


def freeze(encoder: Encoder) -> Encoder:
    """Put an encoder into the state that synthesis expects: weights without gradient, channels last in memory.

    Args:
        encoder: Changed in place.

    Returns:
        The same encoder.
    """
    return encoder.eval().requires_grad_(requires_grad=False).to(memory_format=torch.channels_last)


@torch.no_grad()
def normalize_activations(encoder: Encoder, pictures: Sequence[Tensor]) -> None:
    """Rescale the weights so that every layer's mean activation over `pictures` is 1 (arXiv 1505.07376, §2).

    ReLU and pooling are homogeneous, so the network computes the same features up to that scale. A layer that none
    of the pictures excites is not scaled.

    Args:
        encoder: Changed in place.
        pictures: RGB in [0, 1], each of shape (1, 3, height, width); at least one.
    """
    totals = dict.fromkeys(encoder.layers, 0.0)
    for picture in pictures:
        for name, features in encoder(picture, encoder.layers).items():
            totals[name] += float(features.mean())
    means = {name: total / len(pictures) or 1.0 for name, total in totals.items()}
    previous = 1.0
    convolutions = (module for module in encoder.modules() if isinstance(module, nn.Conv2d))
    for name, convolution in zip(encoder.layers, convolutions, strict=True):
        convolution.weight *= previous / means[name]
        if convolution.bias is not None:
            convolution.bias /= means[name]
        previous = means[name]
