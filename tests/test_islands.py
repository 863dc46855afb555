"""Holes that lie far from each other, each filled in a window of its own."""

import numpy as np
import pytest

from engine.on_device import hole_of
from engine.preparation.areas import Box
from engine.preparation.islands import find_islands
from engine.synthesis.structure import FillInput, FillPlan, IslandsPlan, build, plan_holes


def pattern(height=480, width=640):
    """A pattern whose period is 24 rows and 32 columns, float32 RGB."""
    rows, columns = np.mgrid[:height, :width]
    light = (np.sin(2 * np.pi * rows / 24) + np.cos(2 * np.pi * columns / 32)) / 4 + 0.5
    return np.repeat(light[..., None], 3, axis=2).astype(np.float32)


def fill_input(*holes, colors=None, offset=(0, 0), wrap=(False, False)):
    colors = pattern() if colors is None else colors
    free = np.zeros(colors.shape[:2], bool)
    for rows, columns in holes:
        free[rows, columns] = True
    spoilt = np.where(free[..., None], np.float32(0), colors)
    return FillInput(spoilt, free, spoilt, ~free, offset, wrap)


CORNERS = ((slice(10, 30), slice(10, 30)), (slice(440, 460), slice(600, 630)))
NEAR = ((slice(10, 30), slice(10, 30)), (slice(60, 80), slice(10, 30)))


def planned(place, *, nearby=True):
    """Plan as a job does: what is looked at around a hole is decided in preparation."""
    valid = None if place.valid.all() else place.valid.astype(np.float32)
    size, offset = place.source.shape[:2], place.offset if nearby else None
    found = () if any(place.wrap) else find_islands(place.free, valid, size, offset)
    return plan_holes(place, 1, [hole_of(each) for each in found])


def stages(plan, seed=0):
    return [stage for stage in build(plan, seed) if stage is not None]


def test_distant_holes_are_looked_at_alone_and_near_ones_together():
    plan = planned(fill_input(*CORNERS))
    assert isinstance(plan, IslandsPlan)
    assert [hole.free.sum() for hole, _ in plan.islands] == [400, 600]
    assert isinstance(planned(fill_input(*NEAR)), FillPlan)


def test_work_follows_the_holes():
    plan = planned(fill_input(*CORNERS))
    one, other = (filling.canvas[0].size for _, filling in plan.islands)
    assert one == (94, 94)
    assert other == (104, 104)
    assert max(plan.islands[0][1].source[0].size) <= 30 + 256


def test_all_holes_are_filled_as_they_go_on_and_nothing_else_is_touched():
    whole, holes = pattern(), fill_input(*CORNERS)
    last = stages(planned(holes))[-1]
    assert (last.colors == holes.colors)[~holes.free].all()
    assert np.sqrt(np.mean((last.colors - whole)[holes.free] ** 2)) < 0.01


def test_a_stage_comes_for_each_octave_of_each_hole_and_none_changes_afterwards():
    plan = planned(fill_input(*CORNERS))
    kept = [(stage, stage.colors.copy()) for stage in stages(plan)]
    assert [stage.octave for stage, _ in kept] == list(plan.octaves)
    assert all(stage.ends and stage.octave.rounds == 1 for stage, _ in kept)
    assert all((stage.colors == copy).all() for stage, copy in kept)


def test_a_hole_samples_what_lies_near_it():
    colors = np.full((300, 900, 3), 0.25, np.float32)
    colors[:, 450:] = 0.75
    holes = fill_input((slice(140, 160), slice(40, 60)), (slice(140, 160), slice(840, 860)), colors=colors)
    last = stages(planned(holes))[-1].colors
    assert (last == colors).all()


def test_all_of_the_exemplar_is_sampled_where_it_was_asked_for():
    plan = planned(fill_input(*CORNERS), nearby=False)
    assert all(filling.source[0].size == (480, 640) for _, filling in plan.islands)


def test_another_picture_as_exemplar_serves_every_hole():
    holes = fill_input(*CORNERS, offset=None)
    last = stages(planned(holes))[-1]
    assert np.sqrt(np.mean((last.colors - pattern())[holes.free] ** 2)) < 0.02


@pytest.mark.parametrize("wrap", [(True, False), (False, True)])
def test_holes_of_a_canvas_that_wraps_are_one(wrap):
    assert isinstance(planned(fill_input(*CORNERS, wrap=wrap)), FillPlan)


def test_specks_all_over_are_filled_at_once():
    specks = [
        (slice(row, row + 2), slice(column, column + 2))
        for row in range(20, 460, 100)
        for column in range(20, 620, 100)
    ]
    assert isinstance(planned(fill_input(*specks)), FillPlan)


def test_the_same_seed_gives_the_same_pixels():
    noisy = np.random.default_rng(0).random((480, 640, 3)).astype(np.float32)
    one, same, other = (stages(planned(fill_input(*CORNERS, colors=noisy)), seed)[-1].colors for seed in (1, 1, 2))
    assert one.tobytes() == same.tobytes()
    assert one.tobytes() != other.tobytes()


@pytest.mark.parametrize(("gap", "count"), [(60, 0), (200, 2)])
def test_holes_are_apart_also_where_they_cover_much_of_a_small_picture(gap, count):
    free = np.zeros((384, 80 + gap + 80), bool)
    free[120:300, :80] = True
    free[:110, 80 + gap :] = True
    assert len(find_islands(free, None, free.shape, (0, 0))) == count


@pytest.mark.parametrize("context", [10, 60, 200])
def test_each_hole_is_filled_from_so_far_around_it_as_asked(context):
    free = np.zeros((400, 900), bool)
    free[100:116, 100:116] = free[300:316, 800:816] = True
    first, last = find_islands(free, None, free.shape, (0, 0), context)
    assert first.sampled == Box(max(0, 100 - context), max(0, 100 - context), 116 + context, 116 + context)
    assert last.sampled == Box(300 - context, 800 - context, min(400, 316 + context), min(900, 816 + context))
