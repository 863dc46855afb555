"""Every message, as it is before and after the wire.

A field without a default has to be there. The order of fields means nothing on the wire.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

from protocol import vocabulary
from protocol.fields import Bytes, Count, JobName, Octave, Offset, Seconds, Sentence, Side, Word
from protocol.limits import Limits
from protocol.raster import Raster
from protocol.version import Version
from protocol.vocabulary import CanvasSide, Context, Depth, SampleFrom, Settings, Share


@dataclass(frozen=True)
class Hello:
    """The first message of a client.

    Attributes:
        protocol: The version of the protocol that the client speaks, major and minor.
        client: What it is, for people, such as `gimp 3.0.4`.
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
    """

    picture: Raster
    mask: Raster | None = None
    share: Share = 1.0


@dataclass(frozen=True)
class Canvas:
    """What is to be made, or filled.

    Attributes:
        picture: Picture to keep where the mask is 0; left out for a new texture.
        mask: Where it is synthesized, one channel, of the picture's size; left out, where parts of the picture are
            missing, and, where it is to be seamless, in a band along its border.
        sample_mask: Where the picture may be sampled, likewise; left out, everywhere. Not with sources.
        context: How far around the hole the picture is sampled, pixels; left out, wherever `sample_mask` allows it,
            or else by the size of the hole. Not with sources.
        sample_from: From where around the hole the picture is sampled: `all`, `sides` (its rows only) or
            `above-below` (its columns only). Not with sources.
        start: Picture to start from, in place of noise.
        width: Pixels; left out, the picture's, or 512.
        height: Likewise.
    """

    picture: Raster | None = None
    mask: Raster | None = None
    sample_mask: Raster | None = None
    context: Context | None = None
    sample_from: SampleFrom = "all"
    start: Raster | None = None
    width: CanvasSide | None = None
    height: CanvasSide | None = None


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
    frame_interval: Seconds | None = None
    frame_limit: Offset = 0


@dataclass(frozen=True)
class Cancel:
    """End a job early.

    Attributes:
        job: Which.
        keep: Whether `cancelled` is to bring the picture so far.
    """

    type: ClassVar[str] = "cancel"
    job: JobName
    keep: bool = False


@dataclass(frozen=True)
class StatusRequest:
    """Ask for `status`."""

    type: ClassVar[str] = "status"


@dataclass(frozen=True)
class Ping:
    """Ask for `pong`.

    Attributes:
        number: What `pong` is to bring back.
    """

    type: ClassVar[str] = "ping"
    number: Bytes = 0


@dataclass(frozen=True)
class Shutdown:
    """To the engine: end. From the engine: it ends now, and every job with it.

    Attributes:
        reason: Why, for people.
    """

    type: ClassVar[str] = "shutdown"
    reason: Sentence = ""


@dataclass(frozen=True)
class SettingRange:
    """What an engine takes for a setting, in `welcome`.

    Attributes:
        name: Of the field of `settings`.
        kind: `int`, `float`, `str`, `bool` or `tuple`.
        choices: The texts that it may be; none for any other setting.
        low: The least number, or number of a list, or length of a text; left out where there is none.
        high: The most of either.
    """

    name: Word
    kind: Word
    choices: tuple[Word, ...] = ()
    low: float | None = None
    high: float | None = None


def setting_ranges() -> tuple[SettingRange, ...]:
    """List what this version takes for each setting."""
    found = []
    for name, each in vocabulary.settings().items():
        low, high = (None, None) if each.span is None else (float(each.span.low), float(each.span.high))
        found.append(SettingRange(name, each.kind.__name__, each.choices, low, high))
    return tuple(found)


@dataclass(frozen=True)
class Welcome:
    """The answer to `hello`.

    Attributes:
        protocol: The version of the protocol that the engine speaks.
        software: The engine's version, for people.
        limits: What it takes.
        devices: What it computes on, one for each worker.
        settings: What it takes for each setting.
        silence: Seconds after which an engine that has sent nothing is to be taken for lost.
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
    """A job has been taken, or has moved in the queue.

    Attributes:
        job: Which.
        place: How many jobs come before it; 0 when it is the next, or runs.
    """

    type: ClassVar[str] = "accepted"
    job: JobName
    place: Count


@dataclass(frozen=True)
class Progress:
    """How far a job has come.

    Attributes:
        job: Which.
        stage: `weights` while weights are fetched (then the steps are bytes), `loading`, `synthesis`.
        octave: Which scale; 0 is full size.
        step: Steps done.
        steps: Steps in all, 0 while that is not known.
        losses: Loss of every critic.
        seconds: Since the job began to run.
        seconds_left: Until it is done, about; left out while that is not known.
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
class Frame:
    """The canvas in the making.

    Attributes:
        job: Which.
        raster: The picture so far, RGB, 8 bits; smaller than what it covers at the coarser octaves.
        octave: Which scale.
        step: Steps done.
        steps: Steps in all.
        left: The part of the canvas that the raster covers, in pixels of the finished one.
        top: Likewise.
        width: Likewise.
        height: Likewise.
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
class Done:
    """A job is finished.

    Attributes:
        job: Which.
        raster: The whole texture, or canvas.
        step: Steps done.
        seconds: From the job's start to its last step.
        first_seconds: From the job's start to the canvas to start from.
        losses: Loss of every critic at the last step.
        device: Where it was computed.
        peak_bytes: The most memory that the worker has taken so far; 0 where that is not known.
    """

    type: ClassVar[str] = "done"
    job: JobName
    raster: Raster
    step: Count = 0
    seconds: Seconds = 0.0
    first_seconds: Seconds = 0.0
    losses: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    device: Word = ""
    peak_bytes: Bytes = 0


@dataclass(frozen=True)
class Cancelled:
    """A job has ended early because it was asked to.

    Attributes:
        job: Which.
        raster: The picture so far at full size, where that was asked for and there is one.
        step: Steps done.
        seconds: From the job's start to its last step.
        first_seconds: From the job's start to the canvas to start from.
        losses: Loss of every critic at the last step.
        device: Where it was computed.
        peak_bytes: The most memory that the worker has taken so far; 0 where that is not known.
    """

    type: ClassVar[str] = "cancelled"
    job: JobName
    raster: Raster | None = None
    step: Count = 0
    seconds: Seconds = 0.0
    first_seconds: Seconds = 0.0
    losses: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    device: Word = ""
    peak_bytes: Bytes = 0


@dataclass(frozen=True)
class Failed:
    """A job, or a message, has come to nothing.

    Attributes:
        code: What happened, for programs; see `protocol/README.md`.
        message: What happened, for people, one sentence.
        hint: What to do about it, for people.
        job: Which job, or None where it is about another message.
    """

    type: ClassVar[str] = "failed"
    code: Word
    message: Sentence
    hint: Sentence = ""
    job: JobName | None = None


@dataclass(frozen=True)
class ClientStatus:
    """One client, in `status`.

    Attributes:
        client: What it is.
        jobs: How many of its jobs wait or run.
        seconds: How long it has been there.
    """

    client: Word
    jobs: Count
    seconds: Seconds


@dataclass(frozen=True)
class WorkerStatus:
    """One worker, in `status`.

    Attributes:
        device: As the engine was told.
        description: What it is, once the worker has looked.
        state: `resting` (no process), `starting`, `ready`, `working` or `ending`.
        process: Its process id, or None.
        memory_bytes: What it takes now; 0 where that is not known.
        step: Steps of the job that runs.
        steps: In all.
        failure: Why its last process could not compute; empty if none has failed since it last could.
    """

    device: Word
    description: Word
    state: Word
    process: Bytes | None = None
    memory_bytes: Bytes = 0
    step: Bytes = 0
    steps: Bytes = 0
    failure: Sentence = ""


@dataclass(frozen=True)
class Status:
    """What the engine is doing.

    Attributes:
        software: Its version.
        protocol: The version of the protocol that it speaks.
        process: Its process id.
        address: Where it listens.
        seconds: How long it has been there.
        clients: Those who have said hello and not gone.
        waiting: How many jobs wait.
        workers: One for each device.
        done: Jobs done so far.
        failed: Jobs failed so far.
        cancelled: Jobs cancelled so far.
    """

    type: ClassVar[str] = "status"
    software: Word
    protocol: Version
    process: Bytes
    address: Word
    seconds: Seconds
    clients: tuple[ClientStatus, ...]
    waiting: Count
    workers: tuple[WorkerStatus, ...]
    done: Bytes
    failed: Bytes
    cancelled: Bytes


@dataclass(frozen=True)
class Pong:
    """A sign of life: the answer to `ping`, and sent once a second without it.

    Attributes:
        number: What `ping` brought; 0 without one.
    """

    type: ClassVar[str] = "pong"
    number: Bytes = 0


ClientMessage = Hello | Synthesize | Cancel | StatusRequest | Ping | Shutdown
EngineMessage = Welcome | Accepted | Progress | Frame | Done | Failed | Cancelled | Status | Pong | Shutdown
JobEnd = Done | Failed | Cancelled
Message = ClientMessage | EngineMessage
