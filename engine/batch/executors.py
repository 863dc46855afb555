"""Executors of a batch: processes of this computer, a running engine, or a cluster."""

from collections.abc import Iterable
from concurrent.futures import Future
from typing import Protocol

from engine.batch.work import Failure, Made, Work

Making = Future[Made | Failure]


class Executor(Protocol):
    """Makes textures, several at a time."""

    @property
    def capacity(self) -> int:
        """Maximum number of textures that are being made or wait for it."""

    def submit(self, work: Work) -> Making:
        """Start to make a texture."""

    def wait(self, making: Iterable[Making]) -> set[Making]:
        """Wait until at least one texture has ended, and return those that have."""

    def close(self) -> None:
        """Abort unfinished textures, and end."""
