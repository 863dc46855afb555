"""The command line, end to end."""

import json
import logging
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from calling import QUICK, ROOT, start_process, vgg_weights
from pictures import bricks, bytes_of, load, save
from PIL import Image

from engine.images.png import encode_png

KEYS = {
    "output",
    "encoder",
    "device",
    "recording",
    "width",
    "height",
    "recipe",
    "quality",
    "seed",
    "seamless",
    "steps",
    "seconds",
    "first_snapshot_seconds",
    "losses",
    "peak_memory_bytes",
    "interrupted",
}


# As a program of its own.


def test_the_program_makes_a_texture_and_tells_so_on_stderr(here):
    process = start_process("synthesize", "bricks.png", "-o", "out.png", *QUICK, cwd=here, alone=True)
    out, err = process.communicate(timeout=100)
    assert (process.returncode, out) == (0, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("out.png: 48x40 in ")
    assert load(here / "out.png").shape == (40, 48, 3)


def test_what_matplotlib_says_of_its_fonts_is_not_told(call):
    assert call("--version")[0] == 0
    assert not logging.getLogger("matplotlib.font_manager").isEnabledFor(logging.WARNING)


def test_the_program_tells_a_mistake_in_one_line_without_a_traceback(here):
    process = start_process("synthesize", "nowhere.png", "-o", "out.png", cwd=here)
    out, err = process.communicate(timeout=100)
    assert (process.returncode, out) == (2, "")
    assert err == "texture-engine: nowhere.png does not exist; check the name\n"


def interrupted(process, seen):
    """Send Ctrl+C once a condition holds."""
    deadline = time.monotonic() + 60
    try:
        while not seen():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        return process.communicate(timeout=60)
    finally:
        process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a child alone")
def test_ctrl_c_keeps_the_picture_so_far_whole(here):
    arguments = (
        "bricks.png",
        "-o",
        "out.png",
        "--size",
        "96x64",
        "--steps",
        "100000",
        "--json",
        "--record",
        "frames",
    )
    process = start_process("synthesize", *arguments, cwd=here)
    out, err = interrupted(process, (here / "frames" / "0002.png").exists)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "texture-engine: interrupted: out.png holds the picture so far"
    assert load(here / "out.png").shape == (64, 96, 3)
    told = json.loads(out)
    assert told["interrupted"] is True
    assert told["recording"] == "frames"
    assert 1 <= told["steps"] < 100_000
    assert sorted(path.suffix for path in here.iterdir() if path.is_file()) == [".png", ".png"]


@pytest.mark.parametrize("arguments", [(), ("synthesize",), ("doctor",)])
def test_help_comes_without_waiting_for_torch(arguments):
    code = (
        "import sys\nfrom engine.cli import main\ntry:\n    main()\nexcept SystemExit as ended:\n"
        "    assert not ended.code, ended.code\nprint('torch' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, *arguments, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert found.returncode == 0, found.stderr
    assert "Usage: texture-engine" in found.stdout
    assert found.stdout.splitlines()[-1] == "False"


# Options.


def test_without_a_size_the_texture_is_512_pixels_square(make):
    assert make("--octaves", "1", quick=("--recipe", "gram", "--steps", "1")).shape == (512, 512, 3)


def test_one_number_is_a_square(make):
    assert make("--size", "40").shape == (40, 40, 3)


@pytest.fixture
def plain(make):
    return make(output="plain.png")


OPTIONS = {
    "recipe sliced": ("--recipe", "sliced"),
    "recipe gram": ("--recipe", "gram"),
    "recipe patch": ("--recipe", "patch"),
    "quality": ("--quality", "normal"),
    "pooling": ("--pooling", "max"),
    "layers": ("--layers", "relu1_1:1,relu3_1:0.5"),
    "steps": ("--steps", "2"),
    "seed": ("--seed", "7"),
    "flips": ("--flips",),
    "rotations": ("--rotations",),
    "scales": ("--scales", "0.8,1.25"),
    "noise": ("--noise", "1"),
    "seamless": ("--seamless",),
    "seamless along one axis": ("--seamless", "x"),
}


@pytest.mark.parametrize("option", OPTIONS)
def test_the_option_changes_the_texture(make, plain, option):
    found = make(*OPTIONS[option])
    assert found.shape == plain.shape
    assert not np.array_equal(found, plain)


def test_the_option_overuse_changes_the_texture(make):
    patch = ("--recipe", "patch", "--steps", "4", "--repetition-penalty")
    assert not np.array_equal(make(*patch, "1"), make(*patch, "0"))


def test_the_option_octaves_changes_the_texture(make):
    gram = ("--recipe", "gram", "--steps", "2", "--octaves")
    assert not np.array_equal(make(*gram, "1"), make(*gram, "2"))


SAME = {
    "device auto": ("--device", "auto"),
    "device cpu": ("--device", "cpu"),
    "device in capitals": ("--device", "CPU"),
    "encoder": ("--encoder", "compact"),
    "memory": ("--memory", "8GiB"),
    "seed": ("--seed", "0"),
    "quiet": ("--quiet",),
    "json": ("--json",),
}


@pytest.mark.skipif(torch.cuda.is_available(), reason="auto is another device here")
@pytest.mark.parametrize("option", SAME)
def test_the_option_leaves_the_texture_as_it_is(make, plain, option):
    assert np.array_equal(make(*SAME[option]), plain)


def test_a_weights_file_takes_the_place_of_the_built_in_encoder(call, here):
    vgg_weights(here / "own.safetensors")
    arguments = ("--weights", "own.safetensors", "--layers", "relu1_1,relu3_1", "--json", "-q")
    status, out, err = call("synthesize", "bricks.png", "-o", "out.png", *QUICK, *arguments)
    assert (status, err) == (0, "")
    assert json.loads(out)["encoder"] == "own.safetensors"


def test_init_is_what_the_texture_starts_from(make, here):
    half = np.zeros((40, 48, 3), np.float32)
    half[:, :24] = 1
    save(here / "half.png", half)
    found = make("--init", "half.png", "--octaves", "1").astype(float)
    assert found[:, :24].mean() - found[:, 24:].mean() > 80


def test_variations_are_numbered_and_differ(call, here):
    assert call("synthesize", "bricks.png", "-o", "out.png", *QUICK, "--variations", "3")[0] == 0
    assert {path.name for path in here.glob("out*")} == {"out-1.png", "out-2.png", "out-3.png"}
    assert len({load(path).tobytes() for path in here.glob("out*")}) == 3


def test_a_variation_is_what_its_seed_gives(make, call, here):
    assert call("synthesize", "bricks.png", "-o", "many.png", *QUICK, "--variations", "2", "--seed", "4")[0] == 0
    assert np.array_equal(load(here / "many-2.png"), make("--seed", "5"))


def test_a_picture_that_is_given_is_never_written_over(call):
    before = Path("bricks.png").read_bytes()
    status, _, err = call("synthesize", "bricks.png", "-o", "./bricks.png", *QUICK)
    assert (status, err.count("\n")) == (2, 1)
    assert "would be overwritten" in err
    assert Path("bricks.png").read_bytes() == before


def test_picture_and_recording_are_not_written_to_one_file(call):
    status, _, err = call("synthesize", "bricks.png", "-o", "out.webp", "--record", "out.webp", *QUICK)
    assert status == 2
    assert "would be written twice" in err


def test_the_version_is_told(call):
    assert call("--version") == (0, version("gimp-texture-synthesis") + "\n", "")


# What is printed.


def test_json_is_one_line_of_known_keys_for_each_texture(call):
    arguments = ("--json", "--variations", "2", "--seed", "3", "--recipe", "gram", "--seamless")
    status, out, err = call("synthesize", "bricks.png", "-o", "out.png", *QUICK, *arguments, "-q")
    assert (status, err) == (0, "")
    told = [json.loads(line) for line in out.splitlines()]
    assert [line["output"] for line in told] == ["out-1.png", "out-2.png"]
    assert [line["seed"] for line in told] == [3, 4]
    for line in told:
        assert line.keys() == KEYS
        assert (line["width"], line["height"], line["encoder"]) == (48, 40, "compact")
        assert (line["recipe"], line["quality"], line["seamless"]) == ("gram", "draft", "both")
        assert line["interrupted"] is False
        assert line["steps"] >= 1
        assert line["losses"].keys() == {"gram"}
        assert 0 <= line["first_snapshot_seconds"] <= line["seconds"] + 0.001
        assert line["peak_memory_bytes"] > 2**24


def test_json_tells_which_rectangle_was_filled(call, tmp_path):
    hole = np.zeros((48, 64), np.uint8)
    hole[10:22, 30:50] = 255
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)).save(tmp_path / "photo.png")
    Image.fromarray(hole).save(tmp_path / "hole.png")
    filling = ("synthesize", "--canvas", tmp_path / "photo.png", "-o", tmp_path / "out.png", "--json", "-q")
    status, out, _ = call(*filling, "--mask", tmp_path / "hole.png", "--quality", "draft")
    assert status == 0
    assert json.loads(out)["filled"] == {"left": 30, "top": 10, "width": 20, "height": 12}


def test_a_folder_that_cannot_keep_compiled_code_is_told_once(call, tmp_path, monkeypatch):
    folder = tmp_path / "none"
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folder))
    for writable, options, told in ((True, (), 0), (False, (), 1), (False, ("--quiet",), 0)):
        monkeypatch.setattr("engine.synthesis.compiling._folder", folder if writable else None)
        status, _, err = call(
            "synthesize", "bricks.png", "-o", "out.png", "--local", *QUICK, "--variations", 2, *options
        )
        said = f"texture-engine: compiled code cannot be kept in {folder}: every run compiles again; "
        assert (status, err.count(said)) == (0, told)


def test_quiet_prints_nothing(call):
    assert call("synthesize", "bricks.png", "-o", "out.png", *QUICK, "--quiet") == (0, "", "")


def test_doctor_names_encoders_and_devices_and_finds_all_well(call):
    status, out, _ = call("doctor")
    assert status == 0, out
    for name in ("compact", "vgg19", "vgg16", "vgg11", "cpu", "torch", "a test synthesis", "no faults found"):
        assert name in out


def test_a_quick_doctor_leaves_the_synthesis_out(call):
    status, out, _ = call("doctor", "--quick")
    assert status == 0, out
    assert "a test synthesis" not in out


# Formats.


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [("png", "PNG"), ("jpg", "JPEG"), ("jpeg", "JPEG"), ("webp", "WEBP"), ("tif", "TIFF"), ("tiff", "TIFF")],
)
def test_the_suffix_chooses_the_format(make, here, suffix, kind):
    make(output=f"out.{suffix}")
    with Image.open(here / f"out.{suffix}") as image:
        assert (image.format, image.mode, image.size) == (kind, "RGB", (48, 40))


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_an_exemplar_of_16_bits_gives_a_texture_of_16_bits(call, here, suffix):
    samples = np.rint(bricks() * 65535).astype(np.uint16)
    (here / "deep.png").write_bytes(encode_png(samples, None))
    assert call("synthesize", "deep.png", "-o", f"out.{suffix}", *QUICK)[0] == 0
    data = (here / f"out.{suffix}").read_bytes()
    found = imagecodecs.png_decode(data) if suffix == "png" else tifffile.imread(here / "out.tif")
    assert (found.dtype, found.shape) == (np.uint16, (40, 48, 3))
    assert np.unique(found).size > 300


def test_a_tiff_of_16_bits_is_read(call, here):
    tifffile.imwrite(here / "deep.tif", np.rint(bricks() * 65535).astype(np.uint16), photometric="rgb")
    assert call("synthesize", "deep.tif", "-o", "out.png", *QUICK)[0] == 0
    assert imagecodecs.png_decode((here / "out.png").read_bytes()).dtype == np.uint16


def test_a_gray_exemplar_gives_a_gray_texture(call, here):
    save(here / "gray.png", bytes_of(bricks()[..., 0]))
    assert call("synthesize", "gray.png", "-o", "out.png", *QUICK)[0] == 0
    with Image.open(here / "out.png") as image:
        assert image.mode == "L"


def test_the_exif_orientation_of_the_canvas_is_applied(call, here):
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = bytes_of(bricks(40, 64))
    save(here / "turned.png", stored, exif=exif.tobytes())
    mask = np.zeros((64, 40), np.uint8)
    mask[20:30, 10:20] = 255
    save(here / "mask.png", mask)
    arguments = ("--canvas", "turned.png", "--mask", "mask.png", "--quality", "draft", "--steps", "1")
    assert call("synthesize", *arguments, "-o", "out.png")[0] == 0
    upright = np.rot90(stored, -1)
    found = load(here / "out.png")
    assert np.array_equal(found[mask == 0], upright[mask == 0])


# Recording.


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_a_run_is_recorded_as_an_animation(make, here, suffix):
    make("--record", f"run.{suffix}")
    with Image.open(here / f"run.{suffix}") as image:
        assert image.n_frames > 2
        assert image.size == (48, 40)


def test_a_run_is_recorded_as_a_folder_of_pictures(make, here):
    found = make("--record", "frames")
    frames = sorted((here / "frames").iterdir())
    assert [path.name for path in frames] == [f"{n:04d}.png" for n in range(len(frames))]
    assert len(frames) > 2
    assert np.array_equal(load(frames[-1]), found)


def test_the_last_frame_of_a_texture_with_gaps_shows_what_is_written(make, here):
    colors = bricks()
    gaps = np.hypot(*(np.mgrid[:64, :64] % 16 - 7.5)) < 6
    save(here / "bricks.png", np.dstack([colors, ~gaps]))
    found = make("--record", "frames")
    last = load(max((here / "frames").iterdir()))
    clear, opaque = found[..., 3] == 0, found[..., 3] == 255
    assert clear.sum() > 200
    assert len(np.unique(last[clear], axis=0)) == 1
    assert np.array_equal(last[opaque], found[opaque][:, :3])


def test_each_variation_has_its_own_recording(call, here):
    arguments = ("--variations", "2", "--record", "run.gif")
    assert call("synthesize", "bricks.png", "-o", "out.png", *QUICK, *arguments)[0] == 0
    assert {path.name for path in here.glob("run*")} == {"run-1.gif", "run-2.gif"}
