"""Previews: the beginning of a job, which shows the layout that the whole job has."""

import json

import numpy as np
import pytest
from calling import assert_refused
from filling import disk
from pictures import bricks, load, save
from PIL import Image
from test_islands import fill_input, pattern, planned
from test_texture_by_patches import blobs, grainy

from engine.images import Picture
from engine.inspection.seed_sheet import changed
from engine.synthesis.structure import (
    FillInput,
    IslandsPlan,
    MosaicSource,
    build,
    plan_filling,
    plan_texture,
    preview,
)

SIDE = 64


def last(plan, seed=0):
    """What a plan comes to; as many stages as planned."""
    stages = [stage for stage in build(plan, seed) if stage is not None]
    assert len(stages) == sum(octave.rounds for octave in plan.octaves)
    assert stages[-1].ends
    return stages[-1].colors


def alike(one, other, side=32):
    """Correlate two pictures of one size, small."""
    small = [
        np.asarray(Image.fromarray((each * 255).round().astype(np.uint8)).resize((side, side), Image.Resampling.BOX))
        for each in (one, other)
    ]
    return np.corrcoef(*(each.astype(float).ravel() for each in small))[0, 1]


def test_a_preview_of_a_texture_has_its_layout():
    exemplar = grainy(blobs(256, 256, sigma=5))
    plan = plan_texture([MosaicSource(exemplar, np.ones((256, 256), bool))], (256, 256))
    short = preview(plan, SIDE)
    assert [octave.index for octave in short.octaves] == [3, 2]
    found, other = (last(short, seed) for seed in (3, 4))
    whole = last(plan, 3)
    assert found.shape == (64, 64, 3)
    assert alike(found, whole) > 0.9
    assert alike(other, whole) < 0.5


def test_a_preview_of_a_fill_goes_on_until_the_picture_is_chosen():
    colors = grainy(blobs(400, 400, sigma=4))
    free = disk(400, 400, 200, 200, 100)
    hidden = np.where(free[..., None], np.float32(0), colors)
    plan = plan_filling(FillInput(hidden, free, hidden, ~free, (0, 0)), tries=2)
    assert plan.pivot is not None
    short = preview(plan, 8)
    assert short.octaves[-1].index == plan.pivot > 0
    found, whole = last(short), last(plan)
    assert alike(found[25:75, 25:75], whole[100:300, 100:300]) > 0.9


def test_a_preview_of_distant_holes_fills_all_of_them():
    whole = pattern(1200, 1200)
    plan = planned(fill_input((slice(10, 160), slice(10, 160)), (slice(1020, 1170), slice(1000, 1150)), colors=whole))
    assert isinstance(plan, IslandsPlan)
    short = preview(plan, 8)
    assert sum(octave.cost for octave in short.octaves) < sum(octave.cost for octave in plan.octaves)
    found = last(short)
    for hole, _ in short.islands:
        assert np.abs(found - whole)[hole.window][hole.free].mean() < 0.1


def test_a_small_texture_is_its_own_preview():
    exemplar = blobs(40, 40)
    plan = plan_texture([MosaicSource(exemplar, np.ones((40, 40), bool))], (96, 96))
    assert preview(plan, 256).octaves == plan.octaves


# In the terminal.


def test_a_sheet_shows_each_seed_and_the_seed_chosen_gives_that_texture(call, here):
    common = ("bricks.png", "--quality", "draft", "--size", "48x40", "--json", "--local")
    status, out, err = call("synthesize", *common, "--pick", "3", "--seed", "5", "-o", "sheet.png")
    assert status == 0, err
    told = json.loads(out)
    assert told["seeds"] == [5, 6, 7]
    assert len(told["seconds"]) == 3
    assert min(load(here / "sheet.png").shape[:2]) > 300


def test_a_protected_sheet_is_replaced_if_that_is_asked_for(call, here):
    (here / "sheet.png").touch()
    (here / "sheet.png").chmod(0o444)
    words = ("synthesize", "bricks.png", "--quality", "draft", "--size", "48", "--pick", "1", "-o", "sheet.png")
    status, _, err = call(*words, "--local")
    assert (status, "write-protected" in err) == (2, True)
    assert call(*words, "--local", "--force", "-q") == (0, "", "")
    assert load(here / "sheet.png").ndim == 3


def test_a_sheet_of_a_picture_that_is_extended_shows_all_of_it(call, here):
    status, _, err = call(
        "synthesize", "--canvas", "bricks.png", "--extend", "16", "--pick", "2", "-o", "sheet.png", "--local"
    )
    assert status == 0, err
    assert load(here / "sheet.png").ndim == 3


def test_a_sheet_of_one_seed_is_of_one(call, here):
    status, _, err = call(
        "synthesize", "bricks.png", "--quality", "draft", "--size", "48", "--pick", "1", "-o", "sheet.png", "--local"
    )
    assert status == 0, err
    assert "sheet.png: 1 seed in" in err
    assert (here / "sheet.png").exists()


@pytest.mark.parametrize("recipe", ["photo", "sliced"])
def test_a_preview_takes_no_step_at_full_size_and_is_as_large_as_the_texture(call, here, recipe):
    save(here / "large.png", bricks(96, 96))
    arguments = ("large.png", "--preview", "--size", "600x500", "--recipe", recipe, "--steps", "1", "--octaves", "3")
    status, out, err = call("synthesize", *arguments, "-o", "out.png", "--quality", "draft", "--json", "--local")
    assert status == 0, err
    assert not json.loads(out)["interrupted"]
    found = load(here / "out.png").astype(float)
    assert found.shape == (500, 600, 3)
    # It was enlarged: no pixel differs much from the middle of its neighbors.
    middle = (found[:-2, 1:-1] + found[2:, 1:-1] + found[1:-1, :-2] + found[1:-1, 2:]) / 4
    assert np.abs(found[1:-1, 1:-1] - middle).mean() < 12


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--pick", "0", "-o", "sheet.png"), "--pick is 0"),
        (("--pick", "99", "-o", "sheet.png"), "--pick is 99"),
        (("--pick", "2", "-o", "sheet.jpg"), "choose .png or .svg"),
        (("--pick", "2", "-o", "-"), "standard output"),
        (("--pick", "2"), "--output is missing"),
        (("--pick", "2", "-o", "bricks.png"), "bricks.png is an input"),
        (("--pick", "2", "-o", "sheet.png", "--variations", "2"), "--pick excludes"),
        (("--pick", "2", "-o", "sheet.png", "--record", "run.gif"), "--pick excludes"),
        (("--pick", "2", "-o", "sheet.png", "--seed", str(2**63 - 1)), "--seed is 9223372036854775808"),
    ],
)
def test_a_sheet_that_cannot_be_made_is_refused_before_the_work(call, arguments, message):
    assert_refused(call("synthesize", "bricks.png", *arguments), message)


def test_of_a_filled_picture_the_hole_and_half_as_much_around_it_is_shown():
    before = np.zeros((100, 80, 3), np.float32)
    one, other = before.copy(), before.copy()
    one[40:50, 30:40] = 1
    other[50:60, 20:30] = 1
    rows, columns = changed({0: Picture(one), 1: Picture(other)}, Picture(before))
    assert (rows.start, rows.stop, columns.start, columns.stop) == (30, 70, 10, 50)
