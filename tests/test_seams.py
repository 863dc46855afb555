"""Seams between shifted copies in a hole."""

import numpy as np
from filling import box, disk, filled
from scipy import ndimage

from engine.synthesis.structure.offsets import View
from engine.synthesis.structure.seams import cut_seams

SIDE = 200
COURSE, BRICK, JOINT = 12, 32, 2.5
CLAY, MORTAR = np.array([0.7, 0.4, 0.3]), np.array([0.78, 0.77, 0.72])


def running_bond(*, tilt=0.02, seed=0):
    """A wall whose courses are not quite level: (height, width, 3), and where mortar lies between two courses."""
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(float)
    rows = rows + tilt * columns
    course = (rows // COURSE).astype(int)
    shifted = columns + BRICK / 2 * (course % 2)
    chance = np.random.default_rng(seed)
    tone = chance.uniform(0.55, 1, (SIDE // COURSE + 3, SIDE // BRICK + 3))[course, (shifted // BRICK).astype(int)]
    bed = rows % COURSE < JOINT
    joint = bed | (shifted % BRICK < JOINT)
    picture = np.where(joint[..., None], MORTAR, tone[..., None] * CLAY) + chance.normal(0, 0.02, (SIDE, SIDE, 1))
    return picture.clip(0, 1).astype(np.float32), bed


def is_mortar(picture):
    """Whether pixels are nearer to mortar than to a brick: mortar is gray."""
    return picture[..., 0] - picture[..., 2] < 0.15


def test_courses_of_a_running_bond_go_on_through_a_hole():
    truth, bed = running_bond()
    free = disk(SIDE, SIDE, 98, 104, 50)
    found = is_mortar(filled(truth, free))
    inner = ndimage.binary_erosion(bed, np.ones((2, 1))) & free
    laid = found[inner].mean()
    print(f"mortar where it lies between courses: {laid:.3f}")
    assert laid > 0.97


def test_no_seam_runs_where_two_copies_differ():
    """Windows prefer one copy at the left and one at the right, which differ where these meet, and nowhere else."""
    size = 24
    hole = box(size, size, slice(4, 20), slice(4, 20))
    exemplar = np.full((size, 2 * size, 5), 0.5, np.float32)
    exemplar[8:14, size + 10 : size + 16] = 0.9
    canvas = View(exemplar[:, :size].copy(), ~hole)
    source = View(exemplar, np.ones((size, 2 * size), bool))
    offsets = np.array([[0, 0], [0, size]], np.int32)
    costs = np.zeros((2, size, size), np.float32)
    costs[0, :, 12:], costs[1, :, :12] = 1, 1
    found = cut_seams(canvas, hole, source, offsets, np.ones((2, size, size), bool), costs)
    assert (found[~ndimage.binary_dilation(hole, np.ones((7, 7)))] == -1).all()
    assert set(np.unique(found[hole])) == {0, 1}
    rows, columns = np.indices((size, size))
    brought = exemplar[rows, columns + size * np.maximum(found, 0), 0]
    part = brought[4:20, 4:20]
    across = (np.diff(found[4:20, 4:20], axis=1) != 0) & (np.abs(np.diff(part, axis=1)) > 0.1)
    assert not across.any()
