"""Leaves out what lies far from every hole of a large picture: reading and sending it takes longer than the fill."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gimp_plugin import samples
from gimp_plugin.box import Box
from protocol import reach
from protocol.vocabulary import FRINGE

Band = tuple[int, int]

# The engine fills holes one by one if more than once to twice this lies between them, and counts in steps of it.
APART = 64
# Leaving out less than this part of a picture is not worth it.
LEAST_LEFT_OUT = 0.5


@dataclass(frozen=True)
class Folds:
    """A rectangle of which whole bands of columns and of rows are left out.

    Attributes:
        columns: Start and end of each band that is kept, in order; the end is left out.
        rows: Likewise.
    """

    columns: tuple[Band, ...]
    rows: tuple[Band, ...]

    @property
    def width(self) -> int:
        """Number of the columns that are kept."""
        return sum(end - start for start, end in self.columns)

    @property
    def height(self) -> int:
        """Number of the rows that are kept."""
        return sum(end - start for start, end in self.rows)

    @property
    def whole(self) -> Box:
        """The rectangle, with what is left out between the bands."""
        left, top = self.columns[0][0], self.rows[0][0]
        return Box(left, top, self.columns[-1][1] - left, self.rows[-1][1] - top)

    def grid(self) -> list[list[Box]]:
        """List the pieces that are kept, row by row."""
        return [
            [Box(left, top, right - left, bottom - top) for left, right in self.columns] for top, bottom in self.rows
        ]

    def moved(self, x: int, y: int) -> "Folds":
        """Shift it."""
        columns, rows = (
            tuple((start + by, end + by) for start, end in bands) for bands, by in ((self.columns, x), (self.rows, y))
        )
        return Folds(columns, rows)

    def folded(self, box: Box) -> Box:
        """Find where what is kept of a rectangle lies if the bands are put side by side."""
        left, right = (_kept_before(self.columns, place) for place in (box.x, box.x + box.width))
        top, bottom = (_kept_before(self.rows, place) for place in (box.y, box.y + box.height))
        return Box(left, top, right - left, bottom - top)

    def within(self, part: Box) -> "Folds":
        """Cut out a part with an area, which is given as `folded` does."""
        return Folds(_cut(self.columns, part.x, part.width), _cut(self.rows, part.y, part.height))


Area = Box | Folds


def pieces_of(area: Area) -> Iterator[tuple[Box, Box]]:
    """List the pieces of an area: where they are, and where if they are put side by side."""
    top = 0
    for row in area.grid():
        left = 0
        for piece in row:
            yield piece, Box(left, top, piece.width, piece.height)
            left += piece.width
        top += row[0].height


def find_folds(selected: bytes, hole: Box, limit: Box) -> Area:
    """Find what has to be read of a picture so that the engine fills each of several holes from what is around it.

    Args:
        selected: How much each pixel of the holes' bounds is selected, a byte each.
        hole: The bounds of all holes.
        limit: What is read otherwise, with the bounds in it.

    Returns:
        What is kept of `limit`; all of it, where little could be left out. What is left out is a multiple of `APART`,
        so that the engine takes the same holes for one.
    """
    lines = [selected[start : start + hole.width] for start in range(0, len(selected), hole.width)]
    rows = _joined((y for y, line in enumerate(lines) if line.count(0) < len(line)), hole.y)
    columns = _joined((x for x, some in enumerate(_united(lines)) if some), hole.x)
    if not rows or not columns:
        return limit
    longest = max(end - start for start, end in (*rows, *columns)) + 2 * FRINGE
    margin = FRINGE + max(reach.context_of(longest), reach.surroundings_of(longest))
    folds = Folds(
        _widened(columns, margin, (limit.x, limit.x + limit.width)),
        _widened(rows, margin, (limit.y, limit.y + limit.height)),
    )
    kept = folds.width * folds.height
    return folds if kept <= (1 - LEAST_LEFT_OUT) * limit.width * limit.height else limit


def folded_mask(mask: bytes, box: Box, area: Area) -> bytes:
    """Put side by side what an area keeps of a mask.

    Args:
        mask: A byte for each pixel of `box`.
        box: Where it is.
        area: What is kept, at least a pixel of it.

    Returns:
        A byte for each pixel of `folded`.
    """
    if isinstance(area, Box):
        return mask
    inner = area.within(area.folded(box)).moved(-box.x, -box.y)
    return b"".join(
        samples.side_by_side([samples.crop_mask(mask, box.width, piece) for piece in row], row[0].height)
        for row in inner.grid()
    )


def _united(lines: Sequence[bytes]) -> bytes:
    """Add up which columns are not empty, as bytes that are not 0."""
    found = 0
    for line in set(lines):
        found |= int.from_bytes(line, "little")
    return found.to_bytes(len(lines[0]), "little")


def _joined(places: Iterable[int], start: int) -> list[Band]:
    """Join places with less between them than the engine keeps apart to bands."""
    found: list[Band] = []
    for place in places:
        here = start + place
        if found and here - found[-1][1] < 2 * APART:
            found[-1] = (found[-1][0], here + 1)
        else:
            found.append((here, here + 1))
    return found


def _widened(bands: Sequence[Band], margin: int, limit: Band) -> tuple[Band, ...]:
    """Widen bands, to multiples of `APART` from the limit's start on, and join those that meet."""
    found: list[Band] = []
    for first, last in bands:
        start = max(0, first - margin - limit[0]) // APART * APART + limit[0]
        end = min(limit[1], limit[0] - (limit[0] - last - margin) // APART * APART)
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return tuple(found)


def _kept_before(bands: Sequence[Band], place: int) -> int:
    return sum(min(max(place, start), end) - start for start, end in bands)


def _cut(bands: Sequence[Band], first: int, length: int) -> tuple[Band, ...]:
    found, before = [], 0
    for start, end in bands:
        left, right = max(0, first - before), min(end - start, first + length - before)
        if left < right:
            found.append((start + left, start + right))
        before += end - start
    return tuple(found)
