"""Settings that have no effect are named."""

import numpy as np
import pytest
from pictures import bricks, bytes_of, load, save

from engine.options.unused_settings import (
    CRITICS,
    ENLARGING,
    MATCHING,
    STATISTICS_ALONE,
    WITHOUT_CRITICS,
    unused_settings,
)
from engine.synthesis.critics import PatchSettings
from engine.synthesis.recipes import RECIPES
from protocol.vocabulary import Settings, settings

FILL = ("--canvas", "canvas.png", "--mask", "mask.png", "--quality", "draft", "--device", "cpu", "--local")


@pytest.fixture
def _scene(here):
    save(here / "canvas.png", bytes_of(bricks(72, 80, seed=1)))
    mask = np.zeros((72, 80), np.uint8)
    mask[30:50, 20:60] = 255
    save(here / "mask.png", mask)


def remarks(err):
    return [line for line in err.splitlines() if "no effect of" in line]


@pytest.mark.usefixtures("_scene")
def test_what_has_no_effect_in_a_hole_is_named(call, here):
    assert call("synthesize", *FILL, "-o", "plain.png")[0] == 0
    status, _, err = call("synthesize", *FILL, "-o", "out.png", "--flips", "--noise", "1", "--pooling", "max")
    assert (status, len(remarks(err))) == (0, 1)
    assert "no effect of --pooling, --flips, --noise: " in remarks(err)[0]
    assert np.array_equal(load(here / "out.png"), load(here / "plain.png"))


@pytest.mark.usefixtures("_scene")
def test_nothing_is_named_where_critics_work(call):
    assert remarks(call("synthesize", *FILL, "-o", "out.png", "--flips", "--steps", "1")[2]) == []


def test_what_changes_nothing_in_an_enlargement_is_remarks(call):
    words = ("--enlarge", "1.5", "--local", "--seed", "2", "--flips", "--quality", "draft")
    status, _, err = call("synthesize", "bricks.png", *words, "-o", "out.png")
    assert (status, len(remarks(err))) == (0, 1)
    assert "no effect of --quality, --flips: " in remarks(err)[0]


@pytest.mark.parametrize(
    ("asked", "filling", "weights", "names"),
    [
        (Settings(), True, False, ""),
        (Settings(flips=True), False, False, ""),
        (Settings(recipe="gram", flips=True, pooling="max"), False, False, "--flips"),
        (Settings(recipe="sliced", repetition_penalty=0.5), True, True, "--repetition-penalty"),
        (Settings(recipe="patch", flips=True), True, True, ""),
        (Settings(octaves=2), True, True, "--octaves, --weights"),
        (Settings(flips=True, preview=True, quality="best"), True, False, "--flips"),
    ],
)
def test_what_is_unused(asked, filling, weights, names):
    found = unused_settings(asked, filling=filling, weights=weights)
    assert [line.partition(":")[0] for line in found] == [f"no effect of {names}"] * bool(names)


def test_what_is_unused_is_what_the_recipes_leave_out():
    patches = {
        name
        for name, recipe in RECIPES.items()
        if any(
            isinstance(term.critic, PatchSettings) for each in (recipe, recipe.filling) if each for term in each.terms
        )
    }
    assert set(RECIPES) - patches == set(STATISTICS_ALONE)
    without_critics = {
        name
        for name, recipe in RECIPES.items()
        if not any(quality.steps for quality in (recipe.filling or recipe).qualities.values())
    }
    assert without_critics == {WITHOUT_CRITICS}
    assert set(CRITICS) | set(MATCHING) | set(ENLARGING) <= {*settings(), "weights"}
