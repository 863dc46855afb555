"""Shades of flat colors that are near to each other: rows of a table, panels, the bands of a chart."""

import io

import numpy as np
import pytest
from filling import disk, filled
from pictures import bytes_of
from PIL import Image

from engine.synthesis.structure.flatness import FlatColors, find_flat_colors
from engine.synthesis.structure.shades import APART, find_shades

WHITE, BLUE, BLACK = (np.array(each, np.float32) / 255 for each in ((255, 255, 255), (232, 238, 247), (20, 20, 20)))
ROW, HEIGHT, WIDTH = 26, 208, 256
LINE = 120


def table():
    """Rows of two shades with lines around them, a column line, and marks of many grays in place of letters."""
    rows = np.arange(HEIGHT)
    found = np.where((rows // ROW % 2 == 0)[:, None, None], WHITE, BLUE).repeat(WIDTH, axis=1)
    generator = np.random.default_rng(0)
    for top in range(0, HEIGHT, ROW):
        for left in (8, LINE + 8, LINE + 80):
            ink = generator.random((9, 30, 1)) * (generator.random((9, 30, 1)) < 0.5)
            found[top + 8 : top + 17, left : left + 30] *= 1 - 0.9 * ink
    found[rows % ROW == 0], found[:, LINE] = BLACK, BLACK
    return found.astype(np.float32)


def encoded(colors):
    """Write as JPEG and read again."""
    file = io.BytesIO()
    Image.fromarray(bytes_of(colors)).save(file, "JPEG", quality=90)
    return np.asarray(Image.open(file), np.float32) / 255


@pytest.mark.parametrize("stored", [lambda colors: colors, encoded], ids=["exactly", "jpeg"])
def test_each_row_of_a_table_keeps_its_shade(stored):
    picture = stored(table())
    hole = disk(HEIGHT, WIDTH, 4 * ROW - 5, LINE, 42)
    found = filled(picture, hole)
    white = np.arange(HEIGHT) // ROW % 2 == 0
    for rows, other in ((white, BLUE), (~white, WHITE)):
        wrong = hole & rows[:, None] & (np.abs(found - other).max(axis=2) < 6 / 255)
        wrong[::ROW] = False
        assert wrong.sum() <= 8
    # Without a smear between the two.
    assert (hole & (np.abs(found - (WHITE + BLUE) / 2).max(axis=2) < 3 / 255)).sum() <= 20


def test_shades_of_a_table_are_flat_colors():
    for picture in (table(), encoded(table())):
        flat = find_flat_colors(picture, np.ones(picture.shape[:2], bool))
        for color in (WHITE, BLUE):
            assert np.abs(flat.colors - color).max(axis=1).min() < 5 / 255


def test_near_colors_are_told_apart_and_come_back():
    colors = np.stack([WHITE, BLUE, BLACK])
    shades = find_shades(FlatColors(colors, 0.02))
    spread = shades.spread(colors)
    assert np.abs(spread[0] - spread[1]).max() == pytest.approx(APART)
    assert np.abs(spread[1] - spread[2]).max() == pytest.approx(np.abs(colors[1] - colors[2]).max())
    many = np.random.default_rng(0).random((50, 40, 3)).astype(np.float32)
    assert np.abs(shades.restored(shades.spread(many)) - many).max() < 1e-6


def test_colors_far_apart_and_those_that_a_file_has_blurred_stay_as_they_are():
    assert find_shades(FlatColors(np.stack([WHITE, BLACK]), 0.02)) is None
    assert find_shades(FlatColors(np.stack([WHITE, BLUE, BLACK]), 1.0)) is None
