"""Measures of filled holes, and the computed pictures that benchmarks take them from."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SIDE = 64


@pytest.fixture(autouse=True)
def _benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))


def picture(values):
    return Image.fromarray(np.rint(np.repeat(values[..., None], 3, axis=2) * 255).astype(np.uint8))


def hole():
    made = np.zeros((SIDE, SIDE))
    made[20:44, 16:40] = 1
    return made


def test_the_rim_of_noise_is_1():
    from fill_measures import rim

    values = np.random.default_rng(0).uniform(0, 1, (SIDE, SIDE))
    assert rim(picture(values), hole()) == pytest.approx(1, abs=0.1)


def test_the_rim_of_a_patch_of_another_color_is_its_step():
    from fill_measures import rim

    # A step of 40/255 around a flat hole, and 1/255 added to both.
    assert rim(picture((120 + 40 * hole()) / 255), hole()) == pytest.approx(41, rel=1e-6)
    assert rim(picture(np.full((SIDE, SIDE), 0.5)), hole()) == 1


def test_a_picture_without_a_hole_has_no_rim():
    from fill_measures import rim

    assert np.isnan(rim(picture(np.zeros((SIDE, SIDE))), np.zeros((SIDE, SIDE))))
    assert np.isnan(rim(picture(np.zeros((SIDE, SIDE))), np.ones((SIDE, SIDE))))


def test_a_sheet_shows_what_is_given_at_full_size():
    from fill_measures import CAPTION_HEIGHT, GAP, HOLE_COLOR, sheet

    shown = picture(np.full((SIDE, SIDE), 0.5))
    mask = Image.fromarray((hole() * 255).astype(np.uint8))
    made = sheet(shown, mask, {"truth": None, "ours": shown})
    assert made.size == (2 * SIDE + GAP, SIDE + CAPTION_HEIGHT)
    assert made.getpixel((20, 30 + CAPTION_HEIGHT)) == HOLE_COLOR
    assert made.getpixel((SIDE + GAP + 20, 30 + CAPTION_HEIGHT)) == (128, 128, 128)


def test_the_same_seed_gives_the_same_pictures_and_another_one_others():
    from holes import hole as make_hole
    from patterns import EXEMPLARS, exemplar

    for name, (_, size) in EXEMPLARS.items():
        made = exemplar(name)
        assert made.shape == (*size, 3)
        assert made.min() >= 0
        assert made.max() <= 1
    assert np.array_equal(exemplar("cobbles"), exemplar("cobbles"))
    assert not np.array_equal(exemplar("cobbles"), exemplar("cobbles", seed=1))
    assert np.array_equal(make_hole("sky").picture, make_hole("sky").picture)


def test_the_truth_is_the_picture_outside_the_hole():
    from holes import HOLES
    from holes import hole as make_hole

    for name in HOLES:
        made = make_hole(name)
        assert 0 < (made.mask > 0).mean() < 0.5
        # JPEG spreads the object over its neighbors.
        if name != "jpeg":
            assert np.array_equal(made.picture[made.mask == 0], made.truth[made.mask == 0])


def test_the_content_of_the_shifted_copy_is_found_elsewhere():
    from holes import COPY_OFFSET
    from holes import hole as make_hole

    made = make_hole("shifted")
    rows, columns = np.nonzero(made.mask)
    elsewhere = made.picture[rows + COPY_OFFSET[0], columns + COPY_OFFSET[1]]
    assert np.array_equal(made.truth[rows, columns], elsewhere)


def test_cases_are_read_with_their_truth_where_there_is_one(tmp_path):
    from exemplars import write_holes
    from fill_cases import read_cases

    write_holes(tmp_path)
    (tmp_path / "sky-truth.png").unlink()
    Image.new("L", (8, 8)).save(tmp_path / "sky-gmic.png")
    cases = {case.name: case for case in read_cases(tmp_path)}
    assert cases["sky"].truth is None
    assert cases["two-colors"].truth is not None
    assert "sky-gmic" not in cases
    assert np.mean((cases["soft"].hole > 0) & (cases["soft"].hole < 1)) > 0
