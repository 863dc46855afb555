"""The gallery: each of its commands works, and has its picture."""

import re
import shlex
from pathlib import Path

import pytest
from pictures import load

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "gallery.md"
TEXT = PAGE.read_text(encoding="utf-8")
COMMANDS = [shlex.split(block) for block in re.findall(r"^```sh\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)]


def test_the_gallery_has_a_heading_with_the_number_of_each_command():
    assert re.findall(r"^## (\d+)\.", TEXT, re.MULTILINE) == [str(number) for number in range(1, len(COMMANDS) + 1)]


@pytest.mark.parametrize("number", range(1, len(COMMANDS) + 1))
def test_a_command_makes_a_picture_of_the_size_that_the_page_shows(number, call, tmp_path, monkeypatch):
    words = COMMANDS[number - 1]
    assert words[0] == "texture-engine"
    monkeypatch.chdir(ROOT)
    arguments = [*words[1 : words.index("-o")], "-o", str(tmp_path / f"gallery-{number}.png")]
    # Steps are the critics'; fills, enlarged pictures and the maps of a material have none of their own.
    without = any(word in {"--canvas", "--enlarge"} or word.endswith("_normal.png") for word in words)
    steps = () if without else ("--steps", "1")
    assert call(*arguments, "--quality", "draft", *steps, "--local", "-q")[0] == 0
    for made in tmp_path.glob(f"gallery-{number}*"):
        assert load(made).shape[:2] == load(PAGE.parent / "pictures" / f"{made.stem}.jpg").shape[:2]


def test_every_picture_of_the_page_is_there():
    for path in re.findall(r"!\[[^\]]*\]\(([^)]*)\)", TEXT):
        assert (PAGE.parent / path).is_file(), path
