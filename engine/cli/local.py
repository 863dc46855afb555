"""Run jobs in this process, with recordings and Ctrl+C."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.progress import job_bar
from engine.cli.recording import recording
from engine.encoders import Encoder
from engine.images import ImageError
from engine.service.device_runner import DeviceRunner
from engine.service.hooks import Hooks, Stop
from engine.synthesis import Exemplar, Snapshot, SynthesisSettings
from protocol.messages import JobEnd, Prepared, Synthesize
from protocol.vocabulary import PIXELS

if TYPE_CHECKING:
    from engine.inspection.growth import Growth
    from engine.service.hooks import Shown


def run_here(
    runner: DeviceRunner,
    request: Synthesize,
    title: str,
    record: Path | None,
    prepared: Callable[[Prepared], None],
    *,
    quiet: bool,
    figures: bool,
) -> tuple[JobEnd, ImageError | None]:
    """Run a job to its end, or until Ctrl+C.

    Args:
        runner: Device and encoder.
        request: The job.
        title: Title of the progress bar.
        record: File or folder of the recording, or None.
        prepared: Called with what the job will make.
        quiet: Show no progress.
        figures: Record fingerprint and losses beside the picture.

    Returns:
        How it ended, `Cancelled` with a picture after Ctrl+C, and the error that ended the recording, or None.

    Raises:
        KeyboardInterrupt: Ctrl+C was pressed before there was a picture.
        ImageError: The recording cannot be started.
    """
    with ExitStack() as stack:
        recorded = stack.enter_context(ExitStack())
        show = stack.enter_context(job_bar(title, quiet=quiet))
        keep: list[Callable[[Snapshot], None]] = []
        lost: list[ImageError] = []

        def begin(exemplar: Exemplar, encoder: Encoder, settings: SynthesisSettings, shown: "Shown") -> None:
            if record is not None:
                growth = _growth(exemplar, encoder, settings) if figures else None
                keep.append(recorded.enter_context(recording(record, settings.size, growth, shown)))

        def watch(snapshot: Snapshot) -> None:
            try:
                for each in keep:
                    each(snapshot)
            except ImageError as error:
                # The job continues without the recording.
                lost.append(error)
                keep.clear()
                recorded.pop_all().__exit__(type(error), error, None)

        end = runner.run(
            request, Hooks(show, lambda _frame: None, begin=begin, watch=watch, prepared=prepared), Stop()
        )
        try:
            recorded.close()
        except ImageError as error:
            lost.append(error)
    return end, lost[0] if lost else None


def _growth(exemplar: Exemplar, encoder: Encoder, settings: SynthesisSettings) -> "Growth":
    # Imported here, as it imports matplotlib.
    from engine.inspection.growth import Growth

    layers = [name for name in settings.effective_recipe().layers() if name in encoder.layers and name != PIXELS]
    return Growth(exemplar, encoder, settings.size, layers)
