"""Synthesize from every exemplar of a folder and print the measures of quality, beside those of other tools.

    python benchmarks/quality.py EXEMPLARS --judge WEIGHTS --peers PICTURES --output FOLDER

Measures are taken by an encoder that the pictures were not made with, if one is given with --judge.
"""

import argparse
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch
from artifacts import measure_artifacts
from fill_measures import tensor_of
from PIL import Image
from torch import Tensor

from engine.encoders import Encoder, load_encoder
from engine.measures import measure
from engine.synthesis import Exemplar, SynthesisSettings, synthesize
from engine.synthesis.devices import describe_device, find_device

# The least and the most of each measure that is right. Textures that are drawn anew by the same rule as the exemplar
# keep to them, apart from patterns that are coarse beside the border.
TARGETS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "distance": (0.0, 0.2),
        "copied": (0.0, 0.5),
        "sharpness": (0.9, 1.15),
        "coverage": (0.3, 1.0),
        "grain": (0.85, 1.2),
        "border": (0.8, 1.2),
        "outermost": (0.75, 1.3),
        "run": (0.0, 0.05),
        "streak": (0.0, 0.02),
        "color": (0.0, 0.001),
    }
)
FINE = ("distance", "run", "streak", "color")
FOOT = """
**Bold** measures miss their target. *distance*: sliced Wasserstein distance of features over their spread, 0 is the
same. *copied*: share of neighboring patches that were neighbors in the exemplar. *sharpness*: gradient amplitude over
the exemplar's. *coverage*: share of the exemplar's patches in use. *grain*: fine detail in the smooth parts over the
exemplar's. *border*, *outermost*: gradient amplitude in the outermost four rows and columns, or one, over that
inside. *run*: largest area copied as one block, share of the texture. *streak*: share of the patches that are
repeated nearby at one and the same offset. *color*: share of the pixels whose hue the exemplar does not have."""


def read(path: Path) -> Tensor:
    """Read a picture as RGB in [0, 1], shape (1, 3, height, width)."""
    return tensor_of(Image.open(path))


def measures_of(exemplar: Tensor, texture: Tensor, judge: Encoder) -> dict[str, float]:
    """Take all measures of a texture, by the names of `TARGETS`."""
    return asdict(measure(exemplar, texture, judge)) | asdict(measure_artifacts(exemplar, texture))


def misses(measures: Mapping[str, float]) -> list[str]:
    """Name the measures that miss their targets."""
    return [name for name, (least, most) in TARGETS.items() if not least <= measures[name] <= most]


def row(name: str, who: str, measures: Mapping[str, float], seconds: float | None = None) -> str:
    """Format one line of the table; misses are bold."""
    missed = misses(measures)
    cells = [f"{measures[each]:.{3 if each in FINE else 2}f}" for each in TARGETS]
    cells = [f"**{cell}**" if each in missed else cell for each, cell in zip(TARGETS, cells, strict=True)]
    taken = "" if seconds is None else f"{seconds:.1f}"
    return f"| {name} | {who} | {' | '.join(cells)} | {len(missed)} | {taken} |"


def heading() -> str:
    """Format the head of the table, with the targets as its first line."""
    targets = [f"≤ {most:g}" if not least else f"{least:g} – {most:g}" for least, most in TARGETS.values()]
    names = ["exemplar", "by", *TARGETS, "misses", "s"]
    return "\n".join(
        (f"| {' | '.join(names)} |", "|---" * len(names) + "|", f"| | target | {' | '.join(targets)} | | |")
    )


def main() -> None:
    """Make the pictures and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exemplars", type=Path)
    parser.add_argument("--judge", type=Path, help="weights of the encoder that takes the measures")
    parser.add_argument("--peers", type=Path, help="folder of NAME_TOOL.png by other tools")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--recipe", default="photo")
    parser.add_argument("--quality", default="normal")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    device = find_device(options.device)
    encoder = load_encoder("compact").to(device)
    judge = load_encoder("compact", weights=options.judge, pooling="max" if options.judge else "average")
    print(f"{describe_device(device)}, torch {torch.__version__}, {options.recipe}, {options.quality}\n")
    print(heading())
    found: dict[str, list[dict[str, float]]] = {}
    for path in sorted(options.exemplars.glob("*.png")):
        exemplar = read(path)
        settings = SynthesisSettings(
            (options.size, options.size), recipe=options.recipe, quality=options.quality, seed=options.seed
        )
        start = time.perf_counter()
        *_, last = synthesize(Exemplar(exemplar.to(device)), encoder, settings)
        seconds = time.perf_counter() - start
        pixels = (last.picture[0].permute(1, 2, 0).cpu().numpy() * 255).round().astype(np.uint8)
        Image.fromarray(pixels).save(options.output / path.name)
        entries: list[tuple[Path, str, float | None]] = [(options.output / path.name, "this", seconds)]
        if options.peers:
            entries += [(p, p.stem.split("_")[-1], None) for p in sorted(options.peers.glob(f"{path.stem}_*.png"))]
        for picture, who, taken in entries:
            measures = measures_of(exemplar, read(picture), judge)
            found.setdefault(who, []).append(measures)
            print(row(path.stem, who, measures, taken), flush=True)
    for who, each in found.items():
        print(row("mean", who, {name: float(np.mean([measures[name] for measures in each])) for name in TARGETS}))
    print(FOOT)


if __name__ == "__main__":
    main()
