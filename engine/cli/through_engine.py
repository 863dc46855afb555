"""Run jobs in the running engine."""

import sys
from collections.abc import Callable
from pathlib import Path

from engine.cli.engines import check_engine_file, reach
from engine.cli.progress import job_bar
from engine.options.failures import BAD_INPUT, ENGINE_FAILED, fail
from protocol.client import EngineClient
from protocol.errors import EngineError, NoEngineError, ProtocolError, UnsafeFileError
from protocol.messages import Cancelled, Done, Failed, JobEnd, Prepared, Progress, Synthesize


def find_client(engine: Path | None) -> EngineClient | None:
    """Connect to an engine.

    Args:
        engine: Its connection file; None for this user's own, if it is running.

    Returns:
        A client, or None to run the job in this process.
    """
    check_engine_file(engine)
    try:
        return reach(engine, name="texture-engine synthesize")
    except (EngineError, UnsafeFileError) as error:
        if engine is not None:
            fail(str(error), BAD_INPUT if isinstance(error, UnsafeFileError) else ENGINE_FAILED)
        if not isinstance(error, NoEngineError):
            print(f"texture-engine: computing without the running engine: {error}", file=sys.stderr)
    return None


def run_in_engine(
    client: EngineClient, request: Synthesize, title: str, prepared: Callable[[Prepared], None], *, quiet: bool
) -> JobEnd:
    """Run a job to its end, or until Ctrl+C.

    Args:
        client: Client of the engine.
        request: The job.
        title: Title of the progress bar.
        prepared: Called with what the job will make.
        quiet: Show no progress.

    Returns:
        How it ended; `Cancelled` after Ctrl+C, with a picture if there was one.

    Raises:
        KeyboardInterrupt: Ctrl+C was pressed twice.
    """
    try:
        client.submit(request)
        try:
            return _follow(client, request.job, title, prepared, quiet=quiet)
        except KeyboardInterrupt:
            client.cancel(request.job, keep=True)
            return _follow(client, request.job, title, prepared, quiet=True)
    except ProtocolError as error:
        fail(f"{error}: run this with --local")
    except EngineError as error:
        fail(str(error), ENGINE_FAILED)


def _follow(
    client: EngineClient, job: str, title: str, prepared: Callable[[Prepared], None], *, quiet: bool
) -> JobEnd:
    with job_bar(title, quiet=quiet) as show:
        for event in client.events(job):
            if isinstance(event, Done | Failed | Cancelled):
                return event
            if isinstance(event, Prepared):
                prepared(event)
            if isinstance(event, Progress):
                show(event)
    raise KeyboardInterrupt
