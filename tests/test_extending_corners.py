"""A picture extended beyond borders that meet: its sides first, then what lies above and below continues them."""

import numpy as np
import pytest
from engines import pixels, raster
from runs import run
from test_extending import extending, inner, picture
from test_islands import pattern

from engine.on_device import hole_of
from engine.preparation import prepare
from engine.synthesis.structure import FillInput, IslandsPlan, build, plan_holes, preview
from protocol.vocabulary import Margins

HIGH, WIDE = 200, 300
AROUND = Margins(top=40, right=60, bottom=40, left=60)
MEETING = {"all": AROUND, "a corner": Margins(top=40, left=60), "three": Margins(right=60, bottom=40, left=60)}


def islands(margins, **changes):
    return prepare(None, canvas=picture(HIGH, WIDE), extend=margins, **changes).islands


@pytest.mark.parametrize("case", MEETING)
def test_all_that_is_added_belongs_to_one_part_and_corners_to_what_follows(case):
    margins = MEETING[case]
    found = islands(margins)
    owner = np.full((HIGH + margins.top + margins.bottom, WIDE + margins.left + margins.right), -1)
    for number, island in enumerate(found):
        part = island.window.cut(owner)
        assert (part[island.hole] == -1).all()
        part[island.hole] = number
    added = np.ones(owner.shape, bool)
    rows, columns = inner(margins, HIGH, WIDE)
    added[rows, columns] = False
    np.testing.assert_array_equal(owner >= 0, added)
    follows = np.array([island.follows for island in found])
    assert not follows[owner[rows][added[rows]]].any()
    assert follows[owner[np.r_[0 : margins.top, HIGH + margins.top : len(owner)]]].all()


@pytest.mark.parametrize("margins", [Margins(left=60), Margins(top=40, bottom=40), Margins(left=60, right=60)])
def test_beyond_borders_that_do_not_meet_nothing_follows(margins):
    assert not any(island.follows for island in islands(margins))


def test_a_canvas_that_wraps_around_is_filled_at_once():
    assert not islands(AROUND, seamless="both")


def half_and_half():
    """A disc on a horizon, 0 to 255."""
    rows, columns = np.mgrid[:165, :165] - 82.5
    colors = np.where((rows < 0)[..., None], (0, 0, 0), (160, 160, 160)).astype(np.uint8)
    colors[np.hypot(rows, columns) < 18] = (0, 255, 0)
    return colors


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_horizon_goes_straight_on_without_copies_of_what_stands_on_it(seed):
    canvas = half_and_half()
    margins = Margins(33, 33, 33, 33)
    made = pixels(run(extending(canvas=raster(canvas / 255), extend=margins, exemplar=None, seed=seed)).end.raster)
    expected = np.pad(canvas, ((33, 33), (33, 33), (0, 0)), mode="edge")
    assert (made != expected).any(axis=-1).mean() < 0.001


HAIR, SKIN = (30, 20, 22), (240, 198, 184)


def cartoon(height, width, row, column, radius, spikes):
    """A head with spiky hair, and shoulders that borders cut, in flat colors, 0 to 255."""
    rows, columns = np.mgrid[:height, :width].astype(float)
    rows, columns = rows - row, columns - column
    angle, below = np.arctan2(rows, columns), rows - 1.35 * radius - 0.12 * np.abs(columns)
    colors = np.full((height, width, 3), (110, 135, 20), np.uint8)
    colors[below > 0] = (55, 90, 115)
    colors[np.abs(below) < 1.3] = (10, 10, 10)
    outline = radius * (1.12 + 0.16 * np.abs(angle * spikes / np.pi % 2 - 1))
    colors[(np.hypot(rows, columns) < outline) & (rows < 0.2 * radius)] = HAIR
    colors[np.hypot((rows - 0.15 * radius) / 1.15, columns) < 0.86 * radius] = SKIN
    return colors


@pytest.mark.parametrize(
    ("shape", "margins"),
    [
        ((300, 300, 130, 140, 80, 9), Margins(left=100)),
        ((240, 300, 100, 150, 60, 17), Margins(top=60, left=75)),
        ((260, 200, 100, 100, 56, 21), Margins(top=52, left=40, right=40)),
    ],
)
def test_a_figure_is_not_copied_beside_itself(shape, margins):
    canvas = cartoon(*shape)
    request = extending(canvas=raster(canvas / 255), extend=margins, exemplar=None, seed=1)
    made = pixels(run(request).end.raster).copy()
    made[inner(margins, *shape[:2])] = 0
    for color in (HAIR, SKIN):
        assert (np.abs(made.astype(int) - color).max(axis=-1) < 10).sum() == 0


def plan_of(colors, margins):
    """Plan as a job does, with what is added in black."""
    free = np.ones(colors.shape[:2], bool)
    free[margins.top : len(free) - margins.bottom, margins.left : free.shape[1] - margins.right] = False
    spoilt = np.where(free[..., None], np.float32(0), colors)
    found = prepare(None, canvas=picture(HIGH, WIDE), extend=margins).islands
    return free, plan_holes(FillInput(spoilt, free, spoilt, ~free, (0, 0)), 1, [hole_of(each) for each in found])


def test_as_many_stages_come_as_planned_and_a_pattern_goes_on_around_the_corner():
    colors = pattern(HIGH + 80, WIDE + 120)
    free, plan = plan_of(colors, AROUND)
    stages = [stage for stage in build(plan, 0) if stage is not None]
    assert [stage.octave for stage in stages] == list(plan.octaves)
    assert np.abs(stages[-1].colors - colors)[free].mean() < 0.02


def test_a_preview_leaves_out_fine_octaves_of_the_last_part_only():
    _, plan = plan_of(pattern(HIGH + 80, WIDE + 120), AROUND)
    assert isinstance(plan, IslandsPlan)
    short = preview(plan, 8)
    stages = [stage for stage in build(short, 0) if stage is not None]
    assert [stage.octave for stage in stages] == list(short.octaves)
    finest = [filling.octaves[-1].index for _, filling in short.islands]
    assert finest[:-1] == [0] * (len(finest) - 1)
    assert finest[-1] > 0
