"""One job of the terminal in the running engine."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.cli.engines import check_engine_file, reach
from engine.cli.failures import BAD_INPUT, ENGINE_FAILED, OUT_OF_MEMORY, fail
from engine.cli.outcome import Outcome
from engine.cli.progress import step_bar
from engine.images import Picture
from engine.preparation import Materials
from engine.service.rasters import array_raster, picture_of, samples_of
from protocol import (
    Cancelled,
    Done,
    EngineClient,
    EngineError,
    Failed,
    NoEngineError,
    Progress,
    ProtocolError,
    Raster,
    Synthesize,
    UnsafeFileError,
)

Pictures = Mapping[str, Picture | None]

STATUSES = {"out-of-memory": OUT_OF_MEMORY, "no-worker": 2, "bad-request": 2, "bad-message": 2, "too-large": 2}


class NotHereError(RuntimeError):
    """The engine does not compute on the device that was asked for."""


def find_client(engine: Path | None) -> EngineClient | None:
    """Connect to an engine.

    Args:
        engine: Its connection file; None for this user's own, which need not be there.

    Returns:
        A client, or None where the job is to be run without.
    """
    check_engine_file(engine)
    try:
        return reach(engine, name="texture-engine synthesize")
    except (EngineError, UnsafeFileError) as error:
        if engine is not None:
            fail(str(error), BAD_INPUT if isinstance(error, UnsafeFileError) else ENGINE_FAILED)
        if not isinstance(error, NoEngineError):
            print(f"texture-engine: going on without the running engine: {error}", file=sys.stderr)
    return None


def run_in_engine(
    client: EngineClient,
    request: Synthesize,
    pictures: Pictures,
    materials: Materials,
    *,
    title: str,
    quiet: bool,
) -> Outcome:
    """Run a job to its end, or until Ctrl+C.

    Args:
        client: Of the engine.
        request: What is to be made, but for the pictures.
        pictures: The pictures of the request, by its fields.
        materials: What the pictures were turned into here.
        title: What the progress bar calls it.
        quiet: Show no progress.

    Returns:
        The outcome.

    Raises:
        KeyboardInterrupt: Ctrl+C came before there was a picture.
        NotHereError: The engine does not compute on the device that was asked for.
    """
    rasters = {name: None if picture is None else _raster(picture) for name, picture in pictures.items()}
    job = replace(request, **rasters, depth="f32")  # type: ignore[arg-type]
    try:
        client.submit(job)
        try:
            end = _follow(client, job.job, title, quiet=quiet)
            interrupted = False
        except KeyboardInterrupt:
            client.cancel(job.job, keep=True)
            end = _follow(client, job.job, title, quiet=True)
            interrupted = True
    except ProtocolError as error:
        fail(f"{error}: run this with --local")
    except EngineError as error:
        fail(str(error), ENGINE_FAILED)
    if isinstance(end, Failed):
        if end.code == "no-device":
            raise NotHereError(f"{end.message}: {end.hint}")
        fail(f"{end.message}: {end.hint}" if end.hint else end.message, STATUSES.get(end.code, ENGINE_FAILED))
    if end.raster is None:
        raise KeyboardInterrupt
    result, box = picture_of(end.raster, "result"), materials.box
    pixels, alpha = result.pixels, None if materials.translucency is None else result.alpha
    if box is not None:
        pixels = np.ascontiguousarray(box.cut(pixels))
        alpha = None if alpha is None else np.ascontiguousarray(box.cut(alpha))
    told = (end.step, end.losses, end.seconds, end.first_seconds, interrupted, end.device, end.peak_bytes)
    return Outcome(pixels, *told, alpha)


def _follow(client: EngineClient, job: str, title: str, *, quiet: bool) -> Done | Failed | Cancelled:
    with step_bar(title, quiet=quiet) as show:
        for event in client.events(job):
            if isinstance(event, Done | Failed | Cancelled):
                return event
            if isinstance(event, Progress) and event.stage == "synthesis":
                show(event.octave, event.step, event.steps, event.losses)
    raise KeyboardInterrupt


def _raster(picture: Picture) -> Raster:
    """Write a picture as the smallest raster that loses nothing of it."""
    samples = picture.pixels if picture.alpha is None else np.dstack([picture.pixels, picture.alpha])
    for depth in ("u8", "u16"):
        raster = array_raster(samples, depth)
        if np.array_equal(samples_of(raster), samples):
            return raster
    return array_raster(samples, "f32")
