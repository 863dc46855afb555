"""Draw the frames of a recording: the texture so far, with its Gram matrix and its losses."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from engine.encoders import Encoder
from engine.record.frames import RecordedFrame
from engine.synthesis import Exemplar, Snapshot
from engine.synthesis.critics.base import rows
from engine.synthesis.critics.gram import gram_loss, gram_matrix
from engine.synthesis.exemplar import ExemplarSource, exemplar_at, valid_regions
from engine.synthesis.octaves import Size
from engine.synthesis.shares import weighted

LAYER = "relu3_1"
SMALLEST_HEIGHT = 384
"""Minimum height of a frame, pixels, so that its text is readable."""
PANEL = 0.8
"""Width of the panel beside the picture, in heights of the frame."""
MOST_SEEN = 256
"""Side of the middle of the picture of which the matrix is computed; more would slow down the run."""
MOST_TARGET = 512
# By M. Okabe and K. Ito: colors that every kind of sight keeps apart.
LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
UNDONE = "#d00000"
MOST_DECADES = 12
FEWEST_DECADES = 4
"""Minimum number of decades, so that the scale seldom changes."""


def _colors() -> RecordedFrame:
    table: RecordedFrame = np.rint(mpl.colormaps["inferno"](np.arange(256))[:, :3] * 255).astype(np.uint8)
    return table


class Growth:
    """Draws the frames of one run.

    Args:
        exemplar: The sample texture.
        encoder: On the same device.
        size: Height and width of the texture, pixels.
        layers: Layers of the run; the matrix of relu3_1 is shown, or else that of the deepest.
    """

    def __init__(self, exemplar: Exemplar, encoder: Encoder, size: Size, layers: Sequence[str] = (LAYER,)) -> None:
        self._exemplar = exemplar
        self._encoder = encoder
        known = [name for name in layers if name in encoder.layers] or list(encoder.layers)
        self._layer = LAYER if LAYER in known else max(known, key=list(encoder.layers).index)
        self._canvas = size
        self._height = max(SMALLEST_HEIGHT, size[0])
        self._targets: dict[int, Tensor] = {}
        whole = self._target(0)
        # The most active features come first, in the same order in every frame.
        self._order = whole.diagonal().argsort(descending=True)
        self._most = float(whole.max())
        self._history = _History()
        self._colors = _colors()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the frames, pixels."""
        return self._canvas[1] + round(PANEL * self._height), self._height

    def note(self, snapshot: Snapshot) -> None:
        """Store the losses of a step, shown or not."""
        self._history.note(snapshot)

    def frame(self, snapshot: Snapshot, shown: RecordedFrame) -> RecordedFrame:
        """Draw the frame of a step.

        Args:
            snapshot: The step, already stored.
            shown: What its picture looks like, uint8 (height, width, 3).

        Returns:
            uint8 (height, width, 3).
        """
        width, height = self.size
        frame = Image.new("RGB", (width, height), "white")
        picture = Image.fromarray(shown)
        if picture.size != self._canvas[::-1]:
            picture = picture.resize(self._canvas[::-1], Image.Resampling.NEAREST)
        frame.paste(picture, (0, (height - self._canvas[0]) // 2))
        now, target = self._gram(_middle(snapshot.picture, MOST_SEEN), None), self._target(snapshot.octave)
        panel = _Panel(ImageDraw.Draw(frame), self._canvas[1], width, height)
        panel.write(0, 0, f"step {snapshot.step} of {snapshot.steps}, octave 1:{2**snapshot.octave}", strong=True)
        self._show(frame, panel, now, target, snapshot.octave)
        panel.curves(self._history, snapshot.steps)
        return np.asarray(frame)

    def _show(self, frame: Image.Image, panel: "_Panel", now: Tensor, target: Tensor, octave: int) -> None:
        side = panel.side
        # The exemplar's matrix changes with the octave, as the exemplar is scaled like the picture.
        for place, (gram, name) in enumerate(((now, "now"), (target, f"exemplar 1:{2**octave}"))):
            left = place * (side + panel.margin)
            panel.write(left, 1.4, f"Gram {self._layer}, {name}")
            frame.paste(self._heat(gram, side), panel.at(left, 2.7))
        below = 2.9 + side / panel.line
        bar = np.broadcast_to(np.linspace(0, 1, side)[None], (max(4, panel.line // 2), side))
        frame.paste(Image.fromarray(self._colors[(bar * 255).astype(int)]), panel.at(0, below))
        panel.write(0, below + 0.6, "0")
        panel.write(side, below + 0.6, f"{self._most:.3g}", right=True)
        lines = [
            f"{len(now)} features: mean products,",
            f"by the root; loss {float(gram_loss(now, target)):.2g}",
        ]
        if max(self._canvas) >> octave > MOST_SEEN:
            lines.append(f"of the middle {MOST_SEEN}×{MOST_SEEN}")
        for number, sentence in enumerate(lines):
            panel.write(side + panel.margin, below - 0.25 + 1.05 * number, sentence)

    def _heat(self, gram: Tensor, side: int) -> Image.Image:
        ordered = gram[self._order][:, self._order].clamp_min(0) / max(self._most, 1e-12)
        # By the square root, as otherwise all but a few features would be black.
        levels = (ordered.clamp_max(1).sqrt() * 255).to(torch.uint8).cpu().numpy()
        return Image.fromarray(self._colors[levels]).resize((side, side), Image.Resampling.BOX)

    def _target(self, octave: int) -> Tensor:
        if octave not in self._targets:
            sources = exemplar_at(self._exemplar, octave).sources
            grams = [part * self._gram_of(each) for each, part in weighted(sources)]
            self._targets[octave] = torch.stack(grams).sum(dim=0)
        return self._targets[octave]

    def _gram_of(self, source: ExemplarSource) -> Tensor:
        valid = None if source.valid is None else _middle(source.valid, MOST_TARGET)
        region = valid_regions(valid, [self._layer]).get(self._layer)
        return self._gram(_middle(source.picture, MOST_TARGET), region)

    @torch.no_grad()
    def _gram(self, picture: Tensor, region: Tensor | None) -> Tensor:
        return gram_matrix(rows(self._encoder(picture, [self._layer])[self._layer], region))


class _History:
    """The stored losses of a run."""

    def __init__(self) -> None:
        self.losses: dict[str, list[tuple[int, float]]] = {}
        self.octaves: dict[int, int] = {}
        self.undone: list[int] = []
        self.step = 0
        self._seen: tuple[int, int] = (-1, 0)

    def note(self, snapshot: Snapshot) -> None:
        self.step = snapshot.step
        self.octaves.setdefault(snapshot.octave, max(0, snapshot.step - 1))
        for name, loss in snapshot.losses.items():
            if math.isfinite(loss) and loss > 0:
                self.losses.setdefault(name, []).append((snapshot.step, loss))
        before = self._seen[1] if self._seen[0] == snapshot.octave else 0
        if snapshot.undone > before:
            self.undone.append(snapshot.step)
        self._seen = snapshot.octave, snapshot.undone

    def decades(self) -> tuple[int, int]:
        """Return the powers of ten that enclose all losses."""
        values = [loss for points in self.losses.values() for _, loss in points]
        if not values:
            return -FEWEST_DECADES, 0
        high = max(0, math.ceil(math.log10(max(values))))
        return max(high - MOST_DECADES, min(-FEWEST_DECADES, math.floor(math.log10(min(values))))), high


class _Panel:
    """The part of a frame beside the picture; positions are relative to its upper left corner."""

    def __init__(self, draw: ImageDraw.ImageDraw, left: int, right: int, height: int) -> None:
        self._draw = draw
        self.line = round(height / 32)
        self.margin = self.line
        self._left = left + self.margin
        self._right = right - self.margin
        self._top = self.margin // 2
        self._bottom = height
        self.side = (self._right - self._left - self.margin) // 2
        fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
        self._fonts = [
            ImageFont.truetype(str(fonts / name), round(0.78 * self.line))
            for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
        ]

    def at(self, across: float, lines: float) -> tuple[int, int]:
        return round(self._left + across), round(self._top + lines * self.line)

    def write(self, across: float, lines: float, text: str, *, strong: bool = False, right: bool = False) -> None:
        anchor = "ra" if right else "la"
        self._draw.text(self.at(across, lines), text, "black", self._fonts[strong], anchor=anchor)

    def curves(self, history: _History, steps: int) -> None:
        """Draw the losses over the steps, in the lower part."""
        low, high = history.decades()
        top = self._top + round((7.0 + self.side / self.line) * self.line)
        bottom = self._bottom - round(2.6 * self.line)
        left = self._left + round(2.4 * self.line)
        self.write(0, (top - self._top) / self.line - 2.2, "loss of each critic:")
        self._labels(history, (top - self._top) / self.line - 1.15)

        def x(step: float) -> int:
            return round(left + (self._right - left) * step / max(1, steps))

        def y(loss: float) -> int:
            share = (math.log10(loss) - low) / (high - low)
            return round(bottom - (bottom - top) * min(1.0, max(0.0, share)))

        for power in range(low, high + 1, max(1, (high - low) // 5)):
            self._draw.line([(left, y(10.0**power)), (self._right, y(10.0**power))], "#dddddd")
            label = f"{10.0**power:g}"
            self._draw.text((left - 4, y(10.0**power)), label, "black", self._fonts[0], anchor="rm")
        self._draw.rectangle([left, top, self._right, bottom], outline="#888888")
        for octave, step in _apart(history.octaves, x, 2.2 * self.line):
            self._draw.line([(x(step), top), (x(step), bottom)], "#bbbbbb")
            self._draw.text((x(step) + 3, bottom - 2), f"1:{2**octave}", "#666666", self._fonts[0], anchor="ls")
        for number, points in enumerate(history.losses.values()):
            places = [(x(step), y(loss)) for step, loss in points]
            self._draw.line(places, LINES[number % len(LINES)], max(1, self.line // 8))
        for step in history.undone:
            mark = self.line // 4
            self._draw.polygon(
                [(x(step), top), (x(step) - mark, top - 2 * mark), (x(step) + mark, top - 2 * mark)], UNDONE
            )
        for step, anchor in ((0, "la"), (steps, "ra")):
            self._draw.text((x(step), bottom + 3), str(step), "black", self._fonts[0], anchor=anchor)
        label = "step" if not history.undone else "step (red: undone)"
        self._draw.text((x(steps / 2), bottom + 3), label, "black", self._fonts[0], anchor="ma")

    def _labels(self, history: "_History", lines: float) -> None:
        """Write the loss of each critic in a row; a critic that is not active has no number."""
        across = 0.0
        for number, (name, points) in enumerate(history.losses.items()):
            label = f"{name} {points[-1][1]:.2g}" if points[-1][0] == history.step else f"{name} –"
            color = LINES[number % len(LINES)]
            self._draw.text(self.at(across, lines), label, color, self._fonts[0], anchor="la")
            across += self._draw.textlength(label, self._fonts[0]) + self.line


def _apart(octaves: Mapping[int, int], x: Callable[[float], int], gap: float) -> Iterator[tuple[int, int]]:
    """Yield the octaves whose labels do not overlap the next one, the finest first."""
    after = math.inf
    for octave, step in sorted(octaves.items()):
        if after - x(step) >= gap:
            after = x(step)
            yield octave, step


def _middle(picture: Tensor, most: int) -> Tensor:
    height, width = picture.shape[2:]
    rows_used, columns = min(most, height), min(most, width)
    top, left = (height - rows_used) // 2, (width - columns) // 2
    return picture[..., top : top + rows_used, left : left + columns]
