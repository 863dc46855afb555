"""The command line, end to end."""

import json
import os
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
from pictures import bricks, bytes_of, clouds, load, save, seam
from PIL import Image
from safetensors.torch import save_file

from engine.images.png import encode_png

ROOT = Path(__file__).parents[1]
QUICK = ("--quality", "draft", "--steps", "1", "--size", "48x40")
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


@pytest.fixture
def make(call, here):
    """Synthesize from the exemplar and expect success; gives the samples of the file."""

    def run(*arguments, output="out.png", quick=QUICK):
        status, _, err = call("synthesize", "bricks.png", "-o", output, *quick, *arguments)
        assert status == 0, err
        return load(here / output)

    return run


def start_process(*arguments, cwd, **options):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "engine", *map(str, arguments)],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


# As a program of its own.


def test_the_program_makes_a_texture_and_tells_so_on_stderr(here):
    process = start_process("synthesize", "bricks.png", "-o", "out.png", *QUICK, cwd=here)
    out, err = process.communicate(timeout=100)
    assert (process.returncode, out) == (0, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("out.png: 48x40 in ")
    assert load(here / "out.png").shape == (40, 48, 3)


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


@pytest.mark.parametrize(("channel", "status"), [("red", 0), ("blue", 2), (None, 2), ("purple", 2)])
def test_a_mask_with_colors_is_read_by_its_channel(call, here, channel, status):
    mask = np.zeros((64, 64, 3), np.uint8)
    mask[20:30, 20:30, 0] = 255
    save(here / "red.png", mask)
    save(here / "wall.png", bytes_of(bricks()))
    chosen = () if channel is None else ("--mask-channel", channel)
    arguments = ("--canvas", "wall.png", "--mask", "red.png", *chosen, "--quality", "draft", "-o", "out.png")
    assert call("synthesize", *arguments)[0] == status
    if not status:
        changed = (load(here / "out.png") != load(here / "wall.png")).any(axis=2)
        assert changed.any()
        assert not changed[mask[..., 0] == 0].any()


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


def vgg_weights(path, *, first=3, value=0.1):
    chance = torch.Generator().manual_seed(0)
    state = {}
    for name, shape in (("conv1_1", (4, first, 3, 3)), ("conv2_1", (6, 4, 3, 3)), ("conv3_1", (8, 6, 3, 3))):
        state[f"{name}.weight"] = value * torch.randn(shape, generator=chance)
        state[f"{name}.bias"] = torch.zeros(shape[0])
    save_file(state, path)
    return path


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


def test_quiet_prints_nothing(call):
    assert call("synthesize", "bricks.png", "-o", "out.png", *QUICK, "--quiet") == (0, "", "")


def test_doctor_names_encoders_and_devices_and_finds_all_well(call):
    status, out, _ = call("doctor")
    assert status == 0, out
    for name in ("compact", "vgg19", "vgg16", "vgg11", "cpu", "torch", "a test synthesis", "all is well"):
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


# Filling a part of a picture.

FILL = ("--quality", "draft", "--steps", "1")


@pytest.fixture
def scene(here):
    """A canvas and a mask: the samples and where they are free."""
    samples = bytes_of(bricks(72, 80, seed=1))
    mask = np.zeros((72, 80), np.uint8)
    mask[30:50, 20:60] = 255
    save(here / "canvas.png", samples)
    save(here / "mask.png", mask)
    return samples, mask > 0


def test_what_the_mask_keeps_is_the_same_in_the_file(make, scene):
    samples, free = scene
    found = make("--canvas", "canvas.png", "--mask", "mask.png", quick=FILL)
    assert found.shape == samples.shape
    assert np.array_equal(found[~free], samples[~free])
    assert not np.array_equal(found[free], samples[free])


def test_without_an_exemplar_the_rest_of_the_canvas_is_one(call, scene, here):
    samples, free = scene
    status, out, _ = call(
        "synthesize", "--canvas", "canvas.png", "--mask", "mask.png", "-o", "o.png", *FILL, "--json"
    )
    assert status == 0
    found = load(here / "o.png")
    assert np.array_equal(found[~free], samples[~free])
    told = json.loads(out)
    assert (told["width"], told["height"]) == (80, 72)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_a_transparent_part_is_filled_and_opaque(call, scene, here, suffix):
    samples, free = scene
    save(here / "cut.png", np.dstack([samples, np.where(free, 0, 255).astype(np.uint8)]))
    assert call("synthesize", "--canvas", "cut.png", "-o", f"out.{suffix}", *FILL)[0] == 0
    found = load(here / f"out.{suffix}")
    assert found.shape == (72, 80, 4)
    assert (found[..., 3] == 255).all()
    # The two pixels around a cut-out are a mixture with what was cut out.
    wide = np.zeros_like(free)
    wide[28:52, 18:62] = True
    assert np.array_equal(found[~wide, :3], samples[~wide])


def test_a_picture_is_made_to_tile_and_keeps_its_middle(call, here):
    samples = bytes_of(clouds(53, 70))
    save(here / "clouds.png", samples)
    arguments = ("--canvas", "clouds.png", "--seamless", "--quality", "draft")
    assert call("synthesize", *arguments, "-o", "tile.png")[0] == 0
    found = load(here / "tile.png")
    assert found.shape == samples.shape
    assert np.array_equal(found[9:-9, 9:-9], samples[9:-9, 9:-9])
    for axis in (0, 1):
        assert seam(samples, axis) > 3
        assert seam(found, axis) < 2


@pytest.mark.parametrize(("seamless", "axis"), [("x", 1), ("y", 0)])
def test_a_picture_is_made_to_tile_along_one_axis_and_keeps_its_other_borders(call, here, seamless, axis):
    samples = bytes_of(clouds(53, 70))
    save(here / "clouds.png", samples)
    arguments = ("--canvas", "clouds.png", "--seamless", seamless, "--quality", "draft")
    assert call("synthesize", *arguments, "-o", "tile.png")[0] == 0
    found = load(here / "tile.png")
    inner = (slice(None), slice(9, -9)) if axis else (slice(9, -9), slice(None))
    assert np.array_equal(found[inner], samples[inner])
    assert seam(found, axis) < 2 < 3 < seam(found, 1 - axis)


SAMPLED = {
    "sides": (("--sample-from", "sides"), "blue"),
    "above and below": (("--sample-from", "above-below"), "red"),
    "a mask of the upper part": (("--exemplar-mask", "upper.png"), "red"),
    "a mask of the right part, from the sides": (("--exemplar-mask", "right.png", "--sample-from", "sides"), "blue"),
}


@pytest.mark.parametrize("choice", SAMPLED)
def test_a_hole_is_filled_from_where_it_may_be_sampled(call, here, choice):
    options, color = SAMPLED[choice]
    samples = bytes_of(bricks(96, 96, seed=1))
    # A band of blue bricks goes through the hole.
    samples[36:60] = samples[36:60, :, ::-1]
    hole, upper, right = np.zeros((3, 96, 96), np.uint8)
    hole[36:60, 36:60], upper[:30], right[:, 60:] = 255, 255, 255
    for name, picture in (("canvas", samples), ("hole", hole), ("upper", upper), ("right", right)):
        save(here / f"{name}.png", picture)
    arguments = ("--canvas", "canvas.png", "--mask", "hole.png", *FILL, *options)
    assert call("synthesize", *arguments, "-o", "out.png")[0] == 0
    found = load(here / "out.png")
    assert np.array_equal(found[hole == 0], samples[hole == 0])
    red, _, blue = found[40:56, 40:56].reshape(-1, 3).mean(axis=0)
    assert (red > blue) == (color == "red")


def test_what_an_exemplar_mask_hides_makes_no_difference(make, here):
    mask = np.zeros((64, 64), np.uint8)
    mask[:40] = 255
    save(here / "mask.png", mask)
    plain, found = make(), make("--exemplar-mask", "mask.png")
    changed = load(here / "bricks.png").copy()
    changed[40:] = 255 - changed[40:]
    save(here / "bricks.png", changed)
    assert np.array_equal(found, make("--exemplar-mask", "mask.png"))
    assert not np.array_equal(found, plain)


@pytest.mark.usefixtures("scene")
def test_a_context_larger_than_the_picture_is_the_whole_picture(call, here):
    arguments = ("synthesize", "--canvas", "canvas.png", "--mask", "mask.png", *FILL)
    for context in ("whole", "16384", "80"):
        assert call(*arguments, "--context", context, "-o", f"{context}.png")[0] == 0
    assert (here / "whole.png").read_bytes() == (here / "16384.png").read_bytes() == (here / "80.png").read_bytes()


def test_a_gray_picture_that_is_made_to_tile_stays_gray(call, here):
    samples = bytes_of(clouds(40, 48)[..., 0])
    save(here / "gray.png", samples)
    assert call("synthesize", "--canvas", "gray.png", "--seamless", "-o", "out.png", *FILL)[0] == 0
    found = load(here / "out.png")
    assert found.shape == (40, 48)
    assert np.array_equal(found[10:-10, 10:-10], samples[10:-10, 10:-10])
    assert not np.array_equal(found, samples)


def test_with_a_mask_it_says_what_a_canvas_that_wraps_keeps(make, scene):
    samples, free = scene
    arguments = ("--canvas", "canvas.png", "--mask", "mask.png")
    found = make(*arguments, "--seamless", quick=FILL)
    assert np.array_equal(found[~free], samples[~free])
    assert not np.array_equal(found, make(*arguments, quick=FILL))


def test_a_transparent_border_of_a_canvas_that_wraps_is_filled(call, here):
    samples = bytes_of(bricks(48, 57))
    alpha = np.full((48, 57), 255, np.uint8)
    alpha[:, :9] = 0
    save(here / "cut.png", np.dstack([samples, alpha]))
    assert call("synthesize", "--canvas", "cut.png", "--seamless", "-o", "out.png", *FILL)[0] == 0
    found = load(here / "out.png")
    assert (found[..., 3] == 255).all()
    # The two pixels around a cut-out are a mixture with what was cut out, and the other borders get a band.
    assert np.array_equal(found[8:-8, 11:-8, :3], samples[8:-8, 11:-8])
    assert seam(found[..., :3], 1) < 2


@pytest.mark.parametrize("profile", ["adobergb", "srgb"])
@pytest.mark.parametrize("bits", [8, 16])
def test_what_is_kept_of_a_canvas_with_a_profile_is_the_same_in_the_file(call, scene, here, profile, bits):
    samples, free = scene
    samples = samples.astype(np.uint16) * 257 if bits == 16 else samples
    icc = bytes(imagecodecs.cms_profile(profile))
    (here / "canvas.png").write_bytes(encode_png(samples, icc))
    assert call("synthesize", "--canvas", "canvas.png", "--mask", "mask.png", "-o", "out.png", *FILL)[0] == 0
    data = (here / "out.png").read_bytes()
    found = imagecodecs.png_decode(data)
    assert found.dtype == samples.dtype
    assert np.array_equal(found[~free], samples[~free])
    with Image.open(here / "out.png") as image:
        assert image.info["icc_profile"] == icc


def test_init_lies_under_the_whole_canvas(call, here):
    mask = np.zeros((200, 200), np.uint8)
    mask[100:120, 80:120] = 255
    save(here / "mask.png", mask)
    save(here / "canvas.png", bricks(200, 200, seed=1))
    # White over the left half of the canvas, and so over that of the hole.
    half = np.zeros((200, 200, 3), np.float32)
    half[:, :100] = 1
    half[:, :60] = 0
    save(here / "half.png", half)
    arguments = ("--canvas", "canvas.png", "--mask", "mask.png", "--init", "half.png", "--octaves", "1", *FILL)
    assert call("synthesize", *arguments, "-o", "out.png")[0] == 0
    found = load(here / "out.png").astype(float)
    assert found[100:120, 80:100].mean() - found[100:120, 100:120].mean() > 80


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


def test_each_variation_has_its_own_recording(call, here):
    arguments = ("--variations", "2", "--record", "run.gif")
    assert call("synthesize", "bricks.png", "-o", "out.png", *QUICK, *arguments)[0] == 0
    assert {path.name for path in here.glob("run*")} == {"run-1.gif", "run-2.gif"}


# Mistakes.


def empty(folder):
    (folder / "empty.png").write_bytes(b"")


def text(folder):
    (folder / "text.png").write_text("no picture\n" * 20)


def truncated(suffix):
    def write(folder):
        whole = save(folder / f"whole.{suffix}", bricks()).read_bytes()
        (folder / f"half.{suffix}").write_bytes(whole[: len(whole) // 2])

    return write


def bomb(folder):
    data = bytearray(save(folder / "bomb.png", bricks(8, 8)).read_bytes())
    data[16:24] = (60000).to_bytes(4, "big") * 2
    (folder / "bomb.png").write_bytes(bytes(data))


def dot(folder):
    save(folder / "dot.png", bricks(1, 1))


def transparent(folder):
    save(folder / "clear.png", np.zeros((32, 32, 4), np.uint8))


def masks(folder):
    save(folder / "canvas.png", bricks(64, 64))
    save(folder / "black.png", np.zeros((64, 64), np.uint8))
    save(folder / "small.png", np.full((32, 32), 255, np.uint8))
    hole = np.zeros((64, 64), np.uint8)
    hole[20:40, 20:40] = 255
    save(folder / "mask.png", hole)


def nan_weights(folder):
    vgg_weights(folder / "nan.safetensors", value=float("nan"))


def gray_weights(folder):
    vgg_weights(folder / "gray.safetensors", first=1)


def full_folder(folder):
    (folder / "frames").mkdir()
    (folder / "frames" / "note.txt").write_text("mine")


CANVAS = ("--canvas", "canvas.png")
FAULTS = {
    "no exemplar": (None, (), "there is nothing to take the texture from"),
    "missing file": (None, ("nowhere.png",), "nowhere.png does not exist"),
    "a folder": (None, (".",), "is a folder; name a picture file in it"),
    "no picture": (text, ("text.png",), "text.png is no picture"),
    "empty file": (empty, ("empty.png",), "empty.png is no picture"),
    "truncated png": (truncated("png"), ("half.png",), "cut short"),
    "truncated jpeg": (truncated("jpg"), ("half.jpg",), "cut short"),
    "truncated webp": (truncated("webp"), ("half.webp",), "half.webp is"),
    "truncated tiff": (truncated("tif"), ("half.tif",), "half.tif is"),
    "decompression bomb": (bomb, ("bomb.png",), "60000 × 60000 pixels, more than"),
    "one pixel": (dot, ("dot.png",), "the exemplar is 1x1 pixels"),
    "transparent exemplar": (transparent, ("clear.png",), "hardly any visible pixels"),
    "size 0": (None, ("bricks.png", "--size", "0x0"), "--size is 0: give a whole number of 8 to 16,384"),
    "size negative": (None, ("bricks.png", "--size=-64x64"), "--size is -64"),
    "size absurd": (None, ("bricks.png", "--size", "999999999x64"), "--size is 999999999"),
    "size malformed": (None, ("bricks.png", "--size", "64 by 64"), "--size is '64 by 64'"),
    "recipe": (None, ("bricks.png", "--recipe", "foto"), "--recipe is 'foto'"),
    "quality": (None, ("bricks.png", "--quality", "good"), "--quality is 'good'"),
    "encoder": (None, ("bricks.png", "--encoder", "resnet"), "--encoder is 'resnet'"),
    "pooling": (None, ("bricks.png", "--pooling", "median"), "--pooling is 'median'"),
    "layer": (None, ("bricks.png", "--layers", "relu9_1:1"), "--layers is 'relu9_1'"),
    "layers malformed": (None, ("bricks.png", "--layers", "relu1_1:much"), "--layers has 'relu1_1:much'"),
    "layers negative": (None, ("bricks.png", "--layers", "relu1_1:-1"), "--layers is -1.0"),
    "layers nan": (None, ("bricks.png", "--layers", "relu1_1:nan"), "--layers is nan"),
    "layers too deep": (
        None,
        ("bricks.png", "--layers", "relu5_1", "--size", "16"),
        "too small for the layers relu5_1",
    ),
    "device": (None, ("bricks.png", "--device", "tpu"), "device 'tpu' is not known"),
    "memory malformed": (None, ("bricks.png", "--memory", "lots"), "--memory is 'lots'"),
    "memory too little": (
        None,
        ("bricks.png", "--memory", "1MB"),
        ": give 64 MiB or more",
    ),
    "scales malformed": (None, ("bricks.png", "--scales", "big"), "--scales is 'big'"),
    "scales out of range": (None, ("bricks.png", "--scales", "9"), "--scales is 9.0"),
    "noise": (None, ("bricks.png", "--noise", "-1"), "--noise is -1.0"),
    "noise nan": (None, ("bricks.png", "--noise", "nan"), "--noise is nan"),
    "repetition_penalty": (
        None,
        ("bricks.png", "--repetition-penalty", "2"),
        "--repetition-penalty is 2.0",
    ),
    "octaves 0": (None, ("bricks.png", "--octaves", "0"), "--octaves is 0"),
    "steps 0": (None, ("bricks.png", "--steps", "0"), "--steps is 0"),
    "steps no number": (None, ("bricks.png", "--steps", "few"), "--steps"),
    "seed negative": (None, ("bricks.png", "--seed", "-1"), "--seed is -1"),
    "seed of a variation too large": (
        None,
        ("bricks.png", "--seed", str(2**63 - 1), "--variations", "2"),
        "--seed is 9223372036854775808",
    ),
    "variations 0": (None, ("bricks.png", "--variations", "0"), "--variations is 0"),
    "variations absurd": (None, ("bricks.png", "--variations", "99999"), "--variations is 99999"),
    "weights with nan": (nan_weights, ("bricks.png", "--weights", "nan.safetensors"), "holds NaN"),
    "weights of another shape": (gray_weights, ("bricks.png", "--weights", "gray.safetensors"), "takes 1 channels"),
    "weights missing": (None, ("bricks.png", "--weights", "nowhere.pth"), "nowhere.pth does not exist"),
    "weights a picture": (None, ("bricks.png", "--weights", "bricks.png"), "is not a weights file"),
    "init missing": (None, ("bricks.png", "--init", "nowhere.png"), "nowhere.png does not exist"),
    "canvas missing": (None, ("--canvas", "nowhere.png"), "nowhere.png does not exist"),
    "canvas without a hole": (masks, CANVAS, "no transparent part to fill"),
    "canvas of another size than wanted": (
        masks,
        (*CANVAS, "--mask", "mask.png", "--size", "32"),
        "the canvas is 64x64",
    ),
    "mask alone": (masks, ("bricks.png", "--mask", "mask.png"), "a mask needs a picture to keep around it"),
    "mask of another size": (masks, (*CANVAS, "--mask", "small.png"), "the mask is 32x32 and the canvas 64x64"),
    "mask all black": (masks, (*CANVAS, "--mask", "black.png"), "the mask is black all over"),
    "seamless canvas of another size than wanted": (
        masks,
        (*CANVAS, "--seamless", "--size", "32"),
        "the canvas is 64x64",
    ),
    "seamless canvas, mask all black": (
        masks,
        (*CANVAS, "--mask", "black.png", "--seamless"),
        "the mask is black all over",
    ),
    "seamless along no axis": (None, ("bricks.png", "--seamless=z"), "--seamless is 'z'"),
    "context 0": (masks, (*CANVAS, "--mask", "mask.png", "--context", "0"), "context '0' is out of range"),
    "context of another exemplar": (
        masks,
        ("bricks.png", *CANVAS, "--mask", "mask.png", "--context", "9"),
        "an exemplar is given",
    ),
    "sample-from": (
        masks,
        (*CANVAS, "--mask", "mask.png", "--sample-from", "left"),
        "--sample-from is 'left'",
    ),
    "exemplar mask of another size": (
        masks,
        ("bricks.png", "--exemplar-mask", "small.png"),
        "the exemplar mask is 32x32 and the exemplar 64x64",
    ),
    "exemplar mask all black": (
        masks,
        (*CANVAS, "--mask", "mask.png", "--exemplar-mask", "black.png"),
        "the exemplar mask is black all over",
    ),
    "record of unknown suffix": (None, ("bricks.png", "--record", "run.avi"), "run.avi is no recording"),
    "record in no folder": (None, ("bricks.png", "--record", "nowhere/run.gif"), "nowhere"),
    "record in a full folder": (full_folder, ("bricks.png", "--record", "frames"), "is not empty"),
    "unknown option": (None, ("bricks.png", "--sise", "64"), "--sise"),
    "option without a value": (None, ("bricks.png", "--size"), "--size"),
    "an argument too many": (None, ("bricks.png", "more.png"), "more.png"),
}


def assert_refused(told, message):
    status, out, err = told
    assert (status, out) == (2, ""), err
    assert err.startswith("texture-engine: ")
    assert len(err.splitlines()) == 1
    assert err.endswith("\n")
    assert message in err


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_mistake_is_told_in_one_line_and_nothing_is_written(call, here, fault):
    prepare, arguments, message = FAULTS[fault]
    if prepare is not None:
        prepare(here)
    before = contents(here)
    assert_refused(call("synthesize", "-o", "out.png", "--quality", "draft", *arguments), message)
    assert contents(here) == before


OUTPUTS = {
    "no such folder": ("nowhere/out.png", "the folder nowhere of out.png does not exist"),
    "a folder": ("folder.png", "is a folder"),
    "unknown suffix": ("out.xyz", "does not end in the name of a format"),
    "no suffix": ("out", "does not end in the name of a format"),
}


@pytest.mark.parametrize("case", OUTPUTS)
def test_an_output_that_cannot_be_written_is_told_before_any_work(call, here, case):
    output, message = OUTPUTS[case]
    (here / "folder.png").mkdir()
    before = contents(here)
    assert_refused(call("synthesize", "bricks.png", "-o", output), message)
    assert contents(here) == before


def test_a_folder_that_is_no_folder_cannot_hold_an_output(call):
    assert_refused(call("synthesize", "bricks.png", "-o", "bricks.png/out.png"), "out.png")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_folder_without_permission_cannot_hold_an_output(call, here):
    (here / "closed").mkdir(mode=0o500)
    assert_refused(call("synthesize", "bricks.png", "-o", "closed/out.png"), "cannot be written")


def test_without_an_output_there_is_nothing_to_do(call):
    assert_refused(call("synthesize", "bricks.png"), "name one with --output FILE")


def test_an_unknown_command_is_a_mistake(call):
    assert_refused(call("paint"), "paint")


def test_without_a_command_the_help_is_shown(call):
    status, out, err = call()
    assert status == 2
    assert "Usage: texture-engine" in out + err
    assert "Traceback" not in out + err


@pytest.mark.parametrize("name", ["cuda", "mps", "xpu"])
def test_a_device_that_is_not_here_is_a_mistake(call, name):
    here = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}.get(name, False)
    if here or (name == "xpu" and torch.xpu.is_available()):
        pytest.skip("it is here")
    told = call("synthesize", "bricks.png", "-o", "out.png", "--device", name)
    assert_refused(told, f"device '{name}' is not available here")


def test_running_out_of_memory_has_a_status_of_its_own(call, monkeypatch):
    def refuse(*_):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes")

    monkeypatch.setattr(torch.nn.functional, "relu", refuse)
    status, out, err = call("synthesize", "bricks.png", "-o", "out.png", *QUICK, "-q")
    assert (status, out) == (3, "")
    assert len(err.splitlines()) == 1
    assert "not enough memory for a canvas" in err
