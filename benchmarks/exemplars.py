"""Write computed exemplars, and computed pictures with holes, masks and truths.

    python benchmarks/exemplars.py FOLDER

FOLDER/exemplars/NAME.png are exemplars for benchmarks/quality.py. FOLDER/fills/NAME.png, NAME-mask.png (white is to
be filled) and NAME-truth.png are pictures with holes for benchmarks/filling.py. The same seed gives the same pixels.
"""

import argparse
from pathlib import Path

from holes import HOLES, hole, image
from patterns import EXEMPLARS, exemplar


def write_exemplars(folder: Path, seed: int = 0) -> None:
    """Write every exemplar as NAME.png."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in EXEMPLARS:
        image(exemplar(name, seed)).save(folder / f"{name}.png")


def write_holes(folder: Path, seed: int = 0) -> None:
    """Write every picture with a hole as NAME.png, NAME-mask.png and NAME-truth.png."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in HOLES:
        made = hole(name, seed)
        for suffix, pixels in (("", made.picture), ("-mask", made.mask), ("-truth", made.truth)):
            image(pixels).save(folder / f"{name}{suffix}.png")


def main() -> None:
    """Write both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="Folder to write to.")
    parser.add_argument("--seed", type=int, default=0, help="Seed of the pictures [default: 0].")
    options = parser.parse_args()
    write_exemplars(options.folder / "exemplars", options.seed)
    write_holes(options.folder / "fills", options.seed)


if __name__ == "__main__":
    main()
