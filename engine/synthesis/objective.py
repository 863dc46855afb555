"""The objective of one octave: a weighted sum of critics over one pass of the encoder."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.synthesis.canvas import Surroundings, compose, inner_part, judged_regions
from engine.synthesis.critics import (
    Critic,
    FeatureMaps,
    GramCritic,
    PatchCritic,
    PatchSettings,
    Portion,
    Regions,
    SlicedCritic,
    SlicedSettings,
    Target,
    total_loss,
)
from engine.synthesis.encoder import Encoder
from engine.synthesis.exemplar import Exemplar, ExemplarSource, exemplar_at, labeled, valid_regions, varied_copies
from engine.synthesis.memory import WorkingSet
from engine.synthesis.octaves import Octave, usable_layers
from engine.synthesis.recipes import Recipe, Term
from engine.synthesis.settings import SynthesisSettings
from engine.synthesis.wrap import Wrap
from protocol.vocabulary import LAYERS, PIXELS

# What has a label on fewer positions of a layer than this is not judged there.
FEWEST_POSITIONS = 16
# Positions of a layer from another label within which they see much of it: they are like neither, and pulled towards
# one of them they would bend the pixels of both.
BORDER = 3


@dataclass(frozen=True)
class ObjectiveContext:
    """What the objectives of all octaves have in common.

    Attributes:
        exemplar: The sample texture, full size.
        encoder: Gives the feature maps; on the exemplar's device.
        settings: What is to be made.
        recipe: Which critics, on which layers.
        confined: What takes a change of color to its part along the exemplar's colors, (3, 3); None for any color.
        labels: Label of each place of the canvas, float32 (1, 1, height, width) of any size: what has a label is only
            compared with what has it in the exemplar. None compares all with all.
        alike: Whether labels are those of copies of one texture, which are much the same along their borders.
    """

    exemplar: Exemplar
    encoder: Encoder
    settings: SynthesisSettings
    recipe: Recipe
    confined: Tensor | None = None
    labels: Tensor | None = None
    alike: bool = False


class Objective:
    """The loss of a canvas at one octave, and its gradient.

    Args:
        context: What is common to all octaves.
        octave: Which one this is.
        surroundings: What the canvas keeps, at this octave's size.
        working_set: What may be held at once.
        generator: Source of the critics' chance draws.
    """

    def __init__(
        self,
        context: ObjectiveContext,
        octave: Octave,
        surroundings: Surroundings | None,
        working_set: WorkingSet,
        generator: torch.Generator,
    ) -> None:
        self._confined = context.confined
        self._surroundings = surroundings
        self._checkpointing = working_set.checkpointing
        self._generator = generator
        wrap = context.settings.wrap
        self._encoder = context.encoder.with_wrap(wrap) if wrap else context.encoder
        # Where the border blends into what is kept, features alone hold free pixels that no pixel critic judges.
        self._inner = None if surroundings is None or wrap else inner_part(surroundings)
        self._parts = list(_build(context, octave, surroundings, working_set))
        self._untried = {critic for _, critic, _ in self._parts}
        self._weights = [share * term.weight for term, _, share in self._parts]
        self._step = 0
        self.losses: dict[str, Tensor] = {}
        self.layer_losses: dict[str, dict[str, Tensor]] = {}

    def begin(self, step: int) -> bool:
        """Begin a step.

        Args:
            step: Number of the step in this octave, from 0.

        Returns:
            Whether the loss is another one than before, so that a solver must forget what it learnt of it.
        """
        self._step = step
        return any(w and self._is_due(c) for w, (_, c, _) in zip(self._weights, self._parts, strict=True))

    @property
    def repeatable(self) -> bool:
        """Whether a step can be captured: it asks the device nothing."""
        return not self._checkpointing and all(
            critic.repeatable for _, critic, _ in self._parts if isinstance(critic, SlicedCritic)
        )

    @property
    def searches(self) -> bool:
        """Whether targets are searched for in this step, on maps that have to be computed first."""
        return any(critic.interval > 1 and self._is_due(critic) for _, critic, _ in self._parts) or any(
            critic in self._untried for _, critic, _ in self._parts if critic.interval
        )

    def redraw(self) -> None:
        """Draw anew what is drawn for each step; see `measure_again`."""
        for _, critic, _ in self._parts:
            if isinstance(critic, SlicedCritic):
                critic.redraw()

    def __call__(self, free: Tensor) -> tuple[Tensor, Tensor]:
        """Measure the free part of the canvas, by new targets where they are due.

        Args:
            free: Picture, (1, 3, height, width).

        Returns:
            Loss, a scalar, and gradient, of the picture's shape.
        """
        return self._measure(free, refreshing=True)

    def measure_again(self, free: Tensor) -> tuple[Tensor, Tensor]:
        """Do the same by the targets that are there, in operations of the device alone."""
        return self._measure(free, refreshing=False)

    def _measure(self, free: Tensor, *, refreshing: bool) -> tuple[Tensor, Tensor]:
        free = free.detach().requires_grad_()
        active = [(w, *part) for w, part in zip(self._weights, self._parts, strict=True) if w]
        layers = {n for _, _, c, _ in active for n in c.layers}
        canvas = compose(free, self._surroundings)
        if self._inner is None or PIXELS not in layers:
            maps = self._encoder(canvas, layers, checkpointing=self._checkpointing)
        else:
            # Features at the rim are mostly given: the few free pixels there would bend to make up for them.
            maps = self._encoder(
                torch.where(self._inner, canvas, canvas.detach()), layers, checkpointing=self._checkpointing
            )
            maps[PIXELS] = canvas
        total = free.new_zeros(())
        self.losses, self.layer_losses = {}, {}
        for weight, term, critic, share in active:
            if refreshing and self._is_due(critic):
                critic.refresh({name: m.detach() for name, m in maps.items()}, self._generator)
                self._untried.discard(critic)
            losses = critic.losses(maps)
            loss = total_loss(losses, critic.layers)
            self.losses[term.name] = self.losses.get(term.name, 0) + share * loss.detach()
            layer_losses = self.layer_losses.setdefault(term.name, {})
            for name, one in losses.items():
                layer_losses[name] = layer_losses.get(name, 0) + share * one.detach()
            total = total + weight * loss
        (gradient,) = torch.autograd.grad(total, free)
        if self._confined is not None:
            gradient = torch.einsum("dc,bchw->bdhw", self._confined, gradient)
        return total.detach(), gradient

    def _is_due(self, critic: Critic) -> bool:
        # An objective that is made anew between two searches, for want of memory, has no targets yet.
        return critic.interval > 0 and (critic in self._untried or self._step % critic.interval == 0)


def terms_at(recipe: Recipe, octave: Octave) -> list[tuple[Term, dict[str, float]]]:
    """List the terms that an octave is large enough for, each with the weights of those layers that it has."""
    found = []
    for term in recipe.terms:
        usable = usable_layers([n for n, _ in term.layers], octave, positions=max(2, term.critic.side))
        layers = {name: weight for name, weight in term.layers if name in usable and weight}
        if layers:
            found.append((term, layers))
    return found


def _build(
    context: ObjectiveContext, octave: Octave, surroundings: Surroundings | None, working_set: WorkingSet
) -> Iterator[tuple[Term, Critic, float]]:
    """Make the critics that this octave is large enough for.

    Yields:
        The term of the recipe that a critic serves, the critic, and its share of the term's loss.
    """
    terms = terms_at(context.recipe, octave)
    used = {name for _, layers in terms for name in layers}
    portions = list(_portions(context, octave, surroundings, used))
    for term, layers in terms:
        if isinstance(term.critic, SlicedSettings):
            yield term, _sliced(context, term.critic, layers, [portion for portion, _ in portions], working_set), 1.0
            continue
        for portion, sources in portions:
            judged = {name: weight for name, weight in layers.items() if portion.has(name)}
            if judged and isinstance(term.critic, PatchSettings):
                targets = [*portion.targets, *_copies(context, sources, layers, term.critic.side)]
                yield term, _patch(context, term.critic, judged, targets, portion.region, working_set), portion.share
            elif judged:
                yield term, GramCritic(portion.targets, judged, region=portion.region), portion.share


def _copies(
    context: ObjectiveContext, sources: Sequence[ExemplarSource], layers: Collection[str], side: int
) -> Iterator[Target]:
    """Look at the mirrored, rotated and scaled copies that are matched too."""
    asked = context.settings
    for one in sources:
        for copy in varied_copies(one, flips=asked.flips, rotations=asked.rotations, scales=asked.scales):
            # Scaled copies may be too small for the deeper layers.
            if all(min(copy.size) // LAYERS[name] >= side for name in layers):
                yield Target(_maps(context.encoder, copy, layers), valid_regions(copy.valid, layers), copy.share)


def _portions(
    context: ObjectiveContext, octave: Octave, surroundings: Surroundings | None, layers: Collection[str]
) -> Iterator[tuple[Portion, Sequence[ExemplarSource]]]:
    """Give the parts of the canvas that are compared apart, each with what it is compared with."""
    sources, wrap = exemplar_at(context.exemplar, octave.index).sources, context.settings.wrap
    maps = [_maps(context.encoder, one, layers) for one in sources]
    if context.labels is None:
        targets = [_target(one, each, layers) for one, each in zip(sources, maps, strict=True)]
        yield Portion(targets, judged_regions(surroundings, layers, wrap=wrap)), sources
        return
    labels = F.interpolate(context.labels, octave.canvas, mode="nearest")
    # What is not judged has to be right already.
    apart = context.recipe.structure and not context.alike
    for label in sorted({int(each) for each in labels.unique()}):
        narrowed = [(labeled(one, number, label), maps[number]) for number, one in enumerate(sources)]
        kept = [(one, each) for one, each in narrowed if one is not None]
        here = (labels == label).to(labels)
        share = float(here.mean())
        if not apart:
            here = _inside(here[0, 0] > 0, wrap)[None, None].to(here)
        if kept and bool(here.any()):
            region = judged_regions(Surroundings(here, here), layers, wrap=wrap)
            if apart:
                region = {name: _inside(each, wrap) for name, each in region.items()}
            enough = [name for name, each in region.items() if int(each.sum()) >= FEWEST_POSITIONS]
            targets = [_target(one, each, layers) for one, each in kept]
            yield Portion(targets, region, enough, share), [one for one, _ in kept]


def _inside(region: Tensor, wrap: Wrap) -> Tensor:
    """Leave out the positions of a region, boolean (height, width), that see much of what lies beside it."""
    others = (~region).float()[None, None]
    margins = [min(BORDER, side) for side in region.shape]
    for dimension, margin, wraps in ((2, margins[0], wrap.y), (3, margins[1], wrap.x)):
        sides = (0, 0, margin, margin) if dimension == 2 else (margin, margin, 0, 0)
        others = F.pad(others, sides, mode="circular") if wraps else F.pad(others, sides)
    kept: Tensor = F.max_pool2d(others, [2 * margin + 1 for margin in margins], stride=1) == 0
    return kept[0, 0]


def _target(source: ExemplarSource, maps: FeatureMaps, layers: Collection[str]) -> Target:
    return Target(maps, valid_regions(source.valid, layers), source.share)


def _sliced(
    context: ObjectiveContext,
    settings: SlicedSettings,
    layers: Mapping[str, float],
    portions: Sequence[Portion],
    working_set: WorkingSet,
) -> Critic:
    projections = context.recipe.qualities[context.settings.quality].projections
    settings = replace(settings, projections=projections, positions=working_set.positions)
    return SlicedCritic(portions, layers, settings, wrap=context.settings.wrap)


def _patch(
    context: ObjectiveContext,
    settings: PatchSettings,
    layers: Mapping[str, float],
    targets: Sequence[Target],
    region: Regions,
    working_set: WorkingSet,
) -> Critic:
    asked = context.settings
    penalty = settings.repetition_penalty if asked.repetition_penalty is None else asked.repetition_penalty
    settings = replace(settings, repetition_penalty=penalty, noise=asked.noise, memory=working_set.chunk)
    return PatchCritic(targets, layers, settings, region=region, wrap=asked.wrap)


@torch.no_grad()
def _maps(encoder: Encoder, source: ExemplarSource, layers: Collection[str]) -> FeatureMaps:
    found: FeatureMaps = encoder(source.picture.contiguous(memory_format=torch.channels_last), layers)
    return found
