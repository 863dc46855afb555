"""One job in the terminal: progress, recording, Ctrl+C."""

import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from engine.cli.progress import step_bar
from engine.preparation import Materials, to_array
from engine.record import open_recorder
from engine.synthesis import Settings, Snapshot, synthesize
from engine.synthesis.encoders import Encoder
from engine.synthesis.resample import resize


@dataclass(frozen=True)
class Outcome:
    """How a job ended.

    Attributes:
        picture: The result, or the picture so far at full size, shape (1, 3, height, width).
        snapshot: The last one.
        seconds: From the start to the last snapshot.
        first_seconds: From the start to the first snapshot.
        interrupted: Whether Ctrl+C ended it early.
    """

    picture: Tensor
    snapshot: Snapshot
    seconds: float
    first_seconds: float
    interrupted: bool


def run(
    materials: Materials,
    encoder: Encoder,
    settings: Settings,
    *,
    start: Tensor | None,
    title: str,
    quiet: bool,
    record: Path | None,
) -> Outcome:
    """Run a job to its end, or until Ctrl+C.

    Args:
        materials: What to work on.
        encoder: On the materials' device.
        settings: What to make.
        start: Picture to start from, or None.
        title: What the progress bar calls it.
        quiet: Show no progress.
        record: File or folder to record to, or None.

    Returns:
        The outcome.

    Raises:
        KeyboardInterrupt: Ctrl+C came before there was a picture.
    """
    height, width = settings.size
    began = time.perf_counter()
    first = seconds = 0.0
    snapshot: Snapshot | None = None
    interrupted = False
    with ExitStack() as stack:
        show = stack.enter_context(step_bar(title, quiet=quiet))
        recorder = None if record is None else stack.enter_context(open_recorder(record, (width, height)))
        try:
            steps = synthesize(
                materials.exemplar, encoder, settings, surroundings=materials.surroundings, start=start
            )
            for snapshot in steps:
                seconds = time.perf_counter() - began
                first = first or seconds
                show(snapshot.octave, snapshot.step, snapshot.steps, snapshot.losses)
                if recorder is not None:
                    recorder.add(np.rint(to_array(snapshot.picture) * 255).astype(np.uint8))
        except KeyboardInterrupt:
            if snapshot is None:
                raise
            interrupted = True
    if snapshot is None:
        raise KeyboardInterrupt
    picture = resize(snapshot.picture, settings.size, wrap=settings.seamless).clamp(0, 1)
    return Outcome(picture, snapshot, seconds, first, interrupted)
