"""The grid of tiles: where each one lies, what its window is, and in which order they are made."""

from dataclasses import dataclass

from engine.preparation.areas import Box, Size
from engine.request_errors import RequestError

# Tiles begin at multiples of this, pixels: at coarse octaves they do so, too.
STEP = 64
# What a tile is made with on every side, pixels: what is there already, or is made again by the next tile.
MARGIN = 64
# Turns of even and odd rows and columns. Those of the first two touch at corners alone; each later one has a neighbor
# on every side.
TURNS = ((0, 0), (1, 1), (0, 1), (1, 0))


@dataclass(frozen=True)
class Grid:
    """Tiles of a canvas.

    Attributes:
        size: Height and width of the canvas, pixels.
        wrap: Whether rows, and columns, of the canvas go on at the other side.
        rows: Where rows of tiles begin and the last one ends, pixels; beyond the canvas unless it wraps.
        columns: Likewise.
    """

    size: Size
    wrap: tuple[bool, bool]
    rows: tuple[int, ...]
    columns: tuple[int, ...]

    @property
    def canvas(self) -> Size:
        """Height and width that tiles cover, pixels: multiples of `STEP`."""
        return self.rows[-1], self.columns[-1]

    @property
    def count(self) -> int:
        """Number of tiles."""
        return (len(self.rows) - 1) * (len(self.columns) - 1)

    def place(self, number: int) -> Box:
        """Give the part of the canvas that a tile covers."""
        row, column = divmod(number, len(self.columns) - 1)
        return Box(self.rows[row], self.columns[column], self.rows[row + 1], self.columns[column + 1])

    def window(self, number: int) -> Box:
        """Give a tile's part of the canvas with its margin, which ends at a border unless the canvas wraps there."""
        place = self.place(number)
        top, bottom = self._widened(place.top, place.bottom, 0)
        left, right = self._widened(place.left, place.right, 1)
        return Box(top, left, bottom, right)

    def wraps(self) -> tuple[bool, bool]:
        """Return whether rows, and columns, of a window go on at its other side: it is as large as the canvas."""
        rows, columns = (
            wraps and len(edges) == 2 for wraps, edges in zip(self.wrap, (self.rows, self.columns), strict=True)
        )
        return rows, columns

    def turns(self) -> list[list[int]]:
        """List the tiles of each turn: those of one turn do not touch, and can be made at the same time."""
        across = len(self.columns) - 1
        found = [[n for n in range(self.count) if (n // across % 2, n % across % 2) == turn] for turn in TURNS]
        return [each for each in found if each]

    def _widened(self, first: int, last: int, axis: int) -> tuple[int, int]:
        edges, side = (self.rows, self.columns)[axis], self.canvas[axis]
        if len(edges) == 2:
            return first, last
        if self.wrap[axis]:
            return first - MARGIN, last + MARGIN
        return max(0, first - MARGIN), min(side, last + MARGIN)


def grid_of(size: Size, tile: int, wrap: tuple[bool, bool]) -> Grid:
    """Divide a canvas into tiles.

    Args:
        size: Height and width of the canvas, pixels.
        tile: Side of the largest tile, pixels; 2 STEP at least.
        wrap: Whether rows, and columns, of the canvas go on at the other side.

    Returns:
        The grid.

    Raises:
        RequestError: The canvas wraps and its side is no multiple of `STEP`.
    """
    rows, columns = (_edges(side, tile, wraps) for side, wraps in zip(size, wrap, strict=True))
    return Grid(size, wrap, rows, columns)


def _edges(side: int, tile: int, wraps: bool) -> tuple[int, ...]:  # noqa: FBT001
    if wraps and side % STEP:
        raise RequestError(
            f"a canvas of {side} pixels that tiles is made in tiles of its own: choose a multiple of {STEP} pixels"
        )
    units, most = -(-side // STEP), tile // STEP
    count = -(-units // most)
    # Around a canvas that wraps, even and odd tiles take turns, too.
    count += wraps and count > 1 and count % 2
    return tuple(STEP * (units * number // count) for number in range(count + 1))
