"""Write to standard output, and remarks to stderr."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator, Sequence
from typing import IO

from engine.options.failures import fail


def say(text: str) -> None:
    """Print lines at once."""
    with _output_errors("check the disk or the program that it goes to"):
        print(text, flush=True)


def tell(remarks: Sequence[str], *, quiet: bool) -> None:
    """Print remarks on stderr, one per line."""
    if not quiet:
        for remark in remarks:
            print(f"texture-engine: {' '.join(remark.split())}", file=sys.stderr)


class _Lossy(io.RawIOBase):
    """Writes what can be written, and drops the rest without an error."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def fileno(self) -> int:
        """Name the file that is written to."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Tell whether it is a terminal."""
        return self._stream.isatty()

    def write(self, data: bytes | memoryview) -> int:  # type: ignore[override]
        """Write bytes; all count as written."""
        left = memoryview(data)
        with contextlib.suppress(OSError):
            # None: a pipe that is full, and that nobody is to wait for.
            while left and (count := self._stream.write(left)):
                left = left[count:]
        return memoryview(data).nbytes


def lose_messages() -> None:
    """Let stderr drop what cannot be written: a full disk behind it ends no work."""
    if isinstance(sys.stderr, io.TextIOWrapper):
        # A buffer would keep what was refused, and try again.
        buffer: IO[bytes] = sys.stderr.buffer
        stream = _Lossy(getattr(buffer, "raw", buffer))
        sys.stderr = io.TextIOWrapper(stream, sys.stderr.encoding, sys.stderr.errors, write_through=True)


def flush_output() -> None:
    """Write what other code has printed."""
    with _output_errors("check the disk or the program that it goes to"):
        if sys.stdout is not None:
            sys.stdout.flush()


def write_output(data: bytes) -> None:
    """Write a file."""
    # With PYTHONUNBUFFERED, `sys.stdout.buffer` may write a part of it without an error.
    with _output_errors("name a file with --output"), open(sys.stdout.fileno(), "wb", closefd=False) as stream:
        stream.write(data)


@contextlib.contextmanager
def _output_errors(remedy: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        drop_output()
        fail(f"standard output cannot be written ({error.strerror}): {remedy}")


def drop_output() -> None:
    """Discard what standard output has not accepted; Python would try, and fail, to write it at exit."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
        return
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def check_json_stream(*, as_json: bool) -> None:
    """Refuse to print JSON to a standard output that is closed: nobody would notice that it is lost."""
    if as_json and sys.stdout is None:
        fail("standard output is closed, and --json writes to it: redirect it, or omit --json")


def check_output_stream() -> None:
    """Refuse a standard output that is closed or a terminal."""
    if sys.stdout is None:
        fail("standard output is closed: name a file with --output")
    if sys.stdout.isatty():
        fail("standard output is a terminal: redirect it, or name a file with --output")
