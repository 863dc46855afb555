"""The journal of a batch: one line of JSON for each end of a texture, beside the outputs."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from engine.batch.digests import Digests
from engine.file_errors import writing_refusal
from engine.options.failures import fail

JOURNAL = "batch.jsonl"
LOCK = ".batch.lock"
DONE, FAILED = "done", "failed"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """How a texture has ended.

    Attributes:
        state: `DONE` or `FAILED`.
        request: Digest of the request, in hexadecimal.
        output: Its first file, relative to the journal's folder.
        exemplar: What it was made from, relative to that folder.
        reason: Why it has failed, one sentence; empty if it has not.
        width: Width of the result, pixels.
        height: Height, likewise.
        seconds: Seconds that it took.
        device: What computed it.
        made_with: Settings for people: recipe, quality and seed.
        measures: Losses of the critics, and what was measured for a report.
        remarks: What was lost or changed when its files were read and written, a sentence each.
    """

    state: str
    request: str
    output: str
    exemplar: str = ""
    reason: str = ""
    width: int = 0
    height: int = 0
    seconds: float = 0.0
    device: str = ""
    made_with: Mapping[str, str | int] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    remarks: Sequence[str] = ()


def entries(path: Path) -> Iterator[Entry]:
    """Yield the entries of a journal; a line that is torn, or is none of them, is skipped."""
    with path.open("rb") as file:
        yield from filter(None, map(_entry, file))


def _entry(line: bytes) -> Entry | None:
    known = {each.name for each in fields(Entry)}
    try:
        return Entry(**{name: value for name, value in json.loads(line).items() if name in known})
    except (ValueError, TypeError, AttributeError):
        # A crash may have torn the last line of that run.
        return None


class Journal:
    """The journal of a running batch; a context manager, which keeps other batches out of the folder.

    Attributes:
        done: Requests that have been made.
        failed: Requests that have failed.
    """

    def __init__(self, folder: Path) -> None:
        """Open the journal of a folder, which is made if it is missing.

        Args:
            folder: Folder of the outputs.

        Raises:
            CommandError: The folder cannot be written, or another batch writes there.
        """
        self.folder, self.path = folder, folder / JOURNAL
        self._lock = FileLock(folder / LOCK)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
            self._file = self.path.open("ab")
            if self._file.tell() and not _ends_a_line(self.path):
                self._file.write(b"\n")
        except Timeout:
            fail(f"another batch is writing to {folder}: wait for it, or name another folder with --output")
        except OSError as error:
            fail(writing_refusal(folder / JOURNAL, error))
        self.done, self.failed = (_requests(self.path, state) for state in (DONE, FAILED))

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: tuple[type[BaseException], BaseException, TracebackType]) -> None:
        self._file.close()
        self._lock.release()

    def add(self, entry: Entry) -> None:
        """Write an entry to the disk.

        Raises:
            CommandError: The disk does not take it.
        """
        try:
            self._file.write(json.dumps(vars(entry)).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            fail(writing_refusal(self.path, error))


def _requests(path: Path, state: str) -> Digests:
    # One whose files could not be read has none.
    found = (each.request for each in entries(path) if each.state == state and each.request)
    return Digests(bytes.fromhex(request) for request in found)


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
