"""Critics: losses over feature maps, one per file."""

from engine.synthesis.critics.base import Critic, FeatureMaps, Regions, total_loss
from engine.synthesis.critics.gram import GramCritic
from engine.synthesis.critics.patch import PatchCritic, PatchSettings
from engine.synthesis.critics.sliced import SlicedCritic, SlicedSettings

__all__ = [
    "Critic",
    "FeatureMaps",
    "GramCritic",
    "PatchCritic",
    "PatchSettings",
    "Regions",
    "SlicedCritic",
    "SlicedSettings",
    "total_loss",
]
