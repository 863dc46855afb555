"""The algorithm: tensors in, snapshots out."""

from engine.synthesis.canvas import Surroundings
from engine.synthesis.exemplar import Exemplar
from engine.synthesis.loop import synthesize
from engine.synthesis.memory import MemoryExhaustedError
from engine.synthesis.planning import plan_steps
from engine.synthesis.settings import SettingsError, SynthesisSettings
from engine.synthesis.snapshot import Snapshot

__all__ = [
    "Exemplar",
    "MemoryExhaustedError",
    "SettingsError",
    "Snapshot",
    "Surroundings",
    "SynthesisSettings",
    "plan_steps",
    "synthesize",
]
