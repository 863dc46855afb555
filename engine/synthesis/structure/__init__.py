"""Structure by patches: holes filled and textures laid out, coarse to fine, without a network."""

from collections.abc import Iterator

from engine.synthesis.matching import COMPILED, Matcher
from engine.synthesis.structure.content import Content
from engine.synthesis.structure.detail import add_detail
from engine.synthesis.structure.fill_input import FillInput
from engine.synthesis.structure.filling import FillPlan, fill, plan_filling
from engine.synthesis.structure.guide import Guide
from engine.synthesis.structure.islands import IslandsPlan, fill_holes, plan_holes
from engine.synthesis.structure.mosaic import MosaicSource, lay_mosaic
from engine.synthesis.structure.previewing import preview
from engine.synthesis.structure.stages import Stage
from engine.synthesis.structure.texture import lay_out
from engine.synthesis.structure.texture_plan import TexturePlan, plan_texture
from engine.synthesis.structure.windows import Coarse, lay_coarse, lay_window, window_octaves

StructurePlan = FillPlan | IslandsPlan | TexturePlan


def build(plan: StructurePlan, seed: int, matcher: Matcher = COMPILED) -> Iterator[Stage | None]:
    """Do what was planned; see `fill`, `fill_holes` and `lay_out`."""
    if isinstance(plan, TexturePlan):
        return lay_out(plan, seed, matcher)
    return fill(plan, seed, matcher) if isinstance(plan, FillPlan) else fill_holes(plan, seed, matcher)


__all__ = [
    "Coarse",
    "Content",
    "FillInput",
    "FillPlan",
    "Guide",
    "IslandsPlan",
    "MosaicSource",
    "StructurePlan",
    "TexturePlan",
    "add_detail",
    "build",
    "lay_coarse",
    "lay_mosaic",
    "lay_window",
    "plan_filling",
    "plan_holes",
    "plan_texture",
    "preview",
    "window_octaves",
]
