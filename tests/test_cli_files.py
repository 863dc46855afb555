"""The files of the command line: what is kept of those given, the standard streams, and what is told of it."""

import io
import os
import sys
from types import SimpleNamespace

import forking
import numpy as np
import pytest
import tifffile
from calling import FILL, QUICK, ROOT, assert_refused
from pictures import bricks, bytes_of, load, save
from PIL import Image

from engine.images import read_picture
from protocol.vocabulary import MOST_SOURCES

CASES = ROOT.parent / "shared" / "cases"
COPYRIGHT, PLACE, ORIENTATION = 0x8298, 0x8825, 0x0112


@pytest.fixture
def hole(here):
    """A canvas of bricks with a mask: its samples and where they are free."""
    mask = np.zeros((64, 64), np.uint8)
    mask[20:40, 20:44] = 255
    save(here / "mask.png", mask)
    return bytes_of(bricks()), mask > 0


def fill(call, canvas, output, *arguments):
    return call("synthesize", "--canvas", canvas, "--mask", "mask.png", "-o", output, *FILL, *arguments)


def remarks(err):
    return [line for line in err.splitlines() if line.startswith("texture-engine: ")]


# Loss.


@pytest.mark.parametrize("source", ["webp", "png", "tif"])
def test_what_is_kept_is_the_same_in_a_webp(call, hole, here, source):
    samples, free = hole
    save(here / f"canvas.{source}", samples, **({"lossless": True} if source == "webp" else {}))
    status, _, err = fill(call, f"canvas.{source}", "out.webp")
    assert (status, remarks(err)) == (0, [])
    found = load(here / "out.webp")
    assert np.array_equal(found[~free], samples[~free])
    assert not np.array_equal(found[free], samples[free])


@pytest.mark.parametrize("suffix", ["jpg", "webp"])
def test_that_kept_pixels_are_encoded_again_is_told_once(call, hole, here, suffix):
    save(here / f"canvas.{suffix}", hole[0], quality=80)
    status, _, err = fill(call, f"canvas.{suffix}", f"out.{suffix}", "--variations", "2")
    assert status == 0
    assert len(remarks(err)) == 1
    assert "encoded again" in remarks(err)[0]
    status, out, err = fill(call, f"canvas.{suffix}", "out.png")
    assert (status, out, remarks(err)) == (0, "", [])


def test_a_jpeg_canvas_gives_its_quality_and_subsampling(call, hole, here):
    save(here / "canvas.jpg", hole[0], quality=71, subsampling=2)
    assert fill(call, "canvas.jpg", "out.jpg")[0] == 0
    assert fill(call, "canvas.jpg", "fine.jpg", "--jpeg-quality", "96")[0] == 0
    tables = {}
    for name in ("canvas", "out", "fine"):
        with Image.open(here / f"{name}.jpg") as image:
            tables[name] = image.quantization
    assert tables["out"] == tables["canvas"]
    assert tables["fine"][0][0] < tables["canvas"][0][0]


def test_jpeg_quality_makes_webp_lossy_and_smaller(call, here):
    for name, quality in (("whole", ()), ("fine", ("--jpeg-quality", "90")), ("coarse", ("--jpeg-quality", "10"))):
        assert call("synthesize", "bricks.png", "-o", f"{name}.webp", *QUICK, *quality)[0] == 0
    sizes = [(here / f"{name}.webp").stat().st_size for name in ("coarse", "fine", "whole")]
    assert sizes == sorted(sizes)
    assert read_picture(here / "fine.webp").compression.lossy
    assert not read_picture(here / "whole.webp").compression.lossy


@pytest.mark.parametrize("quality", ["0", "101", "-1"])
def test_a_quality_out_of_range_is_refused(call, quality):
    assert_refused(call("synthesize", "bricks.png", "-o", "out.jpg", "--jpeg-quality", quality), quality)


def test_transparency_that_jpeg_cannot_hold_is_told(call, hole, here):
    samples, free = hole
    alpha = np.full(free.shape, 255, np.uint8)
    alpha[:8, :8] = 0
    save(here / "canvas.png", np.dstack([samples, alpha]))
    status, _, err = fill(call, "canvas.png", "out.jpg")
    assert status == 0
    assert sum("become white" in line for line in remarks(err)) == 1
    assert not remarks(fill(call, "canvas.png", "out.png")[2])


def test_16_bits_that_jpeg_cannot_hold_are_told(call, here):
    tifffile.imwrite(here / "deep.tif", np.rint(bricks() * 65535).astype(np.uint16), photometric="rgb")
    status, _, err = call("synthesize", "deep.tif", "-o", "out.jpg", *QUICK)
    assert (status, len(remarks(err))) == (0, 1)
    assert "16 bits" in remarks(err)[0]
    assert remarks(call("synthesize", "deep.tif", "-o", "out.jpg", *QUICK, "--quiet")[2]) == []


def test_a_palette_that_is_not_kept_is_told(call, here):
    Image.fromarray(bytes_of(bricks())).quantize(16).save(here / "few.png")
    status, _, err = call("synthesize", "few.png", "-o", "out.png", *QUICK)
    assert (status, len(remarks(err))) == (0, 1)
    assert "palette" in remarks(err)[0]


def test_cmyk_and_floats_beyond_1_are_told_as_they_are_read(call, here):
    ink = np.zeros((64, 64, 4), np.uint8)
    ink[..., :3] = 255 - bytes_of(bricks())
    tifffile.imwrite(here / "ink.tif", ink, photometric="separated")
    tifffile.imwrite(here / "bright.tif", 3 * bricks(), photometric="rgb")
    for name, word in (("ink.tif", "CMYK"), ("bright.tif", "scaled")):
        status, _, err = call("synthesize", name, "-o", "out.png", *QUICK)
        assert (status, len(remarks(err))) == (0, 1)
        assert name in err
        assert word in err
    with Image.open(here / "out.png") as image:
        assert image.mode.startswith("RGB") or image.mode.startswith("I;16")


# Metadata.


def photo(path):
    exif = Image.Exif()
    exif[COPYRIGHT], exif[ORIENTATION] = "(c) Ann", 3
    exif[PLACE] = {1: "N", 2: (47.0, 3.0, 4.5)}
    return save(path, bricks(), exif=exif.tobytes(), dpi=(300, 300), quality=90)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
@pytest.mark.usefixtures("hole")
def test_a_filled_canvas_keeps_what_the_photograph_tells(call, here, suffix):
    photo(here / "canvas.jpg")
    assert fill(call, "canvas.jpg", f"out.{suffix}")[0] == 0
    found = read_picture(here / f"out.{suffix}").metadata
    assert found.image[COPYRIGHT] == "(c) Ann"
    assert found.place[1] == "N"
    assert found.dpi == pytest.approx((300, 300), abs=0.02)
    with Image.open(here / f"out.{suffix}") as image:
        assert image.getexif().get(ORIENTATION, 1) == 1


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_a_new_texture_keeps_all_but_the_place(call, here, suffix):
    photo(here / "photo.jpg")
    assert call("synthesize", "photo.jpg", "-o", f"out.{suffix}", *QUICK)[0] == 0
    found = read_picture(here / f"out.{suffix}").metadata
    assert found.image[COPYRIGHT] == "(c) Ann"
    assert not found.place


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
def test_metadata_can_be_left_out(call, here, suffix):
    photo(here / "photo.jpg")
    assert call("synthesize", "photo.jpg", "-o", f"out.{suffix}", *QUICK, "--strip-metadata")[0] == 0
    found = read_picture(here / f"out.{suffix}").metadata
    assert (dict(found.image), dict(found.place), found.xmp, found.dpi) == ({}, {}, None, None)


# The standard streams.


def piped(here, *arguments, given=b""):
    command = [*forking.PROGRAM, "synthesize", *arguments, "--local"]
    return forking.run(command, cwd=here, env={**os.environ, "PYTHONPATH": str(ROOT)}, given=given, timeout=100)


def test_a_texture_goes_through_the_standard_streams(here, call):
    done = piped(here, "-", "-o", "-", *QUICK, given=(here / "bricks.png").read_bytes())
    assert done.returncode == 0, done.stderr
    assert done.stderr.decode().startswith("standard output: 48x40 in ")
    assert call("synthesize", "bricks.png", "-o", "out.png", *QUICK)[0] == 0
    assert done.stdout == (here / "out.png").read_bytes()


def given(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))


@pytest.mark.parametrize("name", ["canvas", "mask"])
def test_canvas_and_mask_are_read_from_standard_input(call, hole, here, monkeypatch, name):
    samples, free = hole
    save(here / "canvas.png", samples)
    given(monkeypatch, (here / f"{name}.png").read_bytes())
    names = {"canvas": "canvas.png", "mask": "mask.png"} | {name: "-"}
    told = call("synthesize", "--canvas", names["canvas"], "--mask", names["mask"], "-o", "out.png", *FILL)
    assert told[0] == 0, told[2]
    assert np.array_equal(load(here / "out.png")[~free], samples[~free])


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_on_standard_input_is_told(call, here, monkeypatch, data):
    given(monkeypatch, data)
    assert_refused(call("synthesize", "-", "-o", "out.png"), "standard input")
    assert not (here / "out.png").exists()


STREAMS = {
    "two inputs": (("--canvas", "-", "--mask", "-", "-o", "out.png"), "canvas and mask"),
    "several outputs": (("bricks.png", "-o", "-", "--variations", "2"), "takes one picture"),
    "json beside the picture": (("bricks.png", "-o", "-", "--json"), "--json"),
    "a recording": (("bricks.png", "-o", "out.png", "--record", "-"), "--record"),
}


@pytest.mark.parametrize("case", STREAMS)
def test_a_stream_that_cannot_hold_what_is_wanted_is_refused(call, here, case):
    arguments, message = STREAMS[case]
    assert_refused(call("synthesize", *arguments), message)
    assert not (here / "-").exists()


def test_a_terminal_gets_no_picture(call, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert_refused(call("synthesize", "bricks.png", "-o", "-"), "terminal")


def test_a_file_of_the_name_of_the_stream_can_be_named(call, here):
    (here / "-").write_bytes((here / "bricks.png").read_bytes())
    assert call("synthesize", "./-", "-o", "out.png", *QUICK)[0] == 0


# Words that are taken for others.


def test_more_exemplars_than_can_be_mixed_are_refused(call):
    names = [f"{number}.png" for number in range(MOST_SOURCES + 1)]
    assert_refused(call("synthesize", *names, "-o", "out.png"), f"{MOST_SOURCES + 1} exemplars")
    assert "texture-engine batch" in call("synthesize", *names, "-o", "out.png")[2]


@pytest.mark.parametrize("axis", ["z", "xy", "horizontal", "1"])
@pytest.mark.parametrize("arguments", [("bricks.png", "--seamless"), ("--seamless",)])
def test_a_wrong_axis_is_told_as_one(call, axis, arguments):
    order = (*arguments, axis) if arguments[0] != "--seamless" else ("--seamless", axis, "bricks.png")
    assert_refused(call("synthesize", *order, "-o", "out.png"), f"--seamless is '{axis}'")


@pytest.mark.parametrize("words", [("--seamless", "bricks.png"), ("bricks.png", "--seamless", "X")])
def test_seamless_is_told_from_a_file(call, words):
    assert call("synthesize", *words, "-o", "out.png", *QUICK)[0] == 0


# The pictures that brought these up.


@pytest.mark.skipif(not CASES.is_dir(), reason="needs the shared cases")
def test_the_shared_cases_are_read_as_they_are():
    deep = read_picture(CASES / "j2k16.jp2")
    assert (deep.bits, deep.pixels.shape) == (16, (80, 96, 3))
    assert len(np.unique(deep.pixels)) > 2000
    ink = read_picture(CASES / "cmyk8_alpha.tif")
    assert ink.alpha is not None
    assert ink.pixels.shape == (80, 96, 3)
    assert not read_picture(CASES / "lossless.webp").compression.lossy
