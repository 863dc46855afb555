"""Holes filled by patches."""

import warnings

import numpy as np
import pytest
from filling import box, disk, filled, magenta, psnr, stages
from pictures import bricks, clouds
from scipy import ndimage

from engine.synthesis.matching import search, voting
from engine.synthesis.structure import FillInput, blending, build, labels, plan_filling
from engine.synthesis.warmup import warm_up

SIDE = 96
HOLE = disk(SIDE, SIDE, 48, 48, 16)
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE].astype(np.float32)
TRIES = [1, 3]
"""With and without the choice between several pictures: `draft` makes one, `normal` three."""

BLUE, ORANGE = np.array([50, 100, 180]) / 255, np.array([200, 120, 30]) / 255


def two_colors(marked):
    return np.where(marked[..., None], BLUE, ORANGE).astype(np.float32)


def noise(height, width, *, seed=0):
    return np.random.default_rng(seed).normal(0.5, 0.12, (height, width, 3)).clip(0, 1).astype(np.float32)


def blots(height, width, *, seed=0):
    found = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(height, width, 3)), (1.5, 1.5, 0))
    return ((found - found.min()) / np.ptp(found)).astype(np.float32)


# What is known of the truth is found.


@pytest.mark.parametrize("tries", TRIES)
@pytest.mark.parametrize(
    "marked",
    [ROWS < 48, ROWS < 43, COLUMNS < 48, COLUMNS < 53, ROWS + COLUMNS < 96, ROWS - COLUMNS < 4],
    ids=[
        "horizontal",
        "horizontal, off the middle",
        "vertical",
        "vertical, off the middle",
        "slanted",
        "slanted back",
    ],
)
def test_a_straight_border_of_two_colors_goes_on(marked, tries):
    truth = two_colors(marked)
    found = filled(truth, HOLE, tries=tries)
    np.testing.assert_array_equal(np.rint(255 * found), np.rint(255 * truth))


SLOPES = {"across": COLUMNS, "down": ROWS, "slanted": COLUMNS + 2 * ROWS, "at an odd angle": COLUMNS + 0.43 * ROWS}


@pytest.mark.parametrize("tries", TRIES)
@pytest.mark.parametrize("slope", SLOPES)
def test_a_linear_gradient_goes_on(slope, tries):
    light = (SLOPES[slope] / SLOPES[slope].max())[..., None]
    truth = (light * [1, 0.5, -1] + [0, 0.2, 1]).astype(np.float32)
    found = filled(truth, HOLE, tries=tries)
    apart = 255 * np.abs(found - truth)[HOLE]
    print(f"{slope}: largest difference {apart.max():.2f}, mean {apart.mean():.2f} of 255")
    assert apart.max() <= 2


@pytest.mark.parametrize("tries", TRIES)
@pytest.mark.parametrize("kind", ["noise", "waves"])
@pytest.mark.parametrize("period", [(13, 11), (7, 17), (23, 19)], ids=str)
def test_a_pattern_that_repeats_exactly_goes_on(period, kind, tries):
    down, across = period
    if kind == "noise":
        truth = np.tile(noise(down, across), (SIDE // down + 1, SIDE // across + 1, 1))[:SIDE, :SIDE]
    else:
        waves = 0.4 * np.sin(2 * np.pi * ROWS / down) * np.sin(2 * np.pi * COLUMNS / across)
        truth = (0.5 + waves[..., None] * [1, 0.7, -0.5]).astype(np.float32)
    assert psnr(filled(truth, HOLE, tries=tries), truth, HOLE) > 40


# Distance of the lines, pixels, and rows and columns of the hole; some end right behind a line.
RULED = {
    "graph paper": (12, slice(60, 160), slice(71, 190)),
    "a line in the last row": (40, slice(55, 141), slice(70, 165)),
    "an odd distance, at a coarse scale": (25, slice(55, 130), slice(43, 180)),
    "an offset that no scale divides": (20, slice(51, 170), slice(37, 203)),
}


@pytest.mark.parametrize("case", RULED)
def test_lines_of_a_ruled_grid_go_on_to_the_pixel(case):
    step, rows, columns = RULED[case]
    picture = np.ones((220, 260, 3), np.float32)
    picture[20 % step :: step] = picture[:, 13 % step :: step] = 0.5
    free = box(220, 260, rows, columns)
    offset = (13, 9)
    part = np.s_[offset[0] : 210, offset[1] : 250]
    colors = np.where(free[..., None], [1, 0, 1], picture).astype(np.float32)
    plan = plan_filling(
        FillInput(np.ascontiguousarray(colors[part]), np.ascontiguousarray(free[part]), colors, ~free, offset)
    )
    found = [stage for stage in build(plan, 0) if stage is not None][-1].colors
    np.testing.assert_array_equal(found, picture[part])


def checkers(height, width, down, across):
    rows, columns = np.mgrid[:height, :width]
    return two_colors((rows // down + columns // across) % 2 > 0)


def ruled(height, width, step, thick):
    rows, columns = np.mgrid[:height, :width]
    return two_colors((rows % step < thick) | (columns % step < thick))


# A regular picture, and the rows and columns of it that are known.
EXTENDED = {
    "small checkers": (checkers(200, 240, 5, 5), slice(30, 200), slice(33, 240)),
    "oblong checkers": (checkers(207, 252, 9, 14), slice(40, 167), slice(40, 212)),
    "a line along the new border": (ruled(200, 240, 17, 2), slice(30, 200), slice(33, 240)),
    "thin lines": (ruled(200, 240, 11, 1), slice(40, 160), slice(40, 200)),
}


@pytest.mark.parametrize("case", EXTENDED)
def test_a_regular_picture_goes_on_to_the_pixel_beyond_its_borders(case):
    truth, rows, columns = EXTENDED[case]
    np.testing.assert_array_equal(filled(truth, ~box(*truth.shape[:2], rows, columns), tries=3), truth)


@pytest.mark.parametrize("tries", TRIES)
def test_a_copy_elsewhere_is_found(tries):
    truth = blots(128, 256)
    truth[20:110, 150:240] = truth[20:110, 20:110]
    hole = disk(128, 256, 64, 64, 20)
    assert psnr(filled(truth, hole, tries=tries), truth, hole) > 35


# Texture stays texture.


def steps(picture, marked):
    """Mean difference of neighbors across the border of a part, and inside it."""
    across, inside = [], []
    for axis in (0, 1):
        apart = np.abs(np.diff(picture, axis=axis)).mean(axis=2)
        first, second = (np.delete(marked, place, axis=axis) for place in (-1, 0))
        across.append(apart[first != second])
        inside.append(apart[first & second])
    return float(np.concatenate(across).mean()), float(np.concatenate(inside).mean())


@pytest.mark.parametrize("tries", TRIES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_noise_keeps_its_mean_and_variance_and_shows_no_rim(seed, tries):
    # Large enough for its variance to be known by a few percent.
    truth, hole = noise(192, 192, seed=seed), disk(192, 192, 96, 96, 40)
    found = filled(truth, hole, seed=seed, tries=tries)
    mean, variance = (how(found[hole], axis=0) / how(truth, axis=(0, 1)) for how in (np.mean, np.var))
    across, inside = steps(found, hole)
    print(f"mean {mean.round(3)}, variance {variance.round(3)}, step {across / inside:.2f}")
    assert (np.abs(mean - 1) <= 0.1).all()
    assert (np.abs(variance - 1) <= 0.1).all()
    assert across <= 1.2 * inside


def smooth_above_a_net(height=192, width=192, cell=12):
    """Draw irregular meshes below, and above nothing but the light between them."""
    chance = np.random.default_rng(0)
    rows, columns = (axis.ravel() for axis in np.mgrid[:height:cell, :width:cell])
    moved = (np.clip(axis + chance.integers(-4, 5, axis.shape), 0, height - 1) for axis in (rows, columns))
    number = np.zeros((height, width), int)
    number[tuple(moved)] = np.arange(1, len(rows) + 1)
    nearest = ndimage.distance_transform_edt(number == 0, return_distances=False, return_indices=True)
    number = number[tuple(nearest)]
    lines = (number != np.roll(number, 1, 0)) | (number != np.roll(number, 1, 1))
    light = 0.75 + 0.2 * ndimage.gaussian_filter(chance.normal(size=(height, width)), 6)
    light[height // 2 :][lines[height // 2 :]] = 0.25
    return np.repeat(light[..., None], 3, axis=2).astype(np.float32)


@pytest.mark.parametrize("tries", TRIES)
def test_what_is_busy_is_not_filled_with_what_is_smooth(tries):
    picture = smooth_above_a_net()
    free = box(192, 192, slice(120, 164), slice(70, 122))
    for seed in range(4):
        found = filled(picture, free, seed=seed, tries=tries)
        assert found[free].std() == pytest.approx(picture[free].std(), rel=0.15)


@pytest.mark.parametrize("tries", TRIES)
def test_what_is_smooth_is_not_filled_with_what_is_busy(tries):
    picture = smooth_above_a_net()
    free = box(192, 192, slice(28, 72), slice(70, 122))
    for seed in range(4):
        assert filled(picture, free, seed=seed, tries=tries)[free].min() > 0.6


@pytest.mark.parametrize("texture", [bricks, clouds, blots, noise])
def test_what_is_kept_is_kept_to_the_last_bit(texture):
    truth = texture(96, 80)
    hole = disk(96, 80, 40, 30, 15) | box(96, 80, slice(80, 96), slice(60, 80))
    for stage in stages(truth, hole):
        if stage.octave.index == 0:
            assert np.array_equal(stage.colors[~hole].view(np.int32), truth[~hole].view(np.int32))


def test_gray_stays_gray():
    truth = np.repeat(blots(96, 96)[..., :1], 3, axis=2)
    for stage in stages(truth, disk(96, 96, 48, 48, 18), tries=3):
        if stage.octave.index == 0:
            assert (stage.colors == stage.colors[..., :1]).all()


def test_a_seed_gives_the_same_bytes_and_another_one_others():
    truth, hole = blots(96, 96), disk(96, 96, 48, 48, 18)
    for tries in TRIES:
        first, again, other = (filled(truth, hole, seed=seed, tries=tries) for seed in (5, 5, 6))
        assert first.tobytes() == again.tobytes()
        assert not np.array_equal(first[hole], other[hole])


# What is sampled.


def test_another_exemplar_fills_the_hole():
    truth, exemplar, hole = blots(96, 96), blots(70, 60, seed=1), disk(96, 96, 48, 48, 18)
    # Its colors are others.
    exemplar[..., 0] *= 0.3
    found = filled(truth, hole, source=exemplar)
    inside = disk(96, 96, 48, 48, 10)
    assert found[inside][:, 0].mean() == pytest.approx(exemplar[..., 0].mean(), abs=0.1)
    assert found[inside][:, 0].mean() < 0.6 * truth[inside][:, 0].mean()
    assert np.array_equal(found[~hole], truth[~hole])


def test_what_may_not_be_sampled_is_not_even_where_it_would_fit_best():
    truth, hole = np.repeat(blots(64, 128)[..., :1], 3, axis=2), disk(64, 128, 32, 32, 14)
    truth[8:56, 72:120] = truth[8:56, 8:56]
    valid = ~hole & ~box(64, 128, slice(8, 56), slice(72, 120))
    assert psnr(filled(truth, hole, source=truth, valid=~hole), truth, hole) > 35
    found = filled(truth, hole, source=truth, valid=valid)
    assert not magenta(found).any()
    assert psnr(found, truth, hole) < 25


# A canvas that wraps.


@pytest.mark.parametrize("tries", TRIES)
@pytest.mark.parametrize("size", [(96, 84), (91, 78)], ids=str)
@pytest.mark.parametrize("wrap", [(True, True), (True, False), (False, True)], ids=["both", "rows", "columns"])
def test_a_pattern_goes_on_over_a_border_that_wraps(wrap, size, tries):
    # A hole along the border; the pattern fits at the other side.
    height, width = size
    down, across = (12, 14) if size == (96, 84) else (13, 13)
    truth = np.tile(noise(down, across), (height // down, width // across, 1))
    kept = [slice(9, -9) if wraps else slice(None) for wraps in wrap]
    hole = ~box(height, width, *kept)
    found = filled(truth, hole, wrap=wrap, tries=tries)
    assert psnr(found, truth, hole) > 40


@pytest.mark.parametrize("shift", [(0, 0), (48, 0), (0, 40), (48, 40)], ids=str)
def test_a_hole_over_the_border_is_filled_as_well_as_one_in_the_middle(shift):
    truth, hole = clouds(96, 80, seed=3), disk(96, 80, 48, 40, 16)
    moved, missing = (np.roll(each, shift, (0, 1)) for each in (truth, hole))
    found = filled(moved, missing, wrap=(True, True), offset=None, tries=3)
    back = np.roll(found, (-shift[0], -shift[1]), (0, 1))
    across, true_across = (steps(each, hole)[0] for each in (back, truth))
    assert across <= 1.3 * true_across
    # No line where the border was.
    for axis, place in ((0, 47), (1, 39)):
        lines = np.abs(np.diff(back, axis=axis)).mean(axis=2)[36:60, 28:52].mean(axis=1 - axis)
        assert lines[12 if axis else place - 36] < 1.5 * lines.mean()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("size", [(96, 96), (75, 101)], ids=str)
def test_a_picture_whose_borders_do_not_fit_gets_borders_that_do(size, seed):
    truth = clouds(*size, seed=4)
    hole = ~box(*size, slice(14, -14), slice(14, -14))
    found = filled(truth, hole, source=truth, wrap=(True, True), seed=seed)
    for axis in (0, 1):
        before, after = (
            np.abs(each.take(0, axis) - each.take(-1, axis)).mean() / np.abs(np.diff(each, axis=axis)).mean()
            for each in (truth, found)
        )
        assert after < 1.5 < 3 < before


# Odd cases.

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


# How it is told and what it takes.


def test_stages_go_from_coarse_to_fine_and_say_where_an_octave_ends():
    truth = blots(96, 96)
    for tries in TRIES:
        found = stages(truth, disk(96, 96, 48, 48, 18), tries=tries)
        octaves = [stage.octave.index for stage in found]
        assert octaves == sorted(octaves, reverse=True)
        assert len(set(octaves)) > 2
        assert octaves[-1] == 0
        expected = [index != after for index, after in zip(octaves, [*octaves[1:], None], strict=True)]
        assert [stage.ends for stage in found] == expected


def test_no_later_stage_changes_the_colors_of_one():
    truth, hole = blots(96, 96), disk(96, 96, 48, 48, 18)
    fill_input = FillInput(np.where(hole[..., None], 0, truth), hole, truth, ~hole, (0, 0))
    seen = [(stage.colors, stage.colors.copy()) for stage in build(plan_filling(fill_input), 0) if stage is not None]
    assert all(np.array_equal(now, then) for now, then in seen)


def test_after_warming_nothing_is_compiled_any_more():
    warm_up()
    functions = [
        each
        for module in (search, voting, blending, labels)
        for each in vars(module).values()
        if getattr(each, "signatures", None)
    ]
    before = [len(each.signatures) for each in functions]
    assert len(before) == 6
    for tries, wrap in ((1, (False, False)), (3, (True, False)), (3, (True, True))):
        stages(blots(120, 130), disk(120, 130, 50, 60, 20), tries=tries, wrap=wrap)
    stages(TEXTURE, MIDDLE, valid=ODD["a context of one pixel"]["valid"])
    assert [len(each.signatures) for each in functions] == before
