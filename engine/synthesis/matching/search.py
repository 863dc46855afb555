"""Search for nearest patches on the CPU: PatchMatch (Barnes et al. 2009, "PatchMatch").

Departs from the paper in what may be proposed besides (offsets at which pictures repeat, He & Sun 2012), in penalties
per place, and in that the result does not depend on the number of threads: bands of rows are searched side by side,
each looks across its border at the field as it was before the pass, and chance belongs to places, not to threads.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numba import get_num_threads, prange

from engine.synthesis.compiling import compiled, inlined
from engine.synthesis.matching.field import Bools, Floats, MatchField, MatchSource, Places

BAND_ROWS = 16
# Patches that one thread searches without a pause: some hundredths of a second on a slow core.
PIECE = 20_000
MOST = np.float32(1e30)


@dataclass(frozen=True, eq=False)
class Query:
    """The canvas as it is searched for.

    Attributes:
        channels: As the source's, with `radius` more pixels on every side, float32 (height + 2 radius,
            width + 2 radius, channels), contiguous.
        wanted: Where the centers of the patches lie whose nearest ones are wanted, boolean (height, width).
        radius: Patches are 2 radius + 1 pixels wide.
        trust: How much each pixel counts, float32 (height + 2 radius, width + 2 radius); None for all alike.
        wrap: Whether rows, and columns, continue on the other side.
        label_costs: What a patch costs besides by its label in the source, float32 (height, width, labels); None for
            nothing.
    """

    channels: Floats
    wanted: Bools
    radius: int
    trust: Floats | None = None
    wrap: tuple[bool, bool] = (False, False)
    label_costs: Floats | None = None


@inlined
def _chance(seed: int, a: int, b: int, c: int) -> np.uint64:
    """Mix four numbers to 64 random bits (splitmix64; Steele et al. 2014)."""
    x = np.uint64(seed) + np.uint64(a) * np.uint64(0x9E3779B97F4A7C15)
    x ^= np.uint64(b) * np.uint64(0xC2B2AE3D27D4EB4F)
    x += np.uint64(c) * np.uint64(0x165667B19E3779F9)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@inlined
def _distance(
    canvas: Floats,
    source: Floats,
    row: int,
    column: int,
    other_row: int,
    other_column: int,
    side: int,
    length: int,
    radius: int,
    channels: int,
    most: np.float32,
) -> np.float32:
    """Sum squared differences of two patches, row by row, and stop above `most`."""
    total = np.float32(0)
    # Numba checks whether an index may be negative, at each step; in parts of rows none is: a third of the time.
    left, other_left = column * channels, (other_column - radius) * channels
    for down in range(side):
        a = canvas[row + down, left : left + length]
        b = source[other_row - radius + down, other_left : other_left + length]
        for k in range(length):
            apart = a[k] - b[k]
            total += apart * apart
        if total > most:
            break
    return total


@inlined
def _trusted_distance(
    canvas: Floats,
    source: Floats,
    trust: Floats,
    row: int,
    column: int,
    other_row: int,
    other_column: int,
    side: int,
    radius: int,
    channels: int,
    most: np.float32,
) -> np.float32:
    """The same, each pixel of the canvas weighted by how much it is trusted."""
    total = np.float32(0)
    for down in range(side):
        a, b = canvas[row + down], source[other_row - radius + down]
        for across in range(side):
            counts = trust[row + down, column + across]
            if counts > 0:
                left, other_left = (column + across) * channels, (other_column - radius + across) * channels
                one = np.float32(0)
                for k in range(channels):
                    apart = a[left + k] - b[other_left + k]
                    one += apart * apart
                total += counts * one
        if total > most:
            break
    return total


@compiled
def _cost_rows(
    canvas: Floats,
    source: Floats,
    trust: Floats,
    wanted: Bools,
    places: Places,
    costs: Floats,
    penalty: Floats,
    labels: Places,
    label_costs: Floats,
    radius: int,
    first: int,
    last: int,
) -> None:
    side, channels = 2 * radius + 1, canvas.shape[1] // (wanted.shape[1] + 2 * radius)
    length = side * channels
    for row in prange(first, last):
        for column in range(wanted.shape[1]):
            if wanted[row, column]:
                other_row, other_column = places[row, column, 0], places[row, column, 1]
                if len(trust):
                    found = _trusted_distance(
                        canvas, source, trust, row, column, other_row, other_column, side, radius, channels, MOST
                    )
                else:
                    found = _distance(
                        canvas, source, row, column, other_row, other_column, side, length, radius, channels, MOST
                    )
                if len(penalty):
                    found += penalty[other_row, other_column]
                if len(label_costs):
                    found += label_costs[row, column, labels[other_row, other_column]]
                costs[row, column] = found


@compiled
def _search_bands(
    canvas: Floats,
    source: Floats,
    trust: Floats,
    wanted: Bools,
    usable: Bools,
    before: Places,
    places: Places,
    costs: Floats,
    penalty: Floats,
    labels: Places,
    label_costs: Floats,
    proposals: Places,
    tries: int,
    radius: int,
    reach: int,
    wrap_rows: bool,
    wrap_columns: bool,
    seed: int,
    forward: bool,
    shift: int,
    first: int,
    last: int,
) -> None:
    height, width = wanted.shape
    high, wide = usable.shape
    side, channels = 2 * radius + 1, canvas.shape[1] // (width + 2 * radius)
    length = side * channels
    step = 1 if forward else -1
    for band in prange(first, last):
        top, bottom = max(0, band * BAND_ROWS - shift), min(height, (band + 1) * BAND_ROWS - shift)
        for i in range(bottom - top):
            row = top + i if forward else bottom - 1 - i
            for j in range(width):
                column = j if forward else width - 1 - j
                if not wanted[row, column]:
                    continue
                best_row, best_column = places[row, column, 0], places[row, column, 1]
                best = costs[row, column]
                count = 2 + tries
                size, turn = reach, 0
                while True:
                    # Candidates in turn: two neighbors, proposals, then random ones ever nearer.
                    if turn < 2:
                        other_row, other_column = row - step * (1 - turn), column - step * turn
                        if wrap_rows:
                            other_row %= height
                        if wrap_columns:
                            other_column %= width
                        valid = 0 <= other_row < height and 0 <= other_column < width
                        if valid:
                            valid = wanted[other_row, other_column]
                        if valid:
                            if top <= other_row < bottom:
                                new_row = places[other_row, other_column, 0] + step * (1 - turn)
                                new_column = places[other_row, other_column, 1] + step * turn
                            else:
                                new_row = before[other_row, other_column, 0] + step * (1 - turn)
                                new_column = before[other_row, other_column, 1] + step * turn
                    elif turn < count:
                        number = np.int64(turn - 2)
                        if tries < len(proposals):
                            number = np.int64(_chance(seed, row, column, turn) % np.uint64(len(proposals)))
                        new_row, new_column = row + proposals[number, 0], column + proposals[number, 1]
                        valid = True
                    else:
                        if size < 1:
                            break
                        bits = _chance(seed, row, column, turn)
                        # The window ends where the source does: what is drawn beyond would be lost.
                        low, left = max(best_row - size, 0), max(best_column - size, 0)
                        down = np.uint64(min(best_row + size, high - 1) - low + 1)
                        across = np.uint64(min(best_column + size, wide - 1) - left + 1)
                        new_row = low + np.int64((bits & np.uint64(0xFFFFFFFF)) % down)
                        new_column = left + np.int64((bits >> np.uint64(32)) % across)
                        valid = True
                        size //= 2
                    turn += 1
                    if not valid or new_row < 0 or new_column < 0 or new_row >= high or new_column >= wide:
                        continue
                    if (new_row == best_row and new_column == best_column) or not usable[new_row, new_column]:
                        continue
                    extra = penalty[new_row, new_column] if len(penalty) else np.float32(0)
                    if len(label_costs):
                        extra += label_costs[row, column, labels[new_row, new_column]]
                    most = best - extra
                    if most <= 0:
                        continue
                    if len(trust):
                        found = _trusted_distance(
                            canvas, source, trust, row, column, new_row, new_column, side, radius, channels, most
                        )
                    else:
                        found = _distance(
                            canvas, source, row, column, new_row, new_column, side, length, radius, channels, most
                        )
                    if found < most:
                        best, best_row, best_column = found + extra, new_row, new_column
                places[row, column, 0], places[row, column, 1] = best_row, best_column
                costs[row, column] = best


def measure(field: MatchField, query: Query, source: MatchSource, penalty: Floats | None = None) -> None:
    """Compute the costs of a field anew, for a canvas that has changed.

    Args:
        field: Its costs are changed.
        query: The canvas.
        source: The exemplar.
        penalty: Added to the cost of each place of the source, float32 (height, width); None for none.
    """
    _cost_rows(
        _flat(query.channels),
        _flat(source.channels),
        _or_none(query.trust),
        query.wanted,
        field.places,
        field.costs,
        _or_none(penalty),
        *_labeled(query, source),
        query.radius,
        *_rows(query.wanted),
    )


def improve(
    field: MatchField,
    query: Query,
    source: MatchSource,
    penalty: Floats | None = None,
    *,
    passes: int,
    seed: int,
    reach: int | None = None,
    proposals: Places | None = None,
    tries: int = 0,
) -> Iterator[float]:
    """Search for nearer patches, from a field whose costs are right.

    Args:
        field: Is changed.
        query: The canvas.
        source: The exemplar.
        penalty: Added to the cost of each place of the source, float32 (height, width); None for none.
        passes: How often to go through the canvas, forwards and backwards in turn.
        seed: Of what is drawn by chance.
        reach: How far the first random candidate may lie, pixels; as far as the source reaches by default.
        proposals: Offsets to try, rows and columns, int32 (count, 2).
        tries: How many of them to try at each place: drawn by chance if there are more.

    Yields:
        After each piece of the work the share of it that is done, about.
    """
    rows, columns = np.flatnonzero(query.wanted.any(axis=1)), np.flatnonzero(query.wanted.any(axis=0))
    if not len(rows):
        return
    offered = np.zeros((0, 2), np.int32) if proposals is None else np.ascontiguousarray(proposals, np.int32)
    together = get_num_threads() * max(1, PIECE // (BAND_ROWS * int(columns[-1] - columns[0] + 1)))
    added, labeled = _or_none(penalty), _labeled(query, source)
    canvas, exemplar = _flat(query.channels), _flat(source.channels)
    before = np.empty_like(field.places)
    for turn in range(passes):
        before[...] = field.places
        # Bands meet at other rows in every other pass, so that nothing stops at a border.
        shift = (turn % 2) * (BAND_ROWS // 2)
        first, last = (int(rows[0]) + shift) // BAND_ROWS, (int(rows[-1]) + shift) // BAND_ROWS + 1
        for band in range(first, last, together):
            _search_bands(
                canvas,
                exemplar,
                _or_none(query.trust),
                query.wanted,
                source.usable,
                before,
                field.places,
                field.costs,
                added,
                *labeled,
                offered,
                min(tries, len(offered)),
                query.radius,
                max(source.usable.shape) if reach is None else reach,
                *query.wrap,
                (seed * 1009 + turn) & 0x7FFFFFFFFFFFFFFF,
                turn % 2 == 0,
                shift,
                band,
                min(last, band + together),
            )
            done = (min(last, band + together) - first) / (last - first)
            yield (turn + done) / passes


def _or_none(values: Floats | None) -> Floats:
    """Stand for nothing with no values at all: a compiled function takes arrays only."""
    return np.zeros((0, 0), np.float32) if values is None else values


def _labeled(query: Query, source: MatchSource) -> tuple[Places, Floats]:
    """Give labels and their costs; no values at all where there are none."""
    if query.label_costs is None or source.labels is None:
        return np.zeros((0, 0), np.int32), np.zeros((0, 0, 0), np.float32)
    return source.labels, query.label_costs


def _flat(channels: Floats) -> Floats:
    return channels.reshape(channels.shape[0], -1)


def _rows(wanted: Bools) -> tuple[int, int]:
    found = np.flatnonzero(wanted.any(axis=1))
    return (int(found[0]), int(found[-1]) + 1) if len(found) else (0, 0)
