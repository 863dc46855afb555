"""Run a job that enlarges a picture."""

import time
from dataclasses import replace

import torch
from torch import Tensor

from engine.images import Picture
from engine.preparation.alpha import CLEAR
from engine.request_errors import NothingToSampleError
from engine.service.hooks import Hooks, Stop
from engine.service.rasters import array_raster, picture_of, raster_of
from engine.synthesis.devices import peak_memory
from engine.synthesis.enlarging import doublings, enlarge
from engine.synthesis.matching.choice import matcher_for
from engine.synthesis.octaves import Size
from engine.synthesis.resample import resize
from engine.synthesis.wrap import Wrap
from engine.tensors import to_array, to_tensor
from protocol.messages import Cancelled, Done, Frame, Prepared, Progress, Synthesize
from protocol.vocabulary import AXES

# What the work is counted in.
STEPS = 100
# What was opaque loses less than this by resampling, and stays opaque.
OPAQUE = 1 - 1e-5


def enlarge_job(
    request: Synthesize, factor: float, device: torch.device, hooks: Hooks, stop: Stop
) -> Done | Cancelled:
    """Enlarge the only source of a request.

    Args:
        request: The request; it fits together, see `check_request`.
        factor: By how much, above 1.
        device: The device.
        hooks: Of the job.
        stop: Ends it after the current piece of the work.

    Returns:
        How it ended.

    Raises:
        NothingToSampleError: Nothing of it can be seen.
    """
    began, asked = time.perf_counter(), request.settings
    picture = picture_of(request.sources[0].picture, "exemplar")
    if picture.alpha is not None and picture.alpha.max() < CLEAR:
        raise NothingToSampleError("nothing of the picture can be seen: give one that is not transparent all over")
    height, width = picture.pixels.shape[:2]
    size = (round(height * factor), round(width * factor))
    colors, alpha = _tensors(picture, device, flatten=asked.flatten)
    times, share = doublings(factor), 0.0
    left, found = times, (colors, alpha)
    hooks.prepared(Prepared(request.job, 0, 0, size[1], size[0]))
    hooks.progress(_progress(request.job, left, share, began))
    if request.frame_interval is not None:
        hooks.frame(_frame(request, found, left, share, size))
    first = time.perf_counter() - began
    for share, made in enlarge(
        colors, alpha, size, times, Wrap(*AXES[asked.seamless]), asked.seed, matcher_for(device)
    ):
        if made is not None:
            left, found = left - 1, made
            # The very last one comes with `done`.
            if left and request.frame_interval is not None:
                hooks.frame(_frame(request, found, left, share, size))
        hooks.progress(_progress(request.job, left, share, began))
        if stop.asked:
            break
    fields = {
        "step": round(STEPS * share),
        "seconds": time.perf_counter() - began,
        "first_seconds": first,
        "losses": {},
        "device": str(device),
        "peak_bytes": peak_memory(),
    }
    if left and not stop.keep:
        return Cancelled(request.job, None, **fields)  # type: ignore[arg-type]
    raster = raster_of(_picture(picture, found, size), request.depth)
    return (Cancelled if left else Done)(request.job, raster, **fields)  # type: ignore[arg-type]


def _progress(job: str, octave: int, share: float, began: float) -> Progress:
    seconds = time.perf_counter() - began
    left = seconds * (1 / share - 1) if share else None
    return Progress(job, "synthesis", octave, round(STEPS * share), STEPS, seconds=seconds, seconds_left=left)


def _frame(request: Synthesize, found: tuple[Tensor, Tensor | None], octave: int, share: float, size: Size) -> Frame:
    height, width = size
    samples = torch.cat([each for each in found if each is not None], dim=1)
    scale = min(1.0, (request.frame_limit or max(size)) / max(samples.shape[2:]))
    shown = resize(samples, (max(1, round(samples.shape[2] * scale)), max(1, round(samples.shape[3] * scale))))
    raster = array_raster(to_array(shown.clamp(0, 1)), "u8")
    return Frame(request.job, raster, octave, round(STEPS * share), STEPS, 0, 0, width, height)


def _tensors(picture: Picture, device: torch.device, *, flatten: bool) -> tuple[Tensor, Tensor | None]:
    colors = to_tensor(picture.pixels, device)
    if picture.alpha is None or flatten:
        return colors, None
    return colors, to_tensor(picture.alpha[..., None], device)


def _picture(pattern: Picture, found: tuple[Tensor, Tensor | None], size: Size) -> Picture:
    colors, alpha = found
    # One that was stopped early has not its size yet.
    pixels = to_array(resize(colors, size))
    clear = None if alpha is None else to_array(resize(alpha, size))[..., 0]
    if clear is not None:
        clear[clear > OPAQUE] = 1
    return replace(pattern, pixels=pixels, alpha=clear, stored=None, kept=None)
