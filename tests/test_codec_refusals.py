"""Messages that are refused: field by field, and as a whole."""

import math
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Annotated, get_args, get_origin

import msgpack
import pytest
from wire_messages import LARGE, LIMITS, MESSAGES, bare, header_of, hints, needed, refusal, sample, sent

from protocol.codec import decode
from protocol.errors import ProtocolError
from protocol.fields import Choice, Range
from protocol.limits import Limits
from protocol.messages import ClientMessage
from protocol.records import MOST_ITEMS

ROOT = Path(__file__).parents[1]


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
