"""Whether a picture tiles already: its seam is no worse than its inside."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from engine.images.picture import FloatArray

# Steps are compared in so many rows together, with those at so many columns on both sides of the seam.
ROWS, NEAR = 16, 32
# Differences of colors that nobody sees, where contrast is not enlarged because it is faint.
UNSEEN = 1 / 255
# Larger pictures are not looked at, nor those where all the seam is so many times as large a step as any inside.
MOST_PIXELS, MOST_ABOVE = 2**24, 1.05
# At so many columns inside, as a share, steps are as large; or they are so many standard deviations above the mean.
LEAST_USUAL, MOST_DEVIATIONS = 0.02, 2.2
# In so many places, as a share, the step at a seam is by chance the largest of all near it. It is so many times as
# large as the others at most: at small scales, a place is a large part of the seam.
MOST_LARGEST = 0.09
MOST_LARGER, MOST_LARGER_COARSE = 2.2, 1.75
# Scales go down to this shorter side, pixels, and patches are compared down to that.
SMALLEST, SMALLEST_COMPARED = 32, 48
# Patches are 2 RADIUS + 1 pixels wide, and compared with those at so many columns that look like the seam on the
# whole, and at so many anywhere inside. At the seam they are no more than so many times as unusual.
RADIUS, ALIKE, COLUMNS, PASSES = 4, 4, 10, 8
MOST_UNUSUAL = 1.15
# Of a pattern that repeats, moved by its period, so much of the variance is left at most. The period is looked for in
# so many rows at most, beyond where the picture is no longer like itself. Across the seam, so many times as much is
# left at most.
MOST_LEFT, MOST_PERIOD_ROWS, UNLIKE = 0.3, 128, 0.7
MOST_LEFT_ACROSS = 1.5
# With fewer pixels from side to side nothing lies near the seam that is not beside it.
FEWEST_PIXELS = 4

Bools = NDArray[np.bool_]


def tiles(picture: FloatArray, axis: int) -> bool:
    """Find out whether a picture continues on its other side as it does within.

    Args:
        picture: Its colors, and its alpha if it has one, float32 (height, width, channels), in [0, 1].
        axis: 0 where top and bottom meet, 1 where left and right do.

    Returns:
        Whether the steps between the two sides are like those near them, and what lies across the seam is like what
        lies inside, at every scale: a grid may have no step there, and yet a cell of another width.
    """
    if min(picture.shape[:2]) == 1 or picture.shape[axis] < FEWEST_PIXELS:
        # Nothing tells.
        return False
    finest = np.ascontiguousarray(_enlarged(picture if axis == 1 else picture.swapaxes(0, 1)))
    seam, *inside = np.abs(finest - np.roll(finest, 1, axis=1)).mean(axis=(0, 2))
    if picture.shape[0] * picture.shape[1] > MOST_PIXELS or seam > MOST_ABOVE * max(inside, default=1) + UNSEEN:
        return False
    if _repeats(finest):
        return True
    keeps = _keeps_period(finest)
    if keeps is False or not (keeps or _is_usual(finest)):
        return False
    scales = _scales(finest)
    if not all(_steps_fit(each, finest=each is scales[0]) for each in scales):
        return False
    return all(_patches_fit(each) for each in scales if min(each.shape[:2]) >= SMALLEST_COMPARED)


def _enlarged(picture: FloatArray) -> FloatArray:
    from engine.synthesis.structure.contrast import find_contrast, find_rounding

    listed = picture.reshape(-1, picture.shape[2])
    return find_contrast(listed, find_rounding(listed)).enlarge(picture)


def _scales(picture: FloatArray) -> list[FloatArray]:
    """Halve a picture that continues on all its other sides again and again; the finest scale comes first."""
    from engine.synthesis.resample import resize
    from engine.synthesis.wrap import Wrap
    from engine.tensors import to_pixels, to_tensor

    found = [picture]
    height, width = picture.shape[:2]
    times = 2
    while min(height, width) / times >= SMALLEST:
        # From scale to scale: from the finest one each time, a large picture took four times as long.
        last, size = found[-1], (round(height / times), round(width / times))
        if last.shape[:2] == (2 * size[0], 2 * size[1]):
            smaller = last.reshape(size[0], 2, size[1], 2, -1).mean(axis=(1, 3), dtype=np.float32)
        else:
            smaller = to_pixels(resize(to_tensor(last, "cpu"), size, wrap=Wrap(x=True, y=True)))
        found.append(np.ascontiguousarray(smaller))
        times *= 2
    return found


def _repeats(picture: FloatArray) -> bool:
    """Whether a picture, with its seam, is the same if it is moved some way: then the seam lies inside elsewhere."""
    height, width, channels = picture.shape
    even = picture - picture.mean(axis=(0, 1))
    # By Fourier transforms: moves along the rows, and in all directions.
    along = np.zeros(width // 2 + 1, np.float64)
    all_ways = np.zeros((height, width // 2 + 1), np.float32)
    for channel in range(channels):
        along += (np.abs(fft.rfft(even[..., channel], axis=1)) ** 2).sum(axis=0, dtype=np.float64)
        all_ways += np.abs(fft.rfft2(even[..., channel])) ** 2
    alike = fft.irfft(along, width)[1:], fft.irfft2(all_ways, (height, width))[:, 1:]
    most = max(float(each.max(initial=0)) for each in alike)
    return 2 * (float((even**2).sum(dtype=np.float64)) - most) <= UNSEEN**2 * picture.size


def _keeps_period(picture: FloatArray) -> bool | None:
    """Whether a pattern that repeats along the rows does so across the seam, too; None where nothing repeats."""
    rows = np.linspace(0, len(picture) - 1, min(len(picture), MOST_PERIOD_ROWS)).astype(int)
    colors = np.moveaxis(picture[rows], 1, 2).reshape(-1, picture.shape[1]).astype(np.float64)
    # Bricks of many colors repeat by their joints alone.
    found = [_goes_on(each) for each in (colors, np.abs(colors - np.roll(colors, 1, axis=1)))]
    return False if False in found else found[0]


def _goes_on(rows: NDArray[np.float64]) -> bool | None:
    """Likewise for each row of values of its own."""
    width = rows.shape[1]
    rows = rows - rows.mean(axis=1, keepdims=True)
    moves = np.arange(1, width // 2 + 1)
    # What is left if rows are moved, within the picture and across its seam: by Fourier transforms.
    size = fft.next_fast_len(2 * width, real=True)
    inside = fft.irfft((np.abs(fft.rfft(rows, size, axis=1)) ** 2).sum(axis=0), size)[moves]
    across = fft.irfft((np.abs(fft.rfft(rows, axis=1)) ** 2).sum(axis=0), width)[moves] - inside
    squares = np.cumsum((rows**2).sum(axis=0))
    first, rest = squares[moves - 1], squares[-1] - squares[moves - 1]
    last = squares[-1] - squares[width - 1 - moves]
    left = (squares[width - 1 - moves] + rest - 2 * inside) / (width - moves)
    left_across = (last + first - 2 * across) / moves
    usual = 2 * squares[-1] / width
    unlike = np.flatnonzero(left >= UNLIKE * usual)
    if not len(unlike):
        return None
    best = int(unlike[0] + np.argmin(left[unlike[0] :]))
    if left[best] > MOST_LEFT * usual:
        return None
    return bool(left_across[best] <= MOST_LEFT_ACROSS * left[best] + UNSEEN**2 * len(rows))


def _is_usual(picture: FloatArray) -> bool:
    """Whether the steps all along the seam, relative to what lies near, are as large as those at columns inside."""
    width = picture.shape[1]
    apart = np.abs(picture - np.roll(picture, 1, axis=1)).mean(axis=2)
    starts = np.arange(0, len(apart), ROWS)
    places = np.add.reduceat(apart, starts, axis=0) / np.diff([*starts, len(apart)])[:, None]
    near = ndimage.uniform_filter1d(places, min(2 * NEAR + 1, width), axis=1, mode="wrap")
    seam, *inside = (places / (near + UNSEEN)).mean(axis=0)
    rare = float(np.mean(np.array(inside) >= seam)) < LEAST_USUAL
    return not rare or seam - float(np.mean(inside)) <= MOST_DEVIATIONS * float(np.std(inside))


def _steps_fit(picture: FloatArray, *, finest: bool) -> bool:
    """Whether the steps across the seam are like those near it, or as outstanding as other joints are."""
    largest, times = _steps(picture, 0)
    usual = max(1.0, MOST_LARGEST * (picture.shape[0] // ROWS)), MOST_LARGER if finest else MOST_LARGER_COARSE
    if largest <= usual[0] and times <= usual[1]:
        return True
    others = np.array([_steps(picture, column) for column in _like_seam(picture)]).mean(axis=0)
    return bool(largest <= max(usual[0], others[0] + 1) and times <= max(usual[1], others[1]))


def _steps(picture: FloatArray, column: int) -> tuple[float, float]:
    """Compare steps and bends of color at the left border of a column with those near it in the same rows.

    Args:
        picture: It continues on its other side, (height, width, channels).
        column: The column; 0 for the seam.

    Returns:
        In how many groups of rows the largest of all is there, and how many times as large it is at most.
    """
    height, width = picture.shape[:2]
    near = min(NEAR, width // 4)
    part = picture[:, np.arange(column - near - 2, column + near + 2) % width]
    starts = np.linspace(0, height, max(1, height // ROWS) + 1).astype(int)
    largest = most = 0.0
    # Pixel `near + 2` of the part is the first one of the column.
    for order, at in ((1, [near + 1]), (2, [near, near + 1])):
        apart = np.abs(np.diff(part, order, axis=1)).mean(axis=2)
        places = np.add.reduceat(apart, starts[:-1], axis=0) / np.diff(starts)[:, None]
        times = places[:, at].max(axis=1) / (np.delete(places, at, axis=1).max(axis=1) + UNSEEN)
        largest += float((times > 1).sum()) / 2
        most = max(most, float(times.max()))
    return largest, most


def _patches_fit(picture: FloatArray) -> bool:
    """Whether patches across the seam have others like them inside, as those at columns inside have."""
    height, width = picture.shape[:2]
    usable = np.zeros((height, width), bool)
    usable[RADIUS : height - RADIUS, RADIUS : width - RADIUS] = True
    across = _unusual(np.roll(picture, width // 2, axis=1), width // 2, picture, usable)
    if across <= UNSEEN:
        return True
    most = 0.0
    for column in [*_like_seam(picture), *np.linspace(3 * RADIUS, width - 3 * RADIUS, COLUMNS).astype(int)]:
        others = usable.copy()
        # No patch is to be found where it is itself.
        others[:, max(0, column - 2 * RADIUS) : column + 2 * RADIUS] = False
        most = max(most, _unusual(picture, column, picture, others))
        if across <= MOST_UNUSUAL * most:
            return True
    return False


def _like_seam(picture: FloatArray) -> list[int]:
    """Choose columns inside that look like the seam on the whole, as other joints do where it lies in one."""
    width = picture.shape[1]
    steps = np.abs(np.diff(picture, axis=1, prepend=picture[:, -1:]))
    profile = np.concatenate([picture.mean(axis=0), steps.mean(axis=0)], axis=1)
    around = np.arange(-RADIUS - 1, RADIUS + 1)
    columns = np.arange(3 * RADIUS, width - 3 * RADIUS)
    apart = ((profile[columns[:, None] + around] - profile[around]) ** 2).sum(axis=(1, 2))
    found: list[int] = []
    for column in columns[np.argsort(apart, kind="stable")]:
        if all(abs(column - other) > RADIUS for other in found):
            found.append(int(column))
        if len(found) == ALIKE:
            break
    return found


def _unusual(picture: FloatArray, column: int, source: FloatArray, usable: Bools) -> float:
    """Measure how far the patches on both sides of a column's left border are from the nearest others.

    Args:
        picture: Where they lie, (height, width, channels).
        column: The column.
        source: Where others are looked for, likewise.
        usable: Where their centers may lie, boolean (height, width).

    Returns:
        The mean over patches of the root of the mean squared difference, colors in [0, 1].
    """
    from engine.synthesis.matching import MatchField, MatchSource, Query, improve, measure

    part = np.ascontiguousarray(picture[:, column - 1 - RADIUS : column + 1 + RADIUS])
    size = (part.shape[0] - 2 * RADIUS, 2)
    places = np.argwhere(usable).astype(np.int32)
    drawn = np.random.default_rng(0).integers(len(places), size=size)
    field = MatchField(np.ascontiguousarray(places[drawn]), np.zeros(size, np.float32))
    query, where = Query(part, np.ones(size, bool), RADIUS), MatchSource(source, usable)
    measure(field, query, where)
    for _ in improve(field, query, where, passes=PASSES, seed=0):
        pass
    side = 2 * RADIUS + 1
    return float(np.sqrt(field.costs / (side**2 * picture.shape[2])).mean())
