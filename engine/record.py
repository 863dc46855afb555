"""Record how a picture is made: as an animated GIF or WebP, an MP4 video or a folder of frames."""

import contextlib
import io
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.file_errors import is_folder, writing_refusal
from engine.images import ImageError, check_target, replacing
from engine.images.png import encode_png
from engine.packages import OPTIONAL, installing

VideoFrame = NDArray[np.uint8]

FRAMES_PER_SECOND = 12
FINAL_HOLD_SECONDS = 1.5
ANIMATION_FRAME_LIMIT = 120
"""Maximum number of frames of a GIF or WebP; more are thinned out evenly."""

LARGEST_FILE = 27_000_000
"""Maximum bytes of a GIF or WebP with frames up to a megapixel; in proportion beyond."""
VIDEO_RATE = 5_000_000
"""Maximum bits per second of an MP4, likewise: 500 frames take as much as the largest of the others."""
FEWEST_FRAMES = 24
"""Minimum number of frames of a GIF or WebP, however long they take to write."""

# Pixels per side that the formats can hold.
_SIDE_LIMITS = {".gif": 65535, ".webp": 16383, ".mp4": 16384}


class _Sink(Protocol):
    def add(self, frame: VideoFrame) -> None: ...
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

    def add(self, frame: VideoFrame) -> None:
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
            return Recorder(path, _Folder(path), size)
        check_target(path)
        return Recorder(path, _Video(path, size) if suffix == ".mp4" else _Animation(path), size)


def _scaled(frame: VideoFrame, size: tuple[int, int]) -> VideoFrame:
    height, width = frame.shape[:2]
    rows = np.arange(size[1]) * height // size[1]
    columns = np.arange(size[0]) * width // size[0]
    scaled: VideoFrame = frame[rows[:, None], columns]
    return scaled


def _evenly(frames: list[Image.Image], most: int) -> list[Image.Image]:
    """Return a number of frames, spread evenly, with the first and the last."""
    if len(frames) <= most:
        return frames
    return [frames[round(place * (len(frames) - 1) / (most - 1))] for place in range(most)]


class _Folder:
    """Frames as numbered PNG files."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._frames: list[Path] = []
        self._made = not os.path.lexists(path)
        if self._made:
            path.mkdir()
        elif not is_folder(path):
            # This also reports broken links, and folders without access.
            path.stat()
            raise ImageError(
                f"{path} is a file, not a folder; name a new folder for the frames, or a .gif, .webp or .mp4 file"
            )
        if any(path.iterdir()):
            raise ImageError(f"the folder {path} is not empty; name a new or empty folder for the frames")
        check_target(path / "0000.png")

    def add(self, frame: VideoFrame) -> None:
        path = self._path / f"{len(self._frames):04d}.png"
        self._frames.append(path)
        with replacing(path) as temporary:
            temporary.write_bytes(encode_png(frame, None))

    def finish(self, seconds: float | None) -> None:  # noqa: ARG002 - every frame is written already
        if self._made and not self._frames:
            self._path.rmdir()

    def discard(self) -> None:
        for path in self._frames:
            path.unlink(missing_ok=True)
        if self._made:
            self._path.rmdir()


class _Animation:
    """Frames of a GIF or WebP, kept in memory and thinned out evenly."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._gif = path.suffix.lower() == ".gif"
        self._kept: list[Image.Image] = []
        self._stride = 1
        self._count = 0
        self._latest: VideoFrame | None = None

    def add(self, frame: VideoFrame) -> None:
        self._latest = frame
        if self._count % self._stride == 0:
            # One place stays free for the last frame, which is always kept.
            if len(self._kept) == ANIMATION_FRAME_LIMIT - 1:
                self._kept = self._kept[::2]
                self._stride *= 2
            if self._count % self._stride == 0:
                self._kept.append(self._image(frame))
                self._latest = None
        self._count += 1

    def finish(self, seconds: float | None) -> None:
        if self._latest is not None:
            self._kept.append(self._image(self._latest))
        if not self._kept:
            return
        self._kept = _evenly(self._kept, self._most(seconds))
        with replacing(self._path) as temporary, temporary.open("wb") as file:
            self._save(self._kept, file)

    def discard(self) -> None:
        self._kept.clear()

    def _most(self, seconds: float | None) -> int:
        """Return how many frames may stay, by the size and time of a few of them."""
        probes = _evenly(self._kept, 5)
        began = time.perf_counter()
        length = 0
        for probe in probes:
            alone = io.BytesIO()
            self._save([probe], alone)
            length += alone.tell()
        each = (time.perf_counter() - began) / len(probes)
        width, height = probes[0].size
        fitting = int(LARGEST_FILE * max(1.0, width * height / 2**20) * len(probes) / length)
        in_time = fitting if seconds is None else max(FEWEST_FRAMES, int(seconds / each))
        return max(2, min(fitting, in_time))

    def _save(self, frames: list[Image.Image], file: IO[bytes]) -> None:
        step = 1000 // FRAMES_PER_SECOND
        durations = [step] * (len(frames) - 1) + [round(1000 * FINAL_HOLD_SECONDS)]
        first, rest = frames[0], frames[1:]
        if self._gif:
            first.save(file, "GIF", save_all=True, append_images=rest, duration=durations, loop=0)
        else:
            first.save(
                file,
                "WEBP",
                save_all=True,
                append_images=rest,
                duration=durations,
                loop=0,
                quality=80,
                method=2,
            )

    def _image(self, frame: VideoFrame) -> Image.Image:
        image = Image.fromarray(frame)
        # A palette per frame, because one for all must be chosen before the last colors are known; by octree,
        # because the finer methods would slow the computation that is being recorded.
        return image.quantize(256, Image.Quantize.FASTOCTREE) if self._gif else image


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


class _Video:
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
        self._last: VideoFrame | None = None
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

    def add(self, frame: VideoFrame) -> None:
        self._last = np.pad(frame, self._padding, mode="edge")
        self._encode(self._last)

    def finish(self, seconds: float | None) -> None:  # noqa: ARG002 - every frame is encoded already
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
        with self._file:
            self._container.close()

    def _encode(self, frame: VideoFrame) -> None:
        import av

        self._container.mux(self._stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        self._sink.check()
