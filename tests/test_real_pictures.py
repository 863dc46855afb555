"""Photographs, where they are at hand."""

import sys
from pathlib import Path

import numpy as np
import pytest
from pictures import load, seam

from engine.cli import main

TEXTURES = Path(__file__).parents[2] / "shared" / "textures"

pytestmark = pytest.mark.skipif(not TEXTURES.is_dir(), reason="the photographs are not on this computer")


@pytest.fixture
def synthesize(tmp_path, monkeypatch):
    def run(*arguments):
        options = ("synthesize", *map(str, arguments), "-o", str(tmp_path / "out.png"))
        monkeypatch.setattr(sys, "argv", ["texture-engine", *options, "--quality", "draft", "--steps", "2"])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        return load(tmp_path / "out.png")

    return run


def test_a_wall_with_a_hole_is_filled(synthesize):
    wall = load(TEXTURES / "wall-with-hole.png")
    found = synthesize("--canvas", TEXTURES / "wall-with-hole.png")
    assert found.shape == wall.shape
    assert (found[..., 3] == 255).all()
    # Two pixels around a cut-out are a mixture with what was cut out.
    hole = np.pad(wall[..., 3] < 255, 2)
    height, width = wall.shape[:2]
    near = np.any([hole[y : y + height, x : x + width] for y in range(5) for x in range(5)], axis=0)
    assert np.array_equal(found[~near], wall[~near])
    assert found[near, :3].std() > 5


def test_a_photograph_is_made_to_tile_and_keeps_its_middle(synthesize):
    pebbles = load(TEXTURES / "pebbles.jpg")
    found = synthesize("--canvas", TEXTURES / "pebbles.jpg", "--seamless")
    assert np.array_equal(found[43:-43, 43:-43], pebbles[43:-43, 43:-43])
    for axis in (0, 1):
        assert seam(pebbles, axis) > 5
        assert seam(found, axis) < 2


@pytest.mark.parametrize("name", ["grass.webp", "pebbles.jpg"])
def test_a_photograph_of_another_format_is_an_exemplar(synthesize, name):
    sample = load(TEXTURES / name)
    found = synthesize(TEXTURES / name, "--size", "128x96")
    assert found.shape == (96, 128, 3)
    # Colors at least are right after a few steps.
    assert np.abs(found.mean(axis=(0, 1)) - sample.mean(axis=(0, 1))).max() < 12
