"""Guides: which part of an exemplar belongs where on a new texture."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from engines import raster, short_job
from matching import field_for, search, sought_in, source_of
from pictures import load, save
from runs import run
from test_mixing import parts, stones

from engine.service.rasters import picture_of
from engine.synthesis.structure import Guide, MosaicSource, lay_out, plan_texture
from protocol.messages import Canvas, Done, Failed, Source
from protocol.vocabulary import Settings

EXAMPLES = Path(__file__).parents[1] / "examples"
DRAFT = Settings(quality="draft")
GREEN, BROWN, BLUE = (0, 200, 0), (120, 80, 30), (0, 0, 255)
COLORS = np.array([GREEN, BROWN, BLUE])


def field_map(height=96, width=96):
    """Number three areas that lie beside each other in an exemplar."""
    rows, columns = np.indices((height, width))
    return np.where(columns < width // 2, 0, np.where(rows < height // 2, 1, 2)).astype(np.int32)


def exemplar_of(labels):
    """Make a picture whose areas are stones of another primary color each."""
    made = [stones(channel, *labels.shape) for channel in range(3)]
    return np.choose(labels[..., None].repeat(3, axis=2), made).astype(np.float32)


def river(height=192, width=192):
    """Number the areas of a landscape with a river, its banks, and land."""
    rows, columns = np.indices((height, width))
    apart = np.abs(columns - width / 2 - 30 * np.sin(rows / 30))
    return np.where(apart < 20, 2, np.where(apart < 50, 1, 0)).astype(np.int32)


def colored(labels):
    return (COLORS[labels] / 255).astype(np.float32)


def weights_of(labels):
    return np.eye(int(labels.max()) + 1, dtype=np.float32)[labels]


def gradient(height=256, width=256):
    ramp = np.linspace(0, 1, width, dtype=np.float32)[None].repeat(height, axis=0)
    return np.stack([1 - ramp, ramp], axis=2)


def laid(pieces, guide, seed=0):
    size = guide.weights.shape[:2]
    *_, last = (stage for stage in lay_out(plan_texture(pieces, size, guide=guide), seed) if stage is not None)
    return last


# Patches.


@pytest.mark.parametrize("seed", [0, 1])
def test_patches_come_from_the_area_of_their_label(seed):
    labels, wanted = field_map(), river()
    piece = MosaicSource(exemplar_of(labels), np.ones(labels.shape, bool), labels=labels)
    found = laid([piece], Guide(weights_of(wanted), strict=True), seed).labels
    step = wanted.shape[0] // found.shape[0]
    assert (found == wanted[::step, ::step]).mean() > 0.95


@pytest.mark.parametrize("radius", [20, 30])
def test_a_small_area_fills_a_large_one_with_what_it_shows(radius):
    rows, columns = np.indices((192, 192))
    labels = (np.hypot(rows - 96, columns - 96) < radius).astype(np.int32)
    cobbles, grass = (load(EXAMPLES / f"{name}.png")[:192, :192, :3] for name in ("cobbles", "grass"))
    exemplar = np.where(labels[..., None] == 1, grass, cobbles).astype(np.float32) / 255
    wanted = (columns < 116).astype(np.int32)
    job = guided((Source(raster(exemplar), guide=raster(colored(labels))),), colored(wanted))
    found = made(job).mean(axis=2)[8:-8, 8:108]
    disc = exemplar.mean(axis=2)[np.hypot(rows - 96, columns - 96) < radius - 2]
    # Of the few patches of a coarse octave only a smear would be left.
    assert found.std() == pytest.approx(disc.std(), rel=0.2)


def test_sources_are_mixed_by_the_weights_of_a_guide():
    pieces = [MosaicSource(stones(channel), np.ones((128, 128), bool)) for channel in range(2)]
    guide = Guide(gradient(), strict=False)
    found = laid(pieces, guide).labels
    shares = [float(each.mean()) for each in np.array_split(found, 4, axis=1)]
    assert shares == pytest.approx([1 / 8, 3 / 8, 5 / 8, 7 / 8], abs=0.15)
    assert found.mean() == pytest.approx(0.5, rel=0.1)


def test_where_a_source_has_no_weight_nothing_of_it_is():
    weights = gradient()
    weights[:, :64], weights[:, -64:] = (1, 0), (0, 1)
    pieces = [MosaicSource(stones(channel), np.ones((128, 128), bool)) for channel in range(2)]
    found = laid(pieces, Guide(weights, strict=False)).labels
    inside = found.shape[1] // 4 - 8
    assert found[:, :inside].mean() < 0.01
    assert found[:, -inside:].mean() > 0.99


def test_a_label_that_costs_more_than_any_difference_is_not_matched(matcher):
    picture = stones(0, 48, 48)
    labels = np.zeros((48, 48), np.int32)
    labels[:, 24:] = 1
    wanted = np.indices((48, 48))[0] // 24
    costs = np.where(wanted[..., None] == [0, 1], 0, 1e4).astype(np.float32)
    source, query = replace(source_of(picture), labels=labels), sought_in(stones(0, 48, 48, 1), label_costs=costs)
    field = field_for(matcher, query, source)
    search(matcher, field, query, source)
    found = labels[field.places[..., 0], field.places[..., 1]]
    assert (found == wanted).all()
    plain = field.costs.copy()
    matcher.measure(field, replace(query, label_costs=None), source)
    assert field.costs == pytest.approx(plain, abs=1e-3)


# Jobs.


def guided(sources, guide, settings=DRAFT):
    return replace(short_job(), sources=sources, canvas=Canvas(guide=raster(guide)), depth="f32", settings=settings)


def made(job):
    end = run(job).end
    assert isinstance(end, Done), end
    return picture_of(end.raster, "result").pixels


def brightest(picture, where):
    """Give the share of the places whose brightest channel is that of their label."""
    return float((picture.argmax(axis=2) == where).mean())


@pytest.mark.parametrize("recipe", ["photo", "gram", "sliced"])
def test_a_job_with_guides_paints_by_numbers(recipe):
    labels, wanted = field_map(64, 64), river(96, 96)
    source = Source(raster(exemplar_of(labels)), guide=raster(colored(labels)))
    settings = Settings(recipe=recipe, quality="draft", octaves=2, steps=30)
    picture = made(guided((source,), colored(wanted), settings=settings))
    assert picture.shape == (96, 96, 3)
    assert brightest(picture, wanted) > (0.9 if recipe == "photo" else 0.75)


def test_colors_that_a_guide_has_at_soft_borders_only_are_no_labels():
    labels, wanted = field_map(64, 64), river(96, 96)
    source, canvas = colored(labels), colored(wanted)
    source[1:-1] = (source[:-2] + 2 * source[1:-1] + source[2:]) / 4
    canvas[:, 1:-1] = (canvas[:, :-2] + 2 * canvas[:, 1:-1] + canvas[:, 2:]) / 4
    job = guided((Source(raster(exemplar_of(labels)), guide=raster(source)),), canvas)
    assert brightest(made(job), wanted) > 0.85


def test_several_sources_share_the_colors_of_their_guides():
    wanted = river(96, 96)
    both = tuple(
        Source(raster(stones(channel, 64, 64)), guide=raster(colored(np.full((64, 64), channel))))
        for channel in range(3)
    )
    assert brightest(made(guided(both, colored(wanted))), wanted) > 0.9


def test_a_gray_guide_mixes_sources():
    both = tuple(Source(raster(stones(channel, 64, 64))) for channel in range(2))
    picture = made(guided(both, gradient(96, 96)[..., 1:].repeat(3, axis=2)))
    halves = [parts(each)[1] for each in np.array_split(picture, 2, axis=1)]
    assert halves[0] < 0.4 < 0.6 < halves[1]


def test_what_may_not_be_sampled_takes_its_label_along():
    labels = field_map(64, 64)
    mask = (labels != 2).astype(np.float32)
    source = Source(raster(exemplar_of(labels)), raster(mask), guide=raster(colored(labels)))
    end = run(guided((source,), colored(river(96, 96)))).end
    assert isinstance(end, Failed)
    assert "#0000ff" in end.message


LABELS = field_map(64, 64)
PICTURE, GUIDE = exemplar_of(LABELS), colored(LABELS)
FOREIGN = np.full((64, 64, 3), (1.0, 0, 1), np.float32)


@pytest.mark.parametrize(
    ("sources", "guide", "named"),
    [
        ([(PICTURE, None)], GUIDE, "the exemplar has none"),
        ([(PICTURE, GUIDE)], None, "the canvas has none"),
        ([(PICTURE, GUIDE[:40])], GUIDE, "64x40"),
        ([(PICTURE, GUIDE)], FOREIGN, "#ff00ff"),
        ([(PICTURE, GUIDE), (PICTURE, None)], GUIDE, "1 of 2"),
        ([(PICTURE, None), (PICTURE, None)], GUIDE, "has colors"),
        ([(PICTURE, np.random.default_rng(0).random((64, 64, 3)))], GUIDE, "more than 32 colors"),
        ([(PICTURE, np.dstack([GUIDE, np.zeros((64, 64))]))], GUIDE, "transparent"),
    ],
    ids=["no source's", "no canvas's", "size", "foreign color", "of one", "colored", "many colors", "transparent"],
)
def test_guides_that_do_not_fit_are_refused(sources, guide, named):
    given = tuple(Source(raster(one), guide=None if own is None else raster(own)) for one, own in sources)
    canvas = Canvas(guide=None if guide is None else raster(guide))
    end = run(replace(short_job(), sources=given, canvas=canvas)).end
    assert isinstance(end, Failed)
    assert end.code in {"bad-request", "transparent-guide", "colored-guide"}
    assert named in end.message


@pytest.mark.parametrize(
    "canvas",
    [
        Canvas(guide=raster(GUIDE), width=96, height=64),
        Canvas(raster(PICTURE), raster(LABELS > 1), guide=raster(GUIDE)),
    ],
    ids=["other size", "fill"],
)
def test_a_guide_of_another_canvas_is_refused(canvas):
    source = Source(raster(PICTURE), guide=raster(GUIDE))
    end = run(replace(short_job(), sources=(source,), canvas=canvas)).end
    assert isinstance(end, Failed)
    assert "guide" in end.message


# The command.


def test_the_command_takes_guides(call, here):
    for name, pixels in (("e", PICTURE), ("g", GUIDE), ("c", colored(river(96, 96)))):
        save(here / f"{name}.png", pixels)
    guides = ("--guide", "g.png", "--canvas-guide", "c.png")
    assert call("synthesize", "e.png", *guides, "--quality", "draft", "-o", "out.png", "--local", "-q") == (0, "", "")
    assert brightest(load(here / "out.png"), river(96, 96)) > 0.9


def test_a_sheet_of_seeds_follows_the_guides(call, here):
    for name, pixels in (("e", PICTURE), ("g", GUIDE), ("c", colored(river(96, 96)))):
        save(here / f"{name}.png", pixels)
    asked = ("e.png", "--guide", "g.png", "--canvas-guide", "c.png", "--quality", "draft", "--local", "-q")
    assert call("synthesize", *asked, "--pick", "2", "-o", "sheet.png") == (0, "", "")
    assert min(load(here / "sheet.png").shape[:2]) > 200
    assert call("synthesize", *asked, "--preview", "-o", "preview.png") == (0, "", "")
    assert brightest(load(here / "preview.png"), river(96, 96)) > 0.8


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("a.png", "b.png", "--guide", "g.png"), "1 guide is given"),
        (("--guide", "g.png", "--canvas", "c.png"), "--guide"),
        (("a.png", "b.png", "--share", "1,2", "--canvas-guide", "g.png"), "--share"),
    ],
)
def test_guides_that_do_not_fit_the_options_are_refused(call, arguments, named):
    status, _, said = call("synthesize", *arguments, "-o", "out.png")
    assert status == 2
    assert named in said
