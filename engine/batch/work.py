"""Make one texture of a batch, from the contents of its files to the contents of its outputs."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from engine.options.failures import CommandError, input_errors, with_options
from engine.options.textures import Texture, TextureSpec, pictures_of, read_texture, unchanged
from engine.service.hooks import Hooks, Stop
from protocol.messages import Cancelled, Failed, JobEnd

if TYPE_CHECKING:
    from engine.images import Picture
    from engine.service.device_runner import DeviceRunner


@dataclass(frozen=True)
class Work:
    """A texture to make, with all that it takes: it may be made on another runner.

    Attributes:
        spec: The texture.
        files: The contents of its files.
        outputs: Name of each output, whose suffix chooses the format.
        measured: Whether to measure the result, for a report.
        threads: Number of threads; None for as many as there are cores.
    """

    spec: TextureSpec
    files: Mapping[Path, bytes]
    outputs: tuple[Path, ...]
    measured: bool = False
    threads: int | None = None


@dataclass(frozen=True)
class Made:
    """A texture that was made.

    Attributes:
        contents: Contents of its outputs.
        width: Its width, pixels.
        height: Likewise.
        seconds: Seconds that it took.
        device: What computed it.
        measures: Losses of the critics, and what was measured.
        remarks: What reading its files and writing its outputs has lost or changed, a sentence each.
    """

    contents: tuple[bytes, ...]
    width: int
    height: int
    seconds: float
    device: str
    measures: Mapping[str, float] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """A texture that could not be made.

    Attributes:
        reason: Why, one sentence.
    """

    reason: str


def begin_work(work: Work) -> Texture | Failure:
    """Read the pictures of a texture, and make its request."""
    from engine.images import picture_from

    try:
        with input_errors():
            return read_texture(work.spec, lambda path: picture_from(work.files[path], str(path)))
    except CommandError as error:
        return Failure(str(error))


def finish_work(work: Work, texture: Texture, end: JobEnd) -> Made | Failure:
    """Encode the pictures of a texture that has ended."""
    from engine.images import encoded, remarks_on_writing

    end = unchanged(texture, end) or end
    if isinstance(end, Failed):
        return Failure(with_options(end.sentence))
    if isinstance(end, Cancelled):
        return Failure("it was canceled")
    options = work.spec.options
    try:
        with input_errors():
            pictures = pictures_of(texture, end)
            stripped = [each.without_metadata() if options.strip_metadata else each for each in pictures]
            contents = tuple(
                encoded(each, path.suffix.lower(), quality=options.jpeg_quality)
                for each, path in zip(stripped, work.outputs, strict=True)
            )
            remarks = texture.remarks
            for each, path in zip(stripped, work.outputs, strict=True):
                remarks += remarks_on_writing(path, each, quality=options.jpeg_quality)
            measures = {**end.losses, **(_measured(texture, pictures[0]) if work.measured else {})}
    except CommandError as error:
        return Failure(str(error))
    height, width = pictures[0].pixels.shape[:2]
    return Made(contents, width, height, round(end.seconds, 3), end.device, measures, tuple(remarks))


def make(work: Work) -> Made | Failure:
    """Make a texture in this process."""
    from engine.threads import share_cores

    # Before torch is loaded.
    share_cores(os.environ)
    texture = begin_work(work)
    if isinstance(texture, Failure):
        return texture
    try:
        with input_errors():
            runner = _device_runner(work.spec.settings.device, work.spec.weights)
    except CommandError as error:
        return Failure(str(error))
    _use_threads(work.threads)
    end = runner.run(texture.request, Hooks(lambda _progress: None, lambda _frame: None), Stop())
    return finish_work(work, texture, end)


@cache
def _device_runner(device: str, weights: Path | None) -> "DeviceRunner":
    from engine.service.device_runner import DeviceRunner

    return DeviceRunner(device, weights=weights, warmed=False)


def _use_threads(count: int | None) -> None:
    import numba
    import torch

    if count is not None and torch.get_num_threads() != count:
        torch.set_num_threads(count)
        numba.set_num_threads(min(count, numba.config.NUMBA_NUM_THREADS))  # type: ignore[attr-defined]


def _measured(texture: Texture, made: "Picture") -> dict[str, float]:
    """Measure a new texture of one exemplar: what is filled or mixed has none to compare with."""
    from engine.batch.measures import measures_of

    exemplar, canvas = texture.pictures["exemplar"], texture.pictures["canvas"]
    if exemplar is None or canvas is not None or len(texture.spec.exemplars) > 1:
        return {}
    return measures_of(exemplar, made)
