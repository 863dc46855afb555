"""Frames as numbered PNG files."""

import os
from pathlib import Path

from engine.file_errors import is_folder
from engine.images import ImageError, check_target, replacing
from engine.images.png import encode_png
from engine.record.frames import RecordedFrame


class FrameFolder:
    """Frames as numbered PNG files in a folder that is new or empty."""

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

    def add(self, frame: RecordedFrame) -> None:
        """Add a frame."""
        path = self._path / f"{len(self._frames):04d}.png"
        self._frames.append(path)
        with replacing(path) as temporary:
            temporary.write_bytes(encode_png(frame, None))

    def finish(self, seconds: float | None) -> None:  # noqa: ARG002 - every frame is written already
        """Complete the recording."""
        if self._made and not self._frames:
            self._path.rmdir()

    def discard(self) -> None:
        """Remove what was recorded."""
        for path in self._frames:
            path.unlink(missing_ok=True)
        if self._made:
            self._path.rmdir()
