"""Choose where a job runs: in the running engine, or in this process."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from engine.cli.standard_output import tell
from engine.loading import loading
from engine.options.failures import BAD_INPUT, ENGINE_FAILED, OUT_OF_MEMORY, fail, with_options
from protocol.messages import Failed, JobEnd, Prepared, Synthesize

if TYPE_CHECKING:
    from engine.images import ImageError
    from engine.service.device_runner import DeviceRunner

    Outcome = tuple[JobEnd, ImageError | None]
    Run = Callable[[Synthesize, str, Path | None], Outcome]

REFUSED = (
    "bad-request",
    "bad-message",
    "too-large",
    "no-device",
    "nothing-to-fill",
    "tiles-already",
    "nothing-to-sample",
    "too-little-to-sample",
    "too-few-opaque",
    "transparent-guide",
    "colored-guide",
    "colored-map",
)
STATUSES = {"out-of-memory": OUT_OF_MEMORY, **dict.fromkeys(REFUSED, BAD_INPUT)}


def runner(
    stack: ExitStack,
    *,
    engine: Path | None,
    local: bool,
    weights: Path | None,
    quiet: bool,
    figures: bool,
    prepared: Callable[[Prepared], None],
) -> "Run":
    """Return the function that runs jobs.

    Args:
        stack: Closes the connection.
        engine: Connection file of the engine that has to run the jobs, or None.
        local: Run jobs in this process.
        weights: File with the weights of an encoder. Jobs then run in this process, as an engine reads only its own
            files.
        quiet: Show no progress.
        figures: Record fingerprint and losses beside the picture.
        prepared: Called with what each job will make.

    Returns:
        A function of the request, a title and the recording's path. It returns how the job ended, and the error that
        ended the recording, or None.
    """
    here: list[DeviceRunner] = []

    def run_here(request: Synthesize, title: str, record: Path | None) -> "Outcome":
        with loading():
            from engine.cli import local as in_this_process
            from engine.service.device_runner import DeviceRunner

        if not here:
            here.append(DeviceRunner(request.settings.device, weights=weights, warmed=False))
            tell(_uncached(), quiet=quiet)
        return in_this_process.run_here(here[0], request, title, record, prepared, quiet=quiet, figures=figures)

    if local or weights is not None:
        return run_here
    from engine.cli.through_engine import find_client, run_in_engine

    client = find_client(engine)
    if client is None:
        return run_here
    stack.enter_context(closing(client))

    def run_there(request: Synthesize, title: str, record: Path | None) -> "Outcome":
        end = run_in_engine(client, request, title, prepared, quiet=quiet)
        if isinstance(end, Failed) and end.code == "no-device" and engine is None:
            return run_here(request, title, record)
        return end, None

    return run_there


def _uncached() -> list[str]:
    """Return a remark if compiled functions cannot be kept for the next run."""
    from engine.synthesis.compiling import FOLDER, unwritable_folder

    folder = unwritable_folder()
    said = f"compiled code cannot be kept in {folder}: every run compiles again; set {FOLDER} to a writable folder"
    return [] if folder is None else [said]


def fail_with(end: Failed) -> NoReturn:
    """End the command with the error of a failed job."""
    fail(with_options(end.sentence), STATUSES.get(end.code, ENGINE_FAILED))
