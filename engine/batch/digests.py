"""Digests of requests, by which two runs of a batch identify a texture."""

import hashlib
import json
import os
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np

from engine.batch.requests import BatchJob
from engine.file_errors import reading_refusal
from engine.options.failures import fail
from engine.options.texture_options import TextureOptions

BYTES = 16
# Where a texture is computed does not belong to it.
ELSEWHERE = ("device", "memory")
REMEMBERED = 4096
"""Files whose digests are kept: a batch may use the same ones for many textures."""


class Files:
    """Files of a batch, read when they are needed."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[Path, int, int], str] = OrderedDict()

    def read(self, path: Path) -> bytes:
        """Read a file.

        Args:
            path: The file.

        Returns:
            Its contents.

        Raises:
            CommandError: It cannot be read.
        """
        try:
            return path.read_bytes()
        except (OSError, ValueError) as error:
            fail(reading_refusal(path, error))

    def digest(self, path: Path) -> str:
        """Return the digest of a file's contents; it is read again only if its time or size has changed."""
        try:
            found = path.stat()
        except (OSError, ValueError) as error:
            fail(reading_refusal(path, error))
        key = (path, found.st_mtime_ns, found.st_size)
        if key not in self._known:
            self._known[key] = _hash(self.read(path)).hex()
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]


def digest_of(job: BatchJob, files: Files) -> bytes:
    """Return the digest of a job: of its options, settings, names of outputs, and the contents of its files.

    Args:
        job: The job.
        files: Reads its files.

    Returns:
        16 bytes.

    Raises:
        CommandError: A file cannot be read.
    """
    spec = job.spec
    paths = {path for path in (*spec.files, spec.weights) if path is not None}
    settings = {name: value for name, value in asdict(spec.settings).items() if name not in ELSEWHERE}
    options = {each.name: getattr(spec.options, each.name) for each in fields(TextureOptions)}
    request = {
        "settings": settings | {"weights": None if spec.weights is None else files.digest(spec.weights)},
        # Files count by their contents.
        "options": {name: value for name, value in options.items() if not _names_files(value, paths)},
        "inputs": {name: None if path is None else files.digest(path) for name, path in spec.inputs.items()},
        "outputs": [str(path) for path in job.outputs],
    }
    return _hash(json.dumps(request, sort_keys=True).encode())


def _names_files(value: object, paths: set[Path]) -> bool:
    parts = value if isinstance(value, list) else [value]
    return any(isinstance(part, Path) or part in paths for part in parts)


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:BYTES]


class Digests:
    """A set of digests that takes 8 bytes for each: a batch may have millions."""

    def __init__(self, found: Iterable[bytes] = ()) -> None:
        """Sort digests."""
        self._sorted = np.unique(np.fromiter(map(number_of, found), np.uint64))

    def __contains__(self, digest: bytes) -> bool:
        wanted = np.uint64(number_of(digest))
        place = int(np.searchsorted(self._sorted, wanted))
        return place < len(self._sorted) and bool(self._sorted[place] == wanted)


def number_of(digest: bytes) -> int:
    """Return a number of 64 bits that stands for a digest."""
    return int.from_bytes(digest[:8], "big")


def digest_of_name(path: str | os.PathLike[str]) -> bytes:
    """Return the digest of a name."""
    return _hash(os.fsencode(path))
