"""What the registry knows of an encoder: how to load it, and where its weights lie."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine.synthesis.encoder import Encoder, Pooling

OnDownload = Callable[[int, int], None]
"""Called with the bytes done and the bytes in total (0 if the server does not say)."""


class Load(Protocol):
    """A function that loads one encoder."""

    def __call__(self, *, pooling: Pooling, progress: OnDownload | None) -> Encoder:
        """Load the encoder, fetching its weights where they are not at hand.

        Args:
            pooling: How blocks are joined.
            progress: Called for every part fetched.

        Returns:
            The encoder, float32 on the CPU.
        """
        ...


@dataclass(frozen=True)
class EncoderSource:
    """One entry of the registry.

    Attributes:
        load: Loads the encoder.
        where: Names the file that holds the weights, or that will.
    """

    load: Load
    where: Callable[[], Path]
