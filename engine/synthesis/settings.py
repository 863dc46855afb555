"""What a user can set, checked once."""

import math
from dataclasses import dataclass, replace
from typing import Any

from engine.synthesis.encoders.network import PIXELS
from engine.synthesis.octaves import DEFAULT_OCTAVES, Size
from engine.synthesis.recipes import QUALITIES, RECIPES, Layers, Recipe, Steps
from engine.synthesis.wrap import NO_WRAP, Wrap

LARGEST_SIDE = 16384
SMALLEST_SIDE = 8
LEAST_MEMORY = 64 * 2**20
LARGEST_SEED = 2**63 - 1


class SettingsError(ValueError):
    """A setting that is out of its range, told in one sentence."""


@dataclass(frozen=True)
class Settings:
    """What is to be made, and how.

    Attributes:
        size: Height and width of the canvas, pixels.
        recipe: Name of the recipe.
        quality: Name of the quality.
        seed: Number that the chance draws follow from, 0 to 2^63 − 1.
        wrap: Axes along which the canvas wraps around.
        layers: Layers and weights for every critic of features, in place of the recipe's.
        octaves: The most octaves; fewer where the pictures are too small.
        steps: Steps at octave 0, in place of the quality's; the other octaves keep their proportion.
        flips: Whether the patch critic also knows the exemplar's mirror image.
        turns: Whether it also knows the exemplar turned by quarters.
        scales: Relative sizes of the exemplar that it also knows, each in [0.25, 4].
        noise: Noise on the features before matching, in units of their spread, in [0, 2].
        overuse: Penalty on patches that are used too often, in [0, 1]; None for the recipe's.
        memory: Bytes that synthesis may take.
    """

    size: Size
    recipe: str = "photo"
    quality: str = "normal"
    seed: int = 0
    wrap: Wrap = NO_WRAP
    layers: Layers | None = None
    octaves: int = DEFAULT_OCTAVES
    steps: int | None = None
    flips: bool = False
    turns: bool = False
    scales: tuple[float, ...] = ()
    noise: float = 0.0
    overuse: float | None = None
    memory: int = 8 * 2**30

    def __post_init__(self) -> None:
        for side, name in zip(self.size, ("height", "width"), strict=True):
            _whole(name, side, SMALLEST_SIDE, LARGEST_SIDE, "pixels")
        if self.recipe not in RECIPES:
            raise SettingsError(f"recipe {self.recipe!r} is not known; choose one of {', '.join(RECIPES)}")
        if self.quality not in QUALITIES:
            raise SettingsError(f"quality {self.quality!r} is not known; choose one of {', '.join(QUALITIES)}")
        _whole("seed", self.seed, 0, LARGEST_SEED)
        _whole("octaves", self.octaves, 1, 12)
        if self.steps is not None:
            _whole("steps", self.steps, 1, 100_000)
        for scale in self.scales:
            _between("scale", scale, 0.25, 4)
        _between("noise", self.noise, 0, 2)
        if self.overuse is not None:
            _between("overuse", self.overuse, 0, 1)
        if isinstance(self.memory, bool) or not isinstance(self.memory, int) or self.memory < LEAST_MEMORY:
            raise SettingsError(f"memory {self.memory!r} bytes is too little: give {LEAST_MEMORY >> 20} MiB or more")
        if self.layers is not None:
            _check_layers(self.layers)

    def effective_recipe(self, *, filling: bool = False) -> Recipe:
        """Look up the recipe and put this request's layers in place of its own, where there are any.

        Args:
            filling: Whether the canvas has surroundings.

        Returns:
            The recipe.
        """
        recipe = RECIPES[self.recipe]
        if filling:
            recipe = recipe.filling or recipe
        if self.layers is None:
            return recipe
        # A term on the pixels alone looks past the encoder, whatever layers of it are chosen.
        terms = (t if all(n == PIXELS for n, _ in t.layers) else replace(t, layers=self.layers) for t in recipe.terms)
        return replace(recipe, terms=tuple(terms))

    def effective_steps(self, recipe: Recipe) -> Steps:
        """Steps per octave, finest first, with this request's number in place of the quality's."""
        planned = recipe.qualities[self.quality].steps
        if self.steps is None:
            return planned
        if not planned:
            return (self.steps,)
        return tuple(max(1, round(n * self.steps / planned[0])) for n in planned)


def _whole(name: str, value: Any, low: int, high: int, unit: str = "") -> None:  # noqa: ANN401
    if not isinstance(value, int):
        raise SettingsError(f"{name} {value!r} is not a whole number: give {low:,} to {high:,} {unit}".rstrip())
    _between(name, value, low, high, unit)


def _between(name: str, value: Any, low: float, high: float, unit: str = "") -> None:  # noqa: ANN401
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or not low <= value <= high
    ):
        raise SettingsError(f"{name} {value!r} is out of range: give {low:,} to {high:,} {unit}".rstrip())


def _check_layers(layers: Layers) -> None:
    if not layers:
        raise SettingsError("no layers are given: name at least one, such as relu3_1")
    for name, weight in layers:
        _between(f"weight of layer {name}", weight, 0, 10**6)
    if not any(weight for _, weight in layers):
        raise SettingsError("all layers have the weight 0: give at least one a weight above 0")
    names = [name for name, _ in layers]
    if len(set(names)) < len(names):
        raise SettingsError(f"layers {', '.join(names)}: name each layer once")
