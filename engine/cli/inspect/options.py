"""Options that several commands of `inspect` have, besides those of settings."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.paths import path_argument, path_option

Exemplar = Annotated[Path, path_argument("The sample texture.", "EXEMPLAR")]
Output = Annotated[Path | None, path_option("The .png or .svg file to write. (required)", "--output", "-o")]
Size = Annotated[str, typer.Option(help="Width and height in pixels.")]
Numbers = Annotated[
    Path | None,
    path_option("Write the numbers behind it too: .json, or .npz, which holds maps and pictures as well."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one line of JSON: what was written, and what it tells.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
