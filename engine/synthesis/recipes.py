"""Recipes: named sets of critics, layers, octaves and steps."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

CriticName = Literal["gram", "patch", "sliced"]
Layers = tuple[tuple[str, float], ...]
Steps = tuple[int, ...]
QUALITIES = ("draft", "normal", "best")


@dataclass(frozen=True)
class Term:
    """One critic's part in a recipe.

    Attributes:
        critic: Which one.
        layers: Name and weight of each layer; those that an octave is too small for are left out there.
        weight: Of the critic among the recipe's.
        fade: Share of octave 0 over which the weight falls to nothing; None keeps it.
        patch: Side of the neighbourhoods that are compared.
    """

    critic: CriticName
    layers: Layers
    weight: float = 1.0
    fade: float | None = None
    patch: int = 1

    @property
    def name(self) -> str:
        """How losses are labelled: the critic, and the side of its patches of pixels."""
        return self.critic if self.layers[0][0] != "pixels" else f"{self.critic} {self.patch}×{self.patch} pixels"


@dataclass(frozen=True)
class Quality:
    """What a quality spends.

    Attributes:
        steps: Steps at octave 0, 1, 2, …; coarser octaves repeat the last number.
        directions: Random directions of the sliced critic per layer and step.
        positions: The most positions of a layer that the sliced critic sorts in one step; a quarter of all if more.
    """

    steps: Steps
    directions: int
    positions: int


@dataclass(frozen=True)
class Recipe:
    """How a texture is synthesised.

    Attributes:
        start: What the coarsest octave starts from.
        solver: Which optimiser.
        rate: Its step length at the start of an octave.
        final_rate: The same at the end of octave 0, relative to `rate`.
        terms: The critics.
        qualities: What each quality spends.
        interval: Steps between two searches of the patch critic.
        overuse: Its penalty on patches that are used too often.
        filling: What to do in place of this where the canvas has surroundings; None for the same.
        tiling: The same where the canvas wraps around besides.
        drafted: Step length, likewise, from octave 1 on, which starts from a draft then: a hole that is filled with
            shifted copies of the exemplar. None for no draft.
    """

    start: Literal["noise", "shuffle"]
    solver: Literal["adam", "lbfgs"]
    rate: float
    final_rate: float
    terms: tuple[Term, ...]
    qualities: Mapping[str, Quality]
    interval: int = 10
    overuse: float = 0.01
    filling: "Recipe | None" = None
    tiling: "Recipe | None" = None
    drafted: float | None = None

    def layers(self) -> tuple[str, ...]:
        """Names of all layers in use, each once."""
        return tuple(dict.fromkeys(name for term in self.terms for name, _ in term.layers))


def evenly(*layers: str) -> Layers:
    """Give every layer the weight 1."""
    return tuple((layer, 1.0) for layer in layers)


def lightly(*layers: str) -> Layers:
    """Give every layer the weight 1/4."""
    return tuple((layer, 0.25) for layer in layers)


STATISTICS = evenly("relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1", "relu3_2", "relu4_1", "relu5_1")

# Next to what is kept, structure has to go on: patches decide there, on the pixels too, up to the last step. The
# distributions of a small hole need not be those of the whole exemplar and only keep it from washing out. The draft
# has the structure and the grain: short steps close its seams and leave the rest.
FILLING = Recipe(
    start="shuffle",
    solver="adam",
    rate=0.05,
    final_rate=0.2,
    terms=(
        # Mostly on pixels: where features decide, short steps leave a coloured grain that they do not see.
        Term("patch", (("pixels", 4.0), *lightly("relu2_1", "relu3_1", "relu4_1")), weight=4.0, patch=3),
        Term("sliced", STATISTICS, weight=0.02),
        Term("sliced", evenly("pixels"), weight=0.02, patch=5),
    ),
    qualities=MappingProxyType(
        {
            "draft": Quality((8, 10, 30), 8, 32768),
            "normal": Quality((20, 20, 60), 16, 65536),
            "best": Quality((50, 50, 120), 32, 131072),
        }
    ),
    interval=6,
    overuse=0.0,
    drafted=0.008,
)

# There is no draft of a canvas that wraps around: more and longer steps have to find the structure, and distributions
# give the grain.
TILING = replace(
    FILLING,
    final_rate=0.05,
    terms=(
        Term("patch", evenly("pixels", "relu2_1", "relu3_1", "relu4_1"), weight=4.0, patch=3),
        Term("sliced", STATISTICS, weight=0.1),
        Term("sliced", evenly("pixels"), weight=0.5, patch=5),
    ),
    qualities=MappingProxyType(
        {
            "draft": Quality((15, 30, 40), 8, 32768),
            "normal": Quality((50, 60, 100), 16, 65536),
            "best": Quality((100, 120, 200), 32, 131072),
        }
    ),
    drafted=None,
)

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "photo": Recipe(
            start="shuffle",
            solver="adam",
            rate=0.05,
            final_rate=0.05,
            terms=(
                Term("patch", evenly("relu3_1", "relu4_1"), weight=0.5, fade=0.6, patch=3),
                Term("sliced", STATISTICS),
                Term("sliced", evenly("pixels"), weight=4.0, patch=5),
            ),
            qualities=MappingProxyType(
                {
                    "draft": Quality((16, 22, 28), 8, 65536),
                    "normal": Quality((70, 50), 16, 65536),
                    "best": Quality((130, 90), 32, 131072),
                }
            ),
            filling=FILLING,
            tiling=TILING,
        ),
        "sliced": Recipe(
            start="noise",
            solver="adam",
            rate=0.05,
            final_rate=0.05,
            terms=(Term("sliced", STATISTICS), Term("sliced", evenly("pixels"), weight=4.0, patch=5)),
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
            rate=1.0,
            final_rate=1.0,
            terms=(Term("gram", evenly("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")),),
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
            rate=0.03,
            final_rate=0.2,
            terms=(Term("patch", evenly("relu2_1", "relu3_1", "relu4_1"), patch=3),),
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
