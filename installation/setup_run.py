"""Command-line options of `install.py`, and the settings of a run."""

import os
import sys
from argparse import ArgumentParser, BooleanOptionalAction, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from installation.environment import Options, engine_of, read_marker
from installation.folders import data_folder, source_folder
from installation.gimps import Gimps, checked_profile, find_gimps
from installation.plugin import repair_command, shell_word
from installation.problems import InstallationError, MisuseError
from installation.record import Record, read_record
from installation.service import check_system
from installation.torch_builds import named as build_named
from protocol.private_files import state_folder


@dataclass(frozen=True)
class SetupRun:
    """What this run is about.

    Attributes:
        environment: The engine's environment.
        data: The data folder.
        state: The folder of keys and connection file.
        record: What was installed before.
        gimps: The GIMPs to install the plug-in into.
        installer: The command that repairs an installation.
        dry: Whether to print the actions without performing them.
        upgrade: Whether to install newer packages.
        service: Whether to install the engine's service.
        plugin_only: Whether pip or pipx has installed the engine, whose environment then stays as it is.
        first_texture: Whether to make a first texture at the end; None to ask.
    """

    environment: Options
    data: Path
    state: Path
    record: Record
    gimps: Gimps
    installer: str
    dry: bool
    upgrade: bool
    service: bool
    plugin_only: bool = False
    first_texture: bool | None = None

    @property
    def profiles(self) -> tuple[Path, ...]:
        """The profile folders of this run, and those of earlier runs."""
        before = [Path(name) for name in self.record.profiles if Path(name).is_dir()]
        return tuple(dict.fromkeys([*self.gimps.profiles, *before]))


def read_options(words: Sequence[str], description: str) -> Namespace:
    """Read the command line."""
    parser = ArgumentParser("install.py", description=description, formatter_class=RawDescriptionHelpFormatter)
    doing = parser.add_mutually_exclusive_group()
    doing.add_argument("--check", action="store_true", help="show what is installed and what is wrong")
    doing.add_argument("--upgrade", action="store_true", help="install newer packages, and copy everything again")
    doing.add_argument("--uninstall", action="store_true", help="remove everything that was installed")
    parser.add_argument("--dry-run", action="store_true", help="print what would be done, without doing it")
    parser.add_argument("--here", action="store_true", help="install the engine into .venv beside this file")
    parser.add_argument(
        "--service",
        action="store_true",
        help="start the engine whenever you log in, and put it into the desktop's menu: for a GIMP that cannot "
        "start programs, such as one from Flatpak or Snap",
    )
    parser.add_argument(
        "--torch",
        metavar="BUILD",
        help="PyTorch's build: auto (for this computer's GPU, else cpu), cpu, cuda, rocm, xpu, default (PyPI's), "
        "or a version such as cu126 [default: the previous choice, else auto]",
    )
    parser.add_argument(
        "--gimp",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="profile folder of a GIMP 3, such as ~/.config/GIMP/3.0, instead of those found; may be repeated",
    )
    parser.add_argument(
        "--first-texture",
        action=BooleanOptionalAction,
        help="make a first texture, as a check, and print its time and memory [default: ask, in a terminal]",
    )
    return parser.parse_args(words)


def setup_run_of(options: Namespace) -> SetupRun:
    """Work out what a run is about.

    Args:
        options: The command line.

    Returns:
        What the run is about.

    Raises:
        MisuseError: A folder given with --gimp is not a profile folder, PyTorch has no build that --torch names, or
            this system has no services.
    """
    source, data = source_folder(), data_folder()
    record = read_record(data)
    if options.service:
        check_system()
    torch = None if options.torch is None else build_named(options.torch, sys.platform)
    folder = source / ".venv" if options.here else data / "engine"
    if not options.here and (options.check or options.upgrade or options.uninstall):
        # The environment in use, in whatever folder.
        folder = next((Path(name) for name in reversed(record.environments) if read_marker(Path(name))), folder)
    return SetupRun(
        environment=Options(folder, source, torch=torch, ours=folder == data / "engine"),
        data=data,
        state=state_folder().absolute(),
        record=record,
        gimps=_gimps(options.gimp),
        installer=repair_command(source, here=folder == source / ".venv"),
        dry=options.dry_run,
        upgrade=options.upgrade,
        first_texture=options.first_texture,
        service=options.service,
    )


def plugin_run_of(named: Sequence[Path], *, service: bool, dry: bool) -> SetupRun:
    """Work out what a run is about that leaves the engine to pip or pipx, and installs the plug-in from its package.

    Args:
        named: Profile folders of GIMPs, instead of those found.
        service: Whether to install the engine's service.
        dry: Whether to print the actions without performing them.

    Returns:
        What the run is about.

    Raises:
        MisuseError: A named folder is not a profile folder, or this system has no services.
        InstallationError: The package's program is not where GIMP would start it.
    """
    if service:
        check_system()
    source, data, folder = source_folder(), data_folder(), Path(sys.prefix)
    engine = engine_of(folder)
    if not engine.is_file():
        raise InstallationError(f"{engine} is missing: install the package with pipx, or into a virtual environment")
    return SetupRun(
        environment=Options(folder, source, torch=None, ours=False),
        data=data,
        state=state_folder().absolute(),
        record=read_record(data),
        gimps=_gimps(named),
        installer=f"{shell_word(engine)} install-plugin",
        dry=dry,
        upgrade=False,
        service=service,
        plugin_only=True,
    )


def refuse_sudo(name: str) -> None:
    """Refuse to install for root what belongs to the user.

    Args:
        name: The program that was run.

    Raises:
        MisuseError: It was run with sudo.
    """
    if os.environ.get("SUDO_USER", "root") != "root":
        raise MisuseError(f"{name} installs for the user who runs it: run it without sudo")


def _gimps(named: Sequence[Path]) -> Gimps:
    profiles = tuple(dict.fromkeys(map(checked_profile, named)))
    return Gimps(profiles) if profiles else find_gimps(os.environ)
