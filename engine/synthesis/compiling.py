"""Compile functions with numba, and cache them for all processes of a user."""

import logging
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TypeVar, cast

import numba
import platformdirs

Function = TypeVar("Function", bound=Callable[..., Any])

FOLDER = "NUMBA_CACHE_DIR"


def cache_folder() -> Path | None:
    """Return the folder for compiled functions, made if it is missing; None if none can be written to.

    `NUMBA_CACHE_DIR` overrides the user's cache folder.
    """
    folder = _chosen_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


def _chosen_folder() -> Path:
    chosen = os.environ.get(FOLDER)
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("gimp-texture-synthesis")) / "compiled"


_folder = cache_folder()
if _folder is not None:
    setattr(numba.config, "CACHE_DIR", str(_folder))  # noqa: B010 - numba makes the names of its settings as it goes


def unwritable_folder() -> Path | None:
    """Return the folder that compiled functions should be kept in, if it cannot be written to; else None."""
    return None if _folder is not None else _chosen_folder()


def compiled(function: Function) -> Function:
    """Compile a function for several threads, without the interpreter's lock; cache it if a folder can be written."""
    made = numba.njit(parallel=True, fastmath=True, nogil=True, cache=_folder is not None)(function)
    return cast("Function", _kept(made))


def compiled_serially(function: Function) -> Function:
    """Compile a function whose steps follow from each other, as `compiled` does."""
    made = numba.njit(fastmath=True, nogil=True, cache=_folder is not None)(function)
    return cast("Function", _kept(made))


def _kept(made: Any) -> Any:  # noqa: ANN401 - numba has no types
    """Let a disk that gets full meanwhile cost no more than that a function is compiled again next time."""
    # With NUMBA_DISABLE_JIT it is the function itself.
    if _folder is not None and hasattr(made, "_cache"):
        save = made._cache.save_overload  # noqa: SLF001

        def save_if_possible(*compiled: object) -> None:
            try:
                save(*compiled)
            except OSError as error:
                _tell_unkept(error.strerror)

        made._cache.save_overload = save_if_possible  # noqa: SLF001
    return made


@cache
def _tell_unkept(why: str) -> None:
    """Tell once that compiled functions cannot be kept."""
    logging.getLogger(__name__).warning(
        "compiled code cannot be kept in %s (%s): the next start compiles it again", _folder, why
    )


def inlined(function: Function) -> Function:
    """Compile a function into those that call it."""
    made = numba.njit(fastmath=True, nogil=True, inline="always")(function)
    return cast("Function", made)
