"""Recipes: named sets of critics, layers, octaves and steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from engine.synthesis.critics import GramSettings, PatchSettings, SlicedSettings
from protocol.vocabulary import PIXELS, LayerWeights

NAMES = {GramSettings: "gram", PatchSettings: "patch", SlicedSettings: "sliced"}
Steps = tuple[int, ...]


@dataclass(frozen=True)
class Term:
    """One critic's part in a recipe.

    Attributes:
        critic: Which one, and how it looks.
        layers: Name and weight of each layer; those that an octave is too small for are left out there.
        weight: Of the critic among the recipe's.
    """

    critic: GramSettings | PatchSettings | SlicedSettings
    layers: LayerWeights
    weight: float = 1.0

    @property
    def name(self) -> str:
        """How losses are labeled: the critic, and what it looks at if that is nothing but pixels."""
        name = NAMES[type(self.critic)]
        side = self.critic.side
        return name if any(layer != PIXELS for layer, _ in self.layers) else f"{name} {side}×{side} pixels"


@dataclass(frozen=True)
class Quality:
    """What a quality spends.

    Attributes:
        steps: Steps at octave 0, 1, 2, …; coarser octaves repeat the last number, or have none after a structure.
        projections: Random directions of the sliced critic per layer and step.
        positions: The most positions of a layer that the sliced critic sorts in one step; a quarter of all if more.
        tries: How many small pictures of a hole are made, of which the one that fits best continues.
    """

    steps: Steps
    projections: int
    positions: int
    tries: int = 1


@dataclass(frozen=True)
class Recipe:
    """How a texture is synthesized.

    Attributes:
        start: What the coarsest octave starts from.
        solver: Which optimizer.
        step_size: Its step length at the start of an octave.
        final_step_size: The same at the end of octave 0, relative to `step_size`.
        terms: The critics.
        qualities: What each quality spends.
        damping: How much gradients far below the mean count for less; see `Adam`.
        structure: Whether patches make the structure first, and critics only polish it: at as many octaves as there
            are numbers of steps.
        filling: What to do in place of this where the canvas has surroundings; None for the same.
    """

    start: Literal["noise", "shuffle"]
    solver: Literal["adam", "lbfgs"]
    step_size: float
    final_step_size: float
    terms: tuple[Term, ...]
    qualities: Mapping[str, Quality]
    damping: float = 0.0
    structure: bool = False
    filling: "Recipe | None" = None

    def layers(self) -> tuple[str, ...]:
        """Names of all layers in use, each once."""
        return tuple(dict.fromkeys(name for term in self.terms for name, _ in term.layers))


def evenly(*layers: str, weight: float = 1.0) -> LayerWeights:
    """Give every layer the same weight."""
    return tuple((layer, weight) for layer in layers)


STATISTICS = evenly("relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1", "relu3_2", "relu4_1", "relu5_1")

# Patches make the hole fit, and critics have not made it better: the more steps, the further from what was there
# (mean sliced distance over 20 photographs 0.229 without, 0.241 with 6 steps, 0.247 with 16). They work only if
# steps are asked for.
FILLING = Recipe(
    start="shuffle",
    solver="adam",
    step_size=0.004,
    final_step_size=0.2,
    terms=(
        Term(PatchSettings(6, 0.0), ((PIXELS, 4.0), *evenly("relu2_1", "relu3_1", weight=0.25)), weight=4.0),
        Term(SlicedSettings(), STATISTICS, weight=0.02),
        Term(SlicedSettings(side=5), evenly(PIXELS), weight=0.02),
    ),
    qualities=MappingProxyType(
        {
            "draft": Quality((), 8, 32768),
            "normal": Quality((), 16, 65536, tries=3),
            "best": Quality((), 32, 131072, tries=8),
        }
    ),
    structure=True,
)

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "photo": Recipe(
            start="shuffle",
            solver="adam",
            step_size=0.01,
            final_step_size=0.05,
            terms=(
                # Without patches of pixels, shapes that were whole run together and flat colors grow grain.
                # Steps are short, so matches stay right for long.
                Term(PatchSettings(20, 0.0), ((PIXELS, 2.0), *evenly("relu3_1", "relu4_1"))),
                Term(SlicedSettings(), STATISTICS),
                Term(SlicedSettings(side=5), evenly(PIXELS), weight=4.0),
            ),
            qualities=MappingProxyType(
                {
                    "draft": Quality((5, 16, 10), 16, 65536),
                    "normal": Quality((20, 40, 30), 32, 65536),
                    "best": Quality((60, 80, 60), 32, 131072),
                }
            ),
            # Flat colors grow grain otherwise (that of a soft gradient 3.2 times the exemplar's, so 1.9 times).
            damping=1.0,
            structure=True,
            filling=FILLING,
        ),
        "sliced": Recipe(
            start="noise",
            solver="adam",
            step_size=0.05,
            final_step_size=0.05,
            terms=(Term(SlicedSettings(), STATISTICS), Term(SlicedSettings(side=5), evenly(PIXELS), weight=4.0)),
            qualities=MappingProxyType(
                {
                    "draft": Quality((16, 22, 28), 8, 65536),
                    "normal": Quality((70, 50), 16, 65536),
                    "best": Quality((130, 90), 32, 131072),
                }
            ),
        ),
        "gram": Recipe(
            start="noise",
            solver="lbfgs",
            step_size=1.0,
            final_step_size=1.0,
            terms=(Term(GramSettings(), evenly("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")),),
            qualities=MappingProxyType(
                {
                    "draft": Quality((20, 30, 40), 0, 0),
                    "normal": Quality((80, 100), 0, 0),
                    "best": Quality((250, 250), 0, 0),
                }
            ),
        ),
        "patch": Recipe(
            start="shuffle",
            solver="adam",
            step_size=0.03,
            final_step_size=0.2,
            terms=(Term(PatchSettings(), evenly("relu2_1", "relu3_1", "relu4_1")),),
            qualities=MappingProxyType(
                {
                    "draft": Quality((20, 30, 40), 0, 0),
                    "normal": Quality((60, 80), 0, 0),
                    "best": Quality((150, 150), 0, 0),
                }
            ),
        ),
    }
)
