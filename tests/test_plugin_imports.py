"""What `gimp_plugin/` may know: GIMP's Python has the standard library and GIMP alone."""

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
    "installation", "engine_link", "engine_program", "engine_report", "relay", "guides", "texture_sets",
}  # fmt: skip


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
            assert first_words(imports(path)) <= ALLOWED


def test_all_that_the_plugin_loads_takes_the_standard_library_and_gimp_alone():
    files = set()
    for path in FILES:
        loaded_at_once(path, files)
    assert {"plugin", "procedures", "vocabulary", "client", "relayed_link"} <= {path.stem for path in files}
    assert first_words(name for path in files for name in imports(path, at_once=True)) <= ALLOWED


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


def test_what_knows_nothing_of_gimp_loads_the_standard_library_alone():
    names = ", ".join(f"gimp_plugin.{name}" for name in sorted(WITHOUT_GIMP))
    script = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {names}; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stderr
    assert not {"zmq", "msgpack", "numpy", "torch", "PIL", "engine", "gi"} & first_words(told.stdout.split())


def test_the_entry_script_can_be_started_by_gimp():
    entry = PACKAGE / "texture-synthesis.py"
    assert entry.read_text().startswith("#!/usr/bin/python3\n")
