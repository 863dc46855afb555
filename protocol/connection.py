"""The connection file: where the engine listens."""

import json
import re
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from protocol.errors import BrokenFileError, NoEngineError, StaleFileError
from protocol.private_files import read_private, state_folder, write_private
from protocol.processes import ProcessState, process_state
from protocol.version import Version
from protocol.z85 import is_key

CONNECTION_FILE = "engine.json"
LISTEN_SECONDS = 1.0

_ADDRESS = re.compile(r"tcp://(?:\[(?P<six>[0-9a-fA-F:.%\w]+)\]|(?P<host>\*|[\w.-]+)):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True)
class Connection:
    """The content of a connection file.

    Attributes:
        address: Address of the engine, such as `tcp://127.0.0.1:40123`.
        public_key: Its public key, 40 characters of Z85.
        process: Its process id.
        host: Name of its computer.
        software: Its version.
        protocol: Its version of the protocol.
        started: Its start by its own clock, seconds since 1970, for people only.
        process_mark: Identifies the process beyond its id, which may be reused; empty if unknown. See
            `protocol.processes`.
    """

    address: str
    public_key: str
    process: int
    host: str
    software: str
    protocol: Version
    started: float
    process_mark: str = ""


def connection_path() -> Path:
    """Return the path of this user's connection file on this computer."""
    return state_folder() / CONNECTION_FILE


def split_address(address: str) -> tuple[str, int]:
    """Split an address.

    Args:
        address: An address such as `tcp://127.0.0.1:40123` or `tcp://[::1]:40123`.

    Returns:
        Host and port.

    Raises:
        ValueError: It is not an address.
    """
    found = _ADDRESS.fullmatch(address)
    if not found or not 1 <= int(found["port"]) <= 65535:
        raise ValueError(f"{address!r} is not an address: give one such as tcp://192.168.1.5:7777")
    return found["six"] or found["host"], int(found["port"])


def write_connection(path: Path, connection: Connection) -> None:
    """Write the connection file in one step, with mode 0600.

    Args:
        path: The file.
        connection: Its content.

    Raises:
        OSError: Writing failed, for example on a full disk.
    """
    write_private(path, json.dumps(asdict(connection), indent=1).encode() + b"\n")


def read_connection(path: Path) -> Connection:
    """Read a connection file.

    Args:
        path: The file.

    Returns:
        Its content, which may be out of date.

    Raises:
        FileNotFoundError: It does not exist.
        BrokenFileError: It is not a connection file, or half of one.
        UnsafeFileError: Others can write to it, or it cannot be read.
    """
    content = read_private(path, secret=False)
    try:
        found = json.loads(content)
        major, minor = found["protocol"]
        read = Connection(
            address=str(found["address"]),
            public_key=str(found["public_key"]),
            process=int(found["process"]),
            host=str(found["host"]),
            software=str(found["software"]),
            protocol=(int(major), int(minor)),
            started=float(found["started"]),
            process_mark=str(found.get("process_mark", "")),
        )
        split_address(read.address)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise BrokenFileError(f"{path} is not a connection file: remove it, and start the engine again") from None
    if not is_key(read.public_key):
        raise BrokenFileError(f"{path} has no public key: remove it, and start the engine again")
    return read


def engine_state(connection: Connection) -> ProcessState:
    """Return whether the engine's process still runs.

    Args:
        connection: Content of the connection file.

    Returns:
        The state; unknown if the process is on another computer or outside this sandbox.
    """
    return process_state(connection.process, connection.host, connection.process_mark)


def is_listening(connection: Connection) -> bool:
    """Return whether a program, the engine or another, listens at the address of a connection file."""
    try:
        with socket.create_connection(split_address(connection.address), LISTEN_SECONDS):
            return True
    # An impossible host name raises a UnicodeError, not an OSError.
    except (OSError, UnicodeError):
        return False


def find_engine(path: Path) -> Connection:
    """Find a running engine.

    Args:
        path: Its connection file.

    Returns:
        Its connection. The process has not ended as far as is known, and a program listens at the address; only an
        answer proves that it is the engine.

    Raises:
        NoEngineError: There is no file.
        StaleFileError: The file is that of an engine that has ended, or broken.
        UnsafeFileError: Others can write to the file, or it cannot be read.
    """
    remedy = "start one with `texture-engine serve`"
    try:
        found = read_connection(path)
    except FileNotFoundError:
        raise NoEngineError(f"no engine is running ({path} does not exist): {remedy}") from None
    except BrokenFileError:
        # A running engine writes it again within a second.
        raise StaleFileError(f"no engine is running ({path} is not a connection file): {remedy}") from None
    if engine_state(found) is ProcessState.ENDED:
        raise StaleFileError(
            f"no engine is running ({path} was left behind by process {found.process}, which has ended): {remedy}"
        )
    if not is_listening(found):
        raise StaleFileError(
            f"no engine is running (nothing listens at {found.address}, which {path} names): {remedy}"
        )
    return found
