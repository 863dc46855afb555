"""Messages as headers of plain values and pixels, whatever format the headers are sent in."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, TypeVar, cast, get_args, get_origin, get_type_hints

from protocol.errors import ProtocolError
from protocol.fields import JobName, remedy, without_none
from protocol.limits import Limits
from protocol.raster import SAMPLE_BYTES, Buffer, Raster, raster_bytes
from protocol.vocabulary import VocabularyError

M = TypeVar("M")

MOST_ITEMS = 1024
UNKNOWN_TYPE = "unknown-type"
_RASTER_NUMBERS = ("width", "height", "channels", "depth")


def record_of(message: object) -> tuple[dict[str, Any], list[Buffer]]:
    """Return the header of a message, and its pixels.

    Args:
        message: One of `protocol.messages`, or another dataclass with a `type` and fields of the same kinds.

    Returns:
        The header, of texts, numbers, lists and maps; and one buffer, or none.

    Raises:
        ProtocolError: A number has more than 64 bits.
    """
    buffers: list[Buffer] = []
    kind = message.type  # type: ignore[attr-defined]
    try:
        header = {"type": kind, **_pack(message, buffers)}
    except OverflowError:
        raise ProtocolError(f"{kind} holds a number of more than 64 bits: send a smaller one") from None
    return header, buffers if len(buffers) < 2 else [b"".join(buffers)]


def message_of(header: Mapping[Any, Any], rest: Sequence[Buffer], kinds: type[M], limits: Limits) -> M:
    """Return the message of a header and pixels.

    Args:
        header: The header.
        rest: The pixels if there are any; rasters keep a view of them.
        kinds: The expected messages, a union of dataclasses such as `ClientMessage`.
        limits: Limits of their size.

    Returns:
        The message; every field has its declared type and range.

    Raises:
        ProtocolError: It is not such a message.
    """
    pixels = memoryview(rest[0]).cast("B") if rest else memoryview(b"")
    if pixels.nbytes > limits.message_bytes:
        raise ProtocolError(f"{pixels.nbytes} bytes of pixels: send no more than {limits.message_bytes}", "too-large")
    known = {kind.type: kind for kind in get_args(kinds) or (kinds,)}
    kind = header.get("type")
    if not isinstance(kind, str) or kind not in known:
        said = f"message type {_shown(kind)} is not known: send one of {', '.join(known)}"
        raise ProtocolError(said, UNKNOWN_TYPE)
    found: M = _build(known[kind], header, kind, pixels, limits)
    return found


def job_of(header: Mapping[Any, Any]) -> str | None:
    """Return the name of the job in the header of a message that may be invalid, or None."""
    try:
        return str(_leaf(JobName, header.get("job"), "job"))
    except ProtocolError:
        return None


def clipped(words: str) -> str:
    """Shorten words for an error message."""
    return words if len(words) <= 60 else f"{words[:57]}..."


def _pack(record: Any, buffers: list[Buffer]) -> dict[str, Any]:  # noqa: ANN401
    return {f.name: _plain(getattr(record, f.name), buffers) for f in fields(record)}


def _plain(value: Any, buffers: list[Buffer]) -> Any:  # noqa: ANN401
    if isinstance(value, Raster):
        offset = sum(memoryview(b).nbytes for b in buffers)
        buffers.append(value.data)
        return {**{n: getattr(value, n) for n in _RASTER_NUMBERS}, "offset": offset}
    if is_dataclass(value):
        return _pack(value, buffers)
    if isinstance(value, tuple):
        return [_plain(item, buffers) for item in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise OverflowError
    return dict(value) if isinstance(value, Mapping) else value


@cache
def _plan(kind: type) -> Mapping[str, tuple[Any, bool]]:
    hints = get_type_hints(kind, include_extras=True)
    return MappingProxyType(
        {f.name: (hints[f.name], f.default is MISSING and f.default_factory is MISSING) for f in fields(kind)}
    )


def _build(kind: type, values: Mapping[Any, Any], where: str, pixels: memoryview, limits: Limits) -> Any:  # noqa: ANN401
    if kind is Raster:
        return _raster(values, where, pixels, limits)
    given = {}
    for key, (hint, needed) in _plan(kind).items():
        if key in values:
            given[key] = _read(hint, values[key], f"{where}.{key}", pixels, limits)
        elif needed:
            raise ProtocolError(f"{where}.{key} is missing: send it")
    try:
        return kind(**given)
    except VocabularyError as error:
        raise ProtocolError(f"{where}.{error.name}: send {error.remedy}") from None


def _raster(values: Mapping[Any, Any], where: str, pixels: memoryview, limits: Limits) -> Raster:
    missing = [key for key in _RASTER_NUMBERS if key not in values]
    if missing:
        raise ProtocolError(f"{where}.{missing[0]} is missing: send it")
    plan = _plan(Raster)
    width, height, channels, depth = (_leaf(plan[n][0], values[n], f"{where}.{n}") for n in _RASTER_NUMBERS)
    if depth not in SAMPLE_BYTES:
        raise ProtocolError(f"{where}.depth is {_shown(depth)}: send {', '.join(SAMPLE_BYTES)}")
    size = raster_bytes(width, height, channels, depth)
    if width * height > limits.raster_pixels:
        raise ProtocolError(
            f"{where} has {width}x{height} pixels: send no more than {limits.raster_pixels}", "too-large"
        )
    offset = values.get("offset", 0)
    if isinstance(offset, bool) or not isinstance(offset, int) or not 0 <= offset <= pixels.nbytes - size:
        raise ProtocolError(
            f"{where} needs {size} bytes from offset {_shown(offset)}, and there are {pixels.nbytes} bytes of pixels"
        )
    return Raster(width, height, channels, depth, pixels[offset : offset + size])


def _read(hint: Any, value: Any, where: str, pixels: memoryview, limits: Limits) -> Any:  # noqa: ANN401
    hint, optional = without_none(hint)
    if optional and value is None:
        return None
    if get_origin(hint) is Annotated and get_origin(get_args(hint)[0]) is tuple:
        hint = get_args(hint)[0]
    if get_origin(hint) is tuple:
        return tuple(_read(part, item, where, pixels, limits) for part, item in _items(hint, value, where))
    if is_dataclass(hint):
        if not isinstance(value, dict):
            raise ProtocolError(f"{where} is {_shown(value)}: send a map")
        return _build(cast("type", hint), value, where, pixels, limits)
    if get_origin(hint) is Mapping:
        if not isinstance(value, dict) or len(value) > MOST_ITEMS:
            raise ProtocolError(f"{where} is {_shown(value)}: send a map of texts and numbers")
        key, item = get_args(hint)
        return MappingProxyType({_leaf(key, k, where): _leaf(item, v, where) for k, v in value.items()})
    return _leaf(hint, value, where)


def _items(hint: Any, value: Any, where: str) -> list[tuple[Any, Any]]:  # noqa: ANN401
    parts = get_args(hint)
    many = parts[-1] is Ellipsis
    if not isinstance(value, list) or not (len(value) <= MOST_ITEMS if many else len(value) == len(parts)):
        due = f"no more than {MOST_ITEMS}" if many else f"{len(parts)}"
        raise ProtocolError(f"{where} is {_shown(value)}: send a list of {due}")
    return [(parts[0], item) for item in value] if many else list(zip(parts, value, strict=True))


def _leaf(hint: Any, value: Any, where: str) -> Any:  # noqa: ANN401
    due = remedy(hint, value)
    if due is not None:
        raise ProtocolError(f"{where} is {_shown(value)}: send {due}")
    kind = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    return float(value) if kind is float else value


def _shown(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, dict | list):
        return f"a {'map' if isinstance(value, dict) else 'list'} of {len(value)}"
    return clipped(ascii(value))
