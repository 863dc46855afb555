"""Rectangles of pixels."""

from dataclasses import dataclass

import numpy as np

Size = tuple[int, int]


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels: rows `top` to `bottom`, columns `left` to `right`, the ends left out."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> Size:
        """Height and width, pixels."""
        return self.bottom - self.top, self.right - self.left

    def cut(self, array: np.ndarray) -> np.ndarray:
        """Cut the rectangle out of an array (height, width, …)."""
        return array[self.top : self.bottom, self.left : self.right]

    def common(self, other: "Box") -> "Box":
        """Find what two rectangles have in common, which must not be nothing."""
        return Box(
            max(self.top, other.top),
            max(self.left, other.left),
            min(self.bottom, other.bottom),
            min(self.right, other.right),
        )

    def grown(self, margin: int) -> "Box":
        """Widen it by so many pixels on every side."""
        return Box(self.top - margin, self.left - margin, self.bottom + margin, self.right + margin)

    def within(self, other: "Box") -> "Box":
        """Return it as a part of another one, from whose first pixel it is counted."""
        return Box(self.top - other.top, self.left - other.left, self.bottom - other.top, self.right - other.left)

    def moved(self, rows: int, columns: int) -> "Box":
        """Move it by so many pixels down and to the right."""
        return Box(self.top + rows, self.left + columns, self.bottom + rows, self.right + columns)

    def placed(self, size: Size, around: "Box") -> "Box":
        """Find the rectangle of a size in this one whose middle is nearest to another one's.

        Args:
            size: Height and width, no more than this rectangle's.
            around: The other rectangle.

        Returns:
            The part.
        """
        height, width = size
        top = (around.top + around.bottom - height) // 2
        left = (around.left + around.right - width) // 2
        top, left = max(self.top, min(top, self.bottom - height)), max(self.left, min(left, self.right - width))
        return Box(top, left, top + height, left + width)


def whole_of(array: np.ndarray) -> Box:
    """Return the rectangle of all pixels of an array (height, width, …)."""
    return Box(0, 0, *array.shape[:2])


def bounds_of(marked: np.ndarray) -> Box:
    """Find the smallest rectangle that holds every marked pixel, of which there is one at least."""
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    return Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
