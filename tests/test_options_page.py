"""That `docs/options.md` has the options that there are."""

import re
import sys
from pathlib import Path

import typer
from rich.text import Text

from engine.cli import build_app
from protocol.vocabulary import settings

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))

from reference import OPTIONS_PAGE, options_page


def test_the_page_is_what_the_program_says():
    assert OPTIONS_PAGE.read_text(encoding="utf-8") == options_page(), "run tools/reference.py"


def test_every_setting_is_an_option_of_its_own():
    found = re.findall(
        r"^\| `--([a-z-]+)`", options_page().split("## How the texture is made")[1].split("\n## ")[0], re.MULTILINE
    )
    assert found == [name.replace("_", "-") for name in settings()]


def test_no_help_is_taken_as_markup():
    commands = [typer.main.get_command(build_app())]
    for command in commands:
        commands += getattr(command, "commands", {}).values()
        for said in [command.help, *(getattr(each, "help", None) for each in command.params)]:
            assert Text.from_markup(said or "").plain == (said or "").replace("\\[", "[")
