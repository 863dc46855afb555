"""Plan a job: its octaves, coarse to fine, and the work at each."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.synthesis.canvas import Surroundings
from engine.synthesis.exemplar import Exemplar
from engine.synthesis.objective import terms_at
from engine.synthesis.octaves import Octave, plan_octaves, usable_layers
from engine.synthesis.pixels import as_array, as_pieces
from engine.synthesis.recipes import Recipe
from engine.synthesis.settings import SettingsError, SynthesisSettings
from engine.synthesis.structure import (
    Content,
    FillInput,
    Guide,
    StructurePlan,
    TexturePlan,
    lay_mosaic,
    plan_holes,
    plan_texture,
    preview,
)
from protocol.vocabulary import PIXELS

# A step of the critics costs about as much as so many rounds of patches: seen with `photo` at 512² on two cores.
ROUNDS_PER_STEP = 6.0
# What a step costs besides its pixels, as a share of a step at full size: seen with `photo` at 256² and 512².
BASE = 0.02
# A preview ends at the first octave with so long a side, pixels: a thumbnail shows no more.
PREVIEW_SIDE = 256


@dataclass(frozen=True, eq=False)
class Plan:
    """What a job does.

    Attributes:
        structure: What patches do first, or None.
        steps: Steps of the critics by octave, coarse to fine; none at all where patches are enough.
    """

    structure: StructurePlan | None
    steps: Mapping[Octave, int]

    @property
    def octaves(self) -> tuple[Octave, ...]:
        """All octaves, coarse to fine; one that patches and critics share comes twice."""
        planned = () if self.structure is None else self.structure.octaves
        return (*(Octave(each.index, each.source, each.canvas) for each in planned), *self.steps)

    @property
    def total(self) -> int:
        """Rounds and steps of the whole job."""
        rounds = 0 if self.structure is None else sum(each.rounds for each in self.structure.octaves)
        return rounds + sum(self.steps.values())

    def shares(self) -> list[float]:
        """List what share of the work is done after each round and step, the last one 1."""
        costs: list[float] = []
        for each in () if self.structure is None else self.structure.octaves:
            costs += [each.cost] * each.rounds
        for octave, count in self.steps.items():
            finest = float(octave.canvas[0] * octave.canvas[1]) * 4.0**octave.index
            costs += [ROUNDS_PER_STEP * finest * (0.25**octave.index + BASE)] * count
        done = np.cumsum(costs)
        return [float(each / done[-1]) for each in done]


def make_plan(
    exemplar: Exemplar,
    settings: SynthesisSettings,
    surroundings: Surroundings | None,
    *,
    started: bool,
    guide: Guide | None = None,
    content: Content | None = None,
) -> Plan:
    """Plan a job.

    Args:
        exemplar: The sample texture.
        settings: What is to be made.
        surroundings: What the canvas keeps, or None.
        started: Whether there is a picture to start from: there is no need of patches then.
        guide: Which label belongs where on a new texture, or None.
        content: Picture that a new texture redraws, or None.

    Returns:
        The plan.

    Raises:
        SettingsError: No layer has positions enough on these pictures.
    """
    recipe = settings.effective_recipe(filling=surroundings is not None)
    if exemplar.maps is not None and (started or not recipe.structure or settings.steps is not None):
        # Critics change colors alone, and the other maps would no longer belong to them.
        raise SettingsError(
            "several maps of one texture are laid out by patches alone: choose the recipe photo, "
            "without steps and without a picture to start from"
        )
    structure: StructurePlan | None = None
    if recipe.structure and not started:
        wrap = (settings.wrap.y, settings.wrap.x)
        if surroundings is None:
            structure = plan_texture(as_pieces(exemplar), settings.size, wrap, guide, content)
        else:
            tries = recipe.qualities[settings.quality].tries
            structure = plan_holes(_fill_input(exemplar, surroundings, wrap), tries, surroundings.islands)
    steps = _steps(exemplar, settings, recipe)
    if structure is None and not steps:
        raise SettingsError(
            "nothing is done to a picture to start from without steps: ask for steps, or leave it out"
        )
    if structure is not None:
        # Where patches end at a fine octave, critics have nothing to do at coarser ones.
        steps = {octave: count for octave, count in steps.items() if octave.index <= structure.octaves[-1].index}
        if isinstance(structure, TexturePlan) and structure.whole and settings.steps is None:
            # What continues unbroken has nothing that critics could mend, and flat colors they would make rough.
            steps = {}
    return _preview(structure, steps) if settings.preview else Plan(structure, steps)


def _preview(structure: StructurePlan | None, steps: Mapping[Octave, int]) -> Plan:
    """Plan the beginning of a job, which decides the layout: patches at the coarse octaves, or else critics."""
    if structure is not None:
        return Plan(preview(structure, PREVIEW_SIDE), {})
    last = next((octave.index for octave in steps if max(octave.canvas) >= PREVIEW_SIDE), 0)
    return Plan(None, {octave: count for octave, count in steps.items() if octave.index >= last})


def plan_steps(exemplar: Exemplar, settings: SynthesisSettings) -> dict[Octave, int]:
    """Plan a new texture.

    Args:
        exemplar: The sample texture.
        settings: What is to be made.

    Returns:
        Rounds and steps by octave, coarse to fine.

    Raises:
        SettingsError: No layer has positions enough on these pictures.
    """
    plan = make_plan(exemplar, settings, None, started=False)
    found: dict[Octave, int] = {}
    counts = [] if plan.structure is None else [each.rounds for each in plan.structure.octaves]
    for octave, count in zip(plan.octaves, [*counts, *plan.steps.values()], strict=True):
        found[octave] = found.get(octave, 0) + count
    return found


def _fill_input(exemplar: Exemplar, surroundings: Surroundings, wrap: tuple[bool, bool]) -> FillInput:
    free = (surroundings.mask[0, 0] > 0).cpu().numpy()
    source = lay_mosaic(as_pieces(exemplar))
    return FillInput(as_array(surroundings.known), free, source.colors, source.valid, surroundings.offset, wrap)


def _steps(exemplar: Exemplar, settings: SynthesisSettings, recipe: Recipe) -> dict[Octave, int]:
    steps = settings.effective_steps(recipe)
    count = min(settings.octaves, len(steps)) if recipe.structure else settings.octaves
    if not count:
        return {}
    octaves = plan_octaves(exemplar.narrowest, settings.size, count=count)
    plan = [octave for octave in octaves if terms_at(recipe, octave)]
    asked = [name for name in recipe.layers() if name != PIXELS] or [PIXELS]
    if not plan or not usable_layers(asked, plan[-1], positions=2):
        if recipe.structure and settings.layers is None:
            # Patches of pixels need no layers.
            return {}
        raise SettingsError(
            f"exemplar and canvas are too small for the layers {', '.join(asked)}: "
            "choose larger pictures or shallower layers"
        )
    # Octaves coarser than there are numbers have the last number.
    return {octave: steps[min(octave.index, len(steps) - 1)] for octave in plan}
