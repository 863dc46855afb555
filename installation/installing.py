"""`install.py`, and `install.py --upgrade`."""

import os
import sys
from collections.abc import Iterator
from functools import partial

from installation.actions import Action, carry_out
from installation.environment import engine_of, environment_actions
from installation.files import privacy_fault, remove
from installation.first_texture import offer
from installation.outdated import outdated
from installation.plugin import plugin_actions, plugin_contents
from installation.problems import InstallationError
from installation.record import with_installed, write_record
from installation.service import new_folders, service_actions, service_of
from installation.setup_run import SetupRun
from installation.version import software_version

WINDOWS_NOTE = "the plug-in is untested on Windows"


def install(task: SetupRun) -> int:
    """Install what is missing.

    Args:
        task: What this run is about.

    Returns:
        The exit status.

    Raises:
        InstallationError: Something cannot be done.
    """
    if not task.plugin_only:
        check_python()
    for sentence in (*task.gimps.unstarted, *_about_gimps(task)):
        print(sentence)
    # Before the long download, not after it.
    if fault := task.profiles and privacy_fault(task.state):
        raise InstallationError(fault)
    stages = [
        partial(_environment, task),
        partial(_plugins, task),
        partial(_outdated, task),
        partial(_record, task),
        partial(_service, task),
    ]
    count = carry_out(stages, dry=task.dry)
    if task.dry:
        print("nothing was done" if count else "already up to date, there is nothing to do")
    else:
        _print_summary(task, count)
        offer(task, count)
    return 0


def check_python() -> None:
    """Check that this Python can create environments.

    Raises:
        InstallationError: It cannot.
    """
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        version = ".".join(map(str, sys.version_info[:2]))
        raise InstallationError(
            f"this Python cannot create environments: run `sudo apt install python{version}-venv` "
            "(on other systems: the package with the modules venv and ensurepip), then run this again"
        ) from None


def _about_gimps(task: SetupRun) -> list[str]:
    if task.profiles or task.gimps.unstarted:
        return []
    later = f"run `{task.installer}` again, or name its profile folder with --gimp"
    if task.gimps.old:
        return [
            "only GIMP 2 was found, and the plug-in needs GIMP 3: the engine is installed; "
            f"install and start GIMP 3, then {later}"
        ]
    return [f"no GIMP 3 was found: the engine is installed; start GIMP 3 once, then {later}"]


def _environment(task: SetupRun) -> Iterator[Action]:
    if not task.plugin_only:
        yield from environment_actions(task.environment, task.state, upgrade=task.upgrade)


def _plugins(task: SetupRun) -> Iterator[Action]:
    if not task.profiles:
        return
    environment = task.environment
    contents = plugin_contents(environment.source, environment.folder, task.state, task.installer)
    for profile in task.profiles:
        yield from plugin_actions(profile, contents, again=task.upgrade)


def _service(task: SetupRun) -> Iterator[Action]:
    engine = engine_of(task.environment.folder)
    yield from service_actions(service_of(), engine, task.state, wanted=task.service)


def _outdated(task: SetupRun) -> Iterator[Action]:
    for path in outdated(task.state):
        yield Action(f"remove {path}, which is not needed any more", partial(remove, path))


def _record(task: SetupRun) -> Iterator[Action]:
    environment = None if task.plugin_only else task.environment.folder
    folders = new_folders(service_of()) if task.service else []
    now = with_installed(task.record, environment, task.profiles, folders)
    if now != task.record:
        yield Action(f"record in {task.data} what is installed", partial(write_record, task.data, now))


def _print_summary(task: SetupRun, count: int) -> None:
    version = software_version(task.environment.source)
    print(f"Texture Synthesis {version} is {'installed' if count else 'already up to date'}")
    print(f"engine: {engine_of(task.environment.folder)}")
    for profile in task.profiles:
        print(f"plug-in: {profile}")
    if task.profiles:
        if os.name == "nt":
            print(WINDOWS_NOTE)
        print("In GIMP: Filters → Texture Synthesis; restart GIMP if it is running.")
