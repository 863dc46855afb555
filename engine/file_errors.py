"""Errors of the file system as one sentence each: the path, the reason and the remedy."""

import errno
import os
import stat
from pathlib import Path

FileError = OSError | ValueError
"""Errors of opening a path; ValueError for an impossible file name."""

_DENIED = {errno.EACCES, errno.EPERM}
_FULL = {errno.ENOSPC, errno.EDQUOT}


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder; False if that cannot be found out."""
    return _mode(path) is not None and stat.S_ISDIR(_mode(path) or 0)


def is_missing(path: Path) -> bool:
    """Return whether there is nothing at a path; False if that cannot be found out."""
    try:
        path.stat()
    except FileNotFoundError:
        return not path.is_symlink()
    except (OSError, ValueError):
        return False
    return False


def is_working_folder_gone() -> bool:
    """Return whether the folder that relative paths begin at was deleted."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False


def reading_fault(path: Path) -> str | None:
    """Return why a file cannot be read.

    Args:
        path: The file.

    Returns:
        One sentence with a remedy, or None if it can be read.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            with path.open("rb"):
                return None
    except (OSError, ValueError) as error:
        return reading_refusal(path, error)
    # Not opened: reading from a pipe could block.
    return f"{path} is {'a folder' if stat.S_ISDIR(mode) else 'a device or pipe'}; name a file"


def reading_refusal(path: Path, error: FileError) -> str:
    """Describe why a file could not be read."""
    number = error.errno if isinstance(error, OSError) else None
    if not isinstance(error, OSError) or number == errno.EINVAL:
        return f"{str(path)!r} is not a possible file name; check it"
    if number == errno.ENOENT and path.is_symlink():
        return f"{path} is a symbolic link to a file that does not exist; name the file itself"
    if number == errno.ENOTDIR:
        return f"{path} does not exist, since {_file_above(path)} is a file, not a folder; check the name"
    if number in _DENIED:
        return f"{path} may not be read ({error.strerror}); check its permissions and those of its folders"
    reason = {
        errno.ENOENT: "does not exist; check the name",
        errno.EISDIR: "is a folder; name a file in it",
        errno.ELOOP: "is a symbolic link that leads back to itself; name the file itself",
        errno.ENAMETOOLONG: "is too long for a file name; check the name",
    }.get(number or 0, f"cannot be read ({error.strerror or error}); check the disk that it is on")
    return f"{path} {reason}"


def writing_refusal(path: Path, error: FileError) -> str:
    """Describe why a file could not be written."""
    if not isinstance(error, OSError):
        return f"{str(path)!r} is not a possible file name; choose another"
    number = error.errno
    if is_folder(path):
        return f"{path} is a folder; name a file in it"
    folder = Path(os.path.realpath(path)).parent
    if number in {errno.ENOTDIR, errno.EEXIST} and not is_folder(folder):
        return f"{path} cannot be written, since {_file_above(path)} is a file, not a folder; choose another folder"
    if number == errno.ENOENT and not is_folder(folder):
        shown = folder if path.is_symlink() else path.parent
        return f"the folder {shown} of {path.name} does not exist; create it or choose another"
    if number == errno.ELOOP:
        return f"{path} is a symbolic link that leads back to itself; remove it or choose another name"
    if number == errno.ENAMETOOLONG:
        return f"{path} is too long for a file name; choose a shorter one"
    remedy = "choose another folder"
    if number in _DENIED:
        remedy = "check the permissions of its folder, or choose another"
    elif number in _FULL:
        remedy = "free space on that disk, or choose another"
    elif number == errno.EROFS:
        remedy = "choose a folder on another disk"
    return f"{path} cannot be written ({error.strerror or error}); {remedy}"


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return None


def _file_above(path: Path) -> Path:
    """Return the file that a path uses as a folder."""
    return next((one for one in path.parents if _mode(one) is not None and not is_folder(one)), path.parent)
