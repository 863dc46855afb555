"""Jobs that run in the tests' own process."""

from functools import cache
from types import SimpleNamespace

import torch

from engine.service.device_runner import DeviceRunner
from engine.service.hooks import Hooks, Stop

CPU = torch.device("cpu")


@cache
def device_runner() -> DeviceRunner:
    """What a worker on the CPU computes with."""
    return DeviceRunner("cpu")


def run(request, *, stop=None, after=None):
    """Run a job: how it ended, and what it told meanwhile; `after`, from `at`, ends it early."""
    told = SimpleNamespace(end=None, progress=[], frames=[])
    stop = stop or Stop()

    def note(progress):
        told.progress.append(progress)
        if after is not None and (progress.stage, progress.step) == ("synthesis", after.step):
            stop.ask(keep=after.keep)

    told.end = device_runner().run(request, Hooks(note, told.frames.append), stop)
    return told


def at(step, *, keep):
    """A wish to end a job when this step is done."""
    return SimpleNamespace(step=step, keep=keep)
