"""Rectangles of pixels."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels, `width` and `height` from its left upper corner on."""

    x: int
    y: int
    width: int
    height: int

    def __bool__(self) -> bool:
        return self.width > 0 and self.height > 0

    @property
    def corner(self) -> tuple[int, int]:
        """Its left upper corner."""
        return self.x, self.y

    @property
    def whole(self) -> "Box":
        """Itself, as it has no gaps; see `Folds`."""
        return self

    def grid(self) -> list[list["Box"]]:
        """List its pieces, itself alone; see `Folds`."""
        return [[self]]

    def folded(self, box: "Box") -> "Box":
        """Find where a rectangle lies in it; see `Folds`."""
        return box.moved(-self.x, -self.y)

    def grown(self, margin: int) -> "Box":
        """Widen it by so many pixels on every side."""
        return Box(self.x - margin, self.y - margin, self.width + 2 * margin, self.height + 2 * margin)

    def moved(self, x: int, y: int) -> "Box":
        """Shift it."""
        return Box(self.x + x, self.y + y, self.width, self.height)

    def common(self, other: "Box") -> "Box":
        """Find what two rectangles have in common; one without area, which is false, where that is nothing."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        right = min(self.x + self.width, other.x + other.width)
        bottom = min(self.y + self.height, other.y + other.height)
        return Box(left, top, max(0, right - left), max(0, bottom - top))

    def united(self, other: "Box") -> "Box":
        """Find the smallest rectangle that holds two of them; one without area adds nothing."""
        if not self or not other:
            return self or other
        left, top = min(self.x, other.x), min(self.y, other.y)
        right = max(self.x + self.width, other.x + other.width)
        bottom = max(self.y + self.height, other.y + other.height)
        return Box(left, top, right - left, bottom - top)

    def parts(self, longest: int) -> list["Box"]:
        """Cut out parts no side of which is longer than so many pixels.

        Args:
            longest: Pixels.

        Returns:
            The middle first, then those at the sides and in the corners; itself alone where it is no longer.
        """
        width, height = min(self.width, longest), min(self.height, longest)
        across, down = self.width - width, self.height - height
        corners = [(x, y) for y in (down // 2, 0, down) for x in (across // 2, 0, across)]
        return [Box(self.x + x, self.y + y, width, height) for x, y in dict.fromkeys(corners)]
