"""The gallery: each of its commands works, and has its picture."""

import re
import shlex
from pathlib import Path

import pytest
from pictures import load
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "gallery.md"
TEXT = PAGE.read_text(encoding="utf-8")
COMMANDS = [shlex.split(block) for block in re.findall(r"^```sh\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)]


def test_the_gallery_has_a_heading_with_the_number_of_each_command():
    assert re.findall(r"^## (\d+)\.", TEXT, re.MULTILINE) == [str(number) for number in range(1, len(COMMANDS) + 1)]


@pytest.fixture(scope="module")
def halved(tmp_path_factory):
    """A folder with the examples at half their size, of which textures are made in a quarter of the time."""
    folder = tmp_path_factory.mktemp("halved")
    (folder / "examples").mkdir()
    for path in (ROOT / "examples").glob("*.png"):
        with Image.open(path) as whole:
            half = whole.resize((whole.width // 2, whole.height // 2), Image.Resampling.NEAREST)
            half.save(folder / "examples" / path.name)
    return folder


@pytest.mark.parametrize("number", range(1, len(COMMANDS) + 1))
def test_a_command_makes_a_picture_of_the_size_that_the_page_shows(number, call, halved, tmp_path, monkeypatch):
    words = COMMANDS[number - 1]
    assert words[0] == "texture-engine"
    # A sheet to choose from has frames, which are as wide at any size.
    scale = 1 if "--pick" in words else 2
    monkeypatch.chdir(halved if scale == 2 else ROOT)
    arguments = [*words[1 : words.index("-o")], "-o", str(tmp_path / f"gallery-{number}.png")]
    if "--size" in arguments:
        size = arguments.index("--size") + 1
        arguments[size] = str(int(arguments[size]) // scale)
    # Steps are the critics'; fills, enlarged pictures and the maps of a material have none of their own.
    without = any(word in {"--canvas", "--enlarge"} or word.endswith("_normal.png") for word in words)
    steps = () if without else ("--steps", "1")
    assert call(*arguments, "--quality", "draft", *steps, "--local", "-q")[0] == 0
    for made in tmp_path.glob(f"gallery-{number}*"):
        height, width = load(PAGE.parent / "pictures" / f"{made.stem}.jpg").shape[:2]
        assert load(made).shape[:2] == (height // scale, width // scale)


def test_every_picture_of_the_page_is_there():
    for path in re.findall(r"!\[[^\]]*\]\(([^)]*)\)", TEXT):
        assert (PAGE.parent / path).is_file(), path
