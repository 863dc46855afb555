"""What the user asks for."""

import os
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from installation.environment import Options, read_marker
from installation.folders import data_folder, source_folder, state_folder
from installation.gimps import Gimps, find_gimps, told_profile
from installation.plugin import mending_command
from installation.record import Record, read_record


@dataclass(frozen=True)
class SetupRun:
    """What this run is about.

    Attributes:
        environment: The engine's environment.
        data: The data folder.
        state: The folder of keys, connection file and libraries.
        record: What was installed before.
        gimps: The GIMPs that the plug-in is for.
        installer: The command that mends an installation.
        dry: Whether to tell only what would be done.
        upgrade: Whether to look for newer packages.
    """

    environment: Options
    data: Path
    state: Path
    record: Record
    gimps: Gimps
    installer: str
    dry: bool
    upgrade: bool

    @property
    def profiles(self) -> tuple[Path, ...]:
        """The GIMPs that this run is about, and those that earlier ones were."""
        before = [Path(name) for name in self.record.profiles if Path(name).is_dir()]
        return tuple(dict.fromkeys([*self.gimps.profiles, *before]))


def read_options(words: Sequence[str], description: str) -> Namespace:
    """Read the command line."""
    parser = ArgumentParser("install.py", description=description, formatter_class=RawDescriptionHelpFormatter)
    doing = parser.add_mutually_exclusive_group()
    doing.add_argument("--check", action="store_true", help="tell what is installed and what is wrong")
    doing.add_argument("--upgrade", action="store_true", help="look for newer packages, and copy everything anew")
    doing.add_argument("--uninstall", action="store_true", help="remove everything that was installed")
    parser.add_argument("--dry-run", action="store_true", help="print what would be done, and do nothing")
    parser.add_argument("--here", action="store_true", help="put the environment into .venv beside this file")
    parser.add_argument(
        "--cpu", action="store_true", help="take PyTorch's small builds without CUDA, from its own index"
    )
    parser.add_argument(
        "--gimp",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="profile folder of a GIMP 3, such as ~/.config/GIMP/3.0, in place of those found; may be repeated",
    )
    return parser.parse_args(words)


def setup_run_of(options: Namespace) -> SetupRun:
    """Find out what a run is about.

    Args:
        options: The command line.

    Returns:
        The task.

    Raises:
        MisuseError: A folder of a GIMP is none.
    """
    source, data = source_folder(), data_folder()
    record = read_record(data)
    told = tuple(dict.fromkeys(map(told_profile, options.gimp)))
    folder = source / ".venv" if options.here else data / "engine"
    if not options.here and (options.check or options.upgrade or options.uninstall):
        # The one that is in use, wherever it is.
        folder = next((Path(name) for name in reversed(record.environments) if read_marker(Path(name))), folder)
    return SetupRun(
        environment=Options(folder, source, cpu=options.cpu, ours=folder == data / "engine"),
        data=data,
        state=state_folder(),
        record=record,
        gimps=Gimps(told) if told else find_gimps(os.environ),
        installer=mending_command(source, here=folder == source / ".venv"),
        dry=options.dry_run,
        upgrade=options.upgrade,
    )
