"""What the commands of `inspect` have in common that synthesise."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.parsing import Layers, parse_layers, parse_size
from engine.cli.synthesize import check_seeds

if TYPE_CHECKING:
    from engine.cli.inspect.loading import Place
    from engine.synthesis import Exemplar, Settings


@dataclass(frozen=True)
class Wish:
    """A synthesis as it was asked for on the command line; the fields are those of the options."""

    size: str
    recipe: str
    quality: str
    steps: int | None
    seed: int
    octaves: int = 5
    layers: str | None = None


@dataclass(frozen=True)
class Run:
    """All that a synthesis needs.

    Attributes:
        exemplar: On the device.
        place: Device and encoder.
        settings: What is made.
        told: Settings but for the recipe, encoder and device, for a figure's title.
    """

    exemplar: "Exemplar"
    place: "Place"
    settings: "Settings"
    told: str

    @property
    def json(self) -> dict[str, Any]:
        """The settings, for a line of JSON."""
        chosen = {"recipe": self.settings.recipe, "quality": self.settings.quality, "seed": self.settings.seed}
        return {**sides(self.settings.size), **chosen}


def sides(size: tuple[int, int]) -> dict[str, int]:
    """Name height and width, for a line of JSON."""
    return {"width": size[1], "height": size[0]}


def load_run(
    exemplar: Path,
    wish: Wish,
    encoder: str,
    weights: Path | None,
    pooling: str,
    device: str,
    *,
    least: int = 0,
    quiet: bool,
) -> Run:
    """Read and check all that a synthesis needs, the quickest first.

    Args:
        exemplar: File of the sample texture.
        wish: What is made.
        encoder: Name of the encoder.
        weights: File that takes its place, or None.
        pooling: `average` or `max`.
        device: As it was asked for.
        least: Pixels that the shorter side of the exemplar must have, where more than synthesis needs.
        quiet: Show no progress of a download.

    Returns:
        The run.
    """
    check_seeds(wish.seed, 1)
    size = parse_size(wish.size)
    layers: Layers | None = None if wish.layers is None else parse_layers(wish.layers)

    from engine.cli.inspect.loading import load_pictures, load_place
    from engine.inspection.sheets import size_told
    from engine.synthesis import Settings
    from engine.synthesis.devices import find_device, memory_budget

    settings = Settings(
        size,
        wish.recipe,
        wish.quality,
        wish.seed,
        layers=layers,
        octaves=wish.octaves,
        steps=wish.steps,
        memory=memory_budget(find_device(device)),
    )
    place = load_place(encoder, weights, pooling, device, quiet=quiet)
    (sample,) = load_pictures([exemplar], place.device, least=least)
    steps = "" if wish.steps is None else f" with {wish.steps} steps at full size"
    told = f"{size_told(size)} pixels, quality {wish.quality}{steps}, seed {wish.seed}; {place.told}; {place.machine}"
    return Run(sample, place, settings, told)
