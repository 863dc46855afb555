"""Files that appear whole or not at all."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from engine.images.picture import ImageError


def check_target(path: Path) -> None:
    """Refuse a path at which no file can be made, by trying.

    Args:
        path: where a file is to be written later.

    Raises:
        ImageError: the path is a folder, or its folder is missing or cannot be written to.
    """
    if path.is_dir():
        raise ImageError(f"{path} is a folder; name a file in it")
    temporary = _beside(path)
    try:
        # Permission bits mislead for the superuser and on network drives, so only making a file tells.
        with temporary.open("xb"):
            pass
    except OSError as error:
        raise ImageError(_refusal(path, error)) from error
    finally:
        _remove(temporary)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same folder, and rename it to the target once the block has written it.

    Args:
        path: the file to make or to replace.

    Yields:
        The temporary path; it is gone after the block, whatever happened.

    Raises:
        ImageError: writing failed.
    """
    temporary = _beside(path)
    try:
        yield temporary
        temporary.replace(_target(path))
    except OSError as error:
        raise ImageError(_refusal(path, error)) from error
    finally:
        _remove(temporary)


def _target(path: Path) -> Path:
    # A link keeps pointing at the file it names, as with an ordinary write.
    return Path(os.path.realpath(path))


def _beside(path: Path) -> Path:
    return _target(path).parent / f".{secrets.token_hex(8)}.part"


def _remove(temporary: Path) -> None:
    with contextlib.suppress(OSError):
        temporary.unlink()


def _refusal(path: Path, error: OSError) -> str:
    if path.is_dir():
        return f"{path} is a folder; name a file in it"
    if not path.parent.is_dir():
        return f"the folder {path.parent} of {path.name} does not exist; make it or choose another"
    return f"{path} cannot be written ({error.strerror or error}); choose another folder"
