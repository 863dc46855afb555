"""Messages, on their way to the wire and back."""

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import MappingProxyType
from typing import get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_messages import LIMITS, MESSAGES, UNIONS, bare, header_of, hints, needed, sent

from protocol.codec import decode, encode, job_in
from protocol.errors import ProtocolError
from protocol.fields import Choice
from protocol.messages import Canvas, ClientMessage, Done, EngineMessage, Failed, Ping, Source, Synthesize
from protocol.raster import MOST_CHANNELS, SAMPLE_BYTES, Raster, raster_bytes
from protocol.vocabulary import Settings

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
    assert job_in(sent({"type": "synthesize", "job": "a", "seed": -1}), LIMITS) == "a"
    assert job_in(sent({"type": "none", "job": "b"}), LIMITS) == "b"


@pytest.mark.parametrize("parts", [[], [b""], [b"\x80"], sent({"job": 7}), sent({"job": "a b"}), sent({"job": None})])
def test_a_message_without_the_name_of_a_job_is_about_none(parts):
    assert job_in(parts, LIMITS) is None
