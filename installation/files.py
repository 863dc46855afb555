"""Files and folders that are replaced as a whole."""

import json
import shutil
import stat
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

RUN_MODE = 0o755
PLAIN_MODE = 0o644


def draft_of(path: Path) -> Path:
    """Return the path of a draft of a file or folder, and remove what an interrupted run has left there."""
    draft = path.with_name(f".{path.name}.draft")
    remove(draft)
    return draft


def replace(folder: Path, draft: Path) -> None:
    """Replace a folder by a finished draft."""
    old = folder.with_name(f".{folder.name}.old")
    remove(old)
    if folder.exists() or folder.is_symlink():
        folder.rename(old)
    draft.rename(folder)
    remove(old)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder with its contents, if it exists."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def remove_all(paths: Iterable[Path]) -> None:
    """Remove several files or folders, if they exist."""
    for path in paths:
        remove(path)


def remove_if_empty(*folders: Path) -> None:
    """Remove those of the folders that are empty, in this order."""
    for folder in folders:
        if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
            folder.rmdir()


def leftovers(path: Path) -> list[Path]:
    """Return what an interrupted run has left of a file or folder."""
    names = (f".{path.name}.draft", f".{path.name}.old")
    return [found for name in names if (found := path.with_name(name)).exists()]


def write_folder(folder: Path, contents: Mapping[str, bytes], runnable: str) -> None:
    """Write a folder of files, replacing an existing one.

    Args:
        folder: The folder; its parent exists.
        contents: Contents of its files by their path inside.
        runnable: The path of the file that is executable.
    """
    draft = draft_of(folder)
    for name, content in contents.items():
        path = draft / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(RUN_MODE if name == runnable else PLAIN_MODE)
    replace(folder, draft)


def folder_fault(folder: Path, contents: Mapping[str, bytes], runnable: str) -> str | None:
    """Return how a folder differs from its expected contents.

    Args:
        folder: The folder.
        contents: Expected contents of its files by their path inside.
        runnable: The path of the file that is executable.

    Returns:
        The rest of a sentence that begins with the folder, or None if nothing is wrong.
    """
    if not folder.is_dir():
        return "is not there"
    if missing := sorted(name for name in contents if not (folder / name).is_file()):
        return f"lacks {missing[0]}"
    for name, content in contents.items():
        try:
            found = (folder / name).read_bytes()
        except OSError as error:
            return f"has a file that cannot be read ({name}: {error.strerror})"
        if found != content:
            return "is of another version"
    if sys.platform != "win32" and not (folder / runnable).stat().st_mode & stat.S_IXUSR:
        return f"has no execute permission for {runnable}"
    return None


def read_json(path: Path) -> dict[str, Any]:
    """Read a marker file; empty if it is missing or broken, which both mean an unfinished installation."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write a JSON file in one step, so that it is never half written."""
    draft = draft_of(path)
    draft.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    draft.replace(path)


def privacy_fault(folder: Path) -> str | None:
    """Return a sentence with the remedy if other users can write to a folder, else None."""
    if sys.platform == "win32" or not folder.exists():
        return None
    mode = folder.stat().st_mode
    # Everybody may write to /tmp, but not replace what is there.
    if mode & 0o022 and not mode & stat.S_ISVTX:
        return f"{folder} can be written by others: run `chmod go-w {folder}`"
    return None
