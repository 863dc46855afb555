"""Exemplars that are rotated and scaled, as a whole or by maps of the canvas."""

from dataclasses import replace

import numpy as np
import pytest
from engines import raster, short_job
from pictures import load, save
from runs import run
from scipy import ndimage
from test_mixing import stones

from engine.images import Picture
from engine.preparation.sampling import Sample
from engine.preparation.transforming import ExemplarTransform, largest_inside, transformed
from engine.service.rasters import picture_of
from protocol.messages import Canvas, Done, Failed, Source
from protocol.vocabulary import Settings

DRAFT = Settings(quality="draft")


def stripes(height=96, width=96, period=8.0, angle=0.0):
    """Draw soft stripes that run at an angle to the horizontal, counterclockwise, with a little grain."""
    rows, columns = np.indices((height, width))
    across = rows * np.cos(np.deg2rad(angle)) + columns * np.sin(np.deg2rad(angle))
    gray = 0.5 + 0.3 * np.sin(2 * np.pi * across / period)
    grain = np.random.default_rng(0).normal(0, 0.04, gray.shape)
    return np.repeat((gray + grain)[..., None], 3, axis=2).clip(0, 1).astype(np.float32)


def direction(picture):
    """Measure the angle along which a picture changes least, degrees counterclockwise, 0 to 180."""
    gray = picture.mean(axis=2)
    down, across = np.gradient(gray)
    angle = 0.5 * np.arctan2(2 * (down * across).mean(), (across**2 - down**2).mean())
    # Gradients lie across the stripes; rows are counted downwards.
    return (90 - np.rad2deg(angle)) % 180


def as_map(level, side=64):
    return Picture(pixels=np.full((side, side, 3), level, np.float32))


def apart(one, other):
    return abs((one - other + 90) % 180 - 90)


def period(picture):
    """Measure the strongest period along the columns, pixels."""
    power = np.abs(np.fft.rfft(picture.mean(axis=2) - picture.mean(), axis=0)).mean(axis=1)
    return picture.shape[0] / (power[1:].argmax() + 1)


def test_a_rotation_is_counterclockwise_and_keeps_only_what_is_whole():
    (found,), guidance = transformed(Sample(stripes()), ExemplarTransform(rotation=30))
    assert guidance is None
    inside = found.valid > 0
    assert 0.6 < inside.sum() / 96**2 <= 1
    middle = found.pixels[40:90, 40:90]
    assert apart(direction(middle), 30) < 3


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_quarter_turn_changes_no_pixel(quarters):
    picture = stones(0, 40, 60)
    (found,), _ = transformed(Sample(picture), ExemplarTransform(rotation=90.0 * quarters))
    assert np.array_equal(found.pixels, np.rot90(picture, quarters))
    assert found.valid is None


@pytest.mark.parametrize("scale", [0.5, 0.8, 2.0])
def test_a_scale_changes_the_period(scale):
    (found,), _ = transformed(Sample(stripes(96, 96, 12)), ExemplarTransform(scale=scale))
    assert found.pixels.shape[:2] == (round(96 * scale), round(96 * scale))
    assert period(found.pixels[4:-4, 4:-4]) == pytest.approx(12 * scale, rel=0.15)


def test_alpha_and_mask_turn_with_the_pixels():
    alpha, valid = np.ones((40, 60), np.float32), np.ones((40, 60), np.float32)
    alpha[:20], valid[:, :30] = 0, 0
    (found,), _ = transformed(Sample(stripes(40, 60), valid, (0, 0), alpha), ExemplarTransform(rotation=90))
    assert np.array_equal(found.alpha, np.rot90(alpha))
    assert np.array_equal(found.valid, np.rot90(valid))


@pytest.mark.parametrize("size", [(100.0, 100.0), (60.0, 200.0), (200.0, 60.0)])
@pytest.mark.parametrize("rotation", [0.0, 22.5, 45.0, 90.0, 157.5, 300.0])
def test_the_largest_part_inside_touches_the_borders_and_goes_beyond_none(size, rotation):
    height, width = largest_inside(size, rotation)
    angle = np.deg2rad(rotation)
    corners = np.array([[y, x] for y in (-height / 2, height / 2) for x in (-width / 2, width / 2)])
    back = corners @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    reached = np.abs(back).max(axis=0) / (np.array(size) / 2)
    assert reached.max() == pytest.approx(1)


def test_copies_for_a_map_have_no_empty_corners_and_no_more_pixels_than_they_need():
    levels = np.zeros((64, 96), np.float32)
    levels[:, 48:] = 0.125
    picture = Picture(pixels=np.repeat(levels[..., None], 3, axis=2))
    (upright, slanted), guidance = transformed(Sample(stones(0, 128, 128)), ExemplarTransform(rotations=picture))
    assert upright.valid is None
    assert slanted.valid is None
    assert slanted.pixels.shape == (90, 90, 3)
    assert guidance.weights.mean(axis=(0, 1)) == pytest.approx([0.5, 0.5])
    (large, _), _ = transformed(Sample(stones(0, 128, 128)), ExemplarTransform(scale=2, rotations=picture))
    assert large.pixels.shape[:2] == (128, 128)


def test_a_copy_that_covers_much_of_the_canvas_keeps_its_corners():
    (found,), _ = transformed(Sample(stones(0, 64, 64)), ExemplarTransform(rotations=as_map(0.125, side=256)))
    assert found.pixels.shape[:2] == (91, 91)
    assert found.valid is not None


@pytest.mark.parametrize(
    ("maps", "whole"),
    [
        ({"rotations": as_map(0.125)}, {"rotation": 45}),
        ({"scales": as_map(0.5)}, {}),
        ({"rotations": as_map(0), "scales": as_map(1), "scale": 0.5}, {}),
    ],
)
def test_maps_of_one_value_change_the_exemplar_as_a_whole(maps, whole):
    picture = Sample(stones(0, 64, 64))
    (found,), guidance = transformed(picture, ExemplarTransform(**maps))
    (wanted,), _ = transformed(picture, ExemplarTransform(**whole))
    assert guidance is None
    assert np.array_equal(found.pixels, wanted.pixels)


# Jobs.


def made(canvas, settings=DRAFT, picture=None):
    source = Source(raster(stripes() if picture is None else picture))
    end = run(replace(short_job(), sources=(source,), canvas=canvas, depth="f32", settings=settings)).end
    assert isinstance(end, Done), end
    return picture_of(end.raster, "result").pixels


def gray(values):
    return raster(np.repeat(np.asarray(values, np.float32)[..., None], 3, axis=2))


def test_a_map_rotates_the_exemplar_place_by_place():
    levels = np.zeros((96, 192))
    levels[:, 96:] = 0.25
    found = made(Canvas(rotation_map=gray(levels)))
    assert found.shape == (96, 192, 3)
    assert apart(direction(found[:, 8:80]), 0) < 12
    assert apart(direction(found[:, 112:184]), 90) < 12


def test_a_texture_is_as_large_as_a_map_of_one_value():
    assert made(Canvas(scale_map=gray(np.full((40, 72), 0.5)))).shape == (40, 72, 3)


def test_a_map_scales_the_exemplar_place_by_place():
    levels = np.full((128, 192), 0.5)
    levels[:, 96:] = 0
    found = made(Canvas(scale_map=gray(levels)), picture=stripes(128, 128, 16))
    assert period(found[:, 8:80]) == pytest.approx(16, rel=0.2)
    assert period(found[:, 112:184]) == pytest.approx(8, rel=0.2)


def test_a_content_is_redrawn_by_an_exemplar_that_turns_place_by_place():
    levels, shades = np.zeros((96, 192)), np.full((96, 192), 0.3)
    levels[:, 96:] = 0.25
    shades[:48] = 0.7
    exemplar = stripes() * np.linspace(0.3, 1, 96, dtype=np.float32)[:, None, None]
    found = made(Canvas(rotation_map=gray(levels), content=gray(shades)), picture=exemplar)
    assert found[:40].mean() > found[56:].mean() + 0.1
    assert apart(direction(found[:, 8:80]), 0) < 20
    assert apart(direction(found[:, 112:184]), 90) < 20


def test_a_copy_of_twice_the_size_is_about_as_sharp_as_the_exemplar():
    picture = stones(0, 96, 96)
    (found,), _ = transformed(Sample(picture), ExemplarTransform(scale=2))
    assert found.valid is None
    steps = [np.abs(np.diff(each.mean(axis=2), axis=1)).mean() for each in (picture, found.pixels)]
    resampled = ndimage.zoom(picture.mean(axis=2), 2)
    assert steps[1] > 1.05 * np.abs(np.diff(resampled, axis=1)).mean()


def test_settings_turn_all_of_the_exemplar():
    found = made(Canvas(width=96, height=96), replace(DRAFT, exemplar_rotation=90.0))
    assert apart(direction(found), 90) < 10


@pytest.mark.parametrize(
    ("canvas", "settings", "named"),
    [
        (Canvas(rotation_map=gray(np.zeros((64, 64))), width=96, height=64), DRAFT, "64x64"),
        (Canvas(rotation_map=gray(np.zeros((64, 64))), scale_map=gray(np.zeros((32, 64)))), DRAFT, "64x32"),
        (Canvas(raster(stripes())), replace(DRAFT, exemplar_scale=0.5), "new texture"),
        (Canvas(guide=gray(np.zeros((64, 64)))), replace(DRAFT, exemplar_scale=0.5), "guide"),
    ],
    ids=["size", "sizes", "fill", "guide"],
)
def test_maps_that_do_not_fit_are_refused(canvas, settings, named):
    source = Source(raster(stripes()))
    end = run(replace(short_job(), sources=(source,), canvas=canvas, settings=settings)).end
    assert isinstance(end, Failed)
    assert end.code == "bad-request"
    assert named in end.message


@pytest.mark.parametrize("name", ["rotation_map", "scale_map"])
def test_a_map_with_colors_is_refused(name):
    colored = raster(np.broadcast_to(np.float32((0.9, 0.4, 0.1)), (64, 64, 3)))
    end = run(replace(short_job(), sources=(Source(raster(stripes())),), canvas=Canvas(**{name: colored}))).end
    assert isinstance(end, Failed)
    assert end.code == "colored-map"
    assert name in end.message


@pytest.mark.parametrize("name", ["rotation_map", "scale_map"])
def test_a_map_that_is_transparent_in_places_is_refused(name):
    gaps = np.dstack([np.full((64, 64, 3), 0.5), np.ones((64, 64))]).astype(np.float32)
    gaps[:8, :8, 3] = 0
    end = run(replace(short_job(), sources=(Source(raster(stripes())),), canvas=Canvas(**{name: raster(gaps)}))).end
    assert isinstance(end, Failed)
    assert end.code == "bad-request"
    assert name.replace("_", " ") in end.message


def test_a_gray_map_may_have_the_tint_that_a_jpeg_file_gives_it():
    grain = np.random.default_rng(0).normal(0, 0.01, (64, 64, 3))
    grain[:, 32:] += 0.25
    tinted = Picture(pixels=(as_map(0.5).pixels + grain).astype(np.float32))
    _, guidance = transformed(Sample(stripes()), ExemplarTransform(rotations=tinted))
    assert guidance is not None


def test_an_exemplar_of_which_nothing_is_left_is_refused():
    source = Source(raster(stripes(16, 16)))
    settings = replace(DRAFT, exemplar_scale=0.25)
    end = run(replace(short_job(), sources=(source,), canvas=Canvas(), settings=settings)).end
    assert isinstance(end, Failed)
    assert "larger scale" in end.message


def test_the_command_takes_maps(call, here):
    save(here / "e.png", stripes())
    save(here / "r.png", np.full((64, 64, 3), 0.25))
    arguments = ("--rotation-map", "r.png", "--exemplar-scale", "0.8", "--quality", "draft", "--local", "-q")
    assert call("synthesize", "e.png", *arguments, "-o", "out.png") == (0, "", "")
    assert apart(direction(load(here / "out.png")), 90) < 12


def test_the_command_names_the_option_of_a_colored_map(call, here):
    save(here / "e.png", stripes())
    save(here / "r.png", np.broadcast_to((0.9, 0.4, 0.1), (64, 64, 3)))
    status, _, said = call("synthesize", "e.png", "--rotation-map", "r.png", "--local", "-q", "-o", "out.png")
    assert status == 2
    assert "--rotation-map" in said
    assert not (here / "out.png").exists()
