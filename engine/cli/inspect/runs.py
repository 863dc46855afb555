"""What the commands of `inspect` have in common that synthesize."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.setting_options import checked_size
from protocol import vocabulary

if TYPE_CHECKING:
    from engine.cli.inspect.loading import Place
    from engine.synthesis import Exemplar, Settings


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
    exemplar: Path, size: str, asked: vocabulary.Settings, weights: Path | None, *, least: int = 0, quiet: bool
) -> Run:
    """Read and check all that a synthesis needs, the quickest first.

    Args:
        exemplar: File of the sample texture.
        size: Of what is made, as it was typed.
        asked: How it is made.
        weights: File of an encoder that takes the place of the named one, or None.
        least: Pixels that the shorter side of the exemplar must have, where more than synthesis needs.
        quiet: Show no progress of a download.

    Returns:
        The run.
    """
    canvas = checked_size(size)

    from engine.cli.inspect.loading import load_pictures, load_place
    from engine.inspection.sheets import size_told
    from engine.synthesis.devices import find_device, memory_budget
    from engine.synthesis.settings import settings_for

    settings = settings_for(asked, canvas, memory_budget(find_device(asked.device)))
    place = load_place(asked, weights, quiet=quiet)
    (sample,) = load_pictures([exemplar], place.device, least=least)
    steps = "" if asked.steps is None else f" with {asked.steps} steps at full size"
    told = f"{size_told(canvas)} pixels, quality {asked.quality}{steps}, seed {asked.seed}; {place.told}; "
    return Run(sample, place, settings, told + place.machine)
