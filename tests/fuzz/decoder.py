"""Looks for frames that the decoder of messages neither refuses nor turns into a message that can be sent again."""

import math
import os
import random
import sys
import tempfile
from pathlib import Path

import atheris
import msgpack

with atheris.instrument_imports(include=["protocol"]):
    import protocol.messages as kinds
    from protocol.codec import decode, encode
    from protocol.limits import Limits
    from protocol.messages import Canvas, Source, Synthesize
    from protocol.raster import Raster
    from protocol.version import PROTOCOL
    from protocol.vocabulary import Margins, Settings

UNIONS = (kinds.ClientMessage, kinds.EngineMessage)
LIMITS = Limits()
LENGTH_BYTES = 2

GRAY = Raster(2, 1, 1, "u8", b"\x00\xff")
DEEP = Raster(1, 1, 4, "f32", bytes(16))
HOW = Settings(layers=(("relu3_1", 1.0),), scales=(0.5, 2.0), repetition_penalty=0.1)
WORKER = kinds.WorkerStatus("cuda:0", "a GPU", "working", 7, 2**33, 3, 9)
SEEDS: tuple[tuple[kinds.Message, ...], ...] = (
    (
        kinds.Hello(PROTOCOL, "gimp 3.0.4", "0.1.0"),
        Synthesize("a", (Source(GRAY, DEEP),), Canvas(DEEP, GRAY), HOW),
        Synthesize("b", canvas=Canvas(width=512, height=512), settings=Settings(memory=2**30, weights="vgg19.pth")),
        Synthesize("c", canvas=Canvas(DEEP, extend=Margins(1, 2, 3, 4))),
        kinds.Cancel("a", keep=True),
        kinds.StatusRequest(),
        kinds.Ping(7),
        kinds.Shutdown("enough"),
    ),
    (
        kinds.Welcome(PROTOCOL, "0.1.0", devices=("cpu", "cuda:0")),
        kinds.Accepted("a", 3),
        kinds.Progress("a", "synthesis", 4, 3, 90, {"gram": 0.5, "patch": 1.5}, 0.5, 12.0),
        kinds.Frame("a", GRAY, 4, 3, 90, 0, 0, 512, 512),
        kinds.Done("a", DEEP, 90, 12.0, 0.5, {"gram": 0.25}, "cpu", 2**30),
        kinds.Failed("bad-request", "no exemplar", "give one", "a"),
        kinds.Cancelled("a", GRAY),
        kinds.Status(
            "0.1.0",
            PROTOCOL,
            7,
            "tcp://[::1]:7777",
            60.0,
            (kinds.ClientStatus("gimp", 1, 6.5),),
            1,
            (WORKER,),
            9,
            0,
            0,
        ),
        kinds.Pong(7),
        kinds.Shutdown(),
    ),
)

VALUES = (
    *(None, False, True, 0, 1, -1, 2**31, 2**63, -(2**63), 2**64 - 1, 0.5, -0.0, math.nan, math.inf, 1e300),
    *("", "a", "a b", "u8", "f32", "ping", "done", "\0", "x" * 300, b"", b"type", [], {}, [[]], [None], {"": {}}),
)


def write_seeds(folder: Path) -> None:
    """Write every message as the fuzzer's input: side, length of the header, header, pixels."""
    for side, messages in enumerate(SEEDS):
        for number, message in enumerate(messages):
            (folder / f"{side}-{number}").write_bytes(joined(side, *encode(message)))


def joined(side: int, header: bytes, pixels: bytes = b"") -> bytes:
    """Make an input of frames."""
    return b"".join((bytes([side]), len(header).to_bytes(LENGTH_BYTES, "big"), header, pixels))


def split(data: bytes) -> tuple[int, bytes, bytes]:
    """Cut an input into the side that it is for, the header and the pixels."""
    size, rest = int.from_bytes(data[1 : 1 + LENGTH_BYTES], "big"), data[1 + LENGTH_BYTES :]
    return data[0] % len(UNIONS) if data else 0, rest[:size], rest[size:]


def mutate(data: bytes, most: int, seed: int) -> bytes:
    """Change some bytes, or a value within the header: few changes of bytes leave it msgpack."""
    draw = random.Random(seed)  # noqa: S311 - the fuzzer asks for what can be repeated
    side, header, pixels = split(data)
    try:
        values = msgpack.unpackb(header, strict_map_key=False)
        if draw.random() < 0.5:
            header = msgpack.packb(changed(values, draw))
            return joined(side, header, pixels)[:most]
    except (ValueError, TypeError, RecursionError, OverflowError, msgpack.UnpackException):
        pass
    return atheris.Mutate(data, most)


def changed(value: object, draw: random.Random) -> object:
    """Put another value somewhere into a value."""
    if isinstance(value, dict) and value and draw.random() < 0.9:
        key = draw.choice(list(value))
        if draw.random() < 0.1:
            return {k: v for k, v in value.items() if k != key}
        return {**value, key: changed(value[key], draw)}
    if isinstance(value, list) and value and draw.random() < 0.7:
        place = draw.randrange(len(value))
        return [*value[:place], changed(value[place], draw), *value[place + draw.randrange(2) :]]
    if isinstance(value, int) and draw.random() < 0.5:
        return value + draw.choice((-1, 1))
    return draw.choice(VALUES)


def take(data: bytes) -> None:
    """Decode frames cut from the fuzzer's input."""
    side, header, pixels = split(data)
    union, parts = UNIONS[side], [header, pixels] if pixels else [header]
    try:
        message = decode(parts, union, LIMITS)
    except kinds.ProtocolError:
        return
    again = decode(encode(message), union, Limits(header_bytes=2**20))
    if again != message:
        raise AssertionError(f"{message} became {again}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as corpus:
        write_seeds(Path(corpus))
        # The fuzzer ends its process without a return; here is somebody to clear up behind it.
        child = os.fork()
        if not child:
            atheris.Setup([*sys.argv, corpus], take, custom_mutator=mutate)
            atheris.Fuzz()
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
