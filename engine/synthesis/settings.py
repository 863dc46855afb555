"""Settings of synthesis: the vocabulary's, with size and memory."""

from dataclasses import dataclass, field, fields, replace

from engine.synthesis.octaves import Size
from engine.synthesis.recipes import RECIPES, Recipe, Steps
from engine.synthesis.wrap import Wrap
from protocol import vocabulary
from protocol.vocabulary import AXES, PIXELS


class SettingsError(ValueError):
    """A setting does not fit the pictures or the memory; the message is one sentence."""


@dataclass(frozen=True)
class SynthesisSettings(vocabulary.Settings):
    """What is to be made, and how.

    Attributes:
        size: Height and width of the canvas, pixels.
        memory: Bytes that synthesis may take.
    """

    size: Size
    memory: int = field(default=8 * 2**30, kw_only=True)

    @property
    def wrap(self) -> Wrap:
        """Axes along which the canvas wraps around."""
        return Wrap(*AXES[self.seamless])

    def effective_recipe(self, *, filling: bool = False) -> Recipe:
        """Look up the recipe and put this request's layers in place of its own, where there are any."""
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


def settings_for(asked: vocabulary.Settings, size: Size, memory: int) -> SynthesisSettings:
    """Complete what was asked for.

    Args:
        asked: The settings, checked.
        size: Height and width of the part that is worked on, pixels.
        memory: Bytes that synthesis may take unless they say so.

    Returns:
        The settings.
    """
    values = {each.name: getattr(asked, each.name) for each in fields(vocabulary.Settings)}
    return SynthesisSettings(size, **{**values, "memory": memory if asked.memory is None else asked.memory})
