"""Messages, on their way to the wire and back."""

import math
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, get_args, get_origin, get_type_hints

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.codec import MOST_ITEMS, decode, encode, job_in
from protocol.errors import ProtocolError
from protocol.fields import Choice, Range, without_none
from protocol.limits import Limits
from protocol.messages import Canvas, ClientMessage, Done, EngineMessage, Failed, Ping, Source, Synthesize
from protocol.raster import MOST_CHANNELS, SAMPLE_BYTES, Raster, raster_bytes
from protocol.vocabulary import Settings

ROOT = Path(__file__).parents[1]
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
    return {int: int(max(1, span.low)) if span else 1, float: 0.5, str: "a", bool: True}[kind]


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


# There and back.


def of_hint(hint):
    """Everything that a field may hold."""
    kind, span, optional = bare(hint)
    found = of_kind(kind, span)
    return st.none() | found if optional else found


def of_kind(kind, span):
    if kind is Raster:
        return rasters()
    if is_dataclass(kind):
        return messages(kind)
    if isinstance(span, Choice):
        return st.sampled_from(span.options)
    parts = get_args(kind)
    if get_origin(kind) is tuple and parts[-1] is Ellipsis:
        return st.lists(of_hint(parts[0]), max_size=3).map(tuple)
    if get_origin(kind) is tuple:
        return st.tuples(*map(of_hint, parts))
    if get_origin(kind) is Mapping:
        return st.dictionaries(*map(of_hint, parts), max_size=3).map(MappingProxyType)
    if kind is str:
        names = "abcXYZ019._-" if span and span.name else st.characters(codec="utf-8")
        return st.text(names, min_size=span.low if span else 0, max_size=min(300, span.high) if span else 20)
    if kind is bool:
        return st.booleans()
    return {int: st.integers, float: st.floats}[kind](
        *((span.low, span.high) if span else ()),
        **({"allow_nan": False, "allow_infinity": False} if kind is float else {}),
    )


@st.composite
def rasters(draw):
    width, height = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    channels, depth = draw(st.integers(1, MOST_CHANNELS)), draw(st.sampled_from(sorted(SAMPLE_BYTES)))
    size = raster_bytes(width, height, channels, depth)
    return Raster(width, height, channels, depth, draw(st.binary(min_size=size, max_size=size)))


def messages(kind):
    parts = {name: of_hint(hint) for name, hint in hints(kind).items()}
    if kind is Settings:
        # Each layer once, and one with a weight.
        parts["layers"] = st.sampled_from([None, (("relu1_1", 0.5),), (("pixels", 0.0), ("relu3_1", 1.0))])
    return st.builds(kind, **parts)


@pytest.mark.parametrize("name", MESSAGES)
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_what_arrives_is_what_was_sent(name, data):
    kind, union = MESSAGES[name]
    message = data.draw(messages(kind))
    assert decode(encode(message), union, LIMITS) == message


@pytest.mark.parametrize("depth", SAMPLE_BYTES)
@pytest.mark.parametrize("channels", range(1, MOST_CHANNELS + 1))
def test_a_raster_may_have_one_to_four_channels_of_any_depth(channels, depth):
    raster = Raster(3, 2, channels, depth, bytes(range(raster_bytes(3, 2, channels, depth))))
    assert decode(encode(Done("a", raster)), EngineMessage, LIMITS).raster == raster


def test_rasters_of_one_message_come_one_behind_the_other():
    first, second, third = (Raster(n, 1, 1, "u8", bytes([n] * n)) for n in (1, 2, 3))
    message = Synthesize("a", (Source(first, second),), Canvas(start=third))
    parts = encode(message)
    assert parts[1] == b"\x01\x02\x02\x03\x03\x03"
    assert decode(parts, ClientMessage, LIMITS) == message


def test_a_message_without_rasters_is_its_header_alone():
    assert len(encode(Ping(3))) == 1


@pytest.mark.parametrize("buffer", [bytes, bytearray, memoryview])
def test_frames_may_be_any_kind_of_bytes(buffer):
    message = Done("a", Raster(1, 1, 3, "u8", b"rgb"))
    assert decode([buffer(part) for part in encode(message)], EngineMessage, LIMITS) == message


def test_pixels_that_arrive_are_not_copied():
    header, pixels = encode(Synthesize("a", (Source(Raster(1, 1, 3, "u8", b"rgb"), Raster(1, 1, 1, "u8", b"m")),)))
    received = bytearray(pixels)
    message = decode([header, received], ClientMessage, LIMITS)
    received[:] = b"RGBM"
    (source,) = message.sources
    assert (bytes(source.picture.data), bytes(source.mask.data)) == (b"RGB", b"M")


def test_pixels_of_a_single_raster_are_sent_without_a_copy():
    data = bytearray(b"rgb")
    assert encode(Done("a", Raster(1, 1, 3, "u8", data)))[1] is data


def test_a_whole_number_will_do_for_any_number(subtests):
    for name, (kind, union) in MESSAGES.items():
        with subtests.test(name=name):
            numbers = {key: 1 for key, hint in hints(kind).items() if bare(hint)[0] is float}
            message = decode(sent({**header_of(kind), **numbers}), union, LIMITS)
            assert all(type(getattr(message, key)) is float for key in numbers)


def test_fields_that_are_not_needed_have_their_defaults(subtests):
    for name, (kind, union) in MESSAGES.items():
        with subtests.test(name=name):
            header = header_of(kind)
            message = decode(sent({"type": kind.type, **{key: header[key] for key in needed(kind)}}), union, LIMITS)
            for f in fields(kind):
                if f.name not in needed(kind):
                    default = f.default if f.default_factory is MISSING else f.default_factory()
                    assert getattr(message, f.name) == default


# What a later version may add.

LATER = {
    "a number": 7,
    "a map": {"a": [1, None, b"x"]},
    "a raster": {"width": 9, "height": 9, "channels": 9, "depth": "f64", "offset": 9},
    "not finite": math.nan,
}


@pytest.mark.parametrize("later", LATER)
def test_fields_that_are_not_known_are_ignored(subtests, later):
    for name, (kind, union) in MESSAGES.items():
        with subtests.test(name=name):
            header = header_of(kind)
            known = decode(sent(header), union, LIMITS)
            assert decode(sent({**header, "later": LATER[later]}), union, LIMITS) == known


def test_fields_of_a_raster_that_are_not_known_are_ignored():
    header = header_of(Done)
    header["raster"]["profile"] = "P3"
    assert decode(sent(header), EngineMessage, LIMITS).raster == Raster(1, 1, 1, "u8", b"\x07")


def test_pixels_that_no_known_field_speaks_of_are_ignored():
    assert decode(sent({"type": "ping"}, b"many pixels"), ClientMessage, LIMITS) == Ping()


# What is refused, field by field.


def flaws(hint):
    """What a field must not hold on the wire."""
    kind, span, optional = bare(hint)
    if not optional:
        yield None
    if is_dataclass(kind):
        good = sample(kind)
        yield from (0, "a", [], [good])
        for f in fields(kind):
            if f.name == "data":
                continue
            yield from ({**good, f.name: flaw} for flaw in flaws(hints(kind)[f.name]))
            if f.default is MISSING and f.default_factory is MISSING:
                yield {key: value for key, value in good.items() if key != f.name}
    elif get_origin(kind) is tuple:
        good, parts = sample(kind), get_args(kind)
        yield from (0, "a", b"a", {}, [good] * (MOST_ITEMS + 1))
        if parts[-1] is not Ellipsis:
            yield from ([], good[1:], [*good, good[0]])
        yield from ([flaw, *good[1:]] for flaw in flaws(parts[0]))
    elif get_origin(kind) is Mapping:
        yield from (0, "a", [], {b"a": 0.5}, dict.fromkeys(map(str, range(MOST_ITEMS + 1)), 0.5))
        yield from ({"gram": flaw} for flaw in flaws(get_args(kind)[1]))
    else:
        yield from flaws_of_leaf(kind, span)


def flaws_of_leaf(kind, span):
    yield from ([], {}, [sample(Annotated[kind, span] if span else kind)], b"a")
    yield from {
        int: ("1", 1.0, True),
        float: ("1", False, math.nan, math.inf, -math.inf),
        str: (1, 0.5, False),
        bool: (0, 1, "true", 0.0),
    }[kind]
    if isinstance(span, Choice):
        yield from ("", "another", span.options[0].upper() + "?")
    elif span and kind is str:
        yield "a" * (span.high + 1)
        yield from [""] * (span.low > 0)
        yield from ["a b", "a/b", "ä", "a\n", "a\0"] if span.name else ()
    elif span:
        yield span.low - 1
        if span.high < 2**63 - 1:
            yield span.high + 1
        yield from (2**64 - 1, -(2**63)) if kind is int else (1e300, -1e300)


def test_a_needed_field_that_is_missing_is_named(subtests):
    for name, (kind, union) in MESSAGES.items():
        with subtests.test(name=name):
            for field in needed(kind):
                header = header_of(kind)
                del header[field]
                assert refusal(sent(header), union).startswith(f"{kind.type}.{field} is missing")


def test_a_field_of_the_wrong_kind_or_out_of_its_range_is_named(subtests):
    for name, (kind, union) in MESSAGES.items():
        with subtests.test(name=name):
            for field, hint in hints(kind).items():
                for flaw in flaws(hint):
                    found = refusal(sent({**header_of(kind), field: flaw}), union, LARGE)
                    assert found.startswith(f"{kind.type}.{field}"), flaw
                    assert ": send " in found


def test_the_ends_of_a_range_belong_to_it(subtests):
    for name, (kind, union) in MESSAGES.items():
        with subtests.test(name=name):
            for field, hint in hints(kind).items():
                leaf, span, _ = bare(hint)
                ends = span.options if isinstance(span, Choice) else (span.low, span.high) if span else ()
                for end in ends:
                    value = "a" * end if leaf is str and isinstance(span, Range) else end
                    assert getattr(decode(sent({**header_of(kind), field: value}), union, LIMITS), field) == value


JOB = {"type": "synthesize", "job": "a"}
GRAY = {"width": 2, "height": 2, "channels": 1, "depth": "u8"}


def masked(**raster):
    """A job with a mask of four pixels, or of another kind."""
    return {**JOB, "canvas": {"mask": {**GRAY, **raster}}}


REFUSALS = {
    "no type": ({}, "message type None"),
    "an engine's type": ({"type": "done"}, "message type 'done'"),
    "a type of another kind": ({"type": ["ping"]}, "message type a list of 1"),
    "a number above its range": ({**JOB, "settings": {"octaves": 101}}, "synthesize.settings.octaves is 101"),
    "an unknown choice": ({**JOB, "settings": {"recipe": "foto"}}, "synthesize.settings.recipe is 'foto'"),
    "bytes for a text": ({**JOB, "settings": {"recipe": b"photo"}}, "synthesize.settings.recipe is b'photo'"),
    "a long text": ({"type": "hello", "protocol": [2, 0], "client": "x" * 201}, f"hello.client is '{'x' * 56}..."),
    "layers of no weight": ({**JOB, "settings": {"layers": [["relu1_1", 0]]}}, "synthesize.settings.layers"),
    "a list that is too short": (
        {**JOB, "settings": {"layers": [["relu1_1"]]}},
        "synthesize.settings.layers is a list of 1",
    ),
    "a job's name with a blank": ({"type": "cancel", "job": "my job"}, "cancel.job is 'my job'"),
    "a name with a letter that is not plain": ({"type": "cancel", "job": "straße"}, "cancel.job is 'stra\\xdfe'"),
    "a raster without a width": (
        {**JOB, "canvas": {"mask": {"height": 2}}},
        "synthesize.canvas.mask.width is missing",
    ),
    "a raster of negative width": (masked(width=-2), "synthesize.canvas.mask.width is -2"),
    "a raster without rows": (masked(height=0), "synthesize.canvas.mask.height is 0"),
    "a raster of five channels": (masked(channels=5), "synthesize.canvas.mask.channels is 5"),
    "a raster of another depth": (masked(depth="u32"), "synthesize.canvas.mask.depth is 'u32'"),
    "a raster with too few pixels": (masked(depth="u16"), "synthesize.canvas.mask needs 8 bytes from offset 0"),
    "a raster that begins before the pixels": (
        masked(offset=-1),
        "synthesize.canvas.mask needs 4 bytes from offset -1",
    ),
    "a raster that ends behind the pixels": (masked(offset=1), "synthesize.canvas.mask needs 4 bytes from offset 1"),
    "a raster that begins at a truth": (
        masked(offset=False),
        "synthesize.canvas.mask needs 4 bytes from offset False",
    ),
    "a raster that begins at a text": (masked(offset="0"), "synthesize.canvas.mask needs 4 bytes from offset '0'"),
    "a raster that begins nowhere": (masked(offset=None), "synthesize.canvas.mask needs 4 bytes from offset None"),
}


def test_the_refusal_names_the_field_and_what_was_sent(subtests):
    for name, (header, begin) in REFUSALS.items():
        with subtests.test(name=name):
            assert refusal(sent(header, b"gray")).startswith(begin)


def test_a_raster_needs_pixels():
    found = refusal([msgpack.packb(masked())])
    assert found == "synthesize.canvas.mask needs 4 bytes from offset 0, and there are 0 bytes of pixels"


# What is refused as a whole.


def nested(opening, depth):
    return b"\x81\xa1a" + opening * depth + b"\xc0"


HOSTILE = {
    "nothing": b"",
    "no msgpack": b"\xc1",
    "text": b"hello",
    "half a map": b"\x82\xa4type\xa4ping",
    "something behind the map": b"\x80\x80",
    "a list": b"\x90",
    "a number": b"\x07",
    "nil": b"\xc0",
    "lists in lists": nested(b"\x91", 100_000),
    "maps in maps": nested(b"\x81\xa1a", 100_000),
    "maps as keys": b"\x81" * 100_000,
    "a list of four thousand million": b"\x81\xa1a\xdd\xff\xff\xff\xff",
    "a map of four thousand million": b"\xdf\xff\xff\xff\xff",
    "a text of four gigabytes": b"\x81\xa1a\xdb\xff\xff\xff\xff",
    "bytes of four gigabytes": b"\x81\xa1a\xc6\xff\xff\xff\xff",
    "an extension of four gigabytes": b"\x81\xa1a\xc9\xff\xff\xff\xff\x01",
    "an extension": b"\x81\xa1a\xd4\x05x",
    "a time": b"\x81\xa1a\xd6\xff\x00\x00\x00\x01",
    "a broken time": b"\x81\xa1a\xc7\x01\xff\x00",
    "a number as key": b"\x81\x01\x01",
    "nothing as key": b"\x81\xc0\x01",
    "a list as key": b"\x81\x90\x01",
    "a map as key": b"\x81\x80\x01",
    "a text that is no text": b"\x81\xa1a\xa1\xff",
    "half of a pair of surrogates": b"\x81\xa1a\xa3\xed\xa0\x80",
}


def test_a_header_that_is_no_map_of_msgpack_is_refused(subtests):
    for name, header in HOSTILE.items():
        with subtests.test(name=name):
            assert refusal([header], limits=LARGE).startswith(
                ("the header is not msgpack (", "the header is a msgpack ")
            )


def test_a_header_of_another_kind_is_told_so():
    assert refusal([b"\x90"]) == "the header is a msgpack list: send a map"


def test_msgpack_without_its_compiled_part_refuses_the_same_headers():
    script = (
        "import sys, msgpack\n"
        "from protocol.codec import decode\n"
        "from protocol.errors import ProtocolError\n"
        "from protocol.limits import Limits\n"
        "from protocol.messages import ClientMessage\n"
        "assert msgpack.Unpacker.__module__ == 'msgpack.fallback'\n"
        "for line in sys.stdin:\n"
        "    try:\n"
        "        decode([bytes.fromhex(line)], ClientMessage, Limits(header_bytes=2**20))\n"
        "    except ProtocolError:\n"
        "        print('refused')\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script],
        input="".join(f"{header.hex()}\n" for header in HOSTILE.values()),
        env={**os.environ, "MSGPACK_PUREPYTHON": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert told.stderr == ""
    assert told.stdout.split() == ["refused"] * len(HOSTILE)


@pytest.mark.parametrize("count", [0, 3, 4])
def test_a_message_has_one_or_two_frames(count):
    parts = [msgpack.packb({"type": "ping"}), b"", b"", b""][:count]
    assert refusal(parts) == f"a message has {count} frames: send a header, or a header and pixels"


SMALL = Limits(header_bytes=120, message_bytes=100, raster_pixels=16)
TOO_LARGE = {
    "header": ([b"x" * 121], "a header of 121 bytes: send no more than 120"),
    "pixels": (sent({"type": "ping"}, bytes(101)), "101 bytes of pixels: send no more than 100"),
    "raster": (
        sent({**JOB, "canvas": {"mask": {**GRAY, "width": 17, "height": 1}}}, bytes(17)),
        "synthesize.canvas.mask has 17x1 pixels: send no more than 16",
    ),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_is_too_large_is_told_with_the_limit(name):
    parts, sentence = TOO_LARGE[name]
    with pytest.raises(ProtocolError) as caught:
        decode(parts, ClientMessage, SMALL)
    assert (str(caught.value), caught.value.code) == (sentence, "too-large")


def test_what_is_as_large_as_the_limits_is_taken():
    header = {"type": "synthesize", "job": "a", "canvas": {"mask": {**GRAY, "width": 8}}, "x": ""}
    header["x"] = b"x" * (120 - len(msgpack.packb(header)) - 1)
    packed, pixels = sent(header, bytes(100))
    assert len(packed) == 120
    assert decode([packed, pixels], ClientMessage, SMALL).canvas.mask.width == 8


def test_every_other_refusal_has_the_code_bad_message():
    with pytest.raises(ProtocolError) as caught:
        decode([b""], ClientMessage, LIMITS)
    assert caught.value.code == "bad-message"


def test_a_refusal_is_short_enough_to_be_sent_whatever_it_refuses():
    longest = max((refusal([part], limits=LARGE) for part in HOSTILE.values()), key=len)
    assert len(longest) < 200


# Whatever arrives.

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.binary(), inner, max_size=4),
    max_leaves=8,
)


def taken(parts, union):
    """Take whatever arrived: it is refused, or a message that can be sent again."""
    try:
        message = decode(parts, union, LIMITS)
    except ProtocolError:
        return
    assert decode(encode(message), union, LIMITS) == message


@pytest.mark.parametrize("union", UNIONS)
@settings(max_examples=300, deadline=None)
@given(parts=st.lists(st.binary(max_size=100), max_size=3))
def test_any_bytes_at_all_are_refused_or_a_message(union, parts):
    taken(parts, UNIONS[union])


@pytest.mark.parametrize("name", MESSAGES)
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_values_in_any_fields_are_refused_or_a_message(name, data):
    kind, union = MESSAGES[name]
    names = st.sampled_from([*hints(kind), "type"])
    taken(sent({**header_of(kind), **data.draw(st.dictionaries(names, ANYTHING, min_size=1, max_size=3))}), union)


@pytest.mark.parametrize("name", MESSAGES)
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_damaged_message_is_refused_or_a_message(name, data):
    kind, union = MESSAGES[name]
    parts = [bytearray(part) for part in encode(data.draw(messages(kind)))]
    for _ in range(data.draw(st.integers(1, 3))):
        part = data.draw(st.sampled_from(parts))
        start = data.draw(st.integers(0, len(part)))
        part[start : start + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    taken(parts, union)


# On its way out.


def test_a_number_that_no_message_can_hold_is_not_sent():
    with pytest.raises(ProtocolError, match=r"^ping holds a number of more than 64 bits: send a smaller one$"):
        encode(Ping(2**64))


def test_a_path_that_is_no_text_is_sent_with_marks_in_its_place():
    message = Failed("bad-weights", "\udcff.pth is not there")
    assert decode(encode(message), EngineMessage, LIMITS).message == "?.pth is not there"


def test_a_raster_with_another_number_of_samples_cannot_be_made():
    with pytest.raises(ProtocolError) as caught:
        Raster(3, 2, 4, "u16", b"few")
    assert str(caught.value) == "a raster of 3x2 pixels with 4 channels of u16 needs 48 bytes, and has 3"


RASTERS = {
    "width": ((0, 1, 1, "u8"), "a raster's width is 0: give a whole number from 1 to 2147483648"),
    "height": ((1, -1, 1, "u8"), "a raster's height is -1: give a whole number from 1 to 2147483648"),
    "channels": ((1, 1, True, "u8"), "a raster's channels is True: give a whole number from 1 to 4"),
    "depth": ((1, 1, 1, "u4"), "a raster's depth is 'u4': give u8, u16, f32"),
}


@pytest.mark.parametrize("name", RASTERS)
def test_a_raster_without_sense_cannot_be_made(name):
    numbers, sentence = RASTERS[name]
    with pytest.raises(ProtocolError) as caught:
        Raster(*numbers, b"x")
    assert str(caught.value) == sentence


# The job that a broken message is about.


def test_the_job_of_a_broken_message_is_found():
    assert job_in(sent({**JOB, "seed": -1}), LIMITS) == "a"
    assert job_in(sent({"type": "none", "job": "b"}), LIMITS) == "b"


@pytest.mark.parametrize("parts", [[], [b""], [b"\x80"], sent({"job": 7}), sent({"job": "a b"}), sent({"job": None})])
def test_a_message_without_the_name_of_a_job_is_about_none(parts):
    assert job_in(parts, LIMITS) is None
