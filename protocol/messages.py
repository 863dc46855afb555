"""Every message, as it is before and after the wire.

A field without a default has to be there. The order of fields means nothing on the wire.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, ClassVar

from protocol.fields import Bytes, Count, JobName, Octave, Offset, Range, Seconds, Seed, Sentence, Side, Word
from protocol.limits import Limits
from protocol.raster import Raster
from protocol.version import Version


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
class Synthesize:
    """A job; fields that are left out have the values that the terminal's options have.

    Attributes:
        job: The client's name for it, in use by no other job of this client.
        exemplar: The sample texture; left out, what the mask leaves of the canvas.
        canvas: Picture to keep where the mask is 0.
        mask: Where the canvas is synthesised, one channel, as large as the canvas; left out, where parts of it are
            missing, and, where it is to be seamless, in a band along its border.
        exemplar_mask: Where the exemplar, or the canvas if it is its own exemplar, may be sampled, one channel, of
            its size; left out, everywhere.
        context: How far around the hole the canvas is sampled, pixels; left out, wherever `exemplar_mask` allows it,
            or else by the size of the hole. Not with an exemplar.
        sample_from: From where around the hole the canvas is sampled: `all`, `sides` (its rows only) or
            `above-below` (its columns only). Not with an exemplar.
        init: Picture to start from, in place of noise; with a canvas, one of the canvas's size.
        width: Of the texture, pixels; left out, the canvas's, or 512.
        height: Likewise.
        recipe: `photo`, `sliced`, `gram` or `patch`.
        quality: `draft`, `normal` or `best`.
        encoder: The network: `compact`, `vgg19`, `vgg16` or `vgg11`.
        weights: A file on the engine's computer with weights of a VGG, in place of these.
        pooling: How the encoder halves its maps: `average` or `max`.
        layers: Layers and weights for every critic, in place of the recipe's.
        octaves: The most octaves.
        steps: Steps at octave 0, in place of the quality's.
        seed: Another seed gives another texture.
        seamless: The axes along which the texture tiles: `none`, `x`, `y` or `both`; a canvas wraps around then.
        flatten: Whether only opaque pixels are sampled and the texture is opaque; else alpha is a part of it.
        flips: Whether the mirrored exemplar's patches are matched too.
        turns: Whether its patches turned by quarters are.
        scales: Relative sizes at which it is matched too.
        noise: Noise on the features before matching.
        overuse: Penalty on patches that are used too often; left out, the recipe's.
        memory: Bytes that synthesis may take; left out, what the engine thinks best.
        device: One of `welcome`'s devices, or `auto` for any.
        depth: Kind of sample of the result: `u8`, `u16` or `f32`.
        frame_interval: Seconds between frames, besides one at the start and at the end of octaves; 0 for these only,
            left out for none at all.
        frame_limit: The longest side of a frame, pixels; 0 for as large as they are.
    """

    type: ClassVar[str] = "synthesize"
    job: JobName
    exemplar: Raster | None = None
    canvas: Raster | None = None
    mask: Raster | None = None
    exemplar_mask: Raster | None = None
    context: Side | None = None
    sample_from: Word = "all"
    init: Raster | None = None
    width: Side | None = None
    height: Side | None = None
    recipe: Word = "photo"
    quality: Word = "normal"
    encoder: Word = "compact"
    weights: Sentence | None = None
    pooling: Word = "average"
    layers: tuple[tuple[str, float], ...] | None = None
    octaves: Annotated[int, Range(1, 100)] = 5
    steps: Annotated[int, Range(1, 2**31)] | None = None
    seed: Seed = 0
    seamless: Word = "none"
    flatten: bool = False
    flips: bool = False
    turns: bool = False
    scales: tuple[float, ...] = ()
    noise: float = 0.0
    overuse: float | None = None
    memory: Annotated[int, Range(1, 2**63 - 1)] | None = None
    device: Word = "auto"
    depth: Word = "u8"
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
class Welcome:
    """The answer to `hello`.

    Attributes:
        protocol: The version of the protocol that the engine speaks.
        software: The engine's version, for people.
        limits: What it takes.
        devices: What it computes on, one for each worker.
        silence: Seconds after which an engine that has sent nothing is to be taken for lost.
    """

    type: ClassVar[str] = "welcome"
    protocol: Version
    software: Word
    limits: Limits = field(default_factory=Limits)
    devices: tuple[Word, ...] = ()
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
    """

    device: Word
    description: Word
    state: Word
    process: Bytes | None = None
    memory_bytes: Bytes = 0
    step: Bytes = 0
    steps: Bytes = 0


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
