"""The connection file: where the engine listens."""

import json
import re
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from protocol.errors import BrokenFileError, NoEngineError, StaleFileError
from protocol.keys import is_key
from protocol.private_files import read_private, state_folder, write_private
from protocol.processes import ProcessState, process_state
from protocol.version import Version

CONNECTION_FILE = "engine.json"

_ADDRESS = re.compile(r"tcp://(?:\[(?P<six>[0-9a-fA-F:.%\w]+)\]|(?P<host>\*|[\w.-]+)):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True)
class Connection:
    """Where an engine listens, and since when.

    Attributes:
        address: Such as `tcp://127.0.0.1:40123`.
        public_key: The engine's, 40 characters of Z85.
        process: Its process id.
        host: Name of its computer.
        software: Its version.
        protocol: The version of the protocol that it speaks.
        started: When it started, seconds since 1970 by its clock, for people only.
        process_mark: Which process that is beyond its id, which may be another's by now; nothing where that is not
            known. See `protocol.processes`.
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
    """Where an engine of this user on this computer says where it listens."""
    return state_folder() / CONNECTION_FILE


def split_address(address: str) -> tuple[str, int]:
    """Take an address apart.

    Args:
        address: Such as `tcp://127.0.0.1:40123` or `tcp://[::1]:40123`.

    Returns:
        Host and port.

    Raises:
        ValueError: It is none.
    """
    found = _ADDRESS.fullmatch(address)
    if not found or not 1 <= int(found["port"]) <= 65535:
        raise ValueError(f"address {address!r} is not understood: give one such as tcp://192.168.1.5:7777")
    return found["six"] or found["host"], int(found["port"])


def write_connection(path: Path, connection: Connection) -> None:
    """Write the connection file, whole or not at all, mode 0600.

    Args:
        path: The file.
        connection: What it says.

    Raises:
        OSError: The disk is full, or the like.
    """
    write_private(path, json.dumps(asdict(connection), indent=1).encode() + b"\n")


def read_connection(path: Path) -> Connection:
    """Read a connection file.

    Args:
        path: The file.

    Returns:
        What it says, which may have become untrue.

    Raises:
        FileNotFoundError: It is not there.
        BrokenFileError: It is no connection file, or half of one.
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
        raise BrokenFileError(f"{path} is no connection file: remove it, and start the engine again") from None
    if not is_key(read.public_key):
        raise BrokenFileError(f"{path} holds no public key: remove it, and start the engine again")
    return read


def engine_state(connection: Connection) -> ProcessState:
    """Tell whether the engine's process still runs.

    Args:
        connection: What the file says.

    Returns:
        What is known of it: nothing, where it is on another computer or outside of this sandbox.
    """
    return process_state(connection.process, connection.host, connection.process_mark)


def is_listening(connection: Connection, timeout: float = 1.0) -> bool:
    """Tell whether anything listens at an address; where it is an engine, it answers to a key.

    Args:
        connection: What the file says.
        timeout: Seconds to wait for an answer.

    Returns:
        Whether something does.
    """
    try:
        with socket.create_connection(split_address(connection.address), timeout):
            return True
    # A name that cannot be a computer's is a UnicodeError, not an OSError.
    except (OSError, UnicodeError):
        return False


def find_engine(path: Path) -> Connection:
    """Look up where an engine listens.

    Args:
        path: Its connection file.

    Returns:
        What the file says. Its process runs where that can be seen from here, and something listens there: whether
        that is the engine, its answer tells.

    Raises:
        NoEngineError: There is no file.
        StaleFileError: It was left behind by an engine that has ended, or is half of one.
        UnsafeFileError: Others can write to the file, or it cannot be read.
    """
    remedy = "start one with `texture-engine serve`"
    try:
        found = read_connection(path)
    except FileNotFoundError:
        raise NoEngineError(f"no engine is running ({path} is not there): {remedy}") from None
    except BrokenFileError:
        # An engine that runs writes it again within a second.
        raise StaleFileError(f"no engine is running ({path} is no connection file): {remedy}") from None
    if engine_state(found) is ProcessState.ENDED:
        raise StaleFileError(
            f"no engine is running ({path} was left behind by process {found.process}, which has ended): {remedy}"
        )
    if not is_listening(found):
        raise StaleFileError(
            f"no engine is running (nothing listens at {found.address}, which {path} names): {remedy}"
        )
    return found
