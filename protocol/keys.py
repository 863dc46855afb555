"""Keys of clients and engines (CURVE, https://rfc.zeromq.org/spec/26/)."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import zmq

from protocol.errors import UnsafeFileError
from protocol.private_files import create_private, read_private
from protocol.z85 import KEY_CHARACTERS, is_key

CLIENT_KEYS = "client.secret"
ENGINE_KEYS = "engine.secret"


@dataclass(frozen=True)
class KeyPair:
    """A CURVE key pair.

    Attributes:
        public: The public key, 40 characters of Z85.
        secret: The secret key, likewise.
    """

    public: str
    secret: str = field(repr=False)


def make_keys() -> KeyPair:
    """Create a new key pair."""
    public, secret = zmq.curve_keypair()
    return KeyPair(public.decode(), secret.decode())


def own_keys(path: Path) -> KeyPair:
    """Read a key pair, or create it if there is none.

    Args:
        path: The file, in a folder that exists.

    Returns:
        The keys; several processes at once get the same.

    Raises:
        UnsafeFileError: The file is broken or open to others, or cannot be written.
    """
    try:
        return _read_keys(path)
    except FileNotFoundError:
        pass
    drawn = make_keys()
    try:
        create_private(path, json.dumps({"public": drawn.public, "secret": drawn.secret}).encode())
        return _read_keys(path)
    except OSError as error:
        raise UnsafeFileError(
            f"{path} cannot be written ({error.strerror}): check its permissions and the disk"
        ) from None


def read_authorized(path: Path) -> dict[str, str]:
    """Read the public keys of authorized clients.

    Args:
        path: A file with a key and a name on each line; lines that begin with `#` are comments.

    Returns:
        Names by keys.

    Raises:
        UnsafeFileError: The file is missing, open to others, or has a line without a key.
    """
    try:
        lines = read_private(path, secret=False).decode().splitlines()
    except FileNotFoundError:
        raise UnsafeFileError(
            f"{path} does not exist: create it with `texture-engine keys --add KEY --file {path}`"
        ) from None
    except UnicodeDecodeError:
        raise UnsafeFileError(f"{path} is not a text file: give a file with one public key per line") from None
    found = {}
    for number, line in enumerate(lines, 1):
        # No key begins with `#`, which would encode more than four bytes hold.
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, _, owner = line.strip().partition(" ")
        if not is_key(key):
            raise UnsafeFileError(
                f"{path}, line {number} is not a public key of {KEY_CHARACTERS} characters: correct it"
            )
        found[key] = owner.strip()
    return found


def _read_keys(path: Path) -> KeyPair:
    try:
        found = json.loads(read_private(path, secret=True))
        keys = KeyPair(str(found["public"]), str(found["secret"]))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        if isinstance(error, UnsafeFileError):
            raise
        raise UnsafeFileError(f"{path} is broken: remove it, and a new key is created") from None
    if (
        not is_key(keys.public)
        or not is_key(keys.secret)
        or zmq.curve_public(keys.secret.encode()) != keys.public.encode()
    ):
        raise UnsafeFileError(f"{path} is broken: remove it, and a new key is created")
    return keys
