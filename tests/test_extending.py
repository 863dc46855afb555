"""A picture that goes on beyond its borders: what is prepared for it, and what comes out."""

import numpy as np
import pytest
from engines import pixels, raster, short_job
from pictures import bricks, bytes_of
from runs import run
from scipy import ndimage

from engine.fitting import check_request
from engine.images import Picture
from engine.options.extending import margins_of
from engine.options.parsing import ParsingError
from engine.preparation import prepare
from engine.request_errors import RequestError
from protocol.codec import decode, encode
from protocol.errors import ProtocolError
from protocol.limits import Limits
from protocol.messages import ClientMessage
from protocol.raster import Raster
from protocol.vocabulary import LARGEST_SIDE, Margins

HIGH, WIDE = 48, 60
SIDES = Margins(top=5, right=7, bottom=3, left=9)
KEPT = (slice(5, 5 + HIGH), slice(9, 9 + WIDE))
MARGINS = {
    "all sides": SIDES,
    "one side": Margins(right=16),
    "two sides that meet": Margins(top=12, left=8),
    "two sides across": Margins(top=6, bottom=10),
    "more than the picture has": Margins(left=2 * WIDE),
}


def picture(height=HIGH, width=WIDE, *, alpha=None):
    return Picture(bricks(height, width).astype(np.float32), alpha)


def inner(margins, height=HIGH, width=WIDE):
    """Where the picture lies in the canvas."""
    return slice(margins.top, margins.top + height), slice(margins.left, margins.left + width)


def see_through(value):
    """Alpha with a transparent part within, and at a border."""
    found = np.ones((HIGH, WIDE), np.float32)
    found[20:26, 20:30] = found[:6, 40:] = value
    return found


# What is prepared.


@pytest.mark.parametrize("case", MARGINS)
def test_all_that_is_added_is_synthesized_and_nothing_else(case):
    margins, canvas = MARGINS[case], picture()
    found = prepare(None, canvas=canvas, extend=margins)
    assert found.mask.shape == (HIGH + margins.top + margins.bottom, WIDE + margins.left + margins.right)
    expected = np.ones_like(found.mask)
    expected[inner(margins)] = 0
    np.testing.assert_array_equal(found.mask, expected)
    np.testing.assert_array_equal(found.canvas.pixels[inner(margins)], canvas.pixels)


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_what_is_transparent_in_the_picture_stays(value):
    alpha = see_through(value)
    found = prepare(None, canvas=picture(alpha=alpha), extend=SIDES)
    assert not found.mask[KEPT].any()
    np.testing.assert_array_equal(found.canvas.alpha[KEPT], alpha)


def test_what_is_added_is_not_sampled():
    found = prepare(None, canvas=picture(), extend=SIDES).exemplar
    assert found.valid.sum() == HIGH * WIDE


def test_a_context_is_the_distance_from_the_borders_that_move():
    found = prepare(None, canvas=picture(), extend=Margins(top=4, left=6), context=10).exemplar
    expected = np.zeros((4 + HIGH, 6 + WIDE), bool)
    expected[4:, 6:] = True
    expected[14:, 16:] = False
    np.testing.assert_array_equal(found.valid > 0, expected)


@pytest.mark.parametrize(
    ("width", "margins", "framed"),
    [
        (12, Margins(5, 6, 7, 8), True),
        (12, Margins(0, 0, 9, 0), True),
        # Too thin to be a frame.
        (2, Margins(5, 6, 7, 8), False),
    ],
)
def test_a_picture_in_a_frame_gets_more_of_the_frame_alone(width, margins, framed):
    canvas = picture()
    frame = np.ones((HIGH, WIDE), bool)
    frame[width:-width, width:-width] = False
    canvas.pixels[frame] = (0.5, 0.2, 0.1)
    sample = prepare(None, canvas=canvas, extend=margins).exemplar
    seen = sample.pixels[sample.valid > 0]
    assert (seen == np.float32([0.5, 0.2, 0.1])).all() == framed


def test_an_exemplar_mask_is_as_large_as_the_picture():
    white = np.zeros((HIGH, WIDE, 3), np.float32)
    white[10:40, 20:50] = 1
    found = prepare(None, canvas=picture(), exemplar_mask=Picture(white), extend=SIDES).exemplar
    np.testing.assert_array_equal(found.pixels, picture().pixels[10:40, 20:50])


# What comes out.

CANVAS = bytes_of(bricks(HIGH, WIDE, seed=1))


def extending(**changes):
    """A job that extends a picture."""
    size = {"width": None, "height": None}
    wishes = {"canvas": raster(CANVAS / 255), "extend": SIDES, "recipe": "photo", "steps": None, **size}
    return short_job(**{**wishes, **changes})


REFUSED = {
    "without a picture": ({"canvas": None}, "give a canvas"),
    "with a mask": ({"mask": raster(bricks(HIGH, WIDE)[..., 0])}, "both a mask and an extension"),
    "to more than the largest canvas": ({"extend": Margins(top=LARGEST_SIDE)}, f"{LARGEST_SIDE + HIGH}"),
    "with an exemplar mask of another size": (
        {"exemplar": None, "exemplar_mask": raster(bricks(60, 76)[..., 0])},
        f"76x60 and the canvas {WIDE}x{HIGH}",
    ),
    "to another size": ({"width": WIDE, "height": HIGH}, f"the extended canvas is {WIDE + 16}x{HIGH + 8}"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_extended_is_refused(case):
    changes, told = REFUSED[case]
    with pytest.raises(RequestError, match=told):
        check_request(extending(**changes))


@pytest.mark.parametrize("wish", [{}, {"steps": 1}, {"seamless": "both"}, {"exemplar": raster(bricks(32, 32))}])
def test_the_picture_is_kept_to_the_byte(wish):
    found = pixels(run(extending(**wish)).end.raster)
    assert found.shape == (HIGH + 8, WIDE + 16, 3)
    np.testing.assert_array_equal(found[KEPT], CANVAS)
    assert (found[:5].std(), found[:, :9].std()) > (0, 0)


def test_samples_of_16_bits_and_alpha_are_kept_too():
    samples = np.random.default_rng(0).integers(0, 65536, (HIGH, WIDE, 4))
    samples[..., 3] = 65535 * see_through(0)
    deep = Raster(WIDE, HIGH, 4, "u16", samples.astype("<u2").tobytes())
    found = run(extending(canvas=deep, depth="u16")).end.raster
    made = np.frombuffer(found.data, "<u2").reshape(found.height, found.width, found.channels)
    np.testing.assert_array_equal(made[KEPT], samples)
    # Above what is transparent along the border, transparency goes on; to the left the picture is opaque.
    assert (made[:5, 9 + 40 :, 3] == 0).all()
    assert (made[:5, : 9 + 40, 3] == 65535).all()
    assert (made[:, :9, 3] == 65535).all()


def cut_out(thing):
    """A canvas of bricks, opaque where a function of rows and columns is positive."""
    rows, columns = np.mgrid[:HIGH, :WIDE] + 0.5
    alpha = np.clip(thing(rows - HIGH / 2, columns - WIDE / 2) + 0.5, 0, 1)
    return np.dstack([CANVAS, np.round(255 * alpha)]).astype(np.uint8)


def disc(radius):
    return cut_out(lambda y, x: radius - np.hypot(y, x))


def soft(radius, spread):
    """A disc of bricks, feathered so widely that most of it is its edge."""
    canvas = disc(radius)
    canvas[..., 3] = np.round(ndimage.gaussian_filter(canvas[..., 3].astype(np.float32), spread))
    assert (canvas[..., 3] == 255).sum() < (canvas[..., 3] > 0).sum() / 2
    return canvas


def smoke():
    """Bricks of many levels of alpha, which end before the borders."""
    canvas = disc(HIGH / 2 - 6)
    levels = ndimage.gaussian_filter(np.random.default_rng(1).random((HIGH, WIDE)), 2)
    levels = (levels - levels.min()) / np.ptp(levels)
    canvas[..., 3] = canvas[..., 3] * levels
    return canvas


THINGS = {
    "a disc in the middle": (disc(HIGH / 2 - 6), False),
    "a soft disc": (soft(16, 2.4), False),
    "smoke in the middle": (smoke(), False),
    "a disc that touches two borders": (disc(HIGH / 2), False),
    "a pole that two borders cut": (cut_out(lambda y, x: 4 - np.abs(x) + 0 * y), True),
    "a disc that two borders cut": (disc(HIGH / 2 + 4), True),
}


@pytest.mark.parametrize("case", THINGS)
def test_a_cut_out_thing_gets_no_frame_and_goes_on_where_a_border_cuts_it(case):
    canvas, goes_on = THINGS[case]
    margins = Margins(top=8, right=8, bottom=8, left=8)
    made = pixels(run(extending(canvas=raster(canvas / 255), extend=margins)).end.raster)
    np.testing.assert_array_equal(made[inner(margins)], canvas)
    middle = 8 + WIDE // 2
    assert (made[:8, middle, 3] == 255 * goes_on).all()
    assert not made[:, :8, 3].any()
    assert not made[:, -8:, 3].any()
    if goes_on:
        np.testing.assert_array_equal(made[:8, 8:-8, 3], np.repeat(canvas[:1, :, 3], 8, axis=0))
    else:
        assert not made[:8, :, 3].any()


def bust():
    """A head on shoulders that the lower border cuts."""
    return cut_out(
        lambda y, x: np.maximum(HIGH / 4 - np.hypot(y + 2, x), np.minimum(y - HIGH / 6, WIDE / 4 - np.abs(x)))
    )


def patch():
    """A little of a wall at the left border."""
    canvas = np.zeros((200, 200, 4), np.uint8)
    canvas[80:120, :40] = np.dstack([np.tile(CANVAS, (4, 4, 1))[:40, :40], np.full((40, 40), 255)])
    return canvas


@pytest.mark.parametrize("canvas", [bust(), patch()], ids=["a bust", "a patch"])
def test_of_a_thing_that_one_border_cuts_nothing_is_made_along_the_others(canvas):
    margins = Margins(top=20, right=20, bottom=20, left=20)
    made = pixels(run(extending(canvas=raster(canvas / 255), extend=margins)).end.raster)
    expected = np.pad(canvas[..., 3], 20, mode="edge")
    np.testing.assert_array_equal(made[..., 3] > 127, expected > 127)
    assert 0 < (expected > 127).sum() < expected.size / 2


def test_one_alpha_all_over_goes_on():
    canvas = cut_out(lambda y, x: 12 - np.abs(x) + 0 * y)
    canvas[..., 3] = canvas[..., 3] * 0.4
    made = pixels(run(extending(canvas=raster(canvas / 255), extend=Margins(top=8))).end.raster)
    np.testing.assert_array_equal(made[:8, :, 3], np.repeat(canvas[:1, :, 3], 8, axis=0))


def test_another_seed_makes_something_else():
    one, other = (pixels(run(extending(seed=seed)).end.raster) for seed in (1, 2))
    assert not np.array_equal(one, other)


def test_a_size_must_be_that_of_the_extended_picture():
    assert run(extending(width=WIDE + 16, height=HIGH + 8)).end.type == "done"
    assert run(extending(width=WIDE, height=HIGH)).end.code == "bad-request"


def test_a_margin_out_of_range_is_refused_as_soon_as_it_is_read():
    for wrong in (-1, LARGEST_SIDE + 1):
        with pytest.raises(ProtocolError, match=r"extend\.left"):
            decode(encode(extending(extend=Margins(left=wrong))), ClientMessage, Limits())


# The option.

TEXTS = {
    "20%": (20, 40, 20, 40),
    "16": (16, 16, 16, 16),
    "16px": (16, 16, 16, 16),
    "10%,30": (10, 30, 10, 30),
    "1 2 3": (1, 2, 3, 2),
    "1,2,3,4": (1, 2, 3, 4),
    "top=100,right=20%": (100, 40, 0, 0),
    "Left = 12.5%": (0, 0, 0, 25),
}


@pytest.mark.parametrize("text", TEXTS)
def test_margins_are_written_as_in_css(text):
    assert margins_of(text, picture(100, 200)) == Margins(*TEXTS[text])


WRONG = (
    *("", "0", "0%,0", "0.1%", "-5", "5em", "top", "top=", "up=3", "top=1,top=2", "top=1,2", "1,2,3,4,5", "20%,"),
    *("20000", "99999%", "nan", "1e3"),
)


@pytest.mark.parametrize("text", WRONG)
def test_what_adds_nothing_or_too_much_or_says_nothing_is_refused(text):
    with pytest.raises(ParsingError, match="--extend is"):
        margins_of(text, picture(100, 200))
