"""The loop: from an exemplar, coarse to fine, to a texture."""

from collections.abc import Iterator

import torch
from torch import Tensor

from engine.synthesis.canvas import Surroundings, compose, noise_start, shuffled_start, surroundings_at
from engine.synthesis.critics import PatchSettings
from engine.synthesis.drafting import Draft
from engine.synthesis.encoders.network import PIXELS, Encoder
from engine.synthesis.exemplar import Exemplar, exemplar_at
from engine.synthesis.memory import MemoryExhaustedError, check_budget, is_out_of_memory, smaller, working_set
from engine.synthesis.objective import Objective, Task, terms_at
from engine.synthesis.octaves import Octave, Size, plan_octaves, usable_layers
from engine.synthesis.recipes import Recipe
from engine.synthesis.resample import resize
from engine.synthesis.settings import Settings, SettingsError
from engine.synthesis.snapshot import Snapshot
from engine.synthesis.solvers import LBFGS, Adam, Solver


def synthesize(
    exemplar: Exemplar,
    encoder: Encoder,
    settings: Settings,
    *,
    surroundings: Surroundings | None = None,
    start: Tensor | None = None,
) -> Iterator[Snapshot]:
    """Synthesise a texture, step by step.

    The first snapshot comes before any work, the last one is the result. While a draft is worked out, snapshots of
    the same step follow each other. Closing the iterator cancels: nothing runs between two snapshots.

    Args:
        exemplar: The sample texture; its device is where the work is done.
        encoder: On the same device.
        settings: What is to be made.
        surroundings: What the canvas keeps, at the canvas's size.
        start: Picture to start from, shape (1, 3, height, width), any size; else what the recipe says.

    Yields:
        The canvas to start from and the canvas after each step.

    Raises:
        MemoryExhaustedError: The smallest working set does not fit.
        RuntimeError: Something else went wrong in torch.
        SettingsError: No layer has positions enough on these pictures, or the canvas cannot fit into the memory
            allowed.
    """
    check_budget(encoder, settings.size, settings.memory)
    recipe = settings.effective_recipe(filling=surroundings is not None)
    quality = recipe.qualities[settings.quality]
    overuse = recipe.overuse if settings.overuse is None else settings.overuse
    matching = PatchSettings(interval=recipe.interval, overuse=overuse, noise=settings.noise)
    task = Task(
        exemplar,
        encoder,
        recipe,
        quality,
        matching,
        seamless=settings.seamless,
        flips=settings.flips,
        turns=settings.turns,
        scales=settings.scales,
    )
    generator = torch.Generator().manual_seed(settings.seed)
    planned = plan_steps(exemplar.size, settings, filling=surroundings is not None)
    plan = list(planned)
    total = sum(planned.values())
    free = _start(task, plan[0], start, generator)
    # The draft takes a canvas to end at its borders.
    drafted = recipe.drafted is not None and start is None and not settings.seamless
    draft = Draft(exemplar, surroundings if drafted else None, settings.memory)
    done = 0
    for octave in plan:
        around = (
            None if surroundings is None else surroundings_at(surroundings, octave.canvas, wrap=settings.seamless)
        )
        coarse = free
        free = resize(free, octave.canvas, wrap=settings.seamless).clamp(0, 1)
        if octave is plan[0]:
            yield Snapshot(octave.index, 0, total, {}, compose(free, around))
        picture = compose(free, around)
        for is_new in draft.work(octave):
            if is_new:
                picture = compose(draft.laid_into(octave, coarse, free), around)
            yield Snapshot(octave.index, done, total, {}, picture)
        free = draft.enter(octave, coarse, free).contiguous(memory_format=torch.channels_last)
        rate = recipe.drafted if draft.shown and recipe.drafted else recipe.rate
        solver = _solver(recipe, free, rate)
        held = working_set(
            encoder, recipe.layers(), octave.canvas, budget=settings.memory, positions=quality.positions
        )
        objective = None
        count = planned[octave]
        for step in range(count):
            while True:
                try:
                    objective = objective or Objective(task, octave, around, held, generator)
                    _advance(solver, objective, rate * _slowing(recipe, octave, step / count), step, step / count)
                    break
                except RuntimeError as error:
                    if not is_out_of_memory(error):
                        raise
                    objective = None
                    shrunk = smaller(held)
                    if shrunk is None:
                        raise MemoryExhaustedError(octave.canvas, free.device) from error
                    held = shrunk
            done += 1
            yield Snapshot(
                octave.index,
                done,
                total,
                {name: float(loss) for name, loss in objective.losses.items()},
                compose(solver.picture, around).clone(),
                {term: {n: float(loss) for n, loss in each.items()} for term, each in objective.layer_losses.items()},
                solver.undone,
            )
        # Where the mask is soft the free picture hardly shows and wanders: the next octave starts from what is seen.
        free = compose(solver.picture, around)


def plan_steps(exemplar: Size, settings: Settings, *, filling: bool) -> dict[Octave, int]:
    """Plan a job: which octaves, coarse to fine, and how many steps at each.

    Args:
        exemplar: Height and width, pixels.
        settings: What is to be made.
        filling: Whether the canvas has surroundings.

    Returns:
        Steps by octave.

    Raises:
        SettingsError: No layer has positions enough on these pictures.
    """
    recipe = settings.effective_recipe(filling=filling)
    steps = settings.effective_steps(recipe)
    plan = [
        octave for octave in plan_octaves(exemplar, settings.size, count=settings.octaves) if terms_at(recipe, octave)
    ]
    asked = [name for name in recipe.layers() if name != PIXELS] or [PIXELS]
    if not plan or not usable_layers(asked, plan[-1], positions=2):
        raise SettingsError(
            f"exemplar and canvas are too small for the layers {', '.join(asked)}: "
            "choose larger pictures or shallower layers"
        )
    # Octaves coarser than there are numbers have the last number.
    return {octave: steps[min(octave.index, len(steps) - 1)] for octave in plan}


def _start(task: Task, octave: Octave, start: Tensor | None, generator: torch.Generator) -> Tensor:
    if start is not None:
        return start.to(task.exemplar.picture)
    coarse = exemplar_at(task.exemplar, octave.exemplar)
    make = noise_start if task.recipe.start == "noise" else shuffled_start
    return make(coarse, octave.canvas, generator)


def _solver(recipe: Recipe, free: Tensor, rate: float) -> Solver:
    return Adam(free, rate) if recipe.solver == "adam" else LBFGS(free, rate)


def _slowing(recipe: Recipe, octave: Octave, progress: float) -> float:
    # Long steps find the structure, short ones at the end settle the grain.
    return recipe.final_rate ** max(0.0, 2 * progress - 1) if octave.index == 0 else 1.0


def _advance(solver: Solver, objective: Objective, rate: float, step: int, progress: float) -> None:
    solver.rate = rate
    changed = objective.begin(step, progress)
    # Adam averages over losses that change with each step; L-BFGS would take the change for curvature.
    if changed and isinstance(solver, LBFGS):
        solver.forget()
    solver.step(objective)
