"""New textures in tiles: coarse octaves of the whole canvas, then tile by tile, each beside what is there already."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.synthesis.canvas import Surroundings
from engine.synthesis.color_space import ColorSpace, color_space
from engine.synthesis.encoder import Encoder
from engine.synthesis.exemplar import Exemplar
from engine.synthesis.foreign import without_foreign
from engine.synthesis.matching.choice import matcher_for
from engine.synthesis.octaves import Octave, Size, scaled
from engine.synthesis.pixels import as_array
from engine.synthesis.planning import Plan, make_plan
from engine.synthesis.polishing import polish
from engine.synthesis.settings import SettingsError, SynthesisSettings
from engine.synthesis.snapshot import Snapshot
from engine.synthesis.structure import (
    Coarse,
    TexturePlan,
    lay_coarse,
    lay_window,
    window_octaves,
)
from protocol.vocabulary import AXES

# By rows and columns.
NAMES = {(y, x): name for name, (x, y) in AXES.items()}


@dataclass(frozen=True, eq=False)
class TiledCanvas:
    """A texture that is made in tiles.

    Attributes:
        exemplar: The sample texture, on the device of the critics.
        encoder: On the same device.
        settings: What is to be made; their size is that of all of the canvas.
        plan: What is done, as if it were made at once.
        space: Color space of the exemplar.
    """

    exemplar: Exemplar
    encoder: Encoder
    settings: SynthesisSettings
    plan: Plan
    space: ColorSpace

    @property
    def structure(self) -> TexturePlan:
        """The plan of the structure.

        Raises:
            SettingsError: There is none.
        """
        if not isinstance(self.plan.structure, TexturePlan):
            raise SettingsError(f"the recipe {self.settings.recipe!r} makes no tiles: choose the recipe photo")
        return self.plan.structure


@dataclass(frozen=True, eq=False)
class Tile:
    """A part of the canvas.

    Attributes:
        number: Its number, which chance belongs to.
        corner: Row and column of the first pixel of its window in the canvas; negative before the border.
        size: Height and width of the window, pixels.
        wrap: Whether rows, and columns, of the window go on at its other side.
        known: What is there already, RGB in [0, 1], shape (1, 3, height, width), and 1 where that is, (1, 1, height,
            width); None where nothing is.
    """

    number: int
    corner: tuple[int, int]
    size: Size
    wrap: tuple[bool, bool]
    known: tuple[Tensor, Tensor] | None = None


def plan_canvas(exemplar: Exemplar, encoder: Encoder, settings: SynthesisSettings) -> TiledCanvas:
    """Plan a texture in tiles.

    Args:
        exemplar: The sample texture, a single source without maps.
        encoder: On its device.
        settings: What is to be made.

    Returns:
        The plan.

    Raises:
        SettingsError: The recipe lays out no structure, or the pictures are too small.
    """
    space = color_space(exemplar, None)
    entered = exemplar.changed(space.enter)
    canvas = TiledCanvas(entered, encoder, settings, make_plan(entered, settings, None, started=False), space)
    _ = canvas.structure
    return canvas


def make_coarse(canvas: TiledCanvas, most: int, progress: Callable[[float], None]) -> Coarse:
    """Lay out all of a canvas at those coarse octaves that have so many pixels at most.

    Args:
        canvas: The canvas.
        most: Pixels that are laid out at once.
        progress: Called with the share that is done, in [0, 1].

    Returns:
        What tiles start from.
    """
    matcher = matcher_for(canvas.exemplar.picture.device)
    return lay_coarse(canvas.structure, most, canvas.settings.seed, matcher, progress)


def make_tile(canvas: TiledCanvas, coarse: Coarse, tile: Tile) -> Iterator[Snapshot | None]:
    """Make a tile with its surroundings, to fit what is there already.

    Args:
        canvas: The canvas.
        coarse: What tiles start from.
        tile: Which one.

    Yields:
        The window after each step, the result last; None between two pieces of the work. What is there already stays
        as it is.

    Raises:
        MemoryExhaustedError: The smallest working set does not fit.
        RuntimeError: Something else went wrong in torch.
    """
    exemplar, plan, like = canvas.exemplar, canvas.structure, canvas.exemplar.picture
    around = None
    if tile.known is not None:
        picture, made = (each.to(like) for each in tile.known)
        around = Surroundings(canvas.space.enter(picture), 1 - made)
    planned = window_octaves(plan, coarse, tile.size)
    steps = {
        Octave(each.index, each.exemplar, scaled(tile.size, each.index)): count
        for each, count in canvas.plan.steps.items()
    }
    total = sum(each.rounds for each in planned) + sum(steps.values())
    seed = int(np.random.SeedSequence([canvas.settings.seed, tile.number]).generate_state(1)[0])
    matcher = matcher_for(like.device)
    done, free = 0, like
    stages = lay_window(
        plan, coarse, canvas.settings.size, tile.corner, tile.size, tile.wrap, seed, matcher, _kept(around)
    )
    for stage in stages:
        if stage is None:
            yield None
            continue
        done, free = done + 1, _as_picture(stage.colors, like)
        yield _shown(canvas, Snapshot(stage.octave.index, done, total, {}, free, ends=stage.ends))
    judged = without_foreign(exemplar, free, planned[-1].index) if steps else exemplar
    polished = polish(
        judged,
        canvas.encoder,
        replace(canvas.settings, size=tile.size, seamless=NAMES[tile.wrap], seed=seed),
        canvas.settings.effective_recipe(),
        steps,
        around,
        free,
        torch.Generator().manual_seed(seed),
        canvas.space,
        matcher=matcher,
        laid=True,
    )
    for snapshot in polished:
        yield _shown(canvas, replace(snapshot, step=done + snapshot.step, steps=total))


def _shown(canvas: TiledCanvas, snapshot: Snapshot) -> Snapshot:
    """Give a snapshot the exemplar's own colors."""
    return replace(snapshot, picture=canvas.space.leave(snapshot.picture))


def _kept(around: Surroundings | None) -> tuple[NDArray[np.float32], NDArray[np.bool_]] | None:
    return None if around is None else (as_array(around.known), (around.mask[0, 0] == 0).cpu().numpy())


def _as_picture(colors: NDArray[np.float32], like: Tensor) -> Tensor:
    return torch.from_numpy(colors).permute(2, 0, 1)[None].clamp(0, 1).to(like)
