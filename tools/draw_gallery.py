"""Run the commands of `docs/gallery.md`, and draw its pictures.

python tools/draw_gallery.py
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "gallery.md"
QUALITY = 90


def commands(page: Path) -> list[list[str]]:
    """List the words of each command of a page."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [shlex.split(block) for block in blocks]


def main() -> None:
    """Make each picture, and write it beside the page."""
    for number, words in enumerate(commands(PAGE), 1):
        with TemporaryDirectory() as folder:
            made = Path(folder) / "made.png"
            arguments = [*words[1 : words.index("-o")], "-o", str(made), "--local"]
            subprocess.run(  # noqa: S603 - the page is the project's own
                [sys.executable, "-m", "engine", *arguments], cwd=ROOT, check=True
            )
            picture = Image.open(made).convert("RGB")
            picture.save(PAGE.parent / "pictures" / f"gallery-{number}.jpg", quality=QUALITY, subsampling=0)


if __name__ == "__main__":
    main()
