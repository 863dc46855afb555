"""From an exemplar, or a size, to what synthesis takes."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from preparing import opaque_but_for, picture, ready

from engine.images import Picture
from engine.preparation import Layout
from engine.request_errors import RequestError

ROOT = Path(__file__).parents[1]

# The exemplar.


def test_an_exemplar_alone_is_all_there_is():
    exemplar = picture(12, 20)
    job_input = ready(exemplar)
    assert job_input.exemplar.pixels.dtype == np.float32
    np.testing.assert_array_equal(job_input.exemplar.pixels, exemplar.pixels)
    assert job_input.exemplar.valid is None
    assert (job_input.known, job_input.free, job_input.canvas, job_input.mask, job_input.box) == (None,) * 5
    assert job_input.pattern is exemplar


def test_an_opaque_alpha_leaves_the_whole_exemplar_to_sample():
    assert ready(picture(12, 20, alpha=np.ones((12, 20), np.float32))).exemplar.valid is None


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_only_opaque_pixels_of_an_exemplar_are_sampled_for_a_flat_texture(value):
    alpha = opaque_but_for(12, 20, slice(2, 5), slice(3, 9), value=value)
    valid = ready(picture(12, 20, alpha=alpha), flatten=True).exemplar.valid
    np.testing.assert_array_equal(valid, alpha == 1)
    assert valid.dtype == np.float32


def test_an_exemplar_of_the_smallest_size_is_taken():
    assert ready(picture(8, 8)).exemplar.pixels.shape == (8, 8, 3)


# The size of the canvas.


def sized(size, **pictures):
    return ready(picture(20, 20), layout=Layout(size=size), **pictures).size


def test_without_a_canvas_the_size_is_the_one_asked_for():
    assert sized((30, 40)) == (30, 40)
    assert sized(None) is None


@pytest.mark.parametrize("wanted", [None, (40, 50)])
def test_a_canvas_decides_the_size(wanted):
    assert sized(wanted, canvas=picture(40, 50, alpha=opaque_but_for(40, 50, slice(9, 20), slice(9, 20)))) == (40, 50)


# Without torch.


@pytest.mark.parametrize("module", ["engine.preparation", "engine.images", "engine.options.parsing"])
def test_torch_is_not_loaded(module):
    script = f"import sys, {module}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


@pytest.mark.parametrize(("side", "alpha"), [(6, 1.0), (48, 0.0)], ids=["tiny", "empty"])
def test_a_canvas_with_nothing_to_sample_is_told_from_one_with_too_little_left(side, alpha):
    opaque = np.full((side, side), alpha, np.float32)
    hole = np.zeros((side, side, 3), np.float32)
    hole[2:4, 2:4] = 1
    with pytest.raises(RequestError) as caught:
        ready(canvas=Picture(np.full((side, side, 3), 0.5, np.float32), opaque), mask=Picture(hole))
    assert caught.value.code == "nothing-to-sample"
