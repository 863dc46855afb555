"""A VGG-shaped encoder: blocks of 3×3 convolutions and ReLU, halved by pooling between blocks."""

import copy
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from engine.synthesis.reflection import reflected
from engine.synthesis.wrap import NO_WRAP, Wrap, pad_after
from protocol.vocabulary import PIXELS

Pooling = Literal["average", "max"]


class EncoderError(ValueError):
    """An encoder cannot be had or used as asked; the message is a sentence for people, with the remedy."""


@dataclass(frozen=True)
class Layer:
    """A layer whose feature maps critics compare.

    Attributes:
        name: `relu{block}_{index}`, both from 1.
        block: Number of its block.
        index: Its number in the block.
        channels: Channels of its feature maps.
    """

    name: str
    block: int
    index: int
    channels: int

    @property
    def stride(self) -> int:
        """Pixels of the picture per position of its feature maps: 1 in block 1, 16 in block 5."""
        return 1 << (self.block - 1)


class Encoder(nn.Module):
    """Feature maps of a picture at named ReLU layers (Simonyan & Zisserman 2014, arXiv 1409.1556).

    Layers are named `relu{block}_{index}`, both from 1. The network takes RGB in [0, 1]; whatever
    normalization its training used is folded into the first convolution, which is exact because no padding
    here is made of zeros. Gatys et al. (arXiv 1505.07376) recommend average pooling.

    Args:
        widths: Channel counts of every block's convolutions, `[[16, 16], [32, 32], …]`.
        pooling: How blocks are joined.

    Attributes:
        layers: All layers by name, shallow to deep.
    """

    def __init__(self, widths: Sequence[Sequence[int]], *, pooling: Pooling = "average") -> None:
        super().__init__()
        self.pooling = pooling
        self.wrap = NO_WRAP
        self.blocks = nn.ModuleList()
        listed = []
        channels = 3
        for number, block in enumerate(widths, 1):
            convolutions = nn.ModuleList()
            for index, width in enumerate(block, 1):
                convolutions.append(nn.Conv2d(channels, width, 3))
                listed.append(Layer(f"relu{number}_{index}", number, index, width))
                channels = width
            self.blocks.append(convolutions)
        self.layers: Mapping[str, Layer] = {each.name: each for each in listed}

    def with_wrap(self, wrap: Wrap) -> "Encoder":
        """Return an encoder for pictures that wrap around along these axes; it shares this one's weights.

        Borders along the others are padded by reflection.
        """
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
        asked = [layer for name, layer in self.layers.items() if name in layers]
        deepest = max((layer.block for layer in asked), default=0)
        for number, block in enumerate(self.blocks[:deepest], 1):
            wanted = [layer for layer in asked if layer.block == number]
            run = self._block(cast("nn.ModuleList", block), [layer.index for layer in wanted], pool=number < deepest)
            if checkpointing:
                outputs: tuple[Tensor, ...] = checkpoint(run, picture, use_reentrant=False)
            else:
                outputs = run(picture)
            *maps, picture = outputs
            found.update(zip([layer.name for layer in wanted], maps, strict=True))
        return found

    def _block(
        self, convolutions: nn.ModuleList, wanted: Collection[int], *, pool: bool
    ) -> Callable[[Tensor], tuple[Tensor, ...]]:
        def run(x: Tensor) -> tuple[Tensor, ...]:
            maps: list[Tensor] = []
            for index, convolution in enumerate(convolutions, 1):
                if not pool and len(maps) == len(wanted):
                    break
                x = F.relu(convolution(self._pad(x)))
                if index in wanted:
                    maps.append(x)
            if pool:
                x = self._pool(x)
            return (*maps, x)

        return run

    def _pad(self, x: Tensor) -> Tensor:
        across, down = ("circular" if wraps else "reflect" for wraps in (self.wrap.x, self.wrap.y))
        if across == down == "reflect" and x.is_cuda:
            return reflected(x)
        if across == down:
            return F.pad(x, (1, 1, 1, 1), mode=across)
        return F.pad(F.pad(x, (1, 1, 0, 0), mode=across), (0, 0, 1, 1), mode=down)

    def _pool(self, x: Tensor) -> Tensor:
        # Pooling would drop an odd row, and the picture would no longer meet itself.
        x = pad_after(x, self.wrap, rows=x.shape[2] % 2, columns=x.shape[3] % 2)
        return F.avg_pool2d(x, 2) if self.pooling == "average" else F.max_pool2d(x, 2)


def freeze(encoder: Encoder) -> Encoder:
    """Put an encoder into the state that synthesis expects: weights without gradient, channels last in memory."""
    return encoder.eval().requires_grad_(requires_grad=False).to(memory_format=torch.channels_last)
