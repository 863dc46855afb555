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


def test_the_gallery_has_nine_commands():
    assert len(COMMANDS) == 9


@pytest.mark.parametrize("number", range(1, 10))
def test_a_command_makes_a_picture_of_the_size_that_the_page_shows(number, call, tmp_path, monkeypatch):
    words = COMMANDS[number - 1]
    assert words[0] == "texture-engine"
    monkeypatch.chdir(ROOT)
    made = tmp_path / "made.png"
    arguments = [*words[1 : words.index("-o")], "-o", str(made), "--quality", "draft", "--local", "-q"]
    assert call(*arguments)[0] == 0
    assert load(made).shape[:2] == load(PAGE.parent / "pictures" / f"gallery-{number}.jpg").shape[:2]


def test_every_picture_of_the_page_is_there():
    for path in re.findall(r"!\[[^\]]*\]\(([^)]*)\)", TEXT):
        assert (PAGE.parent / path).is_file(), path
