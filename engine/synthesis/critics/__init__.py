"""Critics: losses over feature maps, one per file."""

from engine.synthesis.critics.base import Critic, FeatureMaps, Portion, Regions, Target, total_loss
from engine.synthesis.critics.gram import GramCritic, GramSettings
from engine.synthesis.critics.patch import PatchCritic, PatchSettings
from engine.synthesis.critics.sliced import SlicedCritic, SlicedSettings

__all__ = [
    "Critic",
    "FeatureMaps",
    "GramCritic",
    "GramSettings",
    "PatchCritic",
    "PatchSettings",
    "Portion",
    "Regions",
    "SlicedCritic",
    "SlicedSettings",
    "Target",
    "total_loss",
]
