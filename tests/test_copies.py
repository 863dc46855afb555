"""Copies of one exemplar, rotated and scaled, in the layout of a new texture."""

import numpy as np
import pytest
from scipy import ndimage

from engine.images import Picture
from engine.preparation.sampling import Sample
from engine.preparation.transforming import ExemplarTransform, transformed
from engine.synthesis.structure import Guide, MosaicSource, build, plan_texture

DARK = 0.4


def cracked(side=128, period=42):
    """Draw thin dark lines on soft grain."""
    generator = np.random.default_rng(0)
    grain = ndimage.gaussian_filter(generator.normal(size=(side, side)), 0.7)
    rows, columns = np.indices((side, side))
    lines = np.minimum((rows + columns // 3) % period, (columns - rows // 4 + 10) % period) < 3
    gray = np.where(lines, 0.1, 0.6 + 0.08 * grain / grain.std())
    return np.repeat(gray[..., None], 3, axis=2).clip(0, 1).astype(np.float32)


def as_map(values):
    return Picture(pixels=np.repeat(np.asarray(values, np.float32)[..., None], 3, axis=2))


def turning(side, turns):
    return as_map(np.broadcast_to(np.linspace(0, turns, side), (side, side)))


def planned(picture, transform):
    copies, guidance = transformed(Sample(picture), transform)
    pieces = [
        MosaicSource(each.pixels, np.ones(each.pixels.shape[:2], bool) if each.valid is None else each.valid > 0)
        for each in copies
    ]
    guide = Guide(guidance.weights, guidance.strict, guidance.copies)
    return copies, plan_texture(pieces, guidance.weights.shape[:2], guide=guide)


def test_a_copy_has_the_colors_of_its_places_in_the_exemplar():
    rows, columns = np.indices((96, 128))
    picture = np.dstack([rows / 96, columns / 128, np.zeros_like(rows)]).astype(np.float32)
    transform = ExemplarTransform(rotation=10.0, rotations=turning(96, 0.5), scales=turning(96, 0.7))
    copies, guidance = transformed(Sample(picture), transform)
    assert len(guidance.copies) == len(copies) > 4
    for copy, affine in zip(copies, guidance.copies, strict=True):
        middle = np.array(copy.pixels.shape[:2]) // 2
        for place in (middle, middle + np.array([5, -3])):
            found = copy.pixels[tuple(place)]
            assert found[:2] * (96, 128) == pytest.approx(affine @ (*place, 1), abs=1)


def test_places_of_the_exemplar_are_found_in_each_copy_at_each_scale():
    _, plan = planned(cracked(), ExemplarTransform(rotations=turning(192, 0.25)))
    assert len(plan.copies) == len(plan.octaves)
    for index, copies in plan.copies.items():
        labels, usable = plan.mosaic.labels_at(index), plan.source[index].known
        places = np.argwhere(usable)
        own = labels[places[:, 0], places[:, 1]]
        origins = copies.origins[places[:, 0], places[:, 1]]
        assert np.array_equal(copies.places(own, origins), places)


def test_thin_lines_bend_with_a_map_that_turns_by_a_whole_circle():
    picture = cracked()
    _, plan = planned(picture, ExemplarTransform(rotations=turning(256, 1.0)))
    stage = [each for each in build(plan, 0) if each is not None][-1]
    due = (picture.reshape(64, 2, 64, 2, 3).mean(axis=(1, 3, 4)) < DARK).mean()
    assert (stage.colors.mean(axis=2) < DARK).mean() > 0.5 * due


def test_a_map_that_hardly_turns_leaves_coarse_octaves():
    fast, slow = (
        planned(cracked(), ExemplarTransform(rotations=turning(192, turns)))[1].octaves for turns in (1.0, 0.1)
    )
    assert len(slow) > len(fast)
