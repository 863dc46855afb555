"""The algorithm: tensors in, snapshots out."""

from engine.synthesis.canvas import Surroundings
from engine.synthesis.exemplar import Exemplar
from engine.synthesis.loop import synthesize
from engine.synthesis.memory import MemoryExhaustedError
from engine.synthesis.planning import plan_steps
from engine.synthesis.recipes import RECIPES
from engine.synthesis.settings import Settings, SettingsError
from engine.synthesis.snapshot import Snapshot

__all__ = [
    "RECIPES",
    "Exemplar",
    "MemoryExhaustedError",
    "Settings",
    "SettingsError",
    "Snapshot",
    "Surroundings",
    "plan_steps",
    "synthesize",
]
