"""Who makes the textures of a batch: processes of this computer, a running engine, or a cluster."""

from collections.abc import Iterable
from concurrent.futures import Future
from typing import Protocol

from engine.batch.work import Made, Unmade, Work

Making = Future[Made | Unmade]


class Crew(Protocol):
    """Makes textures, several at a time."""

    @property
    def room(self) -> int:
        """How many may be in the making or wait for it: what is more stays with the batch."""

    def submit(self, work: Work) -> Making:
        """Begin with a texture."""

    def wait(self, making: Iterable[Making]) -> set[Making]:
        """Wait until at least one texture has ended, and return those that have."""

    def close(self) -> None:
        """Drop what is in the making, and end."""
