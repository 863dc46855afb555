"""Files that only this user can change, and their folder."""

import os
import secrets
import stat
import sys
from pathlib import Path

from protocol.errors import UnsafeFileError

FOLDER_VARIABLE = "TEXTURE_ENGINE_FOLDER"
LONGEST_FILE = 2**20


def state_folder() -> Path:
    """Return the folder of keys and connection file, which every GIMP of this user can read, sandboxed or not.

    A sandboxed GIMP can read neither the runtime folder nor the configuration folder of its host, only GIMP's own.

    Returns:
        The folder that TEXTURE_ENGINE_FOLDER names, else `~/.config/GIMP/texture-synthesis` or its counterpart on
        Windows and macOS.
    """
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named)
    # In a Snap, HOME is not the user's home folder.
    home = Path(os.environ.get("SNAP_REAL_HOME") or Path.home())
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        # Not XDG_CONFIG_HOME, which differs inside a Flatpak.
        base = home / ".config"
    return base / "GIMP" / "texture-synthesis"


def make_folder(folder: Path) -> Path:
    """Create a folder that only this user can read, if it does not exist.

    Args:
        folder: The folder.

    Returns:
        The folder.

    Raises:
        UnsafeFileError: Others can write to it, or it cannot be created.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check(folder, folder.stat(), secret=False)
    except OSError as error:
        raise UnsafeFileError(
            f"{folder} cannot be created ({error.strerror}): set {FOLDER_VARIABLE} to another folder"
        ) from None
    return folder


def read_private(path: Path, *, secret: bool) -> bytes:
    """Read a file that only this user can change.

    Args:
        path: The file.
        secret: Whether only this user may be able to read it.

    Returns:
        Its content.

    Raises:
        FileNotFoundError: It does not exist.
        UnsafeFileError: Others can write to it or to its folder, or it cannot be read.
    """
    try:
        # Reading from a pipe could block.
        if path.is_fifo():
            raise UnsafeFileError(f"{path} is a pipe: remove it")
        with path.open("rb") as file:
            # Check the open file, so that it cannot be replaced between check and reading.
            _check(path, os.fstat(file.fileno()), secret=secret)
            _check(path.parent, path.parent.stat(), secret=False)
            content = file.read(LONGEST_FILE + 1)
    except FileNotFoundError:
        raise
    except NotADirectoryError:
        raise UnsafeFileError(f"{path.parent} is not a folder: set {FOLDER_VARIABLE} to another") from None
    except OSError as error:
        raise UnsafeFileError(
            f"{path} cannot be read ({error.strerror}): check its permissions, or remove it"
        ) from None
    if len(content) > LONGEST_FILE:
        raise UnsafeFileError(
            f"{path} has more than {LONGEST_FILE} bytes, so it is not a file of the engine: remove it"
        )
    return content


def write_private(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 in one step, replacing an existing one.

    Args:
        path: The file.
        content: Its content.

    Raises:
        OSError: Writing failed, for example on a full disk.
    """
    draft = _write_draft(path, content)
    try:
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def create_private(path: Path, content: bytes) -> bool:
    """Write a file of mode 0600 if it does not exist; of several processes at once, one succeeds.

    Args:
        path: The file.
        content: Its content.

    Returns:
        Whether it was written.

    Raises:
        OSError: Writing failed, for example on a full disk.
    """
    draft = _write_draft(path, content)
    try:
        # A link appears with its whole content, and never replaces another file.
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def _write_draft(path: Path, content: bytes) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return draft


def _check(path: Path, found: os.stat_result, *, secret: bool) -> None:
    if sys.platform == "win32":
        # POSIX modes mean nothing there; a user's folders are closed to other users.
        return
    if found.st_uid not in {os.getuid(), 0}:
        raise UnsafeFileError(f"{path} belongs to another user: remove it, or set {FOLDER_VARIABLE}")
    mode = stat.S_IMODE(found.st_mode)
    # Everybody may write to /tmp, but not replace what is there.
    sticky = stat.S_ISDIR(found.st_mode) and mode & stat.S_ISVTX
    if mode & 0o022 and not sticky:
        raise UnsafeFileError(f"{path} can be written by others: run `chmod go-w {path}`")
    if secret and mode & 0o077:
        raise UnsafeFileError(f"{path} can be read by others: run `chmod 600 {path}`")
