"""That the commands of `docs/inside.md` run and write what the page shows; other tests look at what is in it."""

import re
import shlex
from pathlib import Path

import pytest
from pictures import bricks, save
from PIL import Image

from engine.inspection import portilla_simoncelli

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "inside.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.strip().splitlines()]
SHOWN = re.findall(r"!\[[^\]]+\]\((pictures/[^)]+)\)", PAGE)
# As the commands are but small: what they make is of another size, and soon done.
SMALL = {"synthesize": ("--size", "64x64", "--steps", "2"), "layers": ("--size", "32x32", "--steps", "2")}
SMALL |= {"losses": ("--size", "32x32", "--steps", "2")}
SMALL |= {"recipes": ("--size", "32x32", "--steps", "1", "--quality", "draft")}


def test_the_page_shows_eight_pictures_and_they_are_there():
    assert len(SHOWN) == 8
    for name in SHOWN:
        with Image.open(ROOT / "docs" / name) as picture:
            assert min(picture.size) > 300


@pytest.fixture
def clone(here):
    """A folder with an exemplar where the page has it, to be in."""
    (here / "examples").mkdir()
    save(here / "examples" / "cobbles.png", bricks(64, 64))
    return here


def test_the_commands_make_the_pictures(call, clone, monkeypatch):
    monkeypatch.setattr(portilla_simoncelli, "EVALUATIONS", 1)
    for command in COMMANDS:
        program, *words = shlex.split(command)
        assert program == "texture-engine"
        name = words[1] if words[0] == "inspect" else words[0]
        # A size that the page gives is followed by the small one, which counts.
        status, _told, errors = call(*words, *SMALL.get(name, ()), "--quiet")
        assert status == 0, errors
    made = {path.stem for path in clone.iterdir() if path.is_file()} - {"made", "patched", "bricks"}
    assert made == {Path(name).stem.removeprefix("inside-") for name in SHOWN}
