"""Animated GIF and WebP files."""

import io
import time
from pathlib import Path
from typing import IO

from PIL import Image

from engine.images import replacing
from engine.record.frames import FINAL_HOLD_SECONDS, FRAMES_PER_SECOND, RecordedFrame

ANIMATION_FRAME_LIMIT = 120
"""Maximum number of frames; more are thinned out evenly."""
LARGEST_FILE = 27_000_000
"""Maximum bytes of a file with frames up to a megapixel; in proportion beyond."""
FEWEST_FRAMES = 24
"""Minimum number of frames, however long they take to write."""


class Animation:
    """Frames of a GIF or WebP, kept in memory and thinned out evenly."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._gif = path.suffix.lower() == ".gif"
        self._kept: list[Image.Image] = []
        self._stride = 1
        self._count = 0
        self._latest: RecordedFrame | None = None

    def add(self, frame: RecordedFrame) -> None:
        """Add a frame."""
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
        """Complete the recording."""
        if self._latest is not None:
            self._kept.append(self._image(self._latest))
        if not self._kept:
            return
        self._kept = _evenly(self._kept, self._most(seconds))
        with replacing(self._path) as temporary, temporary.open("wb") as file:
            self._save(self._kept, file)

    def discard(self) -> None:
        """Remove what was recorded."""
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

    def _image(self, frame: RecordedFrame) -> Image.Image:
        image = Image.fromarray(frame)
        # A palette per frame, because one for all must be chosen before the last colors are known; by octree,
        # because the finer methods would slow the computation that is being recorded.
        return image.quantize(256, Image.Quantize.FASTOCTREE) if self._gif else image


def _evenly(frames: list[Image.Image], most: int) -> list[Image.Image]:
    """Return a number of frames, spread evenly, with the first and the last."""
    if len(frames) <= most:
        return frames
    return [frames[round(place * (len(frames) - 1) / (most - 1))] for place in range(most)]
