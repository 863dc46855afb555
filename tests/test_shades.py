"""Shades of flat colors that are near to each other: rows of a table, panels, the bands of a chart."""

import numpy as np
import pytest
from filling import disk, filled
from PIL import Image, ImageDraw, ImageFont
from test_flat_colors import encoded

from engine.synthesis.structure.flatness import FlatColors, find_flat_colors
from engine.synthesis.structure.shades import APART, find_shades

WHITE, BLUE, BLACK = (np.array(each, np.float32) / 255 for each in ((255, 255, 255), (232, 238, 247), (20, 20, 20)))
LINES = (20, 103, 185, 270, 355)
ROW, HEIGHT, WIDTH = 26, 300, 420


def table():
    """A table of numbers whose rows have two shades in turn."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    generator = np.random.default_rng(1)
    rows = range(20, HEIGHT - 20, ROW)
    for number, top in enumerate(rows):
        draw.rectangle(
            (LINES[0], top, LINES[-1], top + ROW), "white" if number % 2 == 0 else (232, 238, 247), "black"
        )
        for left in LINES[:-1]:
            draw.text(
                (left + 6, top + 6), str(generator.integers(10, 99999)), (20, 20, 20), ImageFont.load_default(13)
            )
    for left in LINES:
        draw.line((left, rows[0], left, rows[-1] + ROW), "black")
    return np.asarray(picture, np.float32) / 255


@pytest.mark.parametrize(
    "stored", [lambda colors: colors, lambda colors: encoded(colors, 90)], ids=["exactly", "jpeg"]
)
def test_each_row_of_a_table_keeps_its_shade(stored):
    picture = stored(table())
    hole = disk(HEIGHT, WIDTH, 109, LINES[1], 42)
    found = filled(picture, hole)
    assert np.array_equal(found[~hole], picture[~hole])
    inside = (np.arange(HEIGHT) - 20) % ROW != 0
    white = (np.arange(HEIGHT) - 20) // ROW % 2 == 0
    for rows, other in ((white, BLUE), (~white, WHITE)):
        wrong = hole & (rows & inside)[:, None] & (np.abs(found - other).max(axis=2) < 6 / 255)
        assert not wrong.any()
    # Without a smear between the two.
    assert (hole & (np.abs(found - (WHITE + BLUE) / 2).max(axis=2) < 3 / 255)).sum() <= 10
    line = hole[:, LINES[1]]
    assert (found[line, LINES[1]] < 0.4).all()


def test_shades_of_a_table_are_flat_colors():
    for picture in (table(), encoded(table(), 90)):
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
