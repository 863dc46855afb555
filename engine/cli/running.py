"""One job of the terminal in its own process: progress, recording, Ctrl+C."""

import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from engine.cli.outcome import Outcome
from engine.cli.progress import step_bar
from engine.cli.recording import recording
from engine.images.picture import FloatArray
from engine.preparation import Materials, lift
from engine.synthesis import Exemplar, Settings, Snapshot, synthesize
from engine.synthesis.devices import peak_memory
from engine.synthesis.encoders import PIXELS, Encoder
from engine.synthesis.resample import resize
from engine.tensors import exemplar_on, surroundings_on, to_array, to_tensor

if TYPE_CHECKING:
    from engine.inspection.growth import Growth


def run(
    materials: Materials,
    encoder: Encoder,
    settings: Settings,
    *,
    device: torch.device,
    start: FloatArray | None,
    title: str,
    quiet: bool,
    record: Path | None,
    figures: bool = False,
) -> Outcome:
    """Run a job to its end, or until Ctrl+C.

    Args:
        materials: What to work on.
        encoder: On the device.
        settings: What to make.
        device: Where the work is done.
        start: Picture to start from, float32 (height, width, 3), or None.
        title: What the progress bar calls it.
        quiet: Show no progress.
        record: File or folder to record to, or None.
        figures: Record fingerprint and losses beside the picture.

    Returns:
        The outcome.

    Raises:
        KeyboardInterrupt: Ctrl+C came before there was a picture.
    """
    exemplar, surroundings = exemplar_on(materials, device), surroundings_on(materials, device)
    opening = None if start is None else to_tensor(start, device)
    began = time.perf_counter()
    first = seconds = 0.0
    snapshot: Snapshot | None = None
    seen: Tensor | None = None
    interrupted = False
    with ExitStack() as stack:
        show = stack.enter_context(step_bar(title, quiet=quiet))
        growth = _growth(exemplar, encoder, settings) if figures else None
        keep = None
        if record is not None:
            keep = stack.enter_context(recording(record, settings.size, growth))
        try:
            for snapshot in synthesize(exemplar, encoder, settings, surroundings=surroundings, start=opening):
                is_new, seen = snapshot.picture is not seen, snapshot.picture
                seconds = time.perf_counter() - began
                first = first or seconds
                show(snapshot.octave, snapshot.step, snapshot.steps, snapshot.losses)
                if keep is not None and is_new:
                    keep(snapshot)
        except KeyboardInterrupt:
            if snapshot is None:
                raise
            interrupted = True
    if snapshot is None:
        raise KeyboardInterrupt
    made = to_array(resize(snapshot.picture, settings.size, wrap=settings.wrap))
    picture, alpha = lift(materials, made, settings.size)
    told = (snapshot.step, snapshot.losses, seconds, first, interrupted, str(device), peak_memory())
    return Outcome(picture, *told, alpha)


def _growth(exemplar: Exemplar, encoder: Encoder, settings: Settings) -> "Growth":
    # Imported only here: it takes matplotlib.
    from engine.inspection.growth import Growth

    layers = [name for name in settings.effective_recipe().layers() if name in encoder.layers and name != PIXELS]
    return Growth(exemplar, encoder, settings.size, layers)
