"""Texture sets: maps of one texture that are made together, pixel by pixel from the same places."""

import json
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from calling import assert_refused
from engines import raster, short_job
from pictures import clouds, save
from runs import run

from engine.images import read_picture
from engine.options.texture_sets import find_set
from engine.service.rasters import picture_of, samples_of
from engine.synthesis.structure import MosaicSource, lay_out, plan_texture
from engine.synthesis.structure.maps import MOST_CHANNELS, compared_channels
from protocol.messages import Canvas, Done, Failed, Source
from protocol.vocabulary import MOST_MAPS, Settings

SIZE = 96
QUICK = ("--size", "80", "--quality", "draft", "--local")


def material(side=64, seed=0):
    """Colors, and the height, 16 bits, and the normal that are nonlinear functions of them."""
    colors = np.rint(clouds(side, side, seed=seed) * 255).astype(np.uint8)
    return colors, *derived(colors)


def derived(colors):
    values = colors.astype(np.float64) / 255
    height = np.rint(65535 * np.clip(values[..., 0] ** 2.2 * (1 - 0.5 * values[..., 1]), 0, 1)).astype(np.uint16)
    slopes = np.dstack([np.sin(3 * values[..., 0]), values[..., 1] ** 2 - 0.5, np.ones(colors.shape[:2])])
    normal = slopes / np.linalg.norm(slopes, axis=2, keepdims=True)
    return height, np.rint((normal + 1) * 127.5).astype(np.uint8)


def write_set(folder, stem="wood", side=64, names=("color", "height", "normal"), parts="_"):
    folder.mkdir(exist_ok=True)
    for name, samples in zip(names, material(side), strict=True):
        path = folder / f"{stem}{parts if stem else ''}{name}.png"
        path.write_bytes(imagecodecs.png_encode(samples))
    return sorted(str(each.relative_to(folder.parent)) for each in folder.iterdir())


def read(path):
    return imagecodecs.png_decode(Path(path).read_bytes())


# What is made.


@pytest.mark.parametrize("seamless", ["none", "both"])
def test_a_map_that_is_a_function_of_the_colors_stays_that_function_exactly(call, here, seamless):
    files = write_set(here / "in")
    status, _, said = call("synthesize", *files, "-o", "out", "--seamless", seamless, *QUICK)
    assert status == 0
    assert "3 files as maps of one texture (base color, height, normal)" in said
    colors, height, normal = (read(here / "out" / f"wood_{name}.png") for name in ("color", "height", "normal"))
    assert colors.shape == (80, 80, 3)
    assert height.dtype == np.uint16
    assert all(map(np.array_equal, (height, normal), derived(colors)))


def test_normals_keep_their_length(call, here):
    files = write_set(here / "in")
    assert call("synthesize", *files, "-o", "out", *QUICK)[0] == 0
    lengths = np.linalg.norm(read(here / "out" / "wood_normal.png") / 127.5 - 1, axis=2)
    assert np.abs(lengths - 1).max() < 2 / 127.5


def test_every_map_keeps_its_depth_and_grayness(call, here):
    files = write_set(here / "in")
    assert call("synthesize", *files, "-o", "out", *QUICK)[0] == 0
    for name in ("color", "height", "normal"):
        given, made = (read_picture(here / folder / f"wood_{name}.png") for folder in ("in", "out"))
        assert (made.bits, made.gray) == (given.bits, given.gray)


def laid(maps=None, size=(SIZE, SIZE), wrap=(False, False), valid=None, side=64):
    colors = clouds(side, side)
    known = np.ones((side, side), bool) if valid is None else valid
    own = np.zeros((side, side, 0), np.float32) if maps is None else maps
    plan = plan_texture([MosaicSource(colors, known, maps=own)], size, wrap)
    stages = [each for each in lay_out(plan, 0) if each is not None]
    return colors, stages


@pytest.mark.parametrize("side", [64, 8])
def test_each_pixel_comes_from_one_place_of_the_exemplar(side):
    colors, stages = laid(side=side)
    origins = stages[-1].origins
    assert origins.shape == (SIZE, SIZE, 2)
    assert np.array_equal(stages[-1].colors, colors[origins[..., 0], origins[..., 1]])
    assert all(each.origins is None for each in stages[:-1])


def test_no_pixel_comes_from_where_nothing_may_be_sampled():
    valid = np.ones((64, 64), bool)
    valid[:, 40:] = False
    origins = laid(valid=valid)[1][-1].origins
    assert origins[..., 1].max() < 40


def test_cuts_show_no_steps():
    colors, stages = laid(wrap=(True, True))
    origins = stages[-1].origins
    for axis in (0, 1):
        ahead = np.roll(origins, -1, axis)
        onward = np.zeros(2, int)
        onward[axis] = 1
        cuts = (ahead - origins != onward).any(axis=2)
        steps = np.abs(np.roll(stages[-1].colors, -1, axis) - stages[-1].colors).mean(axis=2)
        assert cuts.any()
        assert steps[cuts].mean() < 1.5 * np.abs(np.diff(colors, axis=axis)).mean()


def test_maps_decide_where_the_colors_say_nothing():
    height = clouds(64, 64)[..., :1]
    flat = np.full((64, 64, 3), 0.5, np.float32)
    known = np.ones((64, 64), bool)
    plan = plan_texture(
        [MosaicSource(flat, known, maps=compared_channels(height, [1], flat, known))], (SIZE, SIZE), (True, True)
    )
    origins = [each for each in lay_out(plan, 0) if each is not None][-1].origins
    made = height[origins[..., 0], origins[..., 1], 0]
    given = np.abs(np.diff(height[..., 0], axis=1)).max()
    assert np.abs(np.roll(made, -1, 1) - made).max() < 2 * given


# What is compared.


def test_many_maps_are_compared_by_as_few_channels_as_three():
    known, colors = np.ones((64, 64), bool), clouds(64, 64)
    maps = np.dstack([clouds(64, 64, seed=seed) for seed in range(10)])
    found = compared_channels(maps, [3] * 10, colors, known)
    assert found.shape == (64, 64, MOST_CHANNELS)
    spread = colors.reshape(-1, 3).var(axis=0).sum()
    assert found.reshape(-1, MOST_CHANNELS).var(axis=0).sum() == pytest.approx(spread, rel=0.02)


def test_a_map_of_one_value_is_not_compared():
    known, colors = np.ones((64, 64), bool), clouds(64, 64)
    flat = np.full((64, 64, 1), 0.3, np.float32)
    assert compared_channels(flat, [1], colors, known).shape == (64, 64, 0)
    both = compared_channels(np.dstack([flat, colors]), [1, 3], colors, known)
    assert np.allclose(both, compared_channels(colors, [3], colors, known), atol=1e-5)


def test_maps_count_alike_whatever_their_contrast():
    known, colors = np.ones((64, 64), bool), clouds(64, 64)
    strong, faint = clouds(64, 64, seed=1)[..., :1], clouds(64, 64, seed=2)[..., :1]
    one, other = (compared_channels(np.dstack([strong, scale * faint]), [1, 1], colors, known) for scale in (1, 0.1))
    assert np.allclose(np.abs(one), np.abs(other), atol=1e-4)


# Jobs.


def set_job(**changes):
    colors, height, normal = material()
    maps = (raster(height / 65535), raster(normal / 255))
    source = Source(raster(colors / 255), maps=maps)
    asked = replace(short_job(), sources=(source,), canvas=Canvas(width=80, height=72))
    return replace(asked, **{"settings": Settings(quality="draft"), **changes})


def test_a_job_returns_where_each_pixel_is_taken():
    end = run(set_job()).end
    assert isinstance(end, Done), end
    assert (end.origins.width, end.origins.height, end.origins.channels) == (80, 72, 2)
    origins = np.frombuffer(end.origins.data, "<u2").reshape(72, 80, 2)
    made = np.rint(samples_of(end.raster) * 255)
    assert np.array_equal(made, material()[0][origins[..., 0], origins[..., 1]])


def test_places_are_those_of_the_whole_source_if_a_mask_cuts_it():
    mask = np.zeros((64, 64))
    mask[20:, 24:] = 1
    asked = set_job()
    end = run(replace(asked, sources=(replace(asked.sources[0], mask=raster(mask)),))).end
    assert isinstance(end, Done), end
    origins = np.frombuffer(end.origins.data, "<u2").reshape(72, 80, 2)
    assert origins[..., 0].min() >= 20
    assert origins[..., 1].min() >= 24
    assert np.array_equal(np.rint(samples_of(end.raster) * 255), material()[0][origins[..., 0], origins[..., 1]])


def test_a_texture_without_maps_has_no_places():
    asked = set_job()
    end = run(replace(asked, sources=(replace(asked.sources[0], maps=()),))).end
    assert isinstance(end, Done), end
    assert end.origins is None


def test_a_preview_of_a_set_shows_its_colors():
    end = run(set_job(settings=Settings(preview=True), canvas=Canvas(width=520, height=72))).end
    assert isinstance(end, Done), end
    assert end.origins is None
    assert picture_of(end.raster, "result").pixels.shape == (72, 520, 3)


MAP = raster(np.full((64, 64), 0.5))
PLAIN = Source(raster(clouds(64, 64)))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"sources": (replace(PLAIN, maps=(MAP, raster(np.zeros((32, 64))))),)}, "map 2 is 64x32"),
        ({"sources": (replace(PLAIN, maps=(MAP,)), PLAIN)}, "single exemplar"),
        ({"sources": (PLAIN, replace(PLAIN, maps=(MAP,)))}, "single exemplar"),
        ({"sources": (replace(PLAIN, maps=(MAP,) * (MOST_MAPS + 1)),)}, f"{MOST_MAPS + 1} further maps"),
        ({"canvas": Canvas(PLAIN.picture, MAP)}, "new textures"),
        ({"canvas": Canvas(width=80, height=80, start=PLAIN.picture)}, "picture to start from"),
        ({"settings": Settings(recipe="gram")}, "recipe photo"),
        ({"settings": Settings(steps=3)}, "without steps"),
        ({"settings": Settings(exemplar_rotation=30)}, "rotated"),
    ],
    ids=["size", "mixed", "mixed, second", "too many", "fill", "start", "recipe", "steps", "turned"],
)
def test_jobs_that_no_set_can_be_made_of_are_refused(changes, named):
    asked = replace(set_job(), sources=(replace(PLAIN, maps=(MAP,)),))
    end = run(replace(asked, **changes)).end
    assert isinstance(end, Failed)
    assert end.code == "bad-request"
    assert named in end.message


# Names.


@pytest.mark.parametrize(
    ("names", "kinds"),
    [
        (("w_albedo", "w_nor", "w_disp"), ("base color", "height", "normal")),
        (("w_diffuse", "w_nrm", "w_rough"), ("base color", "normal", "roughness")),
        (("Wood_BaseColor", "wood_Normal", "wood_Metallic"), ("base color", "normal", "metalness")),
        (("w", "w_ao"), ("base color", "ambient occlusion")),
        (("basecolor", "normal"), ("base color", "normal")),
        (
            ("Bark_1K-PNG_Color", "Bark_1K-PNG_NormalGL"),
            ("base color", "normal"),
        ),
        (("bark_diff_2k", "bark_nor_gl_2k", "bark_arm_2k"), ("base color", "normal", "packed")),
        (("w_normal", "w_height"), ("height", "normal")),
    ],
)
def test_files_of_one_stem_with_suffixes_of_maps_are_a_set(names, kinds):
    found = find_set([Path(f"{name}.png") for name in names], [])
    assert found is not None
    assert found.kinds == kinds


@pytest.mark.parametrize(
    "names",
    [
        ("grass", "gravel"),
        ("grass_color", "gravel_color"),
        ("grass",),
        ("w-1", "w-2"),
        ("w_color", "w_albedo"),
    ],
)
def test_other_files_are_mixed(names):
    assert find_set([Path(f"{name}.png") for name in names], []) is None


def test_further_maps_need_an_exemplar(call, here):
    write_set(here / "in")
    assert_refused(call("synthesize", "--maps", "in/wood_color.png", "-o", "out", "--quiet"), "none is given")


@pytest.mark.parametrize("between", [("--maps",), ()])
def test_further_maps_may_have_any_name(call, here, between):
    write_set(here / "in", stem="", names=("wood", "a", "wood_normal"))
    maps = ("--maps", "in/a.png", *between, "in/wood_normal.png")
    status, out, _ = call("synthesize", "in/wood.png", *maps, "-o", "oak.png", "--json", *QUICK)
    assert status == 0
    assert json.loads(out)["maps"] == ["oak.png", "oak_a.png", "oak_normal.png"]
    colors, height, normal = (read(here / name) for name in ("oak.png", "oak_a.png", "oak_normal.png"))
    assert all(map(np.array_equal, (height, normal), derived(colors)))


def test_variations_of_a_set_are_numbered_after_the_stem(call, here):
    files = write_set(here / "in")
    assert call("synthesize", *files, "-o", "out", "--variations", "2", *QUICK)[0] == 0
    made = sorted(each.name for each in (here / "out").iterdir())
    assert made == [f"wood-{n}_{name}.png" for n in (1, 2) for name in ("color", "height", "normal")]


def test_a_sheet_of_seeds_is_made_of_a_set(call, here):
    files = write_set(here / "in")
    assert call("synthesize", *files, "--pick", "2", "-o", "sheet.png", *QUICK)[0] == 0
    assert (here / "sheet.png").exists()


def test_the_map_that_leads_without_a_base_color_is_named(call, here):
    files = write_set(here / "in", names=("ao", "height", "normal"))
    status, _, said = call("synthesize", *files, "-o", "out", *QUICK)
    assert status == 0
    assert "without a base color, wood_height.png" in said


@pytest.mark.parametrize(
    ("names", "arguments", "named"),
    [
        (("color", "height", "glow"), (), "wood_glow.png does not belong"),
        (("color", "height", "albedo"), (), "same kind of map, base color"),
        (("color", "height", "normal"), ("--preview",), "--preview"),
        (("color", "height", "normal"), ("--canvas", "in/wood_color.png"), "--canvas"),
        (("color", "height", "normal"), ("--init", "in/wood_color.png"), "--init"),
        (("color", "height", "normal"), ("-o", "in"), "is an input"),
        (("color", "height", "normal"), ("-o", "-"), "standard output"),
        (("color", "height", "normal"), ("--record", "-"), "--record"),
        (("color", "height", "normal"), ("-o", "no/such"), "no/such"),
    ],
)
def test_mistakes_about_sets_are_one_sentence(call, here, names, arguments, named):
    files = write_set(here / "in", names=names)
    output = () if "-o" in arguments else ("-o", "out")
    assert_refused(call("synthesize", *files, *arguments, *output, *QUICK, "--quiet"), named)


def test_a_format_that_cannot_be_written_is_no_name_of_a_folder(call, here):
    files = write_set(here / "in")
    assert_refused(call("synthesize", *files, "-o", "out.gif", *QUICK, "--quiet"), "out.gif")
    assert not (here / "out.gif").exists()


def test_maps_of_another_size_are_named(call, here):
    files = write_set(here / "in")
    save(here / "in" / "wood_ao.png", np.zeros((32, 64), np.uint8))
    assert_refused(
        call("synthesize", *files, "in/wood_ao.png", "-o", "out", *QUICK, "--quiet"), "in/wood_ao.png is 64x32"
    )
    assert not (here / "out").exists()


def test_a_set_that_is_interrupted_leaves_no_folder(call, here, monkeypatch):
    files = write_set(here / "in")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.service.device_runner.DeviceRunner.run", interrupt)
    assert call("synthesize", *files, "-o", "out", *QUICK, "--quiet")[0] == 130
    assert not (here / "out").exists()
