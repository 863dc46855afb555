"""`--extend`: what is added along the borders of a canvas."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.options.failures import fail
from engine.options.parsing import ParsingError
from protocol.vocabulary import LARGEST_SIDE, Margins

if TYPE_CHECKING:
    from engine.images import Picture

SIDES = ("top", "right", "bottom", "left")
FORMS = "give pixels or percent, such as 20%, or 100,20% (top and bottom, left and right), or top=100,right=20%"
# Which of one to four lengths each side has, as in CSS.
ORDERS = {1: (0, 0, 0, 0), 2: (0, 1, 0, 1), 3: (0, 1, 2, 1), 4: (0, 1, 2, 3)}


@dataclass(frozen=True)
class Length:
    """A number of pixels, or percent of a side."""

    number: float
    percent: bool

    def of(self, side: int) -> int:
        """Return pixels."""
        return round(self.number * side / 100) if self.percent else round(self.number)


def parse_extend(text: str) -> dict[str, Length]:
    """Parse `20%`, `100`, `10%,20%`, `1,2,3,4` or `top=100,right=20%`.

    Args:
        text: The value. Lengths without names are those of the sides that CSS takes them for.

    Returns:
        A length for each side that is named, by its name.

    Raises:
        ParsingError: It has another form.
    """
    parts = re.split(r"\s*,\s*|\s+", re.sub(r"\s*=\s*", "=", text.strip().lower()))
    pairs = [part.rpartition("=")[::2] for part in parts]
    lengths = [_length(length) for _, length in pairs]
    names, found = [name for name, _ in pairs if name], [each for each in lengths if each is not None]
    good = set(names) <= set(SIDES) and len(set(names)) == len(names) and len(names) in {0, len(parts)}
    if len(found) < len(parts) or not good or (not names and len(parts) not in ORDERS):
        raise ParsingError(f"--extend is {text!r}: {FORMS}")
    if names:
        return dict(zip(names, found, strict=True))
    return {side: found[index] for side, index in zip(SIDES, ORDERS[len(found)], strict=True)}


def _length(text: str) -> Length | None:
    number = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)(|px|%)", text)
    return Length(float(number[1]), number[2] == "%") if number else None


def check_extension(extend: str | None, canvas: Path | None, mask: Path | None) -> None:
    """Refuse `--extend` with another form, without a picture, or beside a mask."""
    if extend is None:
        return
    parse_extend(extend)
    if canvas is None:
        fail("--extend needs a picture to extend: name it with --canvas")
    if mask is not None:
        fail("--extend and --mask both say what is filled: omit one of them")


def margins_of(extend: str | None, canvas: "Picture | None") -> Margins:
    """Return what is added to a picture.

    Args:
        extend: The value of `--extend`, or None.
        canvas: The picture; left and right are percent of its width, top and bottom of its height.

    Returns:
        Pixels.

    Raises:
        ParsingError: Nothing is added, or too much.
    """
    if extend is None or canvas is None:
        return Margins()
    height, width = canvas.pixels.shape[:2]
    sides = dict(zip(SIDES, (height, width, height, width), strict=True))
    pixels = {side: length.of(sides[side]) for side, length in parse_extend(extend).items()}
    if not any(pixels.values()):
        raise ParsingError(f"--extend is {extend!r}, which adds no pixel: give 1 pixel or more for at least one side")
    most = max(pixels.values())
    if most > LARGEST_SIDE:
        raise ParsingError(f"--extend is {extend!r}, which adds {most} pixels to a side: give {LARGEST_SIDE} at most")
    return Margins(**pixels)


def grown(canvas: "Picture | None", margins: Margins) -> "Picture | None":
    """Return a canvas as large as its result."""
    from engine.preparation import extended

    return canvas if canvas is None or not margins else extended(canvas, margins)
