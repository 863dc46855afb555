"""Start a recording, and add frames to it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol

import numpy as np

from engine.file_errors import writing_refusal
from engine.images import ImageError, check_target
from engine.record.animation import Animation
from engine.record.folder import FrameFolder
from engine.record.frames import RecordedFrame
from engine.record.video import Video

# Pixels per side that the formats can hold.
_SIDE_LIMITS = {".gif": 65535, ".webp": 16383, ".mp4": 16384}


class _Sink(Protocol):
    def add(self, frame: RecordedFrame) -> None: ...
    def finish(self, seconds: float | None) -> None: ...
    def discard(self) -> None: ...


class Recorder:
    """A recording in progress, a context manager.

    Leaving the block completes the recording, also on KeyboardInterrupt; any other exception removes it. Without
    frames there is no file.

    Args:
        path: the file or folder, for errors.
        sink: stores the frames.
        size: width and height of the recording in pixels.

    Attributes:
        seconds: time for completing it, for which frames may be dropped; None for no limit.
    """

    def __init__(self, path: Path, sink: _Sink, size: tuple[int, int]) -> None:
        self.seconds: float | None = None
        self._path = path
        self._sink = sink
        self._size = size

    def add(self, frame: RecordedFrame) -> None:
        """Append a frame, scaled to the size of the recording by repeating pixels.

        Args:
            frame: uint8 (height, width, 3), of any size; it is copied.

        Raises:
            ImageError: the frame has another shape or type.
        """
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3 or 0 in frame.shape:
            raise ImageError(f"the frame is {frame.dtype} {frame.shape}; give uint8 (height, width, 3), none zero")
        with named_errors(self._path):
            self._sink.add(_scaled(frame, self._size))

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or issubclass(kind, KeyboardInterrupt):
            with named_errors(self._path):
                self._sink.finish(self.seconds)
        else:
            # The error is already being raised.
            with contextlib.suppress(OSError):
                self._sink.discard()


@contextlib.contextmanager
def named_errors(path: Path) -> Iterator[None]:
    """Convert errors of the file system to errors that name the recording.

    Args:
        path: The recording.

    Yields:
        Nothing.

    Raises:
        ImageError: Writing failed.
    """
    try:
        yield
    except OSError as error:
        raise ImageError(writing_refusal(path, error)) from error


def open_recorder(path: Path, size: tuple[int, int]) -> Recorder:
    """Check that a recording can be written, and start it.

    Args:
        path: a .gif, .webp or .mp4 file, or without a suffix a new or empty folder for 0000.png, 0001.png and so on.
        size: width and height of the recording in pixels; MP4 repeats the last column or row where they are odd.

    Returns:
        The recorder, to be entered with `with`.

    Raises:
        ImageError: the suffix, the size or the folder does not allow the recording, or PyAV is missing for MP4.
    """
    suffix = path.suffix.lower()
    if suffix and suffix not in _SIDE_LIMITS:
        raise ImageError(f"{path.name} is not a recording; choose .gif, .webp, .mp4 or a folder without a suffix")
    if min(size) < 1 or max(size) > _SIDE_LIMITS.get(suffix, max(size)):
        limit = f"1 to {_SIDE_LIMITS[suffix]}" if suffix else "1 or more"
        raise ImageError(f"a recording of {size[0]} × {size[1]} pixels cannot be made; each side must be {limit}")
    with named_errors(path):
        if not suffix:
            return Recorder(path, FrameFolder(path), size)
        check_target(path)
        return Recorder(path, Video(path, size) if suffix == ".mp4" else Animation(path), size)


def _scaled(frame: RecordedFrame, size: tuple[int, int]) -> RecordedFrame:
    height, width = frame.shape[:2]
    rows = np.arange(size[1]) * height // size[1]
    columns = np.arange(size[0]) * width // size[0]
    scaled: RecordedFrame = frame[rows[:, None], columns]
    return scaled
