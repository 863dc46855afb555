"""Fetch one file over HTTP and check it."""

import hashlib
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError

from engine.synthesis.encoder import EncoderError

CHUNK_BYTES = 1 << 20
SILENCE_SECONDS = 30.0
# Some servers turn urllib's own name away.
AGENT = "gimp-texture-synthesis"

OnDownload = Callable[[int, int], None]
"""Called with the bytes done and the bytes in total (0 if the server does not say)."""


def download(address: str, target: Path, *, progress: OnDownload | None = None) -> None:
    """Fetch a file.

    Args:
        address: `https:` or `http:`.
        target: Written to; a part of the file may lie there after an error.
        progress: Called for every chunk.

    Raises:
        EncoderError: No answer, no such file, a connection that ends early, or no room; the message is the reason
            alone, for the caller to put into a sentence.
    """
    request = urllib.request.Request(address, headers={"User-Agent": AGENT})  # noqa: S310 - addresses are torchvision's
    try:
        with urllib.request.urlopen(request, timeout=SILENCE_SECONDS) as answer, target.open("wb") as file:  # noqa: S310
            total = int(answer.headers.get("Content-Length") or 0)
            done = _copy(answer, file, total, progress)
    except HTTPError as error:
        error.close()
        raise EncoderError(f"the server answers {error.code} {error.reason}") from error
    except (OSError, HTTPException) as error:
        raise EncoderError(str(getattr(error, "reason", error)) or type(error).__name__) from error
    if done < total:
        raise EncoderError(f"the connection ended after {done} of {total} bytes")


def check_hash(path: Path, prefix: str) -> None:
    """Compare a file's SHA-256 with the digits known of it.

    Args:
        path: The file.
        prefix: The first hexadecimal digits.

    Raises:
        EncoderError: They differ.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    found = digest.hexdigest()[: len(prefix)]
    if found != prefix:
        raise EncoderError(f"the file's SHA-256 starts with {found} instead of {prefix}")


def _copy(answer: BinaryIO, file: BinaryIO, total: int, progress: OnDownload | None) -> int:
    done = 0
    while chunk := answer.read(CHUNK_BYTES):
        file.write(chunk)
        done += len(chunk)
        if progress:
            progress(done, total)
    return done
