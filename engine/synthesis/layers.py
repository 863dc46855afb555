"""Layers of an encoder."""

from dataclasses import dataclass


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
