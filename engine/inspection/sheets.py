"""Create and write figures."""

import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from engine.images import ImageError, check_target, check_unprotected, replacing

SUFFIXES = (".png", ".svg")
NUMBER_SUFFIXES = (".json", ".npz")
DOTS_PER_INCH = 100
LETTERS_PER_INCH = 12
SMALL_LETTERS_PER_INCH = 14
# The meaning of the measures of quality.
FIGURES_PATCHES = "of 11×11 pixels, one at every 4th of the texture"
COPIED_MEANS = f"share of neighboring patches ({FIGURES_PATCHES}) that come from neighbors; 100 % is a copy."
COVERAGE_MEANS = "share of the exemplar's patches that are the nearest of some patch, of those that could be."


@dataclass(frozen=True)
class NumbersBehind:
    """The numbers behind a figure, by name.

    Attributes:
        numbers: Values, lists and arrays.
        large: Arrays that are too large for text: maps and pictures.
    """

    numbers: dict[str, Any]
    large: dict[str, Any] = field(default_factory=dict)


def new_sheet(
    title: str,
    subtitle: str,
    explained: str = "",
    *,
    rows: int,
    columns: int,
    size: tuple[float, float],
    widths: Sequence[float] | None = None,
) -> tuple[Figure, NDArray[Any]]:
    """Create a figure.

    Args:
        title: What it shows.
        subtitle: The settings; below the title.
        explained: How to read it; at the foot.
        rows: Rows of axes.
        columns: Columns of axes.
        size: Width and height, inches; 100 pixels each.
        widths: Relative widths of the columns; equal if not given.

    Returns:
        The figure, and its axes (rows, columns).
    """
    figure = Figure(figsize=size, dpi=DOTS_PER_INCH, layout="constrained")
    # Its own canvas, without a window system or global state.
    FigureCanvasAgg(figure)
    figure.suptitle("\n".join(wrapped(line, size[0], LETTERS_PER_INCH) for line in (title, subtitle)), fontsize=11)
    if explained:
        figure.supxlabel(wrapped(explained, size[0], SMALL_LETTERS_PER_INCH), fontsize=9)
    axes = figure.subplots(rows, columns, squeeze=False, width_ratios=widths)
    return figure, axes


def wrapped(text: str, inches: float, letters: float) -> str:
    """Break a text into lines for a figure of this width."""
    return "\n".join(textwrap.wrap(text, max(20, round(inches * letters))))


def size_text(size: Sequence[int]) -> str:
    """Format height and width, width first: `256×244`."""
    return f"{size[1]}×{size[0]}"


def seconds_text(seconds: float) -> str:
    """Format a time, with two digits at least."""
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds:.2g} s"


def percent(share: float) -> str:
    """Format a share in [0, 1]."""
    return f"{100 * share:.0f} %"


def show_picture(axes: Axes, picture: NDArray[np.float32], title: str, beside: Sequence[Sequence[int]] = ()) -> None:
    """Show a picture in true colors, with its size in pixels on the axes.

    Args:
        axes: The axes.
        picture: RGB in [0, 1], (height, width, 3).
        title: Its title.
        beside: Heights and widths of the pictures beside it; all have the same scale.
    """
    height, width = (max(sides) for sides in zip(picture.shape[:2], *(size[:2] for size in beside), strict=True))
    axes.imshow(picture.clip(0, 1), interpolation="auto")
    axes.set_xlim(-0.5, width - 0.5)
    axes.set_ylim(height - 0.5, -0.5)
    axes.set_title(title, fontsize=9)
    axes.set_xlabel("pixels", fontsize=8)
    axes.tick_params(labelsize=7)


def check_sheet(path: Path, suffixes: Sequence[str] = SUFFIXES, *, force: bool = False) -> None:
    """Check, before the work, that a figure or numbers can be written.

    Args:
        path: The file.
        suffixes: The supported suffixes.
        force: Replace a write-protected file.

    Raises:
        ImageError: They cannot.
    """
    if path.suffix.lower() not in suffixes:
        raise ImageError(f"{path.name} has an unsupported suffix: choose {' or '.join(suffixes)}")
    check_target(path)
    if not force:
        check_unprotected(path)


def save_sheet(figure: Figure, path: Path) -> None:
    """Write a figure in one step."""
    with replacing(path) as temporary:
        # Without a date, so that the same figure has the same bytes.
        metadata = {"Date": None} if path.suffix.lower() == ".svg" else {}
        figure.savefig(temporary, format=path.suffix.lower().lstrip("."), metadata=metadata)


def save_numbers(behind: NumbersBehind, path: Path) -> None:
    """Write the numbers behind a figure in one step.

    Args:
        behind: The numbers; large arrays are only written to .npz.
        path: A .npz or .json file.
    """
    with replacing(path) as temporary, temporary.open("wb") as file:
        if path.suffix.lower() == ".npz":
            arrays = {name: np.asarray(value) for name, value in (behind.numbers | behind.large).items()}
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        else:
            file.write(json.dumps(behind.numbers, default=_plain).encode() + b"\n")


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray) and np.issubdtype(value.dtype, np.floating):
        # JSON has no NaN.
        return np.where(np.isfinite(value), value.astype(object), np.array(None)).tolist()
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else str(value)
