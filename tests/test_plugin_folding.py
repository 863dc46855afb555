"""What lies far from every hole of a large picture is left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import run

from gimp_plugin import samples
from gimp_plugin.box import Box
from gimp_plugin.folding import APART, Folds, find_folds, folded_mask, pieces_of
from protocol.messages import Canvas, Done, Synthesize
from protocol.raster import Raster
from protocol.vocabulary import Settings

LIMIT = Box(30, 40, 1900, 1700)
CORNERS = (Box(100, 90, 40, 30), Box(1800, 1600, 40, 40))


def bounds_of(*holes):
    found = holes[0]
    for hole in holes[1:]:
        found = found.united(hole)
    return found


def selection(*holes):
    """What is selected of the bounds of holes, (height, width)."""
    bounds = bounds_of(*holes)
    mask = np.zeros((bounds.height, bounds.width), np.uint8)
    for hole in holes:
        here = hole.moved(-bounds.x, -bounds.y)
        mask[here.y : here.y + here.height, here.x : here.x + here.width] = 255
    return mask


def found_for(*holes, limit=LIMIT):
    return find_folds(selection(*holes).tobytes(), bounds_of(*holes), limit)


def folded(array, area):
    return np.concatenate(
        [
            np.concatenate([array[b.y : b.y + b.height, b.x : b.x + b.width] for b in row], axis=1)
            for row in area.grid()
        ]
    )


def test_what_lies_between_two_corners_is_left_out():
    area = found_for(*CORNERS)
    assert isinstance(area, Folds)
    assert area.width * area.height < LIMIT.width * LIMIT.height / 2
    for hole in CORNERS:
        assert area.folded(hole.grown(256).common(LIMIT)).width == hole.grown(256).common(LIMIT).width
    left_out = [area.columns[1][0] - area.columns[0][1], area.rows[1][0] - area.rows[0][1]]
    assert [each % APART for each in left_out] == [0, 0]
    assert (area.columns[0][0] - LIMIT.x) % APART == 0


@pytest.mark.parametrize(
    "holes", [CORNERS[:1], (Box(100, 90, 40, 30), Box(100, 300, 40, 30))], ids=["one", "two that are near"]
)
def test_nothing_is_left_out_where_there_is_little(holes):
    limit = bounds_of(*holes).grown(256)
    assert found_for(*holes, limit=limit) == limit


def test_nothing_is_left_out_around_a_long_hole():
    assert found_for(Box(100, 90, 40, 1500), Box(1800, 1600, 40, 40)) == LIMIT


def test_a_mask_is_folded_as_pixels_are():
    area, mask = found_for(*CORNERS), np.zeros((LIMIT.y + LIMIT.height, LIMIT.x + LIMIT.width), np.uint8)
    bounds = bounds_of(*CORNERS)
    mask[bounds.y : bounds.y + bounds.height, bounds.x : bounds.x + bounds.width] = selection(*CORNERS)
    wanted, place = folded(mask, area), area.folded(bounds)
    inner = folded_mask(selection(*CORNERS).tobytes(), bounds, area)
    assert samples.place_mask(inner, place, area.width, area.height) == wanted.tobytes()


BANDS = st.lists(st.integers(1, 9), min_size=2, max_size=8).map(
    lambda steps: tuple(zip(np.cumsum(steps)[::2].tolist(), np.cumsum(steps)[1::2].tolist(), strict=False))
)


@given(BANDS, BANDS, st.data())
def test_a_part_of_folds_is_that_part_of_what_they_keep(columns, rows, data):
    area = Folds(columns, rows)
    left, top = data.draw(st.integers(0, area.width - 1)), data.draw(st.integers(0, area.height - 1))
    width, height = data.draw(st.integers(1, area.width - left)), data.draw(st.integers(1, area.height - top))
    part = Box(left, top, width, height)
    numbers = np.arange(80 * 80).reshape(80, 80)
    inner = area.within(part)
    assert (folded(numbers, inner) == folded(numbers, area)[top : top + height, left : left + width]).all()
    assert area.folded(inner.whole) == part
    pasted = np.zeros((inner.height, inner.width), numbers.dtype)
    for piece, place in pieces_of(inner):
        cut = numbers[piece.y : piece.y + piece.height, piece.x : piece.x + piece.width]
        pasted[place.y : place.y + place.height, place.x : place.x + place.width] = cut
    assert (pasted == folded(numbers, inner)).all()


def test_holes_are_filled_as_if_nothing_were_left_out():
    rng = np.random.default_rng(0)
    picture = np.repeat(np.repeat(rng.integers(0, 256, (425, 475, 4), np.uint8), 4, axis=0), 4, axis=1)
    picture[..., 3] = 255
    limit, holes = Box(0, 0, 1900, 1700), (Box(100, 90, 40, 30), Box(1500, 1610, 20, 40), Box(1800, 1600, 40, 40))
    area, mask = found_for(*holes, limit=limit), np.zeros(picture.shape[:2], np.uint8)
    bounds = bounds_of(*holes)
    mask[bounds.y : bounds.y + bounds.height, bounds.x : bounds.x + bounds.width] = selection(*holes)
    assert isinstance(area, Folds)
    results = []
    for colors, free in ((picture, mask), (folded(picture, area), folded(mask, area))):
        height, width = free.shape
        given = Canvas(
            Raster(width, height, 4, "u8", colors.tobytes()), Raster(width, height, 1, "u8", free.tobytes())
        )
        end = run(Synthesize("a", (), given, Settings(quality="draft"), "u8", blend=False)).end
        assert isinstance(end, Done)
        results.append(np.frombuffer(end.raster.data, np.uint8).reshape(height, width, -1))
    assert (folded(results[0], area) == results[1]).all()
    assert (results[1] != folded(picture, area)[..., : results[1].shape[2]]).any()
