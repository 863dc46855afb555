"""Structure by patches: holes filled and textures laid out, coarse to fine, without a network."""

from engine.synthesis.structure.filling import FillPlan, Site, plan_filling
from engine.synthesis.structure.filling import fill as build
from engine.synthesis.structure.stages import Planned, Stage
from engine.synthesis.structure.warming import warm

__all__ = ["FillPlan", "Planned", "Site", "Stage", "build", "plan_filling", "warm"]
