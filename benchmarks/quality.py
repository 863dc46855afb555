"""Synthesise from every exemplar of a folder and print the figures of quality, beside those of other tools.

    python benchmarks/quality.py EXEMPLARS --judge WEIGHTS --peers PICTURES --output FOLDER

Figures are taken by an encoder that the pictures were not made with, if one is given with --judge.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from engine.figures import Figures, measure
from engine.synthesis import Exemplar, Settings, synthesize
from engine.synthesis.devices import describe_device, find_device
from engine.synthesis.encoders import load_encoder


def read(path: Path) -> Tensor:
    """Read a picture as RGB in [0, 1], shape (1, 3, height, width)."""
    pixels = np.asarray(Image.open(path).convert("RGB"), dtype=np.float32) / 255
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].contiguous()


def row(name: str, who: str, figures: Figures, seconds: float | None = None) -> str:
    """Format one line of the table."""
    cells = (figures.distance, figures.copied, figures.sharpness, figures.coverage)
    shown = " | ".join(f"{value:.3f}" if n == 0 else f"{value:.2f}" for n, value in enumerate(cells))
    return f"| {name} | {who} | {shown} | {'' if seconds is None else f'{seconds:.1f}'} |"


def main() -> None:
    """Make the pictures and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exemplars", type=Path)
    parser.add_argument("--judge", type=Path, help="weights of the encoder that takes the figures")
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
    print("| exemplar | by | distance | copied | sharpness | coverage | s |\n|---|---|---|---|---|---|---|")
    found: dict[str, list[Figures]] = {}
    for path in sorted(options.exemplars.glob("*.png")):
        exemplar = read(path)
        settings = Settings(
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
            figures = measure(exemplar, read(picture), judge)
            found.setdefault(who, []).append(figures)
            print(row(path.stem, who, figures, taken), flush=True)
    for who, each in found.items():
        means = Figures(*(float(np.mean([getattr(f, name) for f in each])) for name in Figures.__dataclass_fields__))
        print(row("mean", who, means))


if __name__ == "__main__":
    main()
