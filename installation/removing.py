"""`install.py --uninstall`."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from installation.actions import Action, carry_out
from installation.environment import MARKER, python_of, read_marker
from installation.files import leftovers, remove, remove_all, remove_if_empty
from installation.first_texture import FILE as FIRST_TEXTURE
from installation.folders import weights_folder
from installation.outdated import outdated
from installation.plugin import plugin_folder
from installation.record import RECORD_FILE
from installation.running_engine import find_running, stop
from installation.service import removal_actions, service_of
from installation.setup_run import SetupRun
from protocol.connection import CONNECTION_FILE

STATE_PATTERNS = (
    CONNECTION_FILE,
    "relay.socket",
    "engine.lock",
    "last-texture.json",
    "*.secret",
    "*.log",
    "*.log.[0-9]",
    ".*.secret.*",
    ".engine.json.*",
)
AUTHORIZED = "authorized_keys"
# GIMP keeps the last values of each dialog there.
LAST_VALUES = "plug-in-settings/*-plug-in-texture-synthesis-*"


def uninstall(task: SetupRun) -> int:
    """Remove everything that was installed, and print what is kept."""
    kept = _kept(task)
    stages = [
        partial(stage, task) for stage in (_service, _engine, _plugins, _state, _compiled, _environments, _record)
    ]
    count = carry_out(stages, dry=task.dry)
    for sentence in kept:
        print(f"kept: {sentence}")
    if task.dry:
        print("nothing was done")
    else:
        print("Texture Synthesis is uninstalled" if count else "nothing of Texture Synthesis is installed")
    return 0


def _service(task: SetupRun) -> Iterator[Action]:
    # Systemd stops its engine itself, and would start one that fails again.
    yield from removal_actions(service_of())
    # The innermost first.
    for folder in sorted(map(Path, task.record.folders), reverse=True):
        if folder.is_dir():
            yield Action(f"remove {folder} if it is empty", partial(remove_if_empty, folder))


def _engine(task: SetupRun) -> Iterator[Action]:
    if running := find_running(task.state):
        python = python_of(task.environment.folder)
        yield Action(
            f"stop the running engine (process {running.process})", partial(stop, python, task.state, running)
        )


def _plugins(task: SetupRun) -> Iterator[Action]:
    for profile in task.profiles:
        folder = plugin_folder(profile)
        if folder.exists() or folder.is_symlink() or leftovers(folder):
            yield Action(f"remove {folder}", partial(_remove_plugin, folder))
        for path in sorted(profile.glob(LAST_VALUES)):
            yield Action(f"remove {path}", partial(remove, path))


def _remove_plugin(folder: Path) -> None:
    remove_all([*leftovers(folder), folder])
    plugins, profile = folder.parents[:2]
    # If only our own folders are left, GIMP was never started: it should then start as if nothing had been installed.
    if [path.name for path in profile.iterdir()] == [plugins.name]:
        remove_if_empty(plugins, profile, profile.parent)


def _state(task: SetupRun) -> Iterator[Action]:
    if not task.state.is_dir():
        return
    found = outdated(task.state)
    found += sorted({path for pattern in STATE_PATTERNS for path in task.state.glob(pattern)})
    for path in found:
        yield Action(f"remove {path}", partial(remove, path))
    left = {path.name for path in task.state.iterdir()} - {path.name for path in found}
    if not left:
        yield Action(f"remove {task.state}", partial(remove_if_empty, task.state, task.state.parent))


def _compiled(task: SetupRun) -> Iterator[Action]:
    """Remove the engine's compiled functions."""
    folder = weights_folder().with_name("compiled")
    if folder.is_dir():
        yield Action(f"remove {folder}", partial(remove, folder))
    # A folder with encoders stays. On Windows, the cache is in a folder of its own in the data folder.
    above = [path for path in (folder.parent, folder.parents[1]) if path == folder.parent or path.parent == task.data]
    if folder.parent.is_dir() and {path.name for path in folder.parent.iterdir()} <= {folder.name}:
        yield Action(f"remove {folder.parent}", partial(remove_if_empty, *above))


def _environments(task: SetupRun) -> Iterator[Action]:
    if task.plugin_only:
        return
    for folder in _environment_folders(task):
        yield Action(f"remove the environment in {folder}", partial(_remove_environment, folder))


def _record(task: SetupRun) -> Iterator[Action]:
    if task.plugin_only and task.record.environments:
        # It also knows what `install.py` has to remove.
        return
    for path in (task.data / RECORD_FILE, task.data / FIRST_TEXTURE):
        if path.exists():
            yield Action(f"remove {path}", partial(remove, path))
    if task.data.is_dir():
        yield Action(f"remove {task.data} if it is empty", partial(remove_if_empty, task.data))


def _environment_folders(task: SetupRun) -> list[Path]:
    candidates = [task.environment.folder, *map(Path, task.record.environments)]
    named = [folder for folder in dict.fromkeys(candidates) if read_marker(folder)]
    own = task.data / "engine"
    return [*named, own] if own.exists() and own not in named else named


def _remove_environment(folder: Path) -> None:
    # The marker goes last, so that an interrupted run can be repeated.
    for path in folder.iterdir():
        if path.name != MARKER:
            remove(path)
    remove(folder)


def _kept(task: SetupRun) -> list[str]:
    """Return sentences about what is kept."""
    sentences = []
    if (task.state / AUTHORIZED).exists():
        sentences.append(f"{task.state / AUTHORIZED}, the keys of clients on other computers")
    weights = weights_folder()
    if weights.exists():
        sentences.append(f"{weights}, the downloaded encoders")
    folder = task.environment.source / ".venv"
    if folder.exists() and not read_marker(folder):
        sentences.append(f"{folder}, which was not made by this installer")
    return sentences
