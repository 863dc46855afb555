"""`install.py --check`."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from installation.environment import engine_of, environment_fault, python_of, versions_in
from installation.files import privacy_fault
from installation.plugin import plugin_contents, plugin_fault, plugin_folder
from installation.running_engine import find_running
from installation.service import service_fault, service_of
from installation.setup_run import SetupRun
from installation.version import software_version

DOCTOR_SECONDS = 300
TO_DO = "to do:"


def check(task: SetupRun) -> int:
    """Print what is installed and what is wrong, each fault with the command that repairs it.

    Args:
        task: What this run is about.

    Returns:
        The exit status, 1 if something is wrong.
    """
    versions = versions_in(task.environment.folder)
    for sentence in _installed(task, versions):
        print(sentence)
    faults = [*_faults(task)]
    for sentence in faults:
        print(f"wrong: {sentence}")
    if not faults:
        print("no faults found")
    return 1 if faults else 0


def _installed(task: SetupRun, versions: dict[str, str]) -> Iterator[str]:
    folder = task.environment.folder
    if versions:
        engine, torch = versions.get("gimp-texture-synthesis"), versions.get("torch")
        yield f"engine {engine} with PyTorch {torch}: {engine_of(folder)}"
    for profile in task.profiles:
        if plugin_folder(profile).is_dir():
            yield f"plug-in {software_version(task.environment.source)}: {plugin_folder(profile)}"
    if running := find_running(task.state):
        yield f"engine {running.software} is running, process {running.process}"


def _faults(task: SetupRun) -> Iterator[str]:
    folder, source = task.environment.folder, task.environment.source
    repair = f"run `{task.installer}`"
    if not task.plugin_only and (fault := environment_fault(folder, source)):
        yield f"the environment {folder} {fault}: {repair}"
    elif words := _doctor(folder):
        yield f"the engine has a fault ({words}): run `{engine_of(folder)} doctor`, which says what to do"
    if fault := privacy_fault(task.state):
        yield fault
    yield from task.gimps.unstarted
    if fault := service_fault(service_of(), engine_of(folder), task.state):
        yield f"{fault}: {repair}"
    if not task.profiles:
        yield f"no GIMP 3 was found: start GIMP 3 once, then {repair}"
        return
    contents = plugin_contents(source, folder, task.state, task.installer)
    for profile in task.profiles:
        if fault := plugin_fault(profile, contents):
            yield f"the plug-in {plugin_folder(profile)} {fault}: {repair}"
    if (running := find_running(task.state)) and running.software != software_version(source):
        yield f"the running engine has another version, {running.software}: run `{engine_of(folder)} stop`"


def _doctor(folder: Path) -> str | None:
    """Run `doctor`, and return why the engine cannot compute, or None."""
    command = [str(python_of(folder)), "-I", "-m", "engine", "doctor"]
    try:
        result = subprocess.run(  # noqa: S603
            command,
            # Sentences are to stay in one line.
            env={**os.environ, "COLUMNS": "10000"},
            capture_output=True,
            text=True,
            timeout=DOCTOR_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if result.returncode == 0:
        return None
    lines = [line for line in (result.stdout + result.stderr).splitlines() if line.strip()]
    advice = [line.removeprefix(TO_DO).strip() for line in lines if line.startswith(TO_DO)]
    return "; ".join(advice) or (lines or ["no output"])[-1]
