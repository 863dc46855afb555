"""Holes in pictures of flat colors that one color surrounds."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from engine.preparation.blanks import fill_blanks

WHITE, GRAY = (1.0, 1.0, 1.0), (0.95, 0.96, 0.98)


def table():
    """Rows of two colors with a word in each, and lines between the columns."""
    picture = Image.new("RGB", (240, 156), "white")
    draw = ImageDraw.Draw(picture)
    draw.fontmode = "1"
    for row in range(0, 156, 26):
        if row % 52:
            draw.rectangle((0, row, 239, row + 25), fill=tuple(round(255 * each) for each in GRAY))
        draw.text((90, row + 6), "12.40", fill=(40, 40, 40))
    for column in range(0, 240, 80):
        draw.line((column, 0, column, 155), fill=(190, 195, 210))
    return np.asarray(picture, np.float32) / 255


def hole(colors, *places):
    free = np.zeros(colors.shape[:2], bool)
    for rows, columns in places:
        free[rows, columns] = True
    return free


@pytest.mark.parametrize(("row", "color"), [(52, WHITE), (78, GRAY)])
def test_a_word_that_is_taken_away_leaves_the_color_around_it(row, color):
    free = hole(table(), (slice(row + 4, row + 22), slice(85, 145)))
    pixels, blank = fill_blanks(table(), free)
    np.testing.assert_array_equal(blank, free)
    np.testing.assert_allclose(pixels[free], np.broadcast_to(color, (free.sum(), 3)), atol=1 / 255)
    np.testing.assert_array_equal(pixels[~free], table()[~free])


@pytest.mark.parametrize("quality", [75, 92])
def test_so_does_one_in_a_jpeg(quality):
    stream = io.BytesIO()
    Image.fromarray(np.uint8(np.rint(255 * table()))).save(stream, "JPEG", quality=quality)
    colors = np.asarray(Image.open(stream), np.float32) / 255
    free = hole(colors, (slice(56, 74), slice(85, 145)))
    pixels, blank = fill_blanks(colors, free)
    np.testing.assert_array_equal(blank, free)
    assert pixels[free].min() > 252 / 255


def test_each_of_several_holes_gets_its_own_color_and_one_that_more_surround_is_left():
    places = [(slice(row + 4, row + 22), slice(85, 145)) for row in (0, 26)]
    free = hole(table(), *places, (slice(60, 100), slice(20, 60)))
    pixels, blank = fill_blanks(table(), free)
    np.testing.assert_array_equal(blank, hole(table(), *places))
    assert [tuple(np.rint(255 * pixels[10 + row, 100])) for row in (0, 26)] == [(255, 255, 255), (242, 245, 250)]


def test_a_photograph_is_left_to_patches():
    photograph = np.random.default_rng(0).uniform(0.2, 0.8, (100, 100, 3)).astype(np.float32)
    photograph[20:80, 20:80] = 1
    _, blank = fill_blanks(photograph, hole(photograph, (slice(40, 60), slice(40, 60))))
    assert not blank.any()


def test_a_pattern_that_the_hole_cuts_is_left_to_patches():
    rows, columns = np.mgrid[:120, :120] % 12 - 6
    dots = np.repeat(np.where(np.hypot(rows, columns) < 3, 0.2, 0.9)[..., None], 3, axis=2).astype(np.float32)
    _, blank = fill_blanks(dots, hole(dots, (slice(40, 71), slice(40, 71))))
    assert not blank.any()
