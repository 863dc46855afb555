"""The folder of an unfinished canvas: what is done is kept in it, whatever ends the program."""

import errno
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from engine.synthesis.structure import Coarse
from engine.tiles.grid import Grid
from engine.tiles.making import Around, Samples

SUFFIX = ".unfinished"
REQUEST, COARSE = "request.json", "coarse.npz"


@dataclass(frozen=True)
class Folder:
    """Where tiles of a canvas are kept until all are made. A file in it is whole, or not there.

    Attributes:
        path: The folder.
        grid: Where tiles lie.
        channels: Of their samples, 3 or 4.
    """

    path: Path
    grid: Grid
    channels: int

    def open(self, request: str) -> bool:
        """Create the folder, or go on with it.

        Args:
            request: What tells this request from others.

        Returns:
            Whether it is for this request.
        """
        self.path.mkdir(exist_ok=True)
        file = self.path / REQUEST
        if not file.exists():
            with self._new_file(REQUEST) as part:
                part.write(json.dumps({"request": request}).encode())
        return bool(json.loads(file.read_bytes())["request"] == request)

    def done(self) -> list[int]:
        """List the tiles that are made."""
        return [number for number in range(self.grid.count) if self.file(number).exists()]

    def file(self, number: int) -> Path:
        """Name the file of a tile."""
        return self.path / f"tile-{number:06d}.npy"

    def coarse(self) -> Coarse | None:
        """Read what tiles start from; None if it is not made yet."""
        try:
            with np.load(self.path / COARSE) as found:
                return Coarse(found["places"].astype(np.int32), int(found["octaves"]))
        except FileNotFoundError:
            return None

    def keep_coarse(self, coarse: Coarse) -> None:
        """Keep what tiles start from."""
        with self._new_file(COARSE) as part:
            np.savez(part, places=coarse.places, octaves=coarse.octaves)

    def keep(self, number: int, samples: Samples) -> None:
        """Keep a tile."""
        with self._new_file(self.file(number).name) as part:
            np.save(part, samples)

    def samples(self, number: int) -> Samples:
        """Read a tile, a view of its file."""
        found: Samples = np.load(self.file(number), mmap_mode="r")
        return found

    def around(self, number: int, made: Sequence[int]) -> Around | None:
        """Read what is there in the window of a tile.

        Args:
            number: The tile.
            made: Tiles that are there for it. Those of its own turn and later ones are not, even if they are made.

        Returns:
            What is there; None for nothing.
        """
        window, (height, width) = self.grid.window(number), self.grid.canvas
        found = np.zeros((*window.size, self.channels), np.uint16)
        there = np.zeros(window.size, bool)
        for other in made:
            place = self.grid.place(other)
            # A canvas that wraps around comes again behind its border.
            for down in (-height, 0, height) if self.grid.wrap[0] else (0,):
                for across in (-width, 0, width) if self.grid.wrap[1] else (0,):
                    moved = place.moved(down, across)
                    shared = moved.common(window)
                    if shared.top >= shared.bottom or shared.left >= shared.right:
                        continue
                    here, source = shared.within(window), shared.within(moved)
                    here.cut(found)[...] = source.cut(self.samples(other))
                    here.cut(there)[...] = True
        return Around(found, there) if there.any() else None

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.path)

    @contextmanager
    def _new_file(self, name: str) -> Iterator[BinaryIO]:
        """Open what a file is written to, which gets its name once all of it is on the disk."""
        part = self.path / f"{name}.part"
        try:
            with part.open("wb") as file:
                yield file
        except OSError as error:
            if error.errno is not None:
                raise
            # Numpy does not say why only some of it was written.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(part)) from error
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(self.path / name)
