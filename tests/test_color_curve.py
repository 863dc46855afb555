"""Colors on a bent line, as a colorized picture has them, stay there."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from scipy.spatial import cKDTree

from engine.encoders import load_encoder
from engine.preparation.light import even_light, in_colors_of
from engine.synthesis import Surroundings, SynthesisSettings, synthesize
from engine.synthesis.color_curve import color_curve
from engine.synthesis.enlarging import enlarge
from engine.synthesis.exemplar import Exemplar
from engine.synthesis.matching import COMPILED
from engine.synthesis.wrap import NO_WRAP

INKS = {
    "two inks on white": [(0.1, 0, 0.2), (0.9, 0.4, 0.3), (1, 0.98, 0.8)],
    "one hue from black to white": [(0, 0, 0), (0.75, 0.5, 0.25), (1, 1, 1)],
}


def shades(seed=0, size=(96, 96)):
    """Blots from dark to light over a ramp, in [0, 1], (height, width)."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=size), 1.5, mode="wrap")
    return np.clip(0.5 + 0.1 * noise / noise.std() + np.linspace(-0.2, 0.2, size[1]), 0, 1)


def inked(light, inks):
    """Print shades with inks, rounded to 8 bits, (..., 3)."""
    places = np.linspace(0, 1, len(inks))
    colors = np.stack([np.interp(light, places, [ink[channel] for ink in inks]) for channel in range(3)], axis=-1)
    return (np.rint(colors * 255) / 255).astype(np.float32)


def tensor(colors):
    return torch.from_numpy(colors).permute(2, 0, 1)[None]


def off(picture, inks):
    """How far colors are from those of inks, in steps of 8 bits, the largest channel's."""
    colors = picture[0].flatten(1).t().double().numpy()
    return 255 * cKDTree(inked(np.linspace(0, 1, 4001), inks)).query(colors, p=np.inf)[0]


@pytest.mark.parametrize("inks", INKS.values(), ids=INKS)
@pytest.mark.parametrize("quality", ["draft", "normal"])
def test_a_hole_has_no_color_between_two_of_a_bent_line(inks, quality):
    known = tensor(inked(shades(), inks))
    mask = torch.zeros(1, 1, 96, 96)
    mask[..., 30:66, 26:70] = 1
    settings = SynthesisSettings((96, 96), quality=quality)
    around = Surroundings(known, mask, (0, 0))
    exemplar = Exemplar(known, 1 - mask)
    *_, last = synthesize(exemplar, load_encoder("compact"), settings, surroundings=around)
    assert off(last.picture, inks).max() < 2
    assert torch.equal(last.picture[..., :30, :], known[..., :30, :])


@pytest.mark.parametrize("recipe", ["photo", "sliced", "patch", "gram"])
def test_so_has_a_new_texture(recipe):
    inks = INKS["two inks on white"]
    exemplar = Exemplar(tensor(inked(shades(), inks)))
    settings = SynthesisSettings((64, 64), recipe=recipe, quality="draft")
    *_, last = synthesize(exemplar, load_encoder("compact"), settings)
    assert off(last.picture, inks).max() < 2
    assert last.picture.std() > 0.1


def test_so_has_a_picture_that_is_enlarged():
    inks = INKS["one hue from black to white"]
    picture = tensor(inked(shades(), inks))
    *_, (_, made) = enlarge(picture, None, (192, 192), 1, NO_WRAP, 0, COMPILED)
    assert off(made[0], inks).max() < 4
    assert (off(made[0], inks) < 2).mean() > 0.99


def test_so_has_a_canvas_under_even_light():
    inks = INKS["one hue from black to white"]
    colors = inked(shades(), inks)
    changed = even_light(colors, 24, (True, True))
    assert off(tensor(changed), inks).max() > 3
    assert off(tensor(in_colors_of(colors, changed)), inks).max() < 2


@pytest.mark.parametrize(
    "colors",
    [
        np.random.default_rng(0).random((4096, 3)),
        np.repeat(shades().reshape(-1, 1), 3, axis=1),
        inked(shades(), [(0.2, 0.1, 0.05), (0.95, 0.85, 0.6)]).reshape(-1, 3),
        np.full((4096, 3), 0.4),
        np.full((1, 3), 0.4),
        np.eye(3)[np.random.default_rng(0).integers(3, size=4096)],
        np.concatenate([np.linspace(0.5, 0.9, 4096)[:, None].repeat(3, axis=1), np.full((400, 3), (0.7, 0.1, 0.15))]),
    ],
    ids=["all colors", "gray", "two inks", "one color", "one pixel", "three flat colors", "red on shades of gray"],
)
def test_other_colors_are_on_no_bent_line(colors):
    assert color_curve(torch.from_numpy(colors.astype(np.float32))) is None


@pytest.mark.parametrize("inks", INKS.values(), ids=INKS)
def test_what_is_on_the_line_stays_what_it_is(inks):
    colors = tensor(inked(shades(), inks))
    curve = color_curve(colors[0].flatten(1).t())
    assert torch.allclose(curve.bring(colors), colors, atol=1.5 / 255)
