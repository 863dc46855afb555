"""Options that several commands of `inspect` have."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.paths import path_argument, path_option

Exemplar = Annotated[Path, path_argument("The sample texture.", "EXEMPLAR")]
Output = Annotated[Path | None, path_option("The .png or .svg file to write. (required)", "--output", "-o")]
Size = Annotated[str, typer.Option(help="Width and height in pixels.")]
Recipe = Annotated[str, typer.Option(help="How: photo, sliced, gram or patch.")]
Quality = Annotated[str, typer.Option(help="How long: draft, normal or best.")]
Steps = Annotated[int | None, typer.Option(help="Steps at full size, in place of the quality's.")]
Seed = Annotated[int, typer.Option(help="Another seed gives another texture.")]
Encoder = Annotated[str, typer.Option(help="The network: compact, vgg19, vgg16 or vgg11.")]
Weights = Annotated[Path | None, path_option("Weights of a VGG of any width, in place of these.")]
Pooling = Annotated[str, typer.Option(help="How the encoder halves its maps: average or max.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps or xpu.")]
Numbers = Annotated[
    Path | None,
    path_option("Write the numbers behind it too: .json, or .npz, which holds maps and pictures as well."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one line of JSON: what was written, and what it tells.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
