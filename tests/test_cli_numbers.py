"""Options that take a number."""

import pytest
import typer
from calling import assert_refused, contents

from engine.cli import build_app


def numbers_of(command, *words):
    """List the options of a command, and of those below it, that take a number: words and name."""
    below = getattr(command, "commands", {})
    own = [(words, each.opts[0]) for each in command.params if is_number(each)]
    return own + [found for name, one in below.items() for found in numbers_of(one, *words, name)]


def is_number(option):
    return option.metavar == "NUMBER" or (isinstance(option.default, int | float) and not option.is_flag)


NUMBERS = numbers_of(typer.main.get_command(build_app()))


def test_every_command_with_numbers_is_tried():
    assert {words[-1] for words, _ in NUMBERS} >= {"synthesize", "serve", "matches"}
    assert {name for _, name in NUMBERS} >= {"--seed", "--noise", "--variations", "--pick", "--jpeg-quality"}


@pytest.mark.parametrize(("words", "name"), NUMBERS, ids=[" ".join((*words, name)) for words, name in NUMBERS])
def test_a_number_out_of_range_is_told_with_the_range(call, here, words, name):
    before = contents(here)
    told = call(*words, f"{name}=-1000")
    assert_refused(told, f"{name} is ")
    assert " to " in told[2].rpartition(": give ")[2]
    assert contents(here) == before


@pytest.mark.parametrize("name", ["seed", "noise", "steps"])
@pytest.mark.parametrize("text", ["", "abc", "1,5", "0x10", "nan", "1e99"])
def test_what_is_no_number_is_told_with_the_range(call, name, text):
    told = call("synthesize", f"--{name}={text}")
    assert_refused(told, f"--{name} is ")
    assert " to " in told[2].rpartition(": give ")[2]


@pytest.mark.parametrize("text", ["1.5", "1e3", "3.0"])
@pytest.mark.parametrize("name", ["seed", "octaves", "steps", "variations", "pick"])
def test_a_whole_number_has_no_fraction(call, name, text):
    assert_refused(call("synthesize", f"--{name}={text}"), f"--{name} is '{text}': give a whole number of ")
