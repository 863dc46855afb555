"""What the commands of `inspect` that synthesize have in common."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.counting import counted
from engine.options.setting_options import checked_size
from protocol import vocabulary

if TYPE_CHECKING:
    from engine.cli.inspect.loading import EncoderSetup
    from engine.synthesis import Exemplar, SynthesisSettings


@dataclass(frozen=True)
class Run:
    """All that a synthesis needs.

    Attributes:
        exemplar: The exemplar, on the device.
        setup: Device and encoder.
        settings: Settings of the synthesis.
        description: Settings except the recipe, with encoder and device, for the title of a figure.
    """

    exemplar: "Exemplar"
    setup: "EncoderSetup"
    settings: "SynthesisSettings"
    description: str

    @property
    def json(self) -> dict[str, Any]:
        """The settings, for JSON."""
        chosen = {"recipe": self.settings.recipe, "quality": self.settings.quality, "seed": self.settings.seed}
        return {**sides(self.settings.size), **chosen}


def sides(size: tuple[int, int]) -> dict[str, int]:
    """Name height and width, for JSON."""
    return {"width": size[1], "height": size[0]}


def load_run(
    exemplar: Path, size: str, asked: vocabulary.Settings, weights: Path | None, *, least: int = 0, quiet: bool
) -> Run:
    """Check and load all that a synthesis needs, the quickest first.

    Args:
        exemplar: File of the sample texture.
        size: Value of `--size`.
        asked: The settings.
        weights: File with the weights of an encoder to use instead, or None.
        least: Minimum of the exemplar's shorter side, pixels, if larger than for synthesis.
        quiet: Show no progress of a download.

    Returns:
        The run.
    """
    canvas = checked_size(size)

    from engine.cli.inspect.loading import load_pictures, load_setup
    from engine.inspection.sheets import size_text
    from engine.synthesis.devices import find_device, memory_budget
    from engine.synthesis.settings import settings_for

    settings = settings_for(asked, canvas, memory_budget(find_device(asked.device)))
    setup = load_setup(asked, weights, quiet=quiet)
    (sample,) = load_pictures([exemplar], setup.device, least=least)
    steps = "" if asked.steps is None else f" with {counted(asked.steps, 'step')} at full size"
    description = (
        f"{size_text(canvas)} pixels, quality {asked.quality}{steps}, seed {asked.seed}; {setup.description}; "
    )
    return Run(sample, setup, settings, description + setup.machine)
