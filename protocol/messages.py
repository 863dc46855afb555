"""The messages of the protocol.

A field without a default is required. The order of fields does not matter. `protocol/README.md` has a table for each
message, with the meaning of every field.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import ClassVar

from protocol import vocabulary
from protocol.fields import Bytes, Count, JobName, Octave, Offset, Ratio, Seconds, Sentence, Side, Word
from protocol.limits import Limits
from protocol.raster import Raster
from protocol.status import Status
from protocol.version import Version
from protocol.vocabulary import LITTLE_SAMPLED, CanvasSide, Context, Depth, Margins, SampleFrom, Settings, Share


@dataclass(frozen=True)
class Hello:
    """The first message of a client."""

    type: ClassVar[str] = "hello"
    protocol: Version
    client: Word = ""
    software: Word = ""


@dataclass(frozen=True)
class Source:
    """A picture to sample."""

    picture: Raster
    mask: Raster | None = None
    share: Share = 1.0
    guide: Raster | None = None
    maps: tuple[Raster, ...] = ()


@dataclass(frozen=True)
class Canvas:
    """The picture to make or fill."""

    picture: Raster | None = None
    mask: Raster | None = None
    sample_mask: Raster | None = None
    context: Context | None = None
    sample_from: SampleFrom = "all"
    start: Raster | None = None
    width: CanvasSide | None = None
    height: CanvasSide | None = None
    extend: Margins = field(default_factory=Margins)
    guide: Raster | None = None
    rotation_map: Raster | None = None
    scale_map: Raster | None = None
    content: Raster | None = None
    beyond: Margins = field(default_factory=Margins)


@dataclass(frozen=True)
class Synthesize:
    """A job."""

    type: ClassVar[str] = "synthesize"
    job: JobName
    sources: tuple[Source, ...] = ()
    canvas: Canvas = field(default_factory=Canvas)
    settings: Settings = field(default_factory=Settings)
    depth: Depth = "u8"
    blend: bool = True
    frame_interval: Seconds | None = None
    frame_limit: Offset = 0

    def with_seed(self, seed: int, *, preview: bool = False) -> "Synthesize":
        """Return the same job with another seed, or a preview of it."""
        return replace(self, settings=replace(self.settings, seed=seed, preview=preview or self.settings.preview))


@dataclass(frozen=True)
class Cancel:
    """Cancel a job."""

    type: ClassVar[str] = "cancel"
    job: JobName
    keep: bool = False


@dataclass(frozen=True)
class StatusRequest:
    """Request `status`."""

    type: ClassVar[str] = "status"


@dataclass(frozen=True)
class Ping:
    """Request `pong`."""

    type: ClassVar[str] = "ping"
    number: Bytes = 0


@dataclass(frozen=True)
class Shutdown:
    """To the engine: shut down. From the engine: it ends now, with all jobs."""

    type: ClassVar[str] = "shutdown"
    reason: Sentence = ""


@dataclass(frozen=True)
class SettingRange:
    """The allowed values of a setting, in `welcome`."""

    name: Word
    kind: Word
    choices: tuple[Word, ...] = ()
    low: float | None = None
    high: float | None = None


def setting_ranges() -> tuple[SettingRange, ...]:
    """Return the allowed values of each setting."""
    found = []
    for name, each in vocabulary.settings().items():
        low, high = (None, None) if each.span is None else (float(each.span.low), float(each.span.high))
        found.append(SettingRange(name, each.kind.__name__, each.choices, low, high))
    return tuple(found)


@dataclass(frozen=True)
class Welcome:
    """The answer to `hello`."""

    type: ClassVar[str] = "welcome"
    protocol: Version
    software: Word
    limits: Limits = field(default_factory=Limits)
    devices: tuple[Word, ...] = ()
    settings: tuple[SettingRange, ...] = ()
    silence: Seconds = 30.0


@dataclass(frozen=True)
class Accepted:
    """A job was accepted, or has moved in the queue."""

    type: ClassVar[str] = "accepted"
    job: JobName
    place: Count


@dataclass(frozen=True)
class Progress:
    """The progress of a job."""

    type: ClassVar[str] = "progress"
    job: JobName
    stage: Word
    octave: Octave = 0
    step: Bytes = 0
    steps: Bytes = 0
    losses: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    seconds: Seconds = 0.0
    seconds_left: Seconds | None = None


@dataclass(frozen=True)
class Prepared:
    """What a job will make; sent once, before its first frame."""

    type: ClassVar[str] = "prepared"
    job: JobName
    left: Offset
    top: Offset
    width: Side
    height: Side
    mask: Raster | None = None
    sampled: Ratio | None = None

    @property
    def may_repeat(self) -> bool:
        """Whether so little may be sampled that the same parts may be seen again and again."""
        return self.sampled is not None and self.sampled < LITTLE_SAMPLED


@dataclass(frozen=True)
class Frame:
    """The canvas so far."""

    type: ClassVar[str] = "frame"
    job: JobName
    raster: Raster
    octave: Octave
    step: Count
    steps: Count
    left: Offset
    top: Offset
    width: Side
    height: Side


@dataclass(frozen=True)
class _Ended:
    """The end of a job."""

    job: JobName
    raster: Raster | None
    step: Count = 0
    seconds: Seconds = 0.0
    first_seconds: Seconds = 0.0
    losses: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    device: Word = ""
    peak_bytes: Bytes = 0


@dataclass(frozen=True)
class Done(_Ended):
    """A job is finished."""

    type: ClassVar[str] = "done"
    raster: Raster
    origins: Raster | None = None


@dataclass(frozen=True)
class Cancelled(_Ended):
    """A job was canceled."""

    type: ClassVar[str] = "cancelled"
    raster: Raster | None = None


@dataclass(frozen=True)
class Failed:
    """A job has failed, or a message was refused."""

    type: ClassVar[str] = "failed"
    code: Word
    message: Sentence
    hint: Sentence = ""
    job: JobName | None = None

    @property
    def sentence(self) -> str:
        """What happened, and what to do about it."""
        return f"{self.message}: {self.hint}" if self.hint else self.message


@dataclass(frozen=True)
class Pong:
    """The answer to `ping`; also sent once a second as a heartbeat."""

    type: ClassVar[str] = "pong"
    number: Bytes = 0


ClientMessage = Hello | Synthesize | Cancel | StatusRequest | Ping | Shutdown
JobEnd = Done | Failed | Cancelled
JobEvent = Accepted | Prepared | Progress | Frame | JobEnd
EngineMessage = Welcome | JobEvent | Status | Pong | Shutdown
Message = ClientMessage | EngineMessage
