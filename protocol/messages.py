"""The messages of the protocol.

A field without a default is required. The order of fields does not matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

from protocol import vocabulary
from protocol.fields import Bytes, Count, JobName, Octave, Offset, Seconds, Sentence, Side, Word
from protocol.limits import Limits
from protocol.raster import Raster
from protocol.status import Status
from protocol.version import Version
from protocol.vocabulary import CanvasSide, Context, Depth, Margins, SampleFrom, Settings, Share


@dataclass(frozen=True)
class Hello:
    """The first message of a client.

    Attributes:
        protocol: The client's version of the protocol, major and minor.
        client: Its name, for people, such as `gimp 3.0.4`.
        software: Its version, for people.
    """

    type: ClassVar[str] = "hello"
    protocol: Version
    client: Word = ""
    software: Word = ""


@dataclass(frozen=True)
class Source:
    """A picture to sample.

    Attributes:
        picture: The sample texture.
        mask: Where it may be sampled, one channel, of its size; left out, everywhere.
        share: How much of the canvas is to come from it, relative to the other sources.
        guide: Its parts in flat colors, of its size; None for none. Only for a new texture, with one of the canvas in
            the same colors, and for all sources or none.
        maps: Further maps of the picture, such as normals and heights, 16 at most, of its size: what is made is then
            taken pixel by pixel, see `Done.origins`. Only for a new texture, and of a single source.
    """

    picture: Raster
    mask: Raster | None = None
    share: Share = 1.0
    guide: Raster | None = None
    maps: tuple[Raster, ...] = ()


@dataclass(frozen=True)
class Canvas:
    """The picture to make or fill.

    Attributes:
        picture: Picture to keep where the mask is 0; None for a new texture.
        mask: Where it is synthesized, one channel, of the picture's size; None for the missing parts of the picture
            and, if it is to be seamless, a band along its border. The engine widens it around what is missing in it.
        sample_mask: Where the picture may be sampled, likewise; None for everywhere. Not with sources.
        context: Distance from the hole within which the picture is sampled, pixels; None for wherever `sample_mask`
            allows it or, without one, a distance that depends on the size of the hole. Not with sources.
        sample_from: Sides of the hole that are sampled: `all`, `sides` (its rows only) or `above-below` (its columns
            only). Not with sources.
        start: Picture to start from, instead of noise.
        width: Width, pixels; None for the picture's, the guide's or the content's, or 512.
        height: Height, likewise.
        extend: What is added along the borders of the picture, and is synthesized; all of the picture is kept. Not
            with a mask.
        guide: What of the sources belongs where on a new texture: the colors of their guides or, if they have none,
            grays that mix the sources, black for the first one, white for the last one.
        rotation_map: How the exemplar lies on a new texture of this size, in grays that add to its rotation: black
            nothing, white 360°, counterclockwise.
        scale_map: Its size, likewise: black halves it, middle gray keeps it, white doubles it.
        content: Picture that a new texture redraws, of its size.
        beyond: What of the picture lies beyond the layer that it shows, along its borders, and was not cut out.
    """

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
    """A job.

    Attributes:
        job: The client's name for it, in use by no other job of this client.
        sources: What is sampled, 16 at most; none: what the mask leaves of the canvas. Several are mixed, and none of
            them brings alpha.
        canvas: What is to be made, or filled.
        settings: How.
        depth: Kind of sample of the result: `u8`, `u16` or `f32`.
        blend: Whether the result is blended with the picture where the mask is soft; else that is left to the client,
            which needs the mask of `prepared` for it.
        frame_interval: Seconds between frames, besides one at the start and at the end of octaves; 0 for these only,
            left out for none at all.
        frame_limit: The longest side of a frame, pixels; 0 for as large as they are.
    """

    type: ClassVar[str] = "synthesize"
    job: JobName
    sources: tuple[Source, ...] = ()
    canvas: Canvas = field(default_factory=Canvas)
    settings: Settings = field(default_factory=Settings)
    depth: Depth = "u8"
    blend: bool = True
    frame_interval: Seconds | None = None
    frame_limit: Offset = 0


@dataclass(frozen=True)
class Cancel:
    """Cancel a job.

    Attributes:
        job: Name of the job.
        keep: Whether `cancelled` should have the picture so far.
    """

    type: ClassVar[str] = "cancel"
    job: JobName
    keep: bool = False


@dataclass(frozen=True)
class StatusRequest:
    """Request `status`."""

    type: ClassVar[str] = "status"


@dataclass(frozen=True)
class Ping:
    """Request `pong`.

    Attributes:
        number: Number that `pong` returns.
    """

    type: ClassVar[str] = "ping"
    number: Bytes = 0


@dataclass(frozen=True)
class Shutdown:
    """To the engine: shut down. From the engine: it ends now, with all jobs.

    Attributes:
        reason: The reason, for people.
    """

    type: ClassVar[str] = "shutdown"
    reason: Sentence = ""


@dataclass(frozen=True)
class SettingRange:
    """The allowed values of a setting, in `welcome`.

    Attributes:
        name: Name of the field in `settings`.
        kind: `int`, `float`, `str`, `bool` or `tuple`.
        choices: The allowed texts; empty for other settings.
        low: Minimum of a number, of the numbers of a list, or of the length of a text; None if there is none.
        high: Maximum of either.
    """

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
    """The answer to `hello`.

    Attributes:
        protocol: The engine's version of the protocol.
        software: The engine's version, for people.
        limits: Its limits.
        devices: Its devices, one for each worker.
        settings: The allowed values of each setting.
        silence: Seconds of silence after which the engine counts as lost.
    """

    type: ClassVar[str] = "welcome"
    protocol: Version
    software: Word
    limits: Limits = field(default_factory=Limits)
    devices: tuple[Word, ...] = ()
    settings: tuple[SettingRange, ...] = ()
    silence: Seconds = 30.0


@dataclass(frozen=True)
class Accepted:
    """A job was accepted, or has moved in the queue.

    Attributes:
        job: Name of the job.
        place: Number of jobs that run or wait before it; 0 if there are none, or it runs.
    """

    type: ClassVar[str] = "accepted"
    job: JobName
    place: Count


@dataclass(frozen=True)
class Progress:
    """The progress of a job.

    Attributes:
        job: Name of the job.
        stage: `loading`, `weights` (a download, with bytes as steps) or `synthesis`.
        octave: The octave; 0 is full size.
        step: Steps done.
        steps: Steps in total, 0 while unknown.
        losses: Loss of every critic.
        seconds: Seconds since the job started to run.
        seconds_left: Estimated seconds until its end; None while unknown.
    """

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
    """What a job will make; sent once, before its first frame.

    Attributes:
        job: Name of the job.
        left: Left side of the rectangle that holds all that is made, pixels of the finished canvas.
        top: Top side, likewise.
        width: Width, likewise.
        height: Height, likewise.
        mask: How much of each pixel of the rectangle is new, one channel of 8 bits; None where all of it is.
    """

    type: ClassVar[str] = "prepared"
    job: JobName
    left: Offset
    top: Offset
    width: Side
    height: Side
    mask: Raster | None = None


@dataclass(frozen=True)
class Frame:
    """The canvas so far.

    Attributes:
        job: Name of the job.
        raster: The picture so far, RGB, 8 bits; smaller than what it covers at the coarser octaves.
        octave: The octave.
        step: Steps done.
        steps: Steps in total.
        left: Left side of the part of the canvas that the raster covers, in pixels of the finished canvas.
        top: Top side, likewise.
        width: Width, likewise.
        height: Height, likewise.
    """

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
    """The end of a job.

    Attributes:
        job: Name of the job.
        raster: A picture.
        step: Steps done.
        seconds: Seconds from the job's start to its last step.
        first_seconds: Seconds from the job's start to its first snapshot.
        losses: Loss of every critic at the last step.
        device: The device that computed it.
        peak_bytes: Peak memory of the worker so far; 0 if unknown.
    """

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
    """A job is finished.

    Attributes:
        raster: The whole texture or canvas.
        origins: Row and column in the source that each pixel is taken from, two channels, `u16`, if it has maps: make
            these in the same way. None without maps, and for a preview.
    """

    type: ClassVar[str] = "done"
    raster: Raster
    origins: Raster | None = None


@dataclass(frozen=True)
class Cancelled(_Ended):
    """A job was cancelled.

    Attributes:
        raster: The picture so far at full size, if it was requested and there is one.
    """

    type: ClassVar[str] = "cancelled"
    raster: Raster | None = None


@dataclass(frozen=True)
class Failed:
    """A job has failed, or a message was refused.

    Attributes:
        code: What happened, for programs; see `protocol/README.md`.
        message: What happened, for people, one sentence.
        hint: What to do about it, for people.
        job: The job that has ended, or None if no job has.
    """

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
    """The answer to `ping`; also sent once a second as a heartbeat.

    Attributes:
        number: The number of the `ping`; 0 for a heartbeat.
    """

    type: ClassVar[str] = "pong"
    number: Bytes = 0


ClientMessage = Hello | Synthesize | Cancel | StatusRequest | Ping | Shutdown
JobEnd = Done | Failed | Cancelled
JobEvent = Accepted | Prepared | Progress | Frame | JobEnd
EngineMessage = Welcome | JobEvent | Status | Pong | Shutdown
Message = ClientMessage | EngineMessage
