"""To tensors, and from what was synthesized back to pictures."""

import numpy as np
import pytest
import torch
from preparing import mask_picture, opaque_but_for, picture, ready, synthesized

from engine.on_device import exemplar_on, surroundings_on
from engine.preparation import cut_start, finish
from engine.request_errors import RequestError
from engine.synthesis.resample import resize
from engine.tensors import to_array, to_tensor

CPU = torch.device("cpu")


def assert_same(tensor, pixels):
    np.testing.assert_array_equal(tensor[0].permute(1, 2, 0).numpy(), pixels)


# And back.


def test_a_new_texture_has_the_exemplars_depth_grayness_and_profile_and_no_alpha():
    exemplar = picture(12, 20, alpha=opaque_but_for(12, 20, 0, 0), bits=16, gray=True, profile=b"profile")
    made = synthesized((30, 40))
    found = finish(ready(exemplar), made, (30, 40))
    np.testing.assert_array_equal(found.pixels, made)
    assert found.pixels.dtype == np.float32
    assert found.alpha is None
    assert (found.bits, found.gray, found.profile) == (16, True, b"profile")


def test_every_pixel_outside_the_mask_is_kept_to_the_last_bit_and_the_others_are_the_synthesized_ones():
    canvas = picture(100, 200)
    mask = mask_picture(100, 200, slice(90, 100), slice(0, 10))
    job_input = ready(canvas=canvas, mask=mask)
    made = synthesized(job_input.box.size)
    found = finish(job_input, made, (100, 200))
    masked = mask.pixels[..., 0] > 0
    assert found.pixels.shape == (100, 200, 3)
    assert found.pixels[~masked].tobytes() == canvas.pixels[~masked].tobytes()
    np.testing.assert_array_equal(found.pixels[90:, :10], made[64:, :10])
    assert found.alpha is None


def test_the_canvas_itself_is_left_as_it_was():
    canvas = picture(100, 200)
    before = canvas.pixels.copy()
    job_input = ready(canvas=canvas, mask=mask_picture(100, 200, slice(90, 100), slice(0, 10)))
    finish(job_input, synthesized(job_input.box.size), (100, 200))
    np.testing.assert_array_equal(canvas.pixels, before)


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_a_transparent_part_that_was_filled_is_opaque(value):
    canvas = picture(100, 200, alpha=opaque_but_for(100, 200, slice(30, 40), slice(50, 90), value=value))
    job_input = ready(canvas=canvas)
    found = finish(job_input, synthesized(job_input.box.size), (100, 200))
    assert (found.alpha == 1).all()
    kept = job_input.mask == 0
    assert found.pixels[kept].tobytes() == canvas.pixels[kept].tobytes()
    assert not np.isclose(found.pixels[30:40, 50:90], canvas.pixels[30:40, 50:90]).all(axis=2).any()


def test_transparent_pixels_outside_the_mask_stay_transparent():
    alpha = opaque_but_for(100, 200, slice(30, 40), slice(50, 90))
    job_input = ready(
        canvas=picture(100, 200, alpha=alpha), mask=mask_picture(100, 200, slice(35, 60), slice(0, 200))
    )
    found = finish(job_input, synthesized(job_input.box.size), (100, 200))
    expected = alpha.copy()
    expected[35:60] = 1
    np.testing.assert_array_equal(found.alpha, expected)


def test_a_filled_canvas_has_the_canvass_depth_grayness_and_profile():
    canvas = picture(100, 200, bits=16, gray=True, profile=b"profile")
    job_input = ready(picture(12, 20), canvas, mask_picture(100, 200, slice(90, 100), slice(0, 10)))
    found = finish(job_input, synthesized(job_input.box.size), (100, 200))
    assert (found.bits, found.gray, found.profile) == (16, True, b"profile")


def test_a_new_texture_of_another_size_is_refused():
    with pytest.raises(RequestError, match=r"^the picture is 40x30 where 41x30 is due$"):
        finish(ready(picture(12, 20)), synthesized((30, 40)), (30, 41))


def test_a_part_of_another_size_than_was_worked_on_is_refused():
    job_input = ready(canvas=picture(100, 200), mask=mask_picture(100, 200, slice(90, 100), slice(0, 10)))
    with pytest.raises(RequestError, match=r"^the picture is 37x37 where 74x74 is due$"):
        finish(job_input, synthesized((37, 37)), (100, 200))


# The picture to start from.


def test_a_new_texture_starts_from_the_whole_picture():
    start = picture(12, 20)
    assert cut_start(start, ready(picture(30, 40))) is start.pixels


def test_a_picture_of_the_canvass_size_is_cut():
    start = picture(100, 200, seed=1)
    found = cut_start(
        start, ready(canvas=picture(100, 200), mask=mask_picture(100, 200, slice(90, 100), slice(0, 10)))
    )
    np.testing.assert_array_equal(found, start.pixels[26:, :74])
    assert found.flags.c_contiguous


def test_a_picture_of_another_size_is_resized_to_the_canvas_and_cut():
    start = picture(30, 41, seed=1)
    found = cut_start(
        start, ready(canvas=picture(100, 200), mask=mask_picture(100, 200, slice(90, 100), slice(0, 10)))
    )
    assert_same(resize(to_tensor(start.pixels, CPU), (100, 200)).clamp(0, 1)[..., 26:, :74], found)
    assert found.flags.c_contiguous
    assert found.dtype == np.float32


# To tensors and back.


def test_pixels_become_a_tensor_with_the_channels_first():
    found = to_tensor(picture(12, 20).pixels, CPU)
    assert found.shape == (1, 3, 12, 20)
    assert_same(found, picture(12, 20).pixels)


def test_pixels_that_may_not_be_written_to_become_a_tensor():
    pixels = picture(12, 20).pixels
    pixels.flags.writeable = False
    assert_same(to_tensor(pixels, CPU), pixels)


def test_a_new_texture_has_an_exemplar_and_no_surroundings():
    job_input = ready(picture(12, 20))
    exemplar = exemplar_on(job_input, CPU)
    assert exemplar.size == (12, 20)
    assert_same(exemplar.picture, job_input.exemplar.pixels)
    assert exemplar.valid is None
    assert surroundings_on(job_input, CPU) is None


def test_a_canvas_has_surroundings_and_what_is_left_of_it_as_the_exemplar():
    job_input = ready(canvas=picture(300, 400), mask=mask_picture(300, 400, slice(100, 110), slice(200, 220)))
    exemplar, surroundings = exemplar_on(job_input, CPU), surroundings_on(job_input, CPU)
    assert_same(exemplar.picture, job_input.exemplar.pixels)
    assert_same(exemplar.valid, job_input.exemplar.valid[..., None])
    assert_same(surroundings.known, job_input.known)
    assert_same(surroundings.mask, job_input.free[..., None])
    assert exemplar.valid.shape == (1, 1, *exemplar.size)
    assert surroundings.mask.shape == (1, 1, *surroundings.size)


def test_a_synthesized_picture_comes_back_as_it_was():
    pixels = picture(12, 20).pixels
    found = to_array(to_tensor(pixels, CPU).contiguous(memory_format=torch.channels_last))
    np.testing.assert_array_equal(found, pixels)
    assert found.flags.c_contiguous


def test_values_beyond_the_range_of_colors_are_cut_off():
    found = to_array(torch.tensor([-0.5, 0.25, 1.5]).reshape(1, 3, 1, 1))
    assert found.tolist() == [[[0.0, 0.25, 1.0]]]
    assert found.dtype == np.float32
