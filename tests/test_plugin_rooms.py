"""What `gimp_plugin/` may know: GIMP's Python has neither numpy nor torch, and pyzmq comes only with the settings."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "gimp_plugin"
FILES = sorted(PACKAGE.rglob("*.py"))
ALLOWED = {*sys.stdlib_module_names, "gi", "gimp_plugin", "protocol"}
# Modules that do not import GIMP, so they are tested without it.
WITHOUT_GIMP = {
    "box", "samples", "plans", "user_options", "job_sequence", "error_messages", "translation", "log", "outcome",
    "installation", "engine_link", "engine_report", "guides", "texture_sets",
}  # fmt: skip
WITH_PYZMQ = {"zmq", "msgpack"}


def imports(path, *, at_once=False):
    """What a file imports, wherever in it, or as soon as it is imported; as whole names of modules."""
    tree = ast.parse(path.read_bytes())
    nodes = tree.body if at_once else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, path
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def first_words(names):
    return {name.partition(".")[0] for name in names}


def loaded_at_once(path, seen):
    """A file of the plug-in, and those that come with it as soon as it is imported."""
    seen.add(path)
    for name in imports(path, at_once=True):
        part = ROOT.joinpath(*name.split(".")).with_suffix(".py")
        if name.startswith(("gimp_plugin.", "protocol.")) and part.exists() and part not in seen:
            loaded_at_once(part, seen)
    return seen


def test_the_plugin_imports_the_standard_library_gimp_and_protocol_alone(subtests):
    for path in FILES:
        with subtests.test(path=str(path)):
            beyond = first_words(imports(path)) - ALLOWED
            # Only to see whether they are there.
            assert beyond <= ({"zmq", "msgpack"} if path.stem == "installation" else set())


@pytest.mark.parametrize("entry", ["texture-synthesis", "plugin"])
def test_what_gimp_asks_at_its_start_is_answered_without_pyzmq(entry):
    files = loaded_at_once(PACKAGE / f"{entry}.py", set())
    assert {"plugin", "arguments", "user_options", "vocabulary"} <= {path.stem for path in files}
    found = {path.stem: first_words(imports(path, at_once=True)) & WITH_PYZMQ for path in files}
    assert not any(found.values()), found


def test_no_module_loads_what_needs_a_screen_before_it_is_wanted():
    files = loaded_at_once(PACKAGE / "procedures.py", set())
    found = {
        path.stem for path in files for name in imports(path, at_once=True) if name.endswith((".GimpUi", ".Gtk"))
    }
    assert not found


@pytest.mark.parametrize("name", sorted(WITHOUT_GIMP))
def test_what_knows_nothing_of_gimp_imports_nothing_of_it(name):
    files = loaded_at_once(PACKAGE / f"{name}.py", set())
    assert "gi" not in first_words(module for path in files for module in imports(path, at_once=True))


def test_what_knows_nothing_of_gimp_loads_neither_numpy_nor_torch_nor_the_engine():
    names = ", ".join(f"gimp_plugin.{name}" for name in sorted(WITHOUT_GIMP))
    script = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {names}; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stderr
    assert not {"numpy", "torch", "PIL", "engine", "gi"} & first_words(told.stdout.split())


def test_what_is_asked_at_the_start_loads_no_pyzmq():
    names = "user_options, installation, log, outcome, translation"
    script = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from gimp_plugin import {names}; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stderr
    assert not WITH_PYZMQ & first_words(told.stdout.split())


def test_the_entry_script_can_be_started_by_gimp():
    entry = PACKAGE / "texture-synthesis.py"
    assert entry.read_text().startswith("#!/usr/bin/python3\n")
