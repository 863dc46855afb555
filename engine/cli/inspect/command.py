"""What the commands of `inspect` have in common: options, errors, and what they write and say."""

import inspect
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.inspect.files import check_files
from engine.cli.standard_output import say
from engine.options.failures import one_line_errors
from engine.options.paths import path_argument, path_option
from engine.options.setting_options import read_settings, setting_options

if TYPE_CHECKING:
    from engine.cli.inspect.loading import EncoderSetup
    from engine.inspection.sheets import NumbersBehind

Exemplar = Annotated[Path, path_argument("The sample texture.", "EXEMPLAR")]
Size = Annotated[str, typer.Option(help="Width and height in pixels.")]
OUTPUT_HELP = "File to write, .png or .svg. (required)"
NUMBERS_HELP = "File for the numbers behind the figure: .json, or .npz, which also has maps and pictures."


@dataclass(frozen=True)
class Figure:
    """What a command writes and says.

    Attributes:
        output: File or folder of the figure, as it is given.
        numbers: File for the numbers behind it, or None.
        as_json: Print a line of JSON.
        quiet: Show no progress, and print no message.
    """

    output: Path | None
    numbers: Path | None
    as_json: bool
    quiet: bool

    def check(self, read: Sequence[Path | None]) -> Path:
        """Check that figure and numbers can be written, and are not inputs; return the file of the figure."""
        return check_files(self.output, self.numbers, read)

    def report(
        self,
        written: Path,
        pictures: Sequence[Path],
        setup: "EncoderSetup | None",
        summary: Mapping[str, Any],
        behind: "NumbersBehind",
        line: str,
    ) -> None:
        """Write the numbers, and report what was done.

        Args:
            written: File or folder that was written.
            pictures: Input pictures.
            setup: Device and encoder, or None.
            summary: Further fields of the line of JSON.
            behind: The numbers behind the figure.
            line: Message that is printed instead of JSON; an empty one is not.
        """
        from engine.inspection.sheets import NumbersBehind, save_numbers

        looked = {"pictures": [str(path) for path in pictures], **({} if setup is None else setup.json)}
        if self.numbers is not None:
            save_numbers(NumbersBehind({**looked, **behind.numbers}, behind.large), self.numbers)
        if self.as_json:
            wrote = {"output": str(written), "numbers": None if self.numbers is None else str(self.numbers)}
            say(json.dumps({**wrote, **looked, **summary}))
        elif line and not self.quiet:
            print(f"{written}: {line}", file=sys.stderr)


def figure_command(
    *names: str, output_help: str = OUTPUT_HELP, **defaults: object
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a command of `inspect` of a function.

    Args:
        names: Settings that it has options for.
        output_help: Help of `--output`.
        defaults: Further settings, with their defaults.

    Returns:
        A decorator. The function gets a `Figure`, the settings, its own options and, if it takes it, the weights.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        taken = inspect.signature(command).parameters
        own = [each for name, each in taken.items() if name not in {"figure", "asked", "weights"}]

        @wraps(command)
        def run(**values: Any) -> None:  # noqa: ANN401 - the settings, see `setting_options`
            figure = Figure(*(values.pop(each.name) for each in _shared(output_help)))
            mine = {each.name: values.pop(each.name) for each in own}
            with one_line_errors():
                if "weights" in taken:
                    mine["weights"] = values.pop("weights")
                command(figure=figure, asked=read_settings(values), **mine)

        run.__signature__ = inspect.Signature([*own, *_shared(output_help)])  # type: ignore[attr-defined]
        return setting_options(*names, **defaults)(run)

    return decorate


def _shared(output_help: str) -> list[inspect.Parameter]:
    """List the options of every command."""
    json_help = "Print one line of JSON: the files and the main numbers."
    options: dict[str, tuple[Any, Any, object]] = {
        "output": (Path | None, path_option(output_help, "--output", "-o"), None),
        "numbers": (Path | None, path_option(NUMBERS_HELP), None),
        "as_json": (bool, typer.Option("--json", help=json_help), False),
        "quiet": (bool, typer.Option("--quiet", "-q", help="Show no progress."), False),
    }
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])
        for name, (kind, option, default) in options.items()
    ]
