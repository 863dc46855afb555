"""What this installer has installed, so that it can be found again."""

from dataclasses import asdict, dataclass
from pathlib import Path

from installation.files import read_json, write_json

RECORD_FILE = "installed.json"


@dataclass(frozen=True)
class Record:
    """What was installed.

    Attributes:
        environments: Folders of environments, the newest last.
        profiles: Profile folders of GIMPs that have the plug-in.
    """

    environments: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()


def read_record(data: Path) -> Record:
    """Read it.

    Args:
        data: The data folder.

    Returns:
        The record; empty where there is none.
    """
    found = read_json(data / RECORD_FILE)
    return Record(_words(found.get("environments")), _words(found.get("profiles")))


def with_installed(record: Record, environment: Path, profiles: list[Path]) -> Record:
    """Add what is installed now, and forget what is no longer there.

    Args:
        record: What was installed before.
        environment: The environment that is in use.
        profiles: The GIMPs that have the plug-in.

    Returns:
        What is installed now.
    """
    others = [name for name in record.environments if name != str(environment) and Path(name).is_dir()]
    kept = [name for name in record.profiles if Path(name).is_dir()]
    return Record((*others, str(environment)), tuple(dict.fromkeys([*kept, *map(str, profiles)])))


def write_record(data: Path, record: Record) -> None:
    """Write it, whole or not at all."""
    data.mkdir(parents=True, exist_ok=True)
    write_json(data / RECORD_FILE, asdict(record))


def _words(found: object) -> tuple[str, ...]:
    return tuple(word for word in found if isinstance(word, str)) if isinstance(found, list) else ()
