"""Replace files in one step."""

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from engine.file_errors import is_folder, writing_refusal
from engine.images.picture import ImageError

_ANY_WRITES = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def check_target(path: Path) -> None:
    """Check that a file can be created at a path, by trying.

    Args:
        path: the path.

    Raises:
        ImageError: the path is a folder or a device, or its name or its folder does not allow a file.
    """
    if is_folder(path):
        raise ImageError(f"{path} is a folder; name a file in it")
    temporary = mode = None
    try:
        # The name itself may be too long or an endless link, unlike a temporary one beside it.
        mode = _mode(path)
        if mode is None or stat.S_ISREG(mode):
            # Permission bits are unreliable for the superuser and on network drives, so create a file.
            temporary = _beside(path)
            with temporary.open("xb"):
                pass
    except (OSError, ValueError) as error:
        raise ImageError(writing_refusal(path, error)) from error
    finally:
        _remove(temporary)
    if mode is not None and not stat.S_ISREG(mode):
        raise ImageError(f"{path} is a device or pipe, which would be replaced by a file; choose another name")


def check_unprotected(path: Path, remedy: str = "make it writable or name another file") -> None:
    """Refuse to replace a write-protected file, which renaming would not notice.

    Args:
        path: the path.
        remedy: the remedy for the message.

    Raises:
        ImageError: there is a file at the path which this user, or anybody, may not write to, or the path is bad.
    """
    try:
        mode = _mode(path)
    except (OSError, ValueError) as error:
        raise ImageError(writing_refusal(path, error)) from error
    # Check the bits, as the superuser may write to every file.
    if mode is not None and not (mode & _ANY_WRITES and os.access(path, os.W_OK)):
        raise ImageError(f"{path} is write-protected; {remedy}")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder, and rename it to the target after the block.

    Args:
        path: the file to create or replace.

    Yields:
        The temporary path; it is gone after the block, whatever happened.

    Raises:
        ImageError: writing failed.
    """
    temporary = _beside(path)
    try:
        yield temporary
        # The new file gets the permissions of the one that it replaces.
        mode = _mode(path)
        if mode is not None:
            temporary.chmod(stat.S_IMODE(mode))
        temporary.replace(_target(path))
    except OSError as error:
        raise ImageError(writing_refusal(path, error)) from error
    finally:
        _remove(temporary)


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _target(path: Path) -> Path:
    # Links are followed, as by an ordinary write.
    return Path(os.path.realpath(path))


def _beside(path: Path) -> Path:
    return _target(path).parent / f".{secrets.token_hex(8)}.part"


def _remove(temporary: Path | None) -> None:
    if temporary is not None:
        with contextlib.suppress(OSError, ValueError):
            temporary.unlink()
