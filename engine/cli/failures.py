"""What goes wrong, told in one line."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import NoReturn, ParamSpec

import typer

Wishes = ParamSpec("Wishes")

ENGINE_FAILED = 1
BAD_INPUT = 2
OUT_OF_MEMORY = 3
INTERRUPTED = 130
NOTHING_WRITTEN = "interrupted before there was a picture: nothing is written"


def fail(message: str, status: int = BAD_INPUT) -> NoReturn:
    """End the command with one line on stderr.

    Args:
        message: A sentence.
        status: Exit status.

    Raises:
        Exit: Always.
    """
    print(f"texture-engine: {' '.join(message.split())}", file=sys.stderr)
    raise typer.Exit(status)


def interruptible(command: Callable[Wishes, None]) -> Callable[Wishes, None]:
    """Say so where Ctrl+C ends a command; Typer ends it in silence."""

    @wraps(command)
    def run(*args: Wishes.args, **wishes: Wishes.kwargs) -> None:
        try:
            command(*args, **wishes)
        except KeyboardInterrupt:
            fail("interrupted", INTERRUPTED)

    return run


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn every error that input can cause into one line and exit status 2; running out of memory into 3.

    Ctrl+C, where nobody has made something of it before, is told in one line too.

    Yields:
        Nothing.

    Raises:
        Exit: The command has told what is wrong, or does so here.
        ValueError: One that is not about input.
        RuntimeError: Likewise.
    """
    # Imported late: the terminal answers `--help` without waiting for torch.
    from engine.cli.parsing import ParsingError
    from engine.images import ImageError
    from engine.preparation import MaterialError
    from protocol.vocabulary import VocabularyError

    try:
        yield
    except typer.Exit:
        # It is a RuntimeError, and what comes below would load torch to look at it.
        raise
    except KeyboardInterrupt:
        fail(NOTHING_WRITTEN, INTERRUPTED)
    except VocabularyError as error:
        fail(f"--{error.name.replace('_', '-')} is {error.value!r}: give {error.remedy}")
    except (ImageError, MaterialError, ParsingError) as error:
        fail(str(error))
    except OSError as error:
        fail(sentence_of(error))
    except (ValueError, RuntimeError) as error:
        _fail_if_told(error)
        raise


def sentence_of(error: OSError) -> str:
    """Say what the system has refused where nobody knows more of it than the error does."""
    where = "" if error.filename is None else f"{error.filename}: "
    return f"{where}{error.strerror or error}; check the path, its permissions and the room on its disk"


def _fail_if_told(error: Exception) -> None:
    from engine.encoders import EncoderError
    from engine.service.computing import UnusableDeviceError
    from engine.synthesis import MemoryExhaustedError, SettingsError
    from engine.synthesis.devices import DeviceError

    if isinstance(error, MemoryExhaustedError):
        fail(str(error), OUT_OF_MEMORY)
    if isinstance(error, SettingsError | DeviceError | EncoderError | UnusableDeviceError):
        fail(str(error))
