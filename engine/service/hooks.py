"""Callbacks of a running job, and the request to stop it."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from protocol.messages import Frame, Prepared, Progress

if TYPE_CHECKING:
    from torch import Tensor

    from engine.encoders import Encoder
    from engine.images.picture import FloatArray
    from engine.synthesis import Exemplar, Snapshot, SynthesisSettings

    Shown = Callable[[Tensor], FloatArray]


class Stop:
    """A request from another thread to end a job early.

    Attributes:
        keep: Whether to return the picture so far.
    """

    def __init__(self) -> None:
        self.keep = False
        self._event = Event()

    def ask(self, *, keep: bool) -> None:
        """Request the end."""
        self.keep = keep
        self._event.set()

    @property
    def asked(self) -> bool:
        """Whether the end was requested."""
        return self._event.is_set()


@dataclass(frozen=True)
class Hooks:
    """Callbacks of a running job, called in its thread.

    Attributes:
        progress: Called after every step; must be fast.
        frame: Called with every frame.
        prepared: Called once, before the first frame.
        begin: Called with exemplar, encoder and settings before the first snapshot, and with what makes of a
            snapshot's picture what its result looks like, RGB in [0, 1].
        watch: Called with every snapshot that has a new picture.
    """

    progress: Callable[[Progress], None]
    frame: Callable[[Frame], None]
    prepared: Callable[[Prepared], None] = lambda _prepared: None
    begin: "Callable[[Exemplar, Encoder, SynthesisSettings, Shown], None]" = lambda *_: None
    watch: "Callable[[Snapshot], None]" = lambda _snapshot: None
