"""The record of what this installer has installed."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from installation.files import write_json
from installation.problems import InstallationError

RECORD_FILE = "installed.json"


@dataclass(frozen=True)
class Record:
    """The environments and profiles that were installed.

    Attributes:
        environments: Folders of environments, the newest last.
        profiles: Profile folders of GIMPs that have the plug-in.
        folders: Folders that were created for the service.
    """

    environments: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


def read_record(data: Path) -> Record:
    """Read the record.

    Args:
        data: The data folder.

    Returns:
        The record; empty if there is no file.

    Raises:
        InstallationError: The file is broken.
    """
    path = data / RECORD_FILE
    try:
        found = json.loads(path.read_text("utf-8"))
        environments, profiles = _strings(found["environments"]), _strings(found["profiles"])
        # Until version 0.2.0 folders were not recorded.
        return Record(environments, profiles, _strings(found.get("folders", [])))
    except FileNotFoundError:
        return Record()
    except (ValueError, TypeError, KeyError):
        raise InstallationError(
            f"{path}, the record of what is installed, is broken: delete it, then run this again, with --here and "
            "--gimp if you used them before"
        ) from None


def with_installed(
    record: Record, environment: Path | None, profiles: Sequence[Path], folders: Sequence[Path] = ()
) -> Record:
    """Add what is installed now, and drop what no longer exists.

    Args:
        record: The previous record.
        environment: The environment that is in use; None if this installer has not made it.
        profiles: The profile folders that have the plug-in.
        folders: Folders that will be created for the service.

    Returns:
        The new record.
    """
    used = [] if environment is None else [str(environment)]
    others = [name for name in record.environments if name not in used and Path(name).is_dir()]
    kept = [name for name in record.profiles if Path(name).is_dir()]
    created = tuple(sorted({*record.folders, *map(str, folders)}))
    return Record((*others, *used), tuple(dict.fromkeys([*kept, *map(str, profiles)])), created)


def write_record(data: Path, record: Record) -> None:
    """Write the record."""
    data.mkdir(parents=True, exist_ok=True)
    write_json(data / RECORD_FILE, asdict(record))


def _strings(found: object) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise TypeError
    return tuple(found)
