"""Pictures and plans for the tests of what the plug-in asks the engine for."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from engine.service.runner import plan_job, prepared_of
from gimp_plugin.box import Box
from gimp_plugin.user_options import Options
from protocol import vocabulary
from protocol.messages import Source
from protocol.raster import Raster
from protocol.vocabulary import Settings

CPU = torch.device("cpu")


def picture(height, width, clear=None, *, depth="u8", seed=0):
    """A raster of noise that gets brighter to one corner, with alpha 0 in some pixels: a mask, or a rectangle."""
    kind, most = {"u8": (np.uint8, 255), "u16": (np.uint16, 65535)}[depth]
    noise = np.random.default_rng(seed).random((height, width, 4))
    ramp = np.linspace(0, 0.4, height)[:, None, None] + np.linspace(0, 0.4, width)[:, None]
    found = (most * (0.2 * noise + ramp)).astype(kind)
    found[..., 3] = most
    if isinstance(clear, Box):
        part_of(found, clear)[..., 3] = 0
    elif clear is not None:
        found[clear, 3] = 0
    return Raster(width, height, 4, depth, found.tobytes())


def part_of(array, box):
    return array[box.y : box.y + box.height, box.x : box.x + box.width]


def array_of(raster):
    kind = {"u8": np.uint8, "u16": np.uint16}[raster.depth]
    return np.frombuffer(raster.data, kind).reshape(raster.height, raster.width, raster.channels)


def marked(height, width, *boxes):
    found = np.zeros((height, width), np.uint8)
    for box in boxes:
        part_of(found, box)[...] = 255
    return found


def full(box):
    """A selection without feathering."""
    return b"\xff" * (box.width * box.height)


def chosen(task, **values):
    """The user's options, and the settings among them."""
    how = {name: values.pop(name) for name in list(values) if name in vocabulary.settings()}
    return Options(task, Settings(**how), **values)


def asked(job):
    """All that a job asks for, at one level."""
    (source,) = job.sources or (Source(None),)
    return SimpleNamespace(
        exemplar=source.picture,
        exemplar_mask=source.mask or job.canvas.sample_mask,
        canvas=job.canvas.picture,
        mask=job.canvas.mask,
        context=job.canvas.context,
        sample_from=job.canvas.sample_from,
        width=job.canvas.width,
        height=job.canvas.height,
        depth=job.depth,
        request=job,
        **vars(job.settings),
    )


def only(plan):
    (job,) = plan.jobs
    return asked(job)


def input_of(job):
    """What the engine works on when it is asked for this."""
    return plan_job(job.request, CPU)[0]


def filled(plan):
    """What the engine says that it fills: a box, and how much of each pixel of it is new."""
    (job,) = plan.jobs
    found, _, size = plan_job(job, CPU)
    told = prepared_of(job.job, found, size)
    shown = np.full((told.height, told.width), 255, np.uint8) if told.mask is None else array_of(told.mask)[..., 0]
    return Box(told.left, told.top, told.width, told.height), shown


def refusal(plan, kind):
    with pytest.raises(kind):
        input_of(only(plan))
