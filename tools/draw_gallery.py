"""Run the commands of `docs/gallery.md`, and draw its pictures.

python tools/draw_gallery.py          all
python tools/draw_gallery.py 10 11    some
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "gallery.md"
QUALITY = 90


def commands(page: Path) -> list[list[str]]:
    """List the words of each command of a page."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [shlex.split(block) for block in blocks]


def in_8_bits(picture: Image.Image) -> Image.Image:
    """Convert a picture to RGB with 8 bits; Pillow would clip gray ones of 16 bits."""
    if picture.mode.startswith("I"):
        picture = Image.fromarray((np.asarray(picture) / 257).round().astype(np.uint8))
    return picture.convert("RGB")


def main() -> None:
    """Make the pictures, and write them beside the page."""
    wanted = [int(each) for each in sys.argv[1:]]
    for number, words in enumerate(commands(PAGE), 1):
        if wanted and number not in wanted:
            continue
        with TemporaryDirectory() as folder:
            arguments = [*words[1 : words.index("-o")], "-o", str(Path(folder) / f"gallery-{number}.png"), "--local"]
            subprocess.run(  # noqa: S603 - the page is the project's own
                [sys.executable, "-m", "engine", *arguments], cwd=ROOT, check=True
            )
            # A texture set has several pictures.
            for made in Path(folder).iterdir():
                shown = PAGE.parent / "pictures" / f"{made.stem}.jpg"
                in_8_bits(Image.open(made)).save(shown, quality=QUALITY, subsampling=0)


if __name__ == "__main__":
    main()
