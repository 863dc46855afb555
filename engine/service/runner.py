"""Run one job, from the request to its end."""

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.encoders import Encoder, EncoderError
from engine.fitting import refusal, wanted_size
from engine.images import ImageError, Picture
from engine.on_device import content_of, exemplar_on, guide_of, surroundings_on
from engine.preparation import (
    ExemplarTransform,
    FurtherSource,
    JobInput,
    Layout,
    bounds_of,
    cut_start,
    finish,
    lift,
    picked,
    prepare,
    seen,
)
from engine.request_errors import RequestError
from engine.service.color_range import fit, restore, restore_frame
from engine.service.enlarging import enlarge_job
from engine.service.hooks import Hooks, Stop
from engine.service.rasters import array_raster, picture_of, raster_of
from engine.synthesis import MemoryExhaustedError, SettingsError, Snapshot, SynthesisSettings, synthesize
from engine.synthesis.devices import DeviceError, memory_budget, peak_memory
from engine.synthesis.exemplar_filling import fill_masked_parts
from engine.synthesis.memory import is_out_of_memory
from engine.synthesis.octaves import Size
from engine.synthesis.recipes import RECIPES
from engine.synthesis.resample import resize
from engine.synthesis.settings import settings_for
from engine.tensors import to_array, to_tensor
from protocol.messages import Cancelled, Done, Failed, Frame, Prepared, Progress, Source, Synthesize
from protocol.raster import Raster

DEFAULT_SIZE = (512, 512)
OUT_OF_MEMORY = "out-of-memory"
BAD_REQUEST = "bad-request"
INTERNAL = "internal"


LoadEncoder = Callable[[str, str | None, str, Callable[[int, int], None] | None], Encoder]


def run_job(
    request: Synthesize, device: torch.device, load: LoadEncoder, hooks: Hooks, stop: Stop
) -> Done | Failed | Cancelled:
    """Run a job to its end.

    Args:
        request: The request; its settings and sizes fit together, see `check_request`.
        device: The device.
        load: Returns the encoder for a name, a file of weights and a pooling, on the device.
        hooks: The callbacks.
        stop: Ends the job after the current step.

    Returns:
        How it ended. Errors are returned as `Failed`.
    """
    try:
        fitted, colors = fit(request)
        if colors is None:
            return _made(request, device, load, hooks, stop)
        restored = replace(hooks, frame=lambda frame: hooks.frame(restore_frame(frame, colors)))
        return restore(_made(fitted, device, load, restored, stop), colors, request.depth)
    except RequestError as error:
        return refusal(request, error)
    except (ImageError, SettingsError, DeviceError, EncoderError) as error:
        return Failed(BAD_REQUEST, str(error)[:4000], job=request.job)
    except MemoryExhaustedError as error:
        return Failed(OUT_OF_MEMORY, str(error), "close other programs, or choose a smaller size", request.job)
    except MemoryError:
        return _out_of_memory(request.job, device)
    except RuntimeError as error:
        if is_out_of_memory(error):
            return _out_of_memory(request.job, device)
        return _internal(request.job, error)
    except Exception as error:  # noqa: BLE001  # an error of one job must not stop the next
        return _internal(request.job, error)


def _out_of_memory(job: str, device: torch.device) -> Failed:
    return Failed(OUT_OF_MEMORY, f"{device} does not have enough memory for this job", "choose a smaller size", job)


def _internal(job: str, error: Exception) -> Failed:
    logging.getLogger(__name__).error("job %s failed", job, exc_info=error)
    return Failed(
        INTERNAL, f"the engine failed: {type(error).__name__}: {error}"[:2000], "its log has the details", job
    )


def _made(request: Synthesize, device: torch.device, load: LoadEncoder, hooks: Hooks, stop: Stop) -> Done | Cancelled:
    if request.settings.enlarge is not None:
        return enlarge_job(request, request.settings.enlarge, device, hooks, stop)
    return _run(request, device, load, hooks, stop)


def _run(request: Synthesize, device: torch.device, load: LoadEncoder, hooks: Hooks, stop: Stop) -> Done | Cancelled:
    began = time.perf_counter()

    def fetching(done: int, total: int) -> None:
        seconds = time.perf_counter() - began
        hooks.progress(Progress(request.job, "weights", step=done, steps=total, seconds=seconds))

    hooks.progress(Progress(request.job, "loading"))
    job_input, settings, whole = plan_job(request, device)
    hooks.prepared(prepared_of(request.job, job_input, whole))
    asked, opening = request.settings, request.canvas.start
    encoder = load(asked.encoder, asked.weights, asked.pooling, fetching)
    filling = job_input.known is not None and job_input.fits
    encoder.check_layers(settings.effective_recipe(filling=filling).layers())
    begun = cut_start(None if opening is None else picture_of(opening, "picture to start from"), job_input)
    start = None if begun is None else to_tensor(begun, device)
    exemplar = exemplar_on(job_input, device)
    # What is filled in has no place that other maps could be taken from.
    if not filling and settings.effective_recipe().structure and job_input.maps is None:
        exemplar = fill_masked_parts(exemplar, settings.seed, lambda: stop.asked)
    snapshots = synthesize(
        exemplar,
        encoder,
        settings,
        surroundings=surroundings_on(job_input, device),
        start=start,
        guide=guide_of(job_input),
        content=content_of(job_input, asked),
    )
    # The time before the first snapshot says nothing about the rest.
    first_seconds = seconds = 0.0
    last: Snapshot | None = None
    hooks.begin(exemplar, encoder, settings, lambda picture: seen(job_input, to_array(picture), settings.size))
    try:
        with closing(snapshots):  # type: ignore[type-var]
            for snapshot, wants_frame in _paced(snapshots, request.frame_interval):
                if last is None or snapshot.picture is not last.picture:
                    hooks.watch(snapshot)
                seconds = time.perf_counter() - began
                first_seconds = first_seconds if last else seconds
                last = snapshot
                left = (seconds - first_seconds) * (1 / last.share - 1) if last.share else None
                losses = _finite(last.losses)
                hooks.progress(
                    Progress(request.job, "synthesis", last.octave, last.step, last.steps, losses, seconds, left)
                )
                if wants_frame:
                    hooks.frame(_frame(request, last, job_input, whole))
                if stop.asked:
                    break
    except KeyboardInterrupt:
        # In the terminal, keep the picture so far.
        if last is None:
            raise
        stop.ask(keep=True)
    fields = {
        "step": last.step if last else 0,
        "seconds": seconds,
        "first_seconds": first_seconds,
        "losses": _finite(last.losses) if last else {},
        "device": str(device),
        "peak_bytes": peak_memory(),
    }
    if last is not None and last.step == last.steps:
        raster, origins = _finished(request, last, job_input, settings, whole)
        return Done(request.job, raster, origins=origins, **fields)  # type: ignore[arg-type]
    kept = _result(request, last, job_input, settings, whole) if last and stop.keep else None
    return Cancelled(request.job, kept, **fields)  # type: ignore[arg-type]


def plan_job(request: Synthesize, device: torch.device) -> tuple[JobInput, SynthesisSettings, Size]:
    """Convert a request to the input and settings of synthesis.

    Args:
        request: The request; its settings and sizes fit together, see `check_request`.
        device: The device, which limits the memory.

    Returns:
        The job_input, the settings, and height and width of the whole canvas.

    Raises:
        ImageError: A raster has samples out of range.
        RequestError: The pictures do not fit together.
    """
    canvas, asked = request.canvas, request.settings
    source = request.sources[0] if request.sources else None
    if canvas.content is not None and not RECIPES[asked.recipe].structure:
        raise RequestError("only patches redraw a picture: leave out the content, or choose the recipe photo")
    layout = Layout(
        wanted_size(canvas),
        _read(canvas.guide, "guide of the canvas"),
        None if source is None else _read(source.guide, "guide of the exemplar"),
        ExemplarTransform(
            asked.exemplar_rotation,
            asked.exemplar_scale,
            _read(canvas.rotation_map, "map of rotation"),
            _read(canvas.scale_map, "map of scale"),
        ),
        _read(canvas.content, "content"),
        [picture_of(each, f"map {number}") for number, each in enumerate(source.maps if source else (), 1)],
    )
    job_input = prepare(
        None if source is None else picture_of(source.picture, "exemplar"),
        canvas=_read(canvas.picture, "canvas"),
        mask=_read(canvas.mask, "mask"),
        exemplar_mask=_read(canvas.sample_mask if source is None else source.mask, "exemplar mask"),
        context=canvas.context,
        sample_from=canvas.sample_from,
        seamless=asked.seamless,
        flatten=asked.flatten,
        extend=canvas.extend,
        beyond=canvas.beyond,
        blend=request.blend,
        more=[_further(each, request.sources[0], number) for number, each in enumerate(request.sources[1:], 2)],
        layout=layout,
    )
    whole = job_input.size or DEFAULT_SIZE
    size = whole if job_input.box is None else job_input.box.size
    return job_input, settings_for(asked, size, memory_budget(device)), whole


def prepared_of(job: str, job_input: JobInput, whole: Size) -> Prepared:
    """Tell what a job will make.

    Args:
        job: Name of the job.
        job_input: What it works on.
        whole: Height and width of the whole canvas.

    Returns:
        The message, with a mask where not all of a rectangle is made, and how much may be sampled of a canvas
        that is its own exemplar.
    """
    if job_input.shown is None:
        return Prepared(job, 0, 0, whole[1], whole[0])
    box = bounds_of(job_input.shown > 0)
    levels = np.rint(box.cut(job_input.shown) * 255).astype(np.uint8)
    height, width = box.size
    mask = None if levels.min() == 255 else Raster(width, height, 1, "u8", levels.tobytes())
    new = int((box.cut(job_input.shown) > 0).sum())
    # To fill much from a small exemplar that was named is what was asked for.
    sampled = None if job_input.offset is None else job_input.exemplar.count / new
    return Prepared(job, box.left, box.top, width, height, mask, sampled)


def _read(raster: Raster | None, name: str) -> Picture | None:
    return None if raster is None else picture_of(raster, name)


def _further(source: Source, first: Source, number: int) -> FurtherSource:
    name = f"exemplar {number}"
    mask, guide = _read(source.mask, f"mask of {name}"), _read(source.guide, f"guide of {name}")
    return FurtherSource(picture_of(source.picture, name), mask, source.share / first.share, guide)


def _paced(snapshots: Iterator[Snapshot], interval: float | None) -> Iterator[tuple[Snapshot, bool]]:
    """Mark the snapshots that become frames: the first, the last of each octave, and one per interval."""
    shown, step = -math.inf, -1
    for snapshot in snapshots:
        now = time.perf_counter()
        marked = snapshot.step > step and (not snapshot.step or snapshot.ends)
        due, step = marked or (bool(interval) and now - shown >= (interval or 0)), snapshot.step
        if due:
            shown = now
        # The very last one comes with `done`.
        yield snapshot, due and snapshot.step < snapshot.steps and interval is not None


def _frame(request: Synthesize, snapshot: Snapshot, job_input: JobInput, whole: Size) -> Frame:
    picture = _limited(snapshot.picture, request.frame_limit)
    top, left = (0, 0) if job_input.box is None else (job_input.box.top, job_input.box.left)
    height, width = whole if job_input.box is None else job_input.box.size
    samples, alpha = lift(job_input, to_array(picture), (height, width))
    if alpha is not None:
        samples = np.dstack([samples, alpha])
    raster = array_raster(samples, "u8")
    return Frame(request.job, raster, snapshot.octave, snapshot.step, snapshot.steps, left, top, width, height)


def _limited(picture: Tensor, limit: int) -> Tensor:
    height, width = picture.shape[-2:]
    longest = max(height, width)
    if not limit or longest <= limit:
        return picture
    size = tuple(max(1, round(side * limit / longest)) for side in (height, width))
    return F.interpolate(picture, size, mode="area")


def _result(
    request: Synthesize, snapshot: Snapshot, job_input: JobInput, settings: SynthesisSettings, whole: Size
) -> Raster:
    picture = resize(snapshot.picture, settings.size, wrap=settings.wrap)
    pixels, alpha = lift(job_input, to_array(picture), settings.size)
    return raster_of(finish(job_input, pixels, whole, alpha), request.depth)


def _finished(
    request: Synthesize, snapshot: Snapshot, job_input: JobInput, settings: SynthesisSettings, whole: Size
) -> tuple[Raster, Raster | None]:
    """Return the result and, if there are maps, where in the exemplar each pixel of it was taken."""
    if snapshot.origins is None:
        return _result(request, snapshot, job_input, settings, whole), None
    # From the exemplar as it was given: so do clients with their maps.
    places = (snapshot.origins + np.array(job_input.exemplar.corner)).astype("<u2")
    made = picked(job_input.pattern, places)
    if request.settings.flatten:
        made = replace(made, alpha=None)
    height, width = places.shape[:2]
    return raster_of(made, request.depth), Raster(width, height, 2, "u16", places.tobytes())


def _finite(losses: Mapping[str, float]) -> dict[str, float]:
    return {name: loss for name, loss in losses.items() if math.isfinite(loss)}
