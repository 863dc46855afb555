"""Polish: minimize the loss of the critics with a solver, coarse to fine."""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.synthesis.canvas import Surroundings, compose, surroundings_at
from engine.synthesis.color_space import ColorSpace
from engine.synthesis.encoder import Encoder
from engine.synthesis.exemplar import Exemplar, exemplar_at
from engine.synthesis.matching import COMPILED, Matcher
from engine.synthesis.memory import MemoryExhaustedError, is_out_of_memory, smaller, working_set
from engine.synthesis.objective import Objective, ObjectiveContext
from engine.synthesis.octaves import Octave
from engine.synthesis.pixels import as_array, as_labels, as_mask
from engine.synthesis.recipes import Recipe
from engine.synthesis.replaying import Steps
from engine.synthesis.resample import resize
from engine.synthesis.settings import SynthesisSettings
from engine.synthesis.snapshot import Snapshot
from engine.synthesis.solvers import LBFGS, Adam, Solver
from engine.synthesis.structure import MosaicSource, add_detail, lay_mosaic


def polish(
    exemplar: Exemplar,
    encoder: Encoder,
    settings: SynthesisSettings,
    recipe: Recipe,
    steps: Mapping[Octave, int],
    surroundings: Surroundings | None,
    free: Tensor,
    generator: torch.Generator,
    space: ColorSpace | None = None,
    labels: Tensor | None = None,
    matcher: Matcher = COMPILED,
    *,
    alike: bool = False,
    laid: bool = False,
) -> Iterator[Snapshot]:
    """Change a picture until the critics like it.

    Args:
        exemplar: The sample texture.
        encoder: On its device.
        settings: What is to be made.
        recipe: Which critics.
        steps: How many steps at each octave, coarse to fine.
        surroundings: What the canvas keeps, at the canvas's size.
        free: Picture to start from, of any size.
        generator: Source of chance.
        space: Where the exemplar's colors lie, if they are to stay there.
        labels: Of each place of the canvas, (1, 1, height, width), any size; None compares all with all.
        matcher: Searches for detail.
        alike: Whether labels are those of copies of one texture.
        laid: Whether patches of the exemplar make the picture, so that few colors have to change.

    Yields:
        The canvas after each step, counted from 1.

    Raises:
        MemoryExhaustedError: The smallest working set does not fit.
        RuntimeError: Something else went wrong in torch.
    """
    quality = recipe.qualities[settings.quality]
    confined = None if space is None else space.projection()
    axes = space.steps() if space is not None and laid else None
    context = ObjectiveContext(exemplar, encoder, settings, recipe, confined, labels, alike)
    done, total = 0, sum(steps.values())
    for octave, count in steps.items():
        around = None if surroundings is None else surroundings_at(surroundings, octave.canvas, wrap=settings.wrap)
        coarse, free = free, resize(free, octave.canvas, wrap=settings.wrap).clamp(0, 1)
        if recipe.structure and 2 * coarse.shape[2] <= free.shape[2] + 1:
            for found in detailed(exemplar, octave, free, settings, labels, matcher):
                if found is None:
                    yield Snapshot(octave.index, done, total, {}, free)
                else:
                    free = found
        free = compose(free, around).contiguous(memory_format=torch.channels_last)
        solver = _solver(recipe, free, axes)
        steps_here = Steps(solver, count)
        held = working_set(
            encoder, recipe.layers(), octave.canvas, budget=settings.memory, positions=quality.positions
        )
        objective = None
        for step in range(count):
            while True:
                try:
                    objective = objective or Objective(context, octave, around, held, generator)
                    step_size = _step_size(recipe, octave) * _slowing(recipe, octave, step / count)
                    steps_here.take(objective, step_size, step)
                    break
                except RuntimeError as error:
                    if not is_out_of_memory(error):
                        raise
                    objective = None
                    steps_here.forget()
                    shrunk = smaller(held)
                    if shrunk is None:
                        raise MemoryExhaustedError(octave.canvas, free.device) from error
                    held = shrunk
            done += 1
            losses, layer_losses = _read(objective)
            yield Snapshot(
                octave.index,
                done,
                total,
                losses,
                compose(solver.picture, around).clone(),
                layer_losses,
                solver.undone,
                ends=step + 1 == count,
            )
        # Where the mask is soft the free picture hardly shows and wanders: the next octave starts from what is seen.
        free = compose(solver.picture, around)


def detailed(
    exemplar: Exemplar,
    octave: Octave,
    free: Tensor,
    settings: SynthesisSettings,
    labels: Tensor | None = None,
    matcher: Matcher = COMPILED,
) -> Iterator[Tensor | None]:
    """Lay the exemplar's fine detail over a picture that was enlarged; None between two pieces of the work."""
    pieces = []
    for here in exemplar_at(exemplar, octave.index).sources:
        height, width = here.size
        halved = resize(here.picture, (max(1, round(height / 2)), max(1, round(width / 2))))
        both = torch.cat([here.picture, resize(halved, here.size)], dim=1)
        pieces.append(MosaicSource(as_array(both), as_mask(here), labels=as_labels(here)))
    whole, wrap = lay_mosaic(pieces), (settings.wrap.y, settings.wrap.x)
    sample = (whole.colors[..., :3], whole.colors[..., 3:], whole.valid)
    wanted = None
    if labels is not None:
        wanted = F.interpolate(labels, octave.canvas, mode="nearest")[0, 0].cpu().numpy().astype(np.int32)
    both_labels = None if wanted is None else (whole.labels, wanted)
    for found in add_detail(as_array(free), *sample, wrap, settings.seed, both_labels, matcher):
        if isinstance(found, float):
            yield None
        else:
            yield torch.from_numpy(found).permute(2, 0, 1)[None].clamp(0, 1).to(free)


def _solver(recipe: Recipe, free: Tensor, axes: Tensor | None) -> Solver:
    return (
        Adam(free, recipe.step_size, damping=recipe.damping, axes=axes)
        if recipe.solver == "adam"
        else LBFGS(free, recipe.step_size)
    )


def _step_size(recipe: Recipe, octave: Octave) -> float:
    # Coarse octaves break up what patches copied, fine ones are not to spoil the grain.
    return recipe.step_size * (1 + octave.index) if recipe.structure else recipe.step_size


def _slowing(recipe: Recipe, octave: Octave, progress: float) -> float:
    # Long steps find the structure, short ones at the end settle the grain.
    return recipe.final_step_size ** max(0.0, 2 * progress - 1) if octave.index == 0 or recipe.structure else 1.0


def _read(objective: Objective) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Read the losses of a step, in all and by layer: all at once, since a GPU has to finish its work for it."""
    found = [*objective.losses.values(), *(one for each in objective.layer_losses.values() for one in each.values())]
    numbers = iter(torch.stack(found).tolist() if found else [])
    losses = {name: next(numbers) for name in objective.losses}
    return losses, {term: {name: next(numbers) for name in each} for term, each in objective.layer_losses.items()}
