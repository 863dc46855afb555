"""That `protocol/README.md` says what is so, and that its examples run."""

import ast
import json
import re
import signal
import subprocess
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated

import pytest
from engines import JOB_SECONDS, forked, surroundings
from pictures import load

from engine.preparation.sampling import LARGEST_EXEMPLAR
from protocol.connection import CONNECTION_FILE, Connection
from protocol.errors import ProtocolError
from protocol.fields import Range
from protocol.keys import CLIENT_KEYS
from protocol.limits import Limits
from protocol.private_files import FOLDER_VARIABLE
from protocol.records import MOST_ITEMS
from protocol.socket_link import RECEIVE_BYTES, UNREAD_MESSAGES
from protocol.version import PROTOCOL
from protocol.vocabulary import LAYERS, SMALLEST_EXEMPLAR

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))

from reference import PARTS, PROTOCOL_PAGE, number_text, protocol_page, rows_of, words_for

ROOT = Path(__file__).parents[1]
PAGE = PROTOCOL_PAGE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^### ([^\n]+)\n(?:(?!^#).)*?^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
RUNNABLE = re.findall(r"^<!-- runnable -->\n```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
PICTURE = (48, 64, 3)


# The page as it is.


def part(title):
    """What is below a heading of the second rank."""
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)[1]


def sections(title):
    """What is below each of its headings, by heading."""
    found = re.split(r"^#{3,4} (.+)\n", part(title), flags=re.MULTILINE)[1:]
    return dict(zip(found[::2], found[1::2], strict=True))


def table(text):
    """The rows of the first table with fields in a text, by the name in their first cell."""
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")] for row in re.findall(r"^\|.*\|$", text, re.MULTILINE)
    ]
    return {name.strip("`"): cells for name, *cells in rows[2:]}


# The codes as they are.


def codes_in_source():
    """Every code that a failure is made with, in the engine and in the protocol."""
    for room in ("engine", "protocol"):
        for path in sorted((ROOT / room).rglob("*.py")):
            tree = ast.parse(path.read_bytes())
            constants = {
                target.id: node.value.value
                for node in tree.body
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
                for target in node.targets
            }
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef) and node.name.endswith("Error"):
                    yield from (value.value for value in code_values(node))
                if isinstance(node, ast.Call):
                    yield from (code_of(word, constants) for word in code_words(node))


def code_values(error):
    """The codes that a class of errors has as an attribute."""
    for each in error.body:
        target = each.targets[0] if isinstance(each, ast.Assign) else getattr(each, "target", None)
        if getattr(target, "id", "") == "code" and isinstance(each.value, ast.Constant):
            yield each.value


def code_words(call):
    """Where the code stands in a call that makes a failure."""
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    place = {"Failed": 0, "fail_all": 0, "ProtocolError": 1}.get(name)
    if place is not None:
        for word in (*call.args[place : place + 1], *(each.value for each in call.keywords if each.arg == "code")):
            yield from (word.body, word.orelse) if isinstance(word, ast.IfExp) else (word,)


def code_of(word, constants):
    """A code that is written there; None where one is passed on."""
    return word.value if isinstance(word, ast.Constant) else constants.get(getattr(word, "id", None))


# Messages.


@pytest.mark.parametrize("title", PARTS)
def test_every_message_has_a_section_and_nothing_else_has(title):
    assert sorted(sections(title)) == sorted(PARTS[title])


def test_the_tables_have_every_field_with_its_type_and_default():
    assert protocol_page(PAGE) == PAGE, "run tools/reference.py"


@pytest.mark.parametrize("title", PARTS)
def test_every_field_is_explained_in_a_table(subtests, title):
    for name, record in PARTS[title].items():
        with subtests.test(name=name):
            found = table(sections(title)[name])
            assert list(found) == list(rows_of(record))
            assert all(meaning for _, _, meaning in found.values()) or title == "What the engine sends"


def test_the_least_and_the_most_of_every_kind_of_field_are_written_as_the_page_explains():
    assert [words_for(hint) for hint in (Annotated[int, Range(1, 100)], Annotated[float, Range(0, 1e9)])] == [
        "whole 1…100",
        "number 0…10^9",
    ]


def test_every_limit_is_there_with_its_value():
    told = {name: float(cells[1]) for name, cells in table(sections("Messages")["limits"]).items()}
    assert told == asdict(Limits())


def test_the_most_items_of_a_list_are_told():
    assert f"| list of …, map of … | array or map of at most {MOST_ITEMS} |" in PAGE


def test_the_version_is_told():
    assert f"version {PROTOCOL[0]}.{PROTOCOL[1]} of its protocol" in PAGE


# What the engine makes of a request.


def test_every_layer_is_told():
    told = re.search(r"^\| layer \| (.*) \|$", PAGE, re.MULTILINE)[1]
    assert re.findall(r"`(\w+)`", told) == list(LAYERS)


def test_the_least_and_the_largest_exemplar_are_told():
    sizes = f"{SMALLEST_EXEMPLAR}×{SMALLEST_EXEMPLAR} to {number_text(LARGEST_EXEMPLAR)} pixels"
    assert sizes in table(sections("Messages")["source"])["picture"][2]


# Failures.


def test_every_code_of_a_failure_is_explained_and_nothing_else():
    codes = {code for code in codes_in_source() if code is not None} | {ProtocolError("").code}
    assert set(table(part("What goes wrong"))) == codes


# Files and socket.


def test_every_key_of_the_connection_file_is_explained():
    explained = part("Where the engine listens").rpartition("```")[2]
    assert list(table(explained)) == [field.name for field in fields(Connection)]


def test_the_connection_file_that_is_shown_has_these_keys():
    shown = json.loads(re.search(r"```json\n(.*?)```", part("Where the engine listens"), re.DOTALL)[1])
    assert list(shown) == [field.name for field in fields(Connection)]


@pytest.mark.parametrize("name", [FOLDER_VARIABLE, CONNECTION_FILE, CLIENT_KEYS])
def test_files_and_variables_have_their_names(name):
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize(("option", "value"), [("ZMQ_RCVHWM", UNREAD_MESSAGES), ("ZMQ_RCVBUF", RECEIVE_BYTES)])
def test_the_socket_is_as_that_of_the_client_here(option, value):
    assert f"| `{option}` | {value} |" in PAGE


# Examples.


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with (
        forked(tmp_path_factory.mktemp("page") / "engine", "--device", "cpu") as started,
        started.client() as client,
    ):
        started.ready(client)
        yield started


@pytest.fixture
def follow(engine, tmp_path):
    """Start an example in a folder of its own."""
    started = []

    def start(code):
        command = [sys.executable, "-W", "error", "-u", "-c", code]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(command, cwd=tmp_path, env=surroundings(engine.folder), **pipes))
        return started[0]

    yield start
    for example in started:
        example.kill()
        example.communicate()


def told_by(example):
    """What an example has printed when it is through."""
    output, errors = example.communicate(timeout=JOB_SECONDS)
    assert example.returncode == 0, errors
    return output


def test_three_examples_are_run():
    assert len(RUNNABLE) == 3


def test_only_the_example_with_a_main_loop_is_not_run():
    assert [title for title, code in EXAMPLES if code not in RUNNABLE] == ["In GLib's main loop"]


@pytest.mark.parametrize("code", [code for _, code in EXAMPLES], ids=[title for title, _ in EXAMPLES])
def test_every_example_is_python(code):
    compile(code, "example", "exec")


@pytest.mark.parametrize("code", RUNNABLE[:2], ids=["texture", "hole"])
def test_an_example_for_other_languages_does_without_the_protocol_package(code):
    assert "protocol import" not in code


def test_the_small_client_shows_progress_counts_frames_and_saves_the_texture(follow, tmp_path):
    output = told_by(follow(RUNNABLE[0]))
    assert re.fullmatch(r"((loading|synthesis): step \d+ of \d+\n)+done: [1-9]\d* steps, [1-9]\d* frames\n", output)
    assert_textured(load(tmp_path / "more.ppm"), PICTURE)


def test_ctrl_c_keeps_the_hole_as_far_as_it_is_filled(follow, tmp_path):
    example = follow(RUNNABLE[1])
    assert re.fullmatch(r"step \d+ of \d+, .*\n", example.stdout.readline())
    example.send_signal(signal.SIGINT)
    assert re.search(r"^cancelled at step \d+\n\Z", told_by(example), re.MULTILINE)
    assert_textured(load(tmp_path / "filled.ppm"), (96, 96, 3))


def test_the_example_with_the_client_here_saves_the_texture(follow, tmp_path):
    assert told_by(follow(RUNNABLE[2])).startswith("Done(job='more'")
    assert_textured(load(tmp_path / "more.ppm"), PICTURE)


def assert_textured(picture, shape):
    assert picture.shape == shape
    assert picture.std() > 5
