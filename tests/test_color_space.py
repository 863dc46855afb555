"""Colors on a line or a plane stay there, and faint pictures come out as faint as they were."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from engine.encoders import load_encoder
from engine.synthesis import SynthesisSettings, synthesize
from engine.synthesis.color_space import color_space
from engine.synthesis.exemplar import Exemplar
from engine.synthesis.structure import Content

RECIPES = ("photo", "sliced", "patch", "gram")


@pytest.fixture(scope="module")
def encoder():
    return load_encoder("compact")


def grains(seed=0, size=(64, 64)):
    """Blots of a standard deviation of 1 about 0, (height, width)."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=size), 1.2, mode="wrap")
    return noise / noise.std()


def tensor(colors):
    """An exemplar of colors (height, width, 3), rounded to 8 bits."""
    rounded = np.rint(np.clip(colors, 0, 1) * 255) / 255
    return Exemplar(torch.from_numpy(rounded.astype(np.float32)).permute(2, 0, 1)[None])


def made(exemplar, encoder, recipe, **settings):
    for snapshot in synthesize(
        exemplar, encoder, SynthesisSettings((64, 64), recipe=recipe, quality="draft", **settings)
    ):
        yield snapshot.picture[0].permute(1, 2, 0).double().numpy()


def sepia(seed=0):
    light = np.clip(0.5 + 0.2 * grains(seed), 0, 1)[..., None]
    return (1 - light) * [0.2, 0.1, 0.05] + light * [0.95, 0.85, 0.6]


@pytest.mark.parametrize("recipe", RECIPES)
def test_gray_stays_gray_in_every_snapshot(encoder, recipe):
    gray = np.repeat(np.clip(0.5 + 0.2 * grains(), 0, 1)[..., None], 3, axis=2)
    for picture in made(tensor(gray), encoder, recipe):
        assert np.ptp(picture, axis=2).max() < 0.5 / 255
    assert picture.std() > 0.1


@pytest.mark.parametrize("recipe", RECIPES)
def test_two_inks_stay_on_their_line(encoder, recipe):
    *_, picture = made(tensor(sepia()), encoder, recipe)
    line = np.array([0.75, 0.75, 0.55]) / np.linalg.norm([0.75, 0.75, 0.55])
    apart = picture - [0.2, 0.1, 0.05]
    off = apart - (apart @ line)[..., None] * line
    assert np.abs(off).max() < 2 / 255


@pytest.mark.parametrize("deviation", [0.5, 1.5, 6, 20, 60])
def test_a_texture_is_as_rough_as_its_exemplar_however_faint_that_is(encoder, deviation):
    colors = np.stack([0.5 + deviation / 255 * grains(seed) for seed in range(3)], axis=-1)
    exemplar = tensor(colors)
    *_, picture = made(exemplar, encoder, "photo", steps=20)

    def roughness(found):
        return np.sqrt(np.mean(np.diff(found, axis=0) ** 2) + np.mean(np.diff(found, axis=1) ** 2))

    assert roughness(picture) == pytest.approx(roughness(exemplar.picture[0].permute(1, 2, 0).numpy()), rel=0.1)


def test_a_flat_color_stays_what_it_is(encoder):
    *_, picture = made(tensor(np.full((64, 64, 3), [0.2, 0.4, 0.6])), encoder, "photo")
    assert np.abs(picture - np.rint(np.array([0.2, 0.4, 0.6]) * 255) / 255).max() < 1e-4


def test_colors_in_three_dimensions_of_full_contrast_are_worked_on_as_they_are():
    colors = np.random.default_rng(0).random((16, 16, 3))
    space = color_space(tensor(colors), None)
    assert space.projection() is None
    picture = tensor(colors).picture
    assert space.enter(picture) is picture
    assert torch.allclose(space.leave(picture), picture, atol=1e-6)


def test_what_leaves_has_no_color_beyond_the_exemplars():
    colors = 0.4 + 0.02 * np.random.default_rng(0).random((16, 16, 3))
    space = color_space(tensor(colors), None)
    assert space.scale < 0.05
    left = space.leave(torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 3 - 1)
    assert left.amin() > 0.38
    assert left.amax() < 0.44


def test_steps_go_as_far_along_each_axis_as_its_colors_spread():
    gray, hue = grains(0), grains(1)
    colors = 0.5 + 0.15 * gray[..., None] + 0.03 * hue[..., None] * np.array([1, 0, -1])
    space = color_space(tensor(colors), None)
    steps = space.steps().double().numpy()
    covariance = np.cov(tensor(colors).picture[0].flatten(1).double().numpy())
    # Steps of independent signs along the axes spread as the exemplar's colors do.
    found = steps @ steps.T
    assert np.allclose(found / np.trace(found), covariance / np.trace(covariance), atol=2e-3)
    # As long as those of red, green and blue, which are of length 1 each.
    assert np.isclose(np.trace(found), 3, atol=1e-3)


def test_no_step_leaves_a_line_of_colors_or_a_single_one():
    gray = np.repeat(np.clip(0.5 + 0.2 * grains(), 0, 1)[..., None], 3, axis=2)
    steps = color_space(tensor(gray), None).steps().double().numpy()
    assert np.allclose(np.abs(steps).max(axis=0), [0, 0, 1], atol=1e-3)
    assert not color_space(tensor(np.full((64, 64, 3), 0.4)), None).steps().any()


def pebbles(side=96, seed=0):
    """Draw warm and cold stones with dark joints, and grain of gray alone."""
    rng = np.random.default_rng(seed)
    middles, light, warm = rng.random((36, 2)) * side, rng.random(36), rng.random(36) > 0.5
    rows, columns = np.indices((side, side))
    around = [
        np.hypot(*((place - middle[axis] + side / 2) % side - side / 2 for axis, place in enumerate((rows, columns))))
        for middle in middles
    ]
    nearest, ordered = np.argmin(around, axis=0), np.sort(around, axis=0)
    shade = np.clip((ordered[1] - ordered[0]) / 8, 0, 1) * (0.35 + 0.5 * light[nearest]) + 0.05
    tint = np.where(warm[nearest][..., None], [1.1, 1, 0.9], [0.92, 1, 1.1])
    return np.clip((shade + rng.normal(0, 0.02, shade.shape))[..., None] * tint, 0, 1)


def fine_hues(picture):
    """Measure how much hues change within a few pixels, (height, width)."""
    hues = picture @ np.array([[1, 0.5], [-1, 0.5], [0, -1]])
    return np.linalg.norm(hues - ndimage.gaussian_filter(hues, (2, 2, 0)), axis=2)


def test_stones_that_redraw_a_picture_have_no_rims_of_other_colors(encoder):
    exemplar = tensor(pebbles())
    own = fine_hues(exemplar.picture[0].permute(1, 2, 0).double().numpy())
    rows, columns = np.indices((96, 96))
    disc = np.where(np.hypot(rows - 48, columns - 48) < 32, 0.9, 0.1).astype(np.float32)
    content = Content(np.repeat(disc[..., None], 3, axis=2), 0.5)
    settings = SynthesisSettings((96, 96), recipe="photo", quality="draft")
    *_, last = synthesize(exemplar, encoder, settings, content=content)
    found = fine_hues(last.picture[0].permute(1, 2, 0).double().numpy())
    assert (found > np.quantile(own, 0.999)).mean() < 0.01
