"""Options of several commands of `inspect`, other than settings."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.paths import path_argument, path_option

Exemplar = Annotated[Path, path_argument("The sample texture.", "EXEMPLAR")]
Output = Annotated[Path | None, path_option("File to write, .png or .svg. (required)", "--output", "-o")]
Size = Annotated[str, typer.Option(help="Width and height in pixels.")]
Numbers = Annotated[
    Path | None,
    path_option("File for the numbers behind the figure: .json, or .npz, which also has maps and pictures."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one line of JSON: the files and the main numbers.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
