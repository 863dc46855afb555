"""Textures of several exemplars."""

from dataclasses import replace

import numpy as np
import pytest
from engines import raster, short_job
from pictures import load, save
from runs import run
from scipy import ndimage

from engine.images import Picture, read_picture, write_picture
from engine.service.rasters import picture_of
from engine.synthesis.structure import MosaicSource, lay_mosaic, lay_out, plan_texture
from engine.synthesis.structure.mosaic import GRID
from protocol.messages import Canvas, Done, Failed, Source
from protocol.vocabulary import MOST_SOURCES, Settings

WITHIN = 0.1


def stones(channel, height=128, width=128, seed=0):
    """Make grainy spots of one primary color, each of another brightness."""
    generator = np.random.default_rng(seed)
    rows, columns = np.indices((height, width))
    centers = generator.integers(0, (height, width), (60, 2))
    nearest = ((rows[..., None] - centers[:, 0]) ** 2 + (columns[..., None] - centers[:, 1]) ** 2).argmin(axis=2)
    colors = np.full((height, width, 3), 0.1, np.float32)
    colors[..., channel] = 0.4 + 0.5 * generator.random(60)[nearest]
    return (colors + generator.normal(0, 0.03, colors.shape)).clip(0, 1).astype(np.float32)


def parts(picture):
    """Give the share of the pixels in which each of the channels is the brightest."""
    return np.bincount(picture.argmax(axis=2).ravel(), minlength=3) / picture[..., 0].size


def laid(pieces, size=(256, 256), seed=0):
    *_, last = (stage for stage in lay_out(plan_texture(pieces, size), seed) if stage is not None)
    return last.colors


def whole(colors, share=1.0):
    return MosaicSource(colors, np.ones(colors.shape[:2], bool), share)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("shares", [(1, 1), (3, 1), (1, 4), (2, 1, 1)])
def test_shares_are_met(shares, seed):
    sizes = [(128, 128), (96, 160), (150, 90)]
    pieces = [whole(stones(n, *sizes[n]), share) for n, share in enumerate(shares)]
    found = parts(laid(pieces, seed=seed))[: len(shares)]
    assert found == pytest.approx(np.array(shares) / sum(shares), rel=WITHIN)


def test_sources_that_are_alike_are_mixed_by_their_shares_as_well():
    dark, bright = (0.5 * stones(0), stones(0, seed=1))
    made = laid([whole(dark.astype(np.float32), 2.0), whole(bright)])
    middle = (made[..., 0] > 0.45).mean()
    assert 0.25 < middle < 0.45


def grains(tint, seed):
    """Make fine noise of one hue."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(128, 128)), 1.5)
    gray = (0.5 + 0.15 * noise / noise.std()).clip(0, 1)
    return (gray[..., None] * tint).astype(np.float32)


def contrast(picture):
    return np.hypot(*np.gradient(picture[..., 1])).mean()


@pytest.mark.parametrize("seed", [0, 1])
def test_sources_do_not_melt_where_they_meet(seed):
    pieces = [grains((1, 1, 1), 0), grains((0.3, 1, 0.3), 1)]
    # Patches end at half size.
    halves = [each.reshape(64, 2, 64, 2, 3).mean(axis=(1, 3)) for each in pieces]
    made = laid([whole(each) for each in pieces], seed=seed)
    assert contrast(made) > 0.92 * np.mean([contrast(each) for each in halves])


def test_what_may_not_be_sampled_of_a_source_is_not():
    second = stones(1)
    valid = np.ones(second.shape[:2], bool)
    second[40:80, 30:70], valid[40:80, 30:70] = (0, 0, 1), False
    assert parts(laid([whole(stones(0)), MosaicSource(second, valid)]))[2] == 0


def test_a_mosaic_keeps_its_sources_apart_at_every_scale():
    mosaic = lay_mosaic([whole(stones(0, 70, 50), 3.0), whole(stones(1, 129, 64))])
    assert mosaic.parts == (0.75, 0.25)
    assert not mosaic.valid[70 : 3 * GRID].any()
    assert mosaic.colors.shape[1] == 64
    for index in range(7):
        labels = mosaic.labels_at(index)
        assert not labels[: 3 * GRID >> index].any()
        assert labels[3 * GRID >> index :].all()


def test_of_a_single_source_a_mosaic_is_that_source():
    piece = whole(stones(0))
    mosaic = lay_mosaic([piece])
    assert mosaic.colors is piece.colors
    assert mosaic.valid is piece.valid


# Jobs.


def mixed(*sources, side=96, **changes):
    job = replace(short_job(), sources=sources, canvas=Canvas(width=side, height=side), depth="f32", **changes)
    end = run(job).end
    assert isinstance(end, Done), end
    return picture_of(end.raster, "result")


@pytest.mark.parametrize("recipe", ["photo", "sliced"])
def test_a_job_of_two_sources_has_both(recipe):
    settings = Settings(recipe=recipe, quality="draft", octaves=2)
    sources = (Source(raster(stones(0, 64, 64)), share=3.0), Source(raster(stones(1, 64, 64))))
    assert parts(mixed(*sources, side=192, settings=settings).pixels) == pytest.approx([0.75, 0.25, 0], abs=0.08)


def test_alpha_of_sources_that_are_mixed_says_only_what_is_sampled():
    second = np.dstack([stones(1, 64, 64), np.ones((64, 64))])
    second[:, 40:, :3], second[:, 40:, 3] = (0, 0, 1), 0
    made = mixed(Source(raster(stones(0, 64, 64))), Source(raster(second)))
    assert made.alpha is None
    assert parts(made.pixels)[2] == 0


def test_a_mask_belongs_to_its_source():
    second = stones(1, 64, 64)
    second[:, 40:] = (0, 0, 1)
    mask = np.zeros((64, 64))
    mask[:, :38] = 1
    made = mixed(Source(raster(stones(0, 64, 64))), Source(raster(second), raster(mask)))
    assert parts(made.pixels)[2] == 0


def test_a_hole_is_filled_from_several_sources():
    picture, mask = np.full((96, 96, 3), 0.5), np.zeros((96, 96))
    mask[32:64, 32:64] = 1
    sources = tuple(Source(raster(stones(n, 64, 64))) for n in (0, 1))
    job = replace(short_job(), sources=sources, canvas=Canvas(raster(picture), raster(mask)))
    end = run(job).end
    assert isinstance(end, Done), end
    filled = picture_of(end.raster, "result").pixels
    assert parts(filled[33:63, 33:63])[2] < 0.02
    assert np.ptp(filled[:32]) == 0


@pytest.mark.parametrize(
    ("sources", "code", "named"),
    [
        ([stones(0, 64, 64)] * (MOST_SOURCES + 1), "bad-request", f"{MOST_SOURCES + 1} sources"),
        ([stones(0, 64, 64), stones(1, 7, 64)], "too-little-to-sample", "exemplar 2: the exemplar is 64x7 pixels"),
    ],
    ids=["too many", "too small"],
)
def test_sources_that_cannot_be_mixed_are_refused(sources, code, named):
    job = replace(short_job(), sources=tuple(Source(raster(each)) for each in sources))
    end = run(job).end
    assert isinstance(end, Failed)
    assert end.code == code
    assert named in end.message


BLACK = raster(np.zeros((64, 64)))
FILLED = Canvas(raster(stones(2, 64, 64)), raster(np.eye(64)))
FAULTS = {
    "black mask": Source(raster(stones(0, 64, 64)), BLACK),
    "mask of another size": Source(raster(stones(0, 64, 64)), raster(np.ones((32, 32)))),
    "mask with colors": Source(raster(stones(0, 64, 64)), raster(stones(0, 64, 64))),
    "too small": Source(raster(stones(0, 7, 64))),
    "clear": Source(raster(np.zeros((64, 64, 4)))),
}


@pytest.mark.parametrize("onto", [Canvas(width=96, height=96), FILLED], ids=["texture", "fill"])
@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("fault", FAULTS)
def test_the_one_of_several_sources_that_is_at_fault_is_named(fault, number, onto):
    sources = [Source(raster(stones(n, 64, 64))) for n in range(3)]
    sources[number - 1] = FAULTS[fault]
    end = run(replace(short_job(), sources=tuple(sources), canvas=onto)).end
    assert isinstance(end, Failed)
    assert end.message.startswith(f"exemplar {number}: ")


def test_a_fault_of_the_only_source_or_of_none_has_no_number():
    sources = tuple(Source(raster(stones(n, 64, 64))) for n in range(2))
    alone = replace(short_job(), sources=(FAULTS["black mask"],))
    around = replace(short_job(), sources=sources, canvas=replace(FILLED, context=9))
    for job in (alone, around):
        end = run(job).end
        assert isinstance(end, Failed)
        assert "exemplar 1" not in end.message


# The command.


def test_the_command_mixes_exemplars_by_their_shares_and_says_so(call, here):
    save(here / "red.png", stones(0, 64, 64))
    save(here / "green.png", stones(1, 64, 64))
    arguments = ("--share", "3,1", "--size", "192", "--quality", "draft", "-o", "out.png", "--local")
    status, _, said = call("synthesize", "red.png", "green.png", *arguments)
    assert status == 0
    assert "mixing 2 exemplars" in said
    assert "75% red.png" in said
    assert parts(load(here / "out.png")) == pytest.approx([0.75, 0.25, 0], abs=0.08)


def test_each_exemplar_has_its_mask(call, here):
    for name, channel in (("red", 0), ("green", 1)):
        picture = stones(channel, 64, 64)
        picture[:, 40:] = (0, 0, 1)
        save(here / f"{name}.png", picture)
    mask = np.zeros((64, 64))
    mask[:, :38] = 1
    save(here / "mask.png", mask)
    masks = ("--exemplar-mask", "mask.png", "--exemplar-mask", "mask.png")
    arguments = (*masks, "--size", "64", "--quality", "draft", "-o", "out.png", "--local", "-q")
    assert call("synthesize", "red.png", "green.png", *arguments) == (0, "", "")
    assert parts(load(here / "out.png"))[2] == 0


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("a.png", "b.png", "--share", "1"), "--share"),
        (("a.png", "b.png", "--share", "1,x"), "--share"),
        (("a.png", "b.png", "--share", "1,0"), "--share"),
        (("a.png", "b.png", "--share", "1,nan"), "--share"),
        (("a.png", "--share", "1,1"), "--share"),
        (("a.png", "b.png", "--exemplar-mask", "m.png"), "1 exemplar mask is given"),
        (("a.png", "--exemplar-mask", "m.png", "--exemplar-mask", "m.png"), "2 exemplar masks"),
    ],
)
def test_shares_and_masks_that_do_not_fit_the_exemplars_are_refused(call, arguments, named):
    status, _, said = call("synthesize", *arguments, "-o", "out.png")
    assert status == 2
    assert named in said


def test_where_two_sources_meet_none_is_tinted_by_the_other():
    generator = np.random.default_rng(2)
    gravel = np.repeat(ndimage.zoom(generator.random((32, 32, 1)), (4, 4, 1), order=1), 3, axis=2)
    stripes = np.zeros((128, 128, 3))
    stripes[..., 0] = 0.8 * (np.arange(128) // 16 % 2)[:, None]
    sides = np.repeat((np.arange(96) > 47).astype(np.float32)[None], 96, axis=0)[..., None].repeat(3, axis=2)
    sources = tuple(Source(raster(each.astype(np.float32))) for each in (gravel, stripes))
    settings = Settings(recipe="photo", quality="draft")
    canvas = Canvas(width=96, height=96, guide=raster(sides))
    end = run(replace(short_job(), sources=sources, canvas=canvas, depth="f32", settings=settings)).end
    assert isinstance(end, Done), end
    made = picture_of(end.raster, "result").pixels
    # Patches of both are blended next to the border.
    chroma = np.ptp(made[:, :42], axis=2)
    assert np.percentile(chroma, 99) < 0.05


@pytest.mark.parametrize("order", [("gray.png", "green.png"), ("green.png", "gray.png")])
def test_a_mixture_of_gray_and_color_has_color(call, here, order):
    gray = stones(0, 64, 64)[..., :1]
    save(here / "gray.png", gray[..., 0])
    save(here / "green.png", gray * np.float32((0.3, 0.9, 0.2)))
    words = (*order, "--size", "64", "--recipe", "sliced", "--steps", "3", "--local", "-q", "-o", "out.png")
    assert call("synthesize", *words) == (0, "", "")
    found = load(here / "out.png").astype(float)
    assert found.shape == (64, 64, 3)
    assert np.ptp(found, axis=2).max() > 60


@pytest.mark.parametrize("order", [("deep.png", "plain.png"), ("plain.png", "deep.png")])
def test_a_mixture_has_as_many_bits_as_the_deepest_exemplar(call, here, order):
    write_picture(here / "deep.png", Picture(stones(0, 64, 64), bits=16))
    save(here / "plain.png", stones(1, 64, 64))
    words = (*order, "--size", "64", "--recipe", "sliced", "--steps", "1", "--local", "-q", "-o", "out.png")
    assert call("synthesize", *words) == (0, "", "")
    assert read_picture(here / "out.png").bits == 16


def test_a_gray_canvas_stays_gray_and_that_is_told(call, here):
    gray = stones(0, 64, 64)[..., 0]
    mask = np.zeros((64, 64))
    mask[20:40, 20:40] = 1
    save(here / "gray.png", gray)
    save(here / "mask.png", mask)
    save(here / "green.png", gray[..., None] * np.float32((0.3, 0.9, 0.2)))
    words = ("green.png", "--canvas", "gray.png", "--mask", "mask.png", "--quality", "draft", "--local")
    status, _, err = call("synthesize", *words, "-o", "out.png")
    assert status == 0
    assert sum("gray.png is gray" in line for line in err.splitlines()) == 1
    assert load(here / "out.png").ndim == 2
