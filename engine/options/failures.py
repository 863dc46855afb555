"""Errors of the command line: one line on stderr and an exit status."""

import errno
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import NoReturn, ParamSpec

from engine.file_errors import is_working_folder_gone

Params = ParamSpec("Params")
_FIELD = re.compile(r"`([a-z_]+)`")

_REMEDIES = {
    errno.ENOSPC: "free space on its disk",
    errno.EDQUOT: "free space on its disk",
    errno.EACCES: "check its permissions",
    errno.EPERM: "check its permissions",
    errno.EROFS: "choose another disk",
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "check the path",
}

ENGINE_FAILED = 1
BAD_INPUT = 2
OUT_OF_MEMORY = 3
INTERRUPTED = 130
NOTHING_WRITTEN = "interrupted before there was a picture: nothing was written"


class CommandError(Exception):
    """The end of a command by an error: the message is one sentence for stderr.

    Attributes:
        status: Exit status.
    """

    def __init__(self, message: str, status: int = BAD_INPUT) -> None:
        super().__init__(" ".join(message.split()))
        self.status = status


def fail(message: str, status: int = BAD_INPUT) -> NoReturn:
    """End the command with one line on stderr.

    Args:
        message: The sentence to print.
        status: Exit status.

    Raises:
        CommandError: Always.
    """
    raise CommandError(message, status)


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
    """
    try:
        with input_errors():
            yield
    except KeyboardInterrupt:
        fail(NOTHING_WRITTEN, INTERRUPTED)


@contextmanager
def input_errors(place: str = "") -> Iterator[None]:
    """Raise every error of the input as a `CommandError`.

    Args:
        place: Where the input is, for the beginning of the message.

    Yields:
        Nothing.

    Raises:
        CommandError: The error, as a sentence.
    """
    try:
        yield
    except Exception as error:
        known = _known(error)
        if known is None:
            raise
        raise CommandError(placed(place, str(known)), known.status) from error


def placed(place: str, message: str) -> str:
    """Begin a message with its place, unless it begins so, or there is none."""
    return message if not place or message.startswith(f"{place} ") else f"{place}: {message}"


def _known(error: Exception) -> CommandError | None:
    """Return an error as the end of a command; None if input did not cause it."""
    # Imported late, so that `--help` does not wait for torch.
    from engine.images import ImageError
    from engine.options.parsing import ParsingError
    from engine.request_errors import RequestError
    from protocol.vocabulary import VocabularyError

    if isinstance(error, CommandError):
        return error
    if isinstance(error, VocabularyError):
        return CommandError(f"--{error.name.replace('_', '-')} is {error.value!r}: give {error.remedy}")
    if isinstance(error, RequestError):
        return CommandError(with_options(str(error)))
    if isinstance(error, ImageError | ParsingError):
        return CommandError(str(error))
    if isinstance(error, OSError):
        return CommandError(sentence_of(error))
    return _error_of_synthesis(error) if isinstance(error, ValueError | RuntimeError) else None


def with_options(message: str) -> str:
    """Name options in a message about a request, which has the names of fields in backticks."""
    return _FIELD.sub(lambda field: f"--{field[1].replace('_', '-')}", message)


def sentence_of(error: OSError) -> str:
    """Describe an error of the system about which nothing else is known."""
    said, number = error.strerror or error, error.errno or 0
    if number == errno.ENOENT and is_working_folder_gone():
        return "the folder that this command runs in does not exist any more: change to another one"
    if error.filename is None:
        remedy = _REMEDIES.get(number, "check the disk that it is on")
        return f"a file or stream cannot be read or written ({said}): {remedy}"
    return f"{error.filename}: {said}; {_REMEDIES.get(number, 'check the path and the disk that it is on')}"


def _error_of_synthesis(error: Exception) -> CommandError | None:
    from engine.encoders import EncoderError
    from engine.service.device_runner import UnusableDeviceError
    from engine.synthesis import MemoryExhaustedError, SettingsError
    from engine.synthesis.devices import DeviceError

    if isinstance(error, MemoryExhaustedError):
        other = "" if error.device.type == "cpu" else ", or --device cpu"
        return CommandError(f"{error}: close other programs, or choose a smaller size{other}", OUT_OF_MEMORY)
    if isinstance(error, SettingsError | DeviceError | EncoderError | UnusableDeviceError):
        return CommandError(str(error))
    return None
