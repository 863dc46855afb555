"""What the plug-in asks of guides before the engine gets them."""

import numpy as np
import pytest

from engine.preparation import guides as engines
from gimp_plugin import guides
from gimp_plugin.plans import PlanError
from protocol.messages import Source
from protocol.raster import Raster


def flat(*color, height=40, width=50):
    """A guide of one color, with alpha."""
    return np.full((height, width, 4), (*color, 255), np.uint8)


def raster(pixels):
    return Raster(pixels.shape[1], pixels.shape[0], 4, "u8", pixels.tobytes())


def check_exemplar(pixels):
    guides.check_exemplar_guide(Source(raster(pixels), guide=raster(pixels)), "map")


def check_canvas(pixels, *, mixing=False):
    guides.check_canvas_guide(raster(pixels), "map", mixing=mixing)


def test_what_is_negligible_is_so_for_the_engine_too():
    assert (guides.NEGLIGIBLE, guides.GRAY) == (engines.NEGLIGIBLE, engines.GRAY)


@pytest.mark.parametrize(
    ("layers", "exemplar", "canvas"), [(1, False, False), (3, False, False), (1, True, True), (3, False, True)]
)
def test_guides_that_go_together_are_taken(layers, exemplar, canvas):
    guides.check_choice(layers, exemplar=exemplar, canvas=canvas)


@pytest.mark.parametrize(
    ("layers", "exemplar", "canvas", "words"),
    [
        (2, True, True, "2 layers are selected"),
        (1, True, False, "no canvas guide"),
        (1, False, True, "no exemplar guide"),
    ],
)
def test_guides_that_do_not_go_together_are_refused(layers, exemplar, canvas, words):
    with pytest.raises(PlanError, match=words):
        guides.check_choice(layers, exemplar=exemplar, canvas=canvas)


def test_gaps_in_guides_are_refused_unless_they_are_negligible():
    pixels = flat(255, 0, 0)
    pixels[0, :10, 3] = 0
    check_exemplar(pixels)
    check_canvas(pixels)
    pixels[0, 10, 3] = 252
    with pytest.raises(PlanError, match="“map” does not cover"):
        check_exemplar(pixels)
    with pytest.raises(PlanError, match="“map” is transparent"):
        check_canvas(pixels)


@pytest.mark.parametrize("size", [(7, 20), (20, 7)], ids=str)
def test_a_guide_of_a_size_that_cannot_be_made_is_refused(size):
    with pytest.raises(PlanError, match=f"{size[1]} × {size[0]} px"):
        check_canvas(flat(0, 0, 0, height=size[0], width=size[1]))


@pytest.mark.parametrize("color", [(0, 0, 0), (255, 255, 255), (120, 128, 136)], ids=str)
def test_grays_mix_layers(color):
    check_canvas(flat(*color), mixing=True)


@pytest.mark.parametrize("color", [(255, 0, 0), (120, 128, 137)], ids=str)
def test_colors_are_for_one_layer(color):
    pixels = flat(0, 0, 0)
    pixels[0, :10, :3] = color
    check_canvas(pixels, mixing=True)
    pixels[0, 10, :3] = color
    check_canvas(pixels)
    with pytest.raises(PlanError, match="“map” has colors"):
        check_canvas(pixels, mixing=True)
