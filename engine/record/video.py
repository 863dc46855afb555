"""MP4 videos, by PyAV."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np

from engine.images import ImageError, replacing
from engine.packages import OPTIONAL, installing
from engine.record.frames import FINAL_HOLD_SECONDS, FRAMES_PER_SECOND, RecordedFrame

VIDEO_RATE = 5_000_000
"""Maximum bits per second with frames up to a megapixel; in proportion beyond. 500 frames take 27 MB."""


class Video:
    """An MP4, encoded as the frames come into a nameless file."""

    def __init__(self, path: Path, size: tuple[int, int]) -> None:
        try:
            import av
        except ImportError as error:
            raise ImageError(
                f"recording {path.name} needs PyAV: run {installing([OPTIONAL])}, or use .webp"
            ) from error
        self._path = path
        self._padding = ((0, size[1] % 2), (0, size[0] % 2), (0, 0))
        self._last: RecordedFrame | None = None
        # On the disk of the finished video, and open until then.
        self._file = tempfile.TemporaryFile(dir=Path(os.path.realpath(path)).parent)  # noqa: SIM115
        self._sink = _DeferringFile(self._file)
        self._container = av.open(self._sink, "w", format="mp4")
        # Without a limit, grain that changes with every frame would take ten times as much.
        rate = str(round(VIDEO_RATE * max(1.0, size[0] * size[1] / 2**20)))
        options = {"crf": "18", "maxrate": rate, "bufsize": rate}
        self._stream = self._container.add_stream("libx264", rate=FRAMES_PER_SECOND, options=options)
        self._stream.width = size[0] + size[0] % 2
        self._stream.height = size[1] + size[1] % 2
        self._stream.pix_fmt = "yuv420p"

    def add(self, frame: RecordedFrame) -> None:
        """Add a frame."""
        self._last = np.pad(frame, self._padding, mode="edge")
        self._encode(self._last)

    def finish(self, seconds: float | None) -> None:  # noqa: ARG002 - every frame is encoded already
        """Complete the recording."""
        if self._last is None:
            self.discard()
            return
        with self._file:
            for _ in range(round(FINAL_HOLD_SECONDS * FRAMES_PER_SECOND)):
                self._encode(self._last)
            self._container.mux(self._stream.encode(None))
            self._container.close()
            self._sink.check()
            self._file.seek(0)
            with replacing(self._path) as temporary, temporary.open("xb") as target:
                shutil.copyfileobj(self._file, target)

    def discard(self) -> None:
        """Remove what was recorded."""
        with self._file:
            self._container.close()

    def _encode(self, frame: RecordedFrame) -> None:
        import av

        self._container.mux(self._stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        self._sink.check()


class _DeferringFile:
    """A file for PyAV, which prints what a file raises while it is tidied up: errors wait until they are asked for.

    Attributes:
        failure: The first error.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.failure: OSError | None = None
        self._file = file
        self._place = 0

    def write(self, data: bytes) -> int:
        self._try(lambda: self._file.write(data))
        self._place += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        found = self._try(lambda: self._file.seek(offset, whence))
        self._place = (offset if whence == os.SEEK_SET else self._place) if found is None else found
        return self._place

    def tell(self) -> int:
        return self._place

    def check(self) -> None:
        """Raise the first error, if there was one."""
        if self.failure is not None:
            raise self.failure

    def _try(self, act: Callable[[], int]) -> int | None:
        if self.failure is None and not self._file.closed:
            try:
                return act()
            except OSError as error:
                self.failure = error
        return None
