"""Every kind of message as it is on the wire, for the tests of the codec."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Annotated, get_args, get_origin, get_type_hints

import msgpack
import pytest

from protocol.codec import decode
from protocol.errors import ProtocolError
from protocol.fields import Choice, Range, without_none
from protocol.limits import Limits
from protocol.messages import ClientMessage, EngineMessage
from protocol.raster import Raster

LIMITS = Limits()
LARGE = Limits(header_bytes=2**20)
UNIONS = {"client": ClientMessage, "engine": EngineMessage}
MESSAGES = {f"{name} {kind.type}": (kind, union) for name, union in UNIONS.items() for kind in get_args(union)}


def needed(kind):
    """The fields of a message that have no default."""
    return [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]


def bare(hint):
    """A hint without its limits and without None, its range or choices, and whether it may be None."""
    hint, optional = without_none(hint)
    kind, *limits = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    span = next((limit for limit in limits if isinstance(limit, Range | Choice)), None)
    return kind, span, optional


def hints(kind):
    """Every field of a message with its hint; the samples of a raster go their own way."""
    return {name: h for name, h in get_type_hints(kind, include_extras=True).items() if name not in {"type", "data"}}


def sample(hint):
    """What a field may hold on the wire."""
    kind, span, _ = bare(hint)
    if kind is Raster:
        return {"width": 1, "height": 1, "channels": 1, "depth": "u8", "offset": 0}
    if is_dataclass(kind):
        return {name: sample(part) for name, part in hints(kind).items()}
    if get_origin(kind) is tuple:
        return [sample(part) for part in get_args(kind) if part is not Ellipsis]
    if get_origin(kind) is Mapping:
        return {"gram": 0.5}
    if isinstance(span, Choice):
        return span.options[0]
    return {
        int: int(max(1, span.low)) if span else 1,
        float: max(0.5, span.low) if span else 0.5,
        str: "a",
        bool: True,
    }[kind]


def header_of(kind):
    """Every field of a message as it is on the wire."""
    return {"type": kind.type, **sample(kind)}


def sent(header, pixels=b"\x07"):
    """The frames of a header and one byte of pixels."""
    return [msgpack.packb(header), pixels]


def refusal(parts, union=ClientMessage, limits=LIMITS):
    """The sentence with which a message is refused."""
    with pytest.raises(ProtocolError) as caught:
        decode(parts, union, limits)
    return str(caught.value)
