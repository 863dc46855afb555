"""Errors of the command line: one line on stderr and an exit status."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import NoReturn, ParamSpec

import typer

Params = ParamSpec("Params")

ENGINE_FAILED = 1
BAD_INPUT = 2
OUT_OF_MEMORY = 3
INTERRUPTED = 130
NOTHING_WRITTEN = "interrupted before there was a picture: nothing was written"


def fail(message: str, status: int = BAD_INPUT) -> NoReturn:
    """End the command with one line on stderr.

    Args:
        message: The sentence to print.
        status: Exit status.

    Raises:
        Exit: Always.
    """
    print(f"texture-engine: {' '.join(message.split())}", file=sys.stderr)
    raise typer.Exit(status)


def interruptible(command: Callable[Params, None]) -> Callable[Params, None]:
    """Report that Ctrl+C has ended a command; Typer would not."""

    @wraps(command)
    def run(*args: Params.args, **kwargs: Params.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except KeyboardInterrupt:
            fail("interrupted", INTERRUPTED)

    return run


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Report every error of the input in one line with exit status 2, and running out of memory with 3.

    Ctrl+C is reported in one line, too, unless the command has handled it.

    Yields:
        Nothing.

    Raises:
        Exit: The error has been reported.
        ValueError: An error that input did not cause.
        RuntimeError: Likewise.
    """
    # Imported late, so that `--help` does not wait for torch.
    from engine.cli.parsing import ParsingError
    from engine.images import ImageError
    from engine.preparation import MaterialError
    from protocol.vocabulary import VocabularyError

    try:
        yield
    except typer.Exit:
        # Exit is a RuntimeError, and the branch below would import torch.
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
        _fail_on_input_error(error)
        raise


def sentence_of(error: OSError) -> str:
    """Describe an error of the system about which nothing else is known."""
    said = error.strerror or error
    if error.filename is None:
        return f"a file or stream cannot be read or written ({said}): check the free space on its disk"
    return f"{error.filename}: {said}; check the path, its permissions and the free space on its disk"


def _fail_on_input_error(error: Exception) -> None:
    from engine.encoders import EncoderError
    from engine.service.computing import UnusableDeviceError
    from engine.synthesis import MemoryExhaustedError, SettingsError
    from engine.synthesis.devices import DeviceError

    if isinstance(error, MemoryExhaustedError):
        fail(str(error), OUT_OF_MEMORY)
    if isinstance(error, SettingsError | DeviceError | EncoderError | UnusableDeviceError):
        fail(str(error))
