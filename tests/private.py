"""What tests of private files share."""

import sys

import pytest

from protocol.connection import Connection
from protocol.errors import UnsafeFileError
from protocol.keys import make_keys

KEYS = make_keys()
ENGINE = Connection("tcp://127.0.0.1:40123", KEYS.public, 4711, "workstation", "0.1.0", (1, 0), 1760000000.5)
BEYOND = "$" * 40
"""Characters of a key that stand for more than 32 bytes hold."""
posix = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no modes: a user's folders are closed to others"
)


def holding(path, content, permissions=0o600):
    """Write a file as anybody may have."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(permissions)
    return path


def names(folder):
    """What is in a folder, drafts too."""
    return sorted(path.name for path in folder.iterdir())


def refusal(call, *arguments, **options):
    """The sentence with which a file is refused."""
    with pytest.raises(UnsafeFileError) as caught:
        call(*arguments, **options)
    return str(caught.value)
