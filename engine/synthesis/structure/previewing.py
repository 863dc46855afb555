"""Previews: plans that end after the coarse octaves, which decide the layout."""

from collections.abc import Sequence
from dataclasses import replace

from engine.synthesis.structure.filling import FillPlan
from engine.synthesis.structure.islands import IslandsPlan, planned_octaves
from engine.synthesis.structure.stages import PlannedStage
from engine.synthesis.structure.texture_plan import TexturePlan


def preview(plan: FillPlan | IslandsPlan | TexturePlan, side: int) -> FillPlan | IslandsPlan | TexturePlan:
    """Leave out the fine octaves of a plan: what is done is the beginning of the whole plan.

    Args:
        plan: The plan.
        side: It ends at the first octave whose canvas has a side as long as this, pixels; a hole not before the
            picture that continues has been chosen.

    Returns:
        The shorter plan.
    """
    if isinstance(plan, IslandsPlan):
        # What another one continues has to be whole.
        last = max((number for number, (hole, _) in enumerate(plan.islands) if hole.follows), default=0)
        islands = [
            (hole, each if number < last else _filling(each, side))
            for number, (hole, each) in enumerate(plan.islands)
        ]
        return replace(plan, islands=islands, octaves=planned_octaves(plan.fill_input, islands))
    return _filling(plan, side) if isinstance(plan, FillPlan) else replace(plan, octaves=_coarse(plan.octaves, side))


def _filling(plan: FillPlan, side: int) -> FillPlan:
    return replace(plan, octaves=_coarse(plan.octaves, side, plan.pivot))


def _coarse(octaves: Sequence[PlannedStage], side: int, pivot: int | None = None) -> list[PlannedStage]:
    large = [each.index for each in octaves if max(each.canvas) >= side]
    last = min(large[0] if large else octaves[-1].index, octaves[0].index if pivot is None else pivot)
    return [each for each in octaves if each.index >= last]
