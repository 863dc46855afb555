"""The plug-in's arithmetic on pixels, beside numpy."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gimp_plugin import samples
from gimp_plugin.box import Box
from protocol.raster import Raster

KINDS = {"u8": np.dtype("u1"), "u16": np.dtype("<u2"), "f32": np.dtype("<f4")}
MEGAPIXELS_SECONDS = 2.0

few = settings(max_examples=40, deadline=None)
shapes = st.tuples(st.integers(1, 9), st.integers(1, 9))


@st.composite
def pictures(draw, depths=("u8", "u16"), channels=(2, 4)):
    """A raster, and the same as an array (height, width, channels)."""
    depth, count = draw(st.sampled_from(depths)), draw(st.sampled_from(channels))
    kind = KINDS[depth]
    # Transparent, opaque and just below are what matters; the rest is anything.
    values = st.sampled_from([0, 1, 252, 253, 254, 255]) | st.integers(0, 255)
    if depth == "u16":
        values = st.sampled_from([0, 255, 253 * 256 - 1, 253 * 256, 65535]) | st.integers(0, 65535)
    if depth == "f32":
        values = st.floats(0, 1, width=32)
    array = draw(arrays.arrays(kind, (*draw(shapes), count), elements=values))
    return raster_of(array, depth), array


@st.composite
def masks(draw, shape, values=(0, 255)):
    return draw(arrays.arrays(np.uint8, shape, elements=st.sampled_from(values)))


@st.composite
def boxes_in(draw, shape):
    """A rectangle that lies inside and has pixels."""
    height, width = shape
    x, y = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    return Box(x, y, draw(st.integers(1, width - x)), draw(st.integers(1, height - y)))


def raster_of(array, depth):
    height, width, channels = array.shape
    return Raster(width, height, channels, depth, array.tobytes())


def array_of(raster):
    found = np.frombuffer(raster.data, KINDS[raster.depth])
    return found.reshape(raster.height, raster.width, raster.channels)


def part_of(array, box):
    return array[box.y : box.y + box.height, box.x : box.x + box.width]


def visible(array):
    """Where the highest byte of alpha is at least what can be seen."""
    least = 3 if array.dtype == np.uint8 else 3 * 256
    return array[..., -1] >= least


@few
@given(st.data(), pictures(("u8", "u16", "f32"), (1, 2, 3, 4)))
def test_crop_cuts_a_rectangle_out(data, picture):
    raster, array = picture
    box = data.draw(boxes_in(array.shape[:2]))
    cut = samples.crop(raster, box)
    assert (cut.width, cut.height, cut.channels, cut.depth) == (box.width, box.height, raster.channels, raster.depth)
    # As bytes: no number that is none would equal itself.
    assert bytes(cut.data) == part_of(array, box).tobytes()


def test_crop_takes_pixels_wherever_they_lie_in_memory():
    data = bytes(range(24))
    from_view = Raster(4, 2, 3, "u8", memoryview(bytearray(data)))
    assert samples.crop(from_view, Box(1, 1, 2, 1)).data == data[15:21]


@few
@given(st.data(), shapes)
def test_crop_mask_and_place_mask_are_each_others_inverse(data, shape):
    mask = data.draw(masks(shape, range(256)))
    box = data.draw(boxes_in(shape))
    cut = samples.crop_mask(mask.tobytes(), shape[1], box)
    assert cut == part_of(mask, box).tobytes()
    placed = np.zeros(shape, np.uint8)
    part_of(placed, box)[...] = part_of(mask, box)
    assert samples.place_mask(cut, box, shape[1], shape[0]) == placed.tobytes()


@few
@given(st.data(), shapes)
def test_touched_takes_whatever_is_selected_at_all(data, shape):
    mask = data.draw(masks(shape, (0, 1, 128, 255)))
    assert samples.touched(mask.tobytes()) == np.where(mask > 0, 255, 0).astype(np.uint8).tobytes()


@few
@given(st.data(), shapes, st.integers(0, 256))
def test_below_marks_what_is_less(data, shape, least):
    mask = data.draw(masks(shape, range(256)))
    assert samples.below(mask.tobytes(), least) == np.where(mask < least, 255, 0).astype(np.uint8).tobytes()


@few
@given(pictures(depths=("u8",), channels=(2,)))
def test_white_finds_what_is_white_and_opaque(picture):
    raster, array = picture
    assert samples.white(raster) == np.where((array >= 253).all(axis=2), 255, 0).astype(np.uint8).tobytes()


@few
@given(st.data())
def test_inverted_turns_a_mask_around(data):
    mask = data.draw(masks(data.draw(shapes)))
    assert samples.inverted(mask.tobytes()) == (255 - mask).tobytes()


@few
@given(pictures(channels=(1, 2, 3, 4)))
def test_clear_finds_what_cannot_be_seen(picture):
    raster, array = picture
    clear = np.zeros(array.shape[:2], bool) if raster.channels in {1, 3} else ~visible(array)
    assert samples.clear(raster) == np.where(clear, 255, 0).astype(np.uint8).tobytes()


@few
@given(st.data(), pictures())
def test_hidden_takes_the_alpha_away_and_leaves_everything_else(data, picture):
    raster, array = picture
    mask = data.draw(masks(array.shape[:2]))
    due = array.copy()
    due[mask == 255, -1] = 0
    assert np.array_equal(array_of(samples.hidden(raster, mask.tobytes())), due)
    assert np.array_equal(array_of(raster), array)


@few
@given(st.data(), pictures())
def test_faded_multiplies_alpha_by_a_layer_mask(data, picture):
    raster, array = picture
    mask = data.draw(masks(array.shape[:2], range(256)))
    due = array.copy()
    due[..., -1] = np.rint(array[..., -1].astype(float) * mask / 255)
    assert np.array_equal(array_of(samples.faded(raster, mask.tobytes())), due)


@few
@given(st.data(), pictures())
def test_what_is_hidden_is_transparent(data, picture):
    raster, array = picture
    mask = data.draw(masks(array.shape[:2]))
    found = samples.clear(samples.hidden(raster, mask.tobytes()))
    assert found == np.maximum(np.frombuffer(samples.clear(raster), np.uint8), mask.ravel()).tobytes()


@few
@given(pictures())
def test_visible_box_is_the_smallest_that_holds_every_pixel_that_can_be_seen(picture):
    raster, array = picture
    rows, columns = np.nonzero(visible(array))
    found = samples.visible_box(raster)
    if not rows.size:
        assert not found
    else:
        corner = columns.min(), rows.min()
        assert found == Box(*corner, columns.max() - corner[0] + 1, rows.max() - corner[1] + 1)


@pytest.mark.parametrize("depth", ["u8", "u16"])
def test_a_picture_of_four_megapixels_takes_no_time_to_speak_of(depth):
    side = 2048
    raster = Raster(side, side, 4, depth, bytes([255]) * (side * side * 4 * KINDS[depth].itemsize))
    began = time.process_time()
    inner = Box(100, 100, side - 200, side - 200)
    border = samples.inverted(samples.place_mask(b"\xff" * (inner.width * inner.height), inner, side, side))
    found = samples.visible_box(samples.hidden(raster, border))
    seconds = time.process_time() - began
    print(f"{depth}: {seconds:.2f} s")
    assert found == inner
    # Half a second is what is meant; beside other tests a core does less.
    assert seconds < MEGAPIXELS_SECONDS


@pytest.mark.parametrize(
    ("given", "due"),
    [
        ((-1, 2, 0.5, 0.25), (-1, 2, 0.5, 0.25)),
        ((-1, 2, 0.5, 1.5), (-1, 2, 0.5, 1)),
        ((-1, 2, 0.5, -0.5), (-1, 2, 0.5, 0)),
        ((np.nan, 2, np.inf, 1), (0, 2, 3, 1)),
        ((-np.inf, 2, 0.5, np.nan), (0, 2, 0.5, 0)),
    ],
)
def test_floats_that_the_engine_cannot_use_are_replaced(given, due):
    sent = np.array([[given, (0, 3, 0, 1)]], "<f4")
    found = samples.sound(Raster(2, 1, 4, "f32", sent.tobytes()))
    assert np.frombuffer(found.data, "<f4").reshape(2, 4).tolist() == [[*map(float, due)], [0, 3, 0, 1]]


@pytest.mark.parametrize("depth", KINDS)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_samples_are_reduced_to_bytes(depth, channels):
    levels = np.random.default_rng(0).integers(0, 256, (5, 7, channels))
    scale = {"u8": 1, "u16": 257, "f32": 1 / 255}[depth]
    given_raster = Raster(7, 5, channels, depth, (levels * scale).astype(KINDS[depth]).tobytes())
    assert samples.as_bytes(given_raster, 7) == Raster(7, 5, channels, "u8", levels.astype(np.uint8).tobytes())


def test_of_large_pictures_in_floating_point_pixels_are_left_out_and_others_clipped():
    values = np.linspace(-1, 2, 5 * 9 * 3, dtype=np.float32).reshape(5, 9, 3)
    found = samples.as_bytes(Raster(9, 5, 3, "f32", values.tobytes()), 4)
    due = np.rint(255 * np.clip(values[::3, ::3].astype(float), 0, 1)).astype(np.uint8)
    assert (found.width, found.height, found.data) == (3, 2, due.tobytes())
