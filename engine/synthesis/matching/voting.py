"""Voting: the picture that overlapping patches make (Wexler et al. 2007, "Space-Time Completion of Video")."""

import numpy as np
from numba import prange

from engine.synthesis.compiling import compiled
from engine.synthesis.matching.field import Bools, Floats, MatchField, MatchSource, Places


@compiled
def _average(
    source: Floats,
    places: Places,
    weights: Floats,
    wanted: Bools,
    free: Bools,
    radius: int,
    wrap_rows: bool,
    wrap_columns: bool,
    found: Floats,
    padding: int,
) -> None:
    height, width = wanted.shape
    channels = source.shape[2]
    for row in prange(height):
        total = np.empty(channels, np.float32)
        for column in range(width):
            if not free[row, column]:
                continue
            total[:] = 0
            weight = np.float32(0)
            for down in range(-radius, radius + 1):
                other_row = row + down
                if wrap_rows:
                    other_row %= height
                if other_row < 0 or other_row >= height:
                    continue
                for across in range(-radius, radius + 1):
                    other_column = column + across
                    if wrap_columns:
                        other_column %= width
                    if other_column < 0 or other_column >= width or not wanted[other_row, other_column]:
                        continue
                    counts = weights[other_row, other_column]
                    weight += counts
                    there = source[
                        places[other_row, other_column, 0] - down, places[other_row, other_column, 1] - across
                    ]
                    for k in range(channels):
                        total[k] += counts * there[k]
            if weight > 0:
                for k in range(channels):
                    found[row + padding, column + padding, k] = total[k] / weight


@compiled
def _nearest(
    source: Floats,
    places: Places,
    costs: Floats,
    wanted: Bools,
    free: Bools,
    radius: int,
    wrap_rows: bool,
    wrap_columns: bool,
    found: Floats,
    padding: int,
) -> None:
    height, width = wanted.shape
    channels = source.shape[2]
    for row in prange(height):
        for column in range(width):
            if not free[row, column]:
                continue
            least = np.float32(1e30)
            for down in range(-radius, radius + 1):
                other_row = row + down
                if wrap_rows:
                    other_row %= height
                if other_row < 0 or other_row >= height:
                    continue
                for across in range(-radius, radius + 1):
                    other_column = column + across
                    if wrap_columns:
                        other_column %= width
                    if other_column < 0 or other_column >= width or not wanted[other_row, other_column]:
                        continue
                    if costs[other_row, other_column] < least:
                        least = costs[other_row, other_column]
                        there_row = places[other_row, other_column, 0] - down
                        there_column = places[other_row, other_column, 1] - across
                        for k in range(channels):
                            found[row + padding, column + padding, k] = source[there_row, there_column, k]


def vote(
    field: MatchField,
    source: MatchSource,
    wanted: Bools,
    free: Bools,
    weights: Floats | None,
    found: Floats,
    *,
    radius: int,
    padding: int,
    wrap: tuple[bool, bool] = (False, False),
) -> None:
    """Make the canvas of the patches that overlap at each place.

    Args:
        field: Nearest patches.
        source: The exemplar.
        wanted: Where the field is known, boolean (height, width).
        free: Where the canvas is made, boolean (height, width).
        weights: Of each patch in the average, float32 (height, width); None takes the patch of the lowest cost alone.
        found: Is written to where the canvas is free, float32 (height + 2 padding, width + 2 padding, channels).
        radius: Patches are 2 radius + 1 pixels wide.
        padding: Pixels by which `found` is larger on every side.
        wrap: Whether rows, and columns, go on at the other side.
    """
    made = _nearest if weights is None else _average
    how = field.costs if weights is None else weights
    made(source.channels, field.places, how, wanted, free, radius, *wrap, found, padding)
