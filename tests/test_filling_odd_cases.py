"""Holes filled by patches: little to sample, odd shapes, and nothing compiled late."""

import warnings

import numpy as np
import pytest
from filling import box, disk, filled, magenta, stages
from filling_pictures import blots
from pictures import bricks

from engine.synthesis.matching import search, voting
from engine.synthesis.structure import blending, edges_first, labels
from engine.synthesis.warmup import warm_up

S = slice
TEXTURE = bricks(48, 48)
LARGE = bricks(64, 64)
MIDDLE = box(48, 48, S(10, 30), S(10, 30))
CORNERS = box(64, 64, S(0, 15), S(0, 15)) | box(64, 64, S(50, 64), S(50, 64))
CROSS = box(64, 64, S(20, 40), S(None)) | box(64, 64, S(None), S(20, 40))
SCATTERED = np.random.default_rng(0).random((48, 48)) < 0.3
ODD = {
    "an exemplar of two rows": {"free": MIDDLE, "valid": ~MIDDLE & box(48, 48, S(12, 14), S(None))},
    "a context of one pixel": {"free": MIDDLE, "valid": ~MIDDLE & box(48, 48, S(9, 31), S(9, 31))},
    "an exemplar of 5x5 pixels": {"free": MIDDLE, "source": bricks(5, 5)},
    "an exemplar of 5x40 pixels": {"free": MIDDLE, "source": bricks(5, 40)},
    "an exemplar of one pixel": {"free": MIDDLE, "source": bricks(1, 1)},
    "an exemplar of 8x8 pixels": {"free": MIDDLE, "source": bricks(8, 8)},
    "an exemplar of scattered pixels": {"free": MIDDLE, "source": TEXTURE, "valid": SCATTERED},
    "a single pixel that may be sampled": {
        "free": MIDDLE,
        "source": TEXTURE,
        "valid": box(48, 48, S(9, 10), S(7, 8)),
    },
    "nothing kept": {"free": np.ones((48, 48), bool), "source": bricks(40, 41, seed=2)},
    "nothing kept, and a wrap": {"free": np.ones((48, 48), bool), "source": TEXTURE, "wrap": (True, False)},
    "a hole of one pixel": {"free": box(48, 48, S(20, 21), S(20, 21))},
    "a hole of one pixel in a corner": {"free": box(48, 48, S(47, 48), S(47, 48))},
    "a hole of one column": {"free": box(48, 48, S(None), S(20, 21))},
    "two holes in opposite corners": {"picture": LARGE, "free": CORNERS},
    "two holes in opposite corners, and a wrap": {"picture": LARGE, "free": CORNERS, "wrap": (True, True)},
    "a canvas of 8x8 pixels": {"picture": bricks(8, 8), "free": box(8, 8, S(2, 6), S(2, 6)), "source": TEXTURE},
    "a canvas of 8x8 pixels, its own exemplar": {"picture": bricks(8, 8), "free": box(8, 8, S(2, 6), S(2, 6))},
    "a canvas of 8x8 pixels, all free": {"picture": bricks(8, 8), "free": np.ones((8, 8), bool), "source": TEXTURE},
    "a hole at all borders": {"picture": LARGE, "free": CROSS},
    "all but a corner": {"picture": LARGE, "free": ~box(64, 64, S(0, 12), S(0, 12))},
    "all but one pixel": {"picture": LARGE, "free": ~box(64, 64, S(12, 13), S(12, 13)), "source": TEXTURE},
    "a frame": {"picture": LARGE, "free": ~box(64, 64, S(12, 50), S(12, 50))},
    "every other pixel": {"free": np.indices((48, 48)).sum(axis=0) % 2 == 0},
    "dust": {"free": np.random.default_rng(1).random((48, 48)) < 0.05},
    "no hole": {"free": np.zeros((48, 48), bool)},
    "an exemplar far away": {"free": MIDDLE, "offset": (500, -300)},
}


@pytest.mark.parametrize("case", ODD)
def test_odd_cases_are_filled_from_what_may_be_sampled(case):
    options = {"picture": TEXTURE, **ODD[case]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = stages(tries=3, **options)
    for stage in found:
        assert np.isfinite(stage.colors).all()
        assert not magenta(stage.colors).any()
        assert stage.colors.shape == (*stage.octave.canvas, 3)
    free = options["free"]
    assert found[-1].colors.shape == options["picture"].shape
    assert np.array_equal(found[-1].colors[~free], options["picture"][~free])


@pytest.mark.parametrize("rows", [1, 2, 3, 6])
def test_a_strip_thinner_than_a_patch_is_sampled_all_the_same(rows):
    truth, strip = blots(64, 64), box(64, 64, S(30, 30 + rows), S(None))
    hole = box(64, 64, S(20, 44), S(20, 44))
    # The strip is green and all else is red.
    truth *= np.where(strip[..., None], [0.2, 1, 0.2], [1, 0.2, 0.2]).astype(np.float32)
    found = filled(truth, hole, valid=~hole & strip)
    inside = found[S(26, 38), S(26, 38)]
    assert (inside[..., 1] > 1.2 * inside[..., 0]).mean() > 0.95


def test_after_warming_nothing_is_compiled_any_more():
    warm_up()
    functions = [
        each
        for module in (search, voting, blending, edges_first, labels)
        for each in vars(module).values()
        if getattr(each, "signatures", None)
    ]
    before = [len(each.signatures) for each in functions]
    # One that another calls is compiled into it, or lies with it among the compiled ones.
    assert len(before) >= 7
    for tries, wrap in ((1, (False, False)), (3, (True, False)), (3, (True, True))):
        stages(blots(120, 130), disk(120, 130, 50, 60, 20), tries=tries, wrap=wrap)
    flat = np.where(np.indices((96, 96, 1))[0] < 48, [0.2, 0.4, 0.7], [0.8, 0.5, 0.1]).astype(np.float32)
    stages(flat, disk(96, 96, 48, 48, 16), tries=3)
    stages(TEXTURE, MIDDLE, valid=ODD["a context of one pixel"]["valid"])
    assert [len(each.signatures) for each in functions] == before
