"""Content: a picture that is redrawn with a texture."""

from dataclasses import replace

import numpy as np
import pytest
from engines import raster, short_job
from pictures import load, save
from runs import run
from scipy import ndimage
from test_mixing import stones

from engine.service.rasters import picture_of
from engine.synthesis.matching.matcher import COMPILED
from engine.synthesis.structure import Content, Guide, MosaicSource, lay_out, plan_texture
from engine.synthesis.structure.content import matched_ranges, matched_ranks, matched_spread
from engine.synthesis.toning import toned
from protocol.messages import Canvas, Done, Failed, Source
from protocol.vocabulary import Settings

import torch  # isort: skip

DRAFT = Settings(quality="draft")


def grain(height=128, width=128, seed=0):
    """Make an exemplar of spots of many brightnesses, in shades of brown."""
    noise = np.random.default_rng(seed).normal(size=(height, width))
    soft = ndimage.gaussian_filter(noise, 2, mode="wrap")
    wide = ndimage.gaussian_filter(noise, 8, mode="wrap")
    values = np.clip(0.5 + 0.12 * soft / soft.std() + 0.15 * wide / wide.std(), 0, 1)
    return (values[..., None] * np.array([0.9, 0.6, 0.3])).astype(np.float32)


def disc(height=128, width=128, color=(1, 1, 1)):
    """Draw a bright disc on a dark ground."""
    rows, columns = np.indices((height, width))
    inside = np.hypot(rows - height / 2, columns - width / 2) < height / 3
    return (np.where(inside, 0.8, 0.2)[..., None] * np.array(color)).astype(np.float32)


def correlation(picture, content):
    """Correlate the blurred brightness of a picture with that of its content."""
    step = content.shape[0] // picture.shape[0]
    blurred = [ndimage.gaussian_filter(each.mean(axis=2), 4) for each in (picture, content[::step, ::step])]
    return float(np.corrcoef(*(each.ravel() for each in blurred))[0, 1])


def laid(pieces, content, size=(128, 128), matcher=COMPILED, **more):
    plan = plan_texture(pieces, size, content=content, **more)
    *_, last = (stage for stage in lay_out(plan, 0, matcher) if stage is not None)
    return last


def piece(colors, **more):
    return MosaicSource(colors, np.ones(colors.shape[:2], bool), **more)


# Patches.


def test_a_picture_is_plainer_to_see_the_stronger_it_is():
    contents = [None, *(Content(disc(), strength) for strength in (0.02, 0.2, 0.9))]
    found = [correlation(laid([piece(grain())], each).colors, disc()) for each in contents]
    assert found == sorted(found)
    assert found[0] < 0.4
    assert found[-1] > max(0.9, found[1] + 0.03)


def test_the_colors_are_the_exemplars(matcher):
    content = disc(color=(0.2, 0.4, 1))
    picture = laid([piece(grain())], Content(content, 0.7), matcher=matcher).colors
    assert correlation(picture, content) > 0.8
    assert picture[..., 2] == pytest.approx(picture[..., 0] / 3, abs=0.02)


def ring(ground, line, noise=0.0):
    """Draw a thin ring on a flat ground."""
    rows, columns = np.indices((128, 128))
    inside = np.abs(np.hypot(rows - 64, columns - 64) - 45) < 3
    shades = np.where(inside, line, ground) + noise * np.random.default_rng(0).normal(size=inside.shape)
    return np.repeat(shades[..., None], 3, axis=2).astype(np.float32)


def variety(stage):
    """Count how many patches of an exemplar are used, for each place of the canvas."""
    return len(np.unique(stage.places.reshape(-1, 2), axis=0)) / stage.places[..., 0].size


@pytest.mark.parametrize(
    "content",
    [ring(1, 0), ring(0, 1), ring(0.5, 1), ring(0.5, 0, noise=0.005)],
    ids=["white", "black", "gray", "noise"],
)
def test_where_a_content_is_flat_the_texture_has_no_fewer_patches(content):
    alone = variety(laid([piece(grain())], None))
    found = laid([piece(grain())], Content(content, 0.5))
    assert variety(found) > 0.8 * alone
    assert abs(correlation(found.colors, content)) > 0.3


def test_hues_decide_where_brightness_is_the_same():
    columns = np.indices((128, 128))[1]
    teal, red = (0.3, 0.55, 0.5), (0.9, 0.37, 0.5)
    wanted = np.where(columns[..., None] < 64, teal, red).astype(np.float32)
    exemplar = np.where(columns.T[..., None] < 64, red, teal) + 0.1 * (grain()[..., :1] - 0.4)
    exemplar = exemplar.astype(np.float32)
    picture = laid([piece(exemplar)], Content(wanted, 0.7, by_color=True)).colors
    redder = picture[..., 0] > picture[..., 1]
    half = picture.shape[1] // 2
    assert redder[:, : half - 6].mean() < 0.05
    assert redder[:, half + 6 :].mean() > 0.95


def test_a_gray_content_is_redrawn_by_color_too():
    picture = laid([piece(grain())], Content(disc(), 0.7, by_color=True)).colors
    assert correlation(picture, disc()) > 0.8


def test_several_sources_with_a_guide_redraw_a_picture():
    pieces = [piece(stones(channel)) for channel in range(2)]
    weights = np.eye(2, dtype=np.float32)[(np.indices((128, 128))[0] >= 64).astype(int)]
    found = laid(pieces, Content(disc(), 0.7), guide=Guide(weights, strict=True))
    labels = np.repeat([0, 1], found.labels.shape[0] // 2)[:, None]
    assert (found.labels == labels).mean() > 0.9
    assert correlation(found.colors, disc()) > 0.4


# Values.


def test_ranks_are_matched_over_the_whole_range():
    sample = np.linspace(0.2, 0.6, 1001).astype(np.float32)
    found = matched_ranks(np.array([[0.9, 0.1], [0.9, 0.5]], np.float32), sample)
    assert found[0, 0] == found[1, 0] == pytest.approx(0.592, abs=0.001)
    assert found[0, 1] == pytest.approx(0.208, abs=0.001)
    assert found[0, 1] < found[1, 1] < found[0, 0]


def test_values_of_one_color_are_in_the_middle_of_the_sample():
    assert matched_ranks(np.full((2, 2), 0.7, np.float32), np.linspace(0, 1, 101)) == pytest.approx(0.5)


def test_a_spread_is_matched_and_a_faint_one_is_not_blown_up():
    sample = np.array([0.0, 0.4], np.float32)
    assert matched_spread(np.array([0.5, 0.6], np.float32), sample) == pytest.approx([0.05, 0.35])
    assert matched_spread(np.array([0.0, 0.8], np.float32), sample) == pytest.approx([0.0, 0.4])


def test_values_that_are_alike_share_a_part_of_the_sample():
    sample = np.linspace(0, 1, 1001).astype(np.float32)
    values = np.array([0.1] * 6 + [0.5, 0.503] + [0.9] * 2, np.float32)
    least, most = matched_ranges(values, sample)
    assert least == pytest.approx([0.0] * 6 + [0.6] * 2 + [0.8] * 2, abs=0.001)
    assert most == pytest.approx([0.6] * 6 + [0.8] * 2 + [1.0] * 2, abs=0.001)


def test_one_color_may_have_all_of_the_sample():
    least, most = matched_ranges(np.full((2, 2), 0.7, np.float32), np.linspace(0.2, 0.6, 101))
    assert least == pytest.approx(0.2)
    assert most == pytest.approx(0.6)


# Jobs.


def redrawing(canvas, settings=DRAFT, exemplar=None):
    source = Source(raster(grain() if exemplar is None else exemplar))
    return replace(short_job(), sources=(source,), canvas=canvas, settings=settings, depth="f32")


def made(job):
    end = run(job).end
    assert isinstance(end, Done), end
    return picture_of(end.raster, "result").pixels


def test_a_job_redraws_a_picture():
    content = disc(96, 144)
    picture = made(redrawing(Canvas(content=raster(content))))
    assert picture.shape == content.shape
    assert correlation(picture, content) > 0.7


def test_at_no_strength_a_job_makes_the_texture_alone():
    settings = replace(DRAFT, strength=0.0)
    redrawn = made(redrawing(Canvas(content=raster(disc(96, 96))), settings))
    alone = made(redrawing(Canvas(width=96, height=96)))
    assert np.array_equal(redrawn, alone)


@pytest.mark.parametrize("exemplar_gray", [False, True])
def test_gray_and_colors_go_together(exemplar_gray):
    gray = disc(96, 96)[..., :1] if not exemplar_gray else disc(96, 96, (1, 0.8, 0.4))
    exemplar = grain()[..., :1] if exemplar_gray else grain()
    picture = made(redrawing(Canvas(content=raster(gray)), exemplar=exemplar))
    assert (np.ptp(picture, axis=2).max() < 0.01) == exemplar_gray


FREE = np.ones((96, 96), np.float32)
GIVEN = raster(disc(96, 96))
CLEAR = raster(np.dstack([disc(96, 96), np.zeros((96, 96), np.float32)]))


@pytest.mark.parametrize(
    ("canvas", "settings", "named"),
    [
        (Canvas(GIVEN, raster(FREE), content=GIVEN), {}, "fill"),
        (Canvas(content=GIVEN, width=128, height=96), {}, "128x96"),
        (Canvas(content=GIVEN, start=GIVEN), {}, "start"),
        (Canvas(content=GIVEN), {"recipe": "gram"}, "photo"),
        (Canvas(content=CLEAR), {}, "transparent"),
        (Canvas(), {"strength": 0.5}, "strength"),
        (Canvas(), {"content_by": "color"}, "content_by"),
    ],
    ids=["fill", "size", "start", "recipe", "transparent", "strength alone", "content_by alone"],
)
def test_a_content_that_does_not_fit_is_refused(canvas, settings, named):
    end = run(redrawing(canvas, replace(DRAFT, **settings))).end
    assert isinstance(end, Failed)
    assert end.code == "bad-request"
    assert named in end.message


def test_a_content_of_a_texture_set_is_refused():
    job = redrawing(Canvas(content=GIVEN))
    end = run(replace(job, sources=(Source(raster(grain()), maps=(raster(grain()),)),))).end
    assert isinstance(end, Failed)
    assert "content" in end.message


# The command.


def test_the_command_redraws_a_picture(call, here):
    save(here / "e.png", grain())
    save(here / "c.png", disc(96, 96))
    asked = ("--content", "c.png", "--strength", "0.7", "--quality", "draft")
    assert call("synthesize", "e.png", *asked, "-o", "out.png", "--local", "-q") == (0, "", "")
    assert correlation(load(here / "out.png"), disc(96, 96)) > 0.7


def test_a_strength_out_of_range_is_refused(call):
    status, _, said = call("synthesize", "e.png", "--content", "c.png", "--strength", "1.5", "-o", "out.png")
    assert status == 2
    assert "--strength" in said


def test_an_even_texture_gets_the_lights_and_shades_of_its_content_and_keeps_its_grain():
    generator = np.random.default_rng(0)
    even = torch.from_numpy(generator.uniform(0.3, 0.5, (1, 3, 64, 64)).astype(np.float32))
    halves = np.repeat((np.arange(64) > 31).astype(np.float32)[None, :, None], 64, axis=0).repeat(3, axis=2)
    means = []
    for strength in (0.2, 0.5, 1.0):
        made = toned(even, Content(halves, strength))
        dark, bright = made[..., :24], made[..., 40:]
        means.append(float(bright.mean() / dark.mean()))
        assert float((dark / dark.mean()).std()) == pytest.approx(float((even / even.mean()).std()), rel=0.2)
    assert 1 < means[0] < means[1] < means[2]
    assert means[2] > 3
    # What is so already stays.
    lit = even * torch.from_numpy(np.where(halves[..., 0] > 0, 2.0, 0.2).astype(np.float32))
    assert toned(lit, Content(halves, 0.5))[..., 40:].numpy() == pytest.approx(lit[..., 40:].numpy(), abs=1e-3)
