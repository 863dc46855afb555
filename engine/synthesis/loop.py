"""The loop: from an exemplar, coarse to fine, to a texture."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from engine.synthesis.canvas import Surroundings, compose, noise_start, shuffled_start, surroundings_at
from engine.synthesis.color_space import ColorSpace, color_space, curve_of
from engine.synthesis.encoder import Encoder
from engine.synthesis.exemplar import Exemplar, exemplar_at
from engine.synthesis.foreign import without_foreign
from engine.synthesis.matching import Matcher
from engine.synthesis.matching.choice import matcher_for
from engine.synthesis.matching.field import Places
from engine.synthesis.memory import check_budget
from engine.synthesis.planning import Plan, make_plan
from engine.synthesis.polishing import polish
from engine.synthesis.recipes import Recipe
from engine.synthesis.resample import resize
from engine.synthesis.settings import SynthesisSettings
from engine.synthesis.snapshot import Snapshot
from engine.synthesis.structure import Content, Guide, build
from engine.synthesis.toning import toned


def synthesize(
    exemplar: Exemplar,
    encoder: Encoder,
    settings: SynthesisSettings,
    *,
    surroundings: Surroundings | None = None,
    start: Tensor | None = None,
    guide: Guide | None = None,
    content: Content | None = None,
) -> Iterator[Snapshot]:
    """Synthesize a texture, step by step.

    The first snapshot comes before any work, the last one is the result. Between two pieces of a step the snapshot
    before comes again. Closing the iterator cancels: nothing runs between two snapshots.

    Args:
        exemplar: The sample texture; its device is where the critics work.
        encoder: On the same device.
        settings: What is to be made.
        surroundings: What the canvas keeps, at the canvas's size.
        start: Picture to start from, shape (1, 3, height, width), any size; else what the recipe says.
        guide: Which label of the exemplar belongs where on a new texture, at its size; None for any anywhere.
        content: Picture that a new texture redraws, of its size; None for none.

    Yields:
        The canvas to start from and the canvas after each step.

    Raises:
        MemoryExhaustedError: The smallest working set does not fit.
        RuntimeError: Something else went wrong in torch.
        SettingsError: No layer has positions enough on these pictures, or the canvas cannot fit into the memory
            allowed.
    """
    if surroundings is not None and not surroundings.fits:
        yield from _laid(synthesize(exemplar, encoder, settings, start=start), surroundings)
        return
    recipe = settings.effective_recipe(filling=surroundings is not None)
    if surroundings is not None and not settings.effective_steps(recipe):
        # Patches of the exemplar have its colors, and holes are faint or not by what lies around them. What is mixed
        # of two colors of a bent line is on none.
        curve = curve_of(exemplar, surroundings)
        for snapshot in _synthesize(exemplar, encoder, settings, surroundings, start, None, guide, content):
            if curve is None or snapshot.step < snapshot.steps:
                yield snapshot
            else:
                # Soft borders are blended already.
                kept = surroundings.mask == 0
                picture = torch.where(kept, surroundings.known, curve.bring(snapshot.picture))
                yield replace(snapshot, picture=picture)
        return
    space = color_space(exemplar, surroundings)
    entered = exemplar.changed(space.enter)
    around = None if surroundings is None else replace(surroundings, known=space.enter(surroundings.known))
    ordinary = space.scale == 1 and space.projection() is None
    begun = start if start is None or ordinary else space.enter(space.bound(start))
    for snapshot in _synthesize(entered, encoder, settings, around, begun, space, guide, content):
        if ordinary and snapshot.step < snapshot.steps:
            yield snapshot
            continue
        picture = space.leave(snapshot.picture)
        if content is not None and snapshot.step == snapshot.steps:
            # Critics would take it back.
            picture = toned(picture, content)
            picture = picture if space.curve is None else space.curve.bring(picture)
        if surroundings is not None and _size(picture) == surroundings.size:
            picture = compose(picture, surroundings)
        yield replace(snapshot, picture=picture)


def _laid(snapshots: Iterator[Snapshot], surroundings: Surroundings) -> Iterator[Snapshot]:
    """Lay a new texture into what is kept."""
    latest: Snapshot | None = None
    laid: Tensor | None = None
    for snapshot in snapshots:
        if laid is None or latest is None or snapshot.picture is not latest.picture:
            laid = compose(snapshot.picture, surroundings_at(surroundings, _size(snapshot.picture)))
        latest = snapshot
        yield replace(snapshot, picture=laid)


def _synthesize(
    exemplar: Exemplar,
    encoder: Encoder,
    settings: SynthesisSettings,
    surroundings: Surroundings | None,
    start: Tensor | None,
    space: ColorSpace | None,
    guide: Guide | None,
    content: Content | None,
) -> Iterator[Snapshot]:
    plan = make_plan(exemplar, settings, surroundings, started=start is not None, guide=guide, content=content)
    # A hole is as large as its canvas; a new texture can be any size, and patches alone need no more than critics.
    if plan.steps or surroundings is None:
        check_budget(encoder, settings.size, settings.memory)
    recipe = settings.effective_recipe(filling=surroundings is not None)
    generator = torch.Generator().manual_seed(settings.seed)
    free = _start(exemplar, recipe, plan, start, generator)
    around = None if surroundings is None else surroundings_at(surroundings, _size(free), wrap=settings.wrap)
    yield Snapshot(plan.octaves[0].index, 0, plan.total, {}, compose(free, around))
    done, shares, halvings = 0, plan.shares(), 0
    matcher = matcher_for(exemplar.picture.device)
    labels: Tensor | None = None
    if guide is not None and plan.structure is None:
        labels = _as_map(guide.labels(0.0, np.random.default_rng(settings.seed)), free)
    for snapshot, found in _structure(plan, settings, exemplar, surroundings, matcher):
        done, free, labels = snapshot.step, snapshot.picture, found
        yield replace(snapshot, share=shares[done - 1] if done else 0.0)
        halvings = snapshot.octave
    if plan.structure is not None and surroundings is None and plan.steps:
        exemplar = without_foreign(exemplar, free, halvings)
    polished = polish(
        exemplar,
        encoder,
        settings,
        recipe,
        plan.steps,
        surroundings,
        free,
        generator,
        space,
        labels,
        matcher,
        alike=guide is not None and bool(guide.copies),
        laid=plan.structure is not None,
    )
    for snapshot in polished:
        step = done + snapshot.step
        yield replace(snapshot, step=step, steps=plan.total, share=shares[step - 1])


def _start(
    exemplar: Exemplar, recipe: Recipe, plan: Plan, start: Tensor | None, generator: torch.Generator
) -> Tensor:
    octave = plan.octaves[0]
    if start is not None:
        return resize(start.to(exemplar.picture), octave.canvas).clamp(0, 1)
    make = noise_start if recipe.start == "noise" else shuffled_start
    return make(exemplar_at(exemplar, octave.index), octave.canvas, generator)


def _structure(
    plan: Plan, settings: SynthesisSettings, exemplar: Exemplar, surroundings: Surroundings | None, matcher: Matcher
) -> Iterator[tuple[Snapshot, Tensor | None]]:
    """Lay out the structure by patches, with the labels where there are several; nothing if the plan has none."""
    if plan.structure is None:
        return
    step = 0
    latest: Snapshot | None = None
    labels: Tensor | None = None
    for stage in build(plan.structure, settings.seed, matcher):
        if stage is None:
            if latest is not None:
                yield replace(latest, ends=False), labels
            continue
        step += 1
        picture = torch.from_numpy(stage.colors).permute(2, 0, 1)[None].clamp(0, 1).to(exemplar.picture)
        if surroundings is not None and _size(picture) == surroundings.size:
            picture = compose(picture, surroundings)
        latest = Snapshot(stage.octave.index, step, plan.total, {}, picture, ends=stage.ends, origins=stage.origins)
        if stage.labels is not None and stage.labels.any():
            labels = _as_map(stage.labels, picture)
        yield latest, labels


def _as_map(labels: Places, like: Tensor) -> Tensor:
    return torch.from_numpy(labels)[None, None].to(like)


def _size(picture: Tensor) -> tuple[int, int]:
    height, width = picture.shape[2:]
    return height, width
