"""Run a batch: skip finished textures, write results, and continue after an error of one texture."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from engine.batch.digests import Files, digest_of
from engine.batch.executors import Executor, Making
from engine.batch.journal import DONE, FAILED, Entry, Journal
from engine.batch.publishing import publish
from engine.batch.requests import BatchJob
from engine.batch.work import Failure, Made, Work
from engine.options.failures import CommandError, input_errors

TRIES = 2
"""How often a texture is begun, if what computes it dies: once beside others, once alone."""
DIED = "the process that made it ended twice: there may be too little memory; choose a smaller --size"


class Outcome(Enum):
    """What has become of a job."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    FAILED_BEFORE = "failed before"


@dataclass(frozen=True)
class Ended:
    """A job at its end.

    Attributes:
        job: The job.
        outcome: What has become of it.
        entry: Its entry in the journal; None if it is skipped.
    """

    job: BatchJob
    outcome: Outcome
    entry: Entry | None = None


@dataclass(frozen=True)
class BatchOptions:
    """How a batch runs.

    Attributes:
        force: Replace write-protected files.
        retry_failed: Also make what has failed before.
        measured: Measure what is made, for a report.
        threads: Number of threads for each texture; None for as many as there are cores.
    """

    force: bool = False
    retry_failed: bool = False
    measured: bool = False
    threads: int | None = None


@dataclass(frozen=True)
class _Begun:
    job: BatchJob
    request: str
    work: Work
    tries: int = 1


def run_batch(
    jobs: Iterable[BatchJob], executor: Executor, journal: Journal, options: BatchOptions
) -> Iterator[Ended]:
    """Make the textures of a batch.

    Args:
        jobs: The jobs; they are taken one by one, as there is room for them.
        executor: Makes them.
        journal: The journal of the folder.
        options: How it runs.

    Yields:
        Each job at its end, in the order of their ends.

    Raises:
        CommandError: The disk takes no more, or what computes is lost.
    """
    files = Files()
    making: dict[Making, _Begun] = {}
    # What was in the making when a process died is made alone: the next death tells whose fault it is.
    suspects: deque[_Begun] = deque()
    waiting = iter(jobs)
    more = True
    while True:
        while more and not suspects and len(making) < executor.capacity:
            job = next(waiting, None)
            if job is None:
                more = False
                break
            found = _begin(job, files, journal, options)
            if isinstance(found, Ended):
                yield found
            else:
                making[executor.submit(found.work)] = found
        if suspects and not making:
            again = suspects.popleft()
            making[executor.submit(again.work)] = again
        if not making:
            return
        for future in executor.wait(making):
            begun = making.pop(future)
            result = _result(future)
            if result is None and begun.tries < TRIES:
                suspects.append(replace(begun, tries=begun.tries + 1))
                continue
            yield _end(begun, result or Failure(DIED), journal, force=options.force)


def _begin(job: BatchJob, files: Files, journal: Journal, options: BatchOptions) -> Ended | _Begun:
    try:
        digest = digest_of(job, files)
        if digest in journal.done and all((journal.folder / name).exists() for name in job.outputs):
            return Ended(job, Outcome.SKIPPED)
        if digest in journal.failed and not options.retry_failed:
            return Ended(job, Outcome.FAILED_BEFORE)
        contents = {path: files.read(path) for path in job.spec.files}
    except CommandError as error:
        # Its files were there when the batch began. Without their contents it has no digest, and is tried again.
        return Ended(job, Outcome.FAILED, _entry(job, journal, "", Failure(str(error))))
    outputs = tuple(map(Path, job.outputs))
    return _Begun(job, digest.hex(), Work(job.spec, contents, outputs, options.measured, options.threads))


def _result(future: Making) -> Made | Failure | None:
    """Return what has become of a texture; None if what computed it has died."""
    try:
        return future.result()
    except BrokenExecutor:
        return None
    except Exception as error:  # noqa: BLE001 - an error of one texture must not stop the next
        return Failure(f"the program failed ({type(error).__name__}: {error})"[:2000])


def _end(begun: _Begun, made: Made | Failure, journal: Journal, *, force: bool) -> Ended:
    entry = _entry(begun.job, journal, begun.request, made)
    if isinstance(made, Made):
        try:
            outputs = [journal.folder / name for name in begun.job.outputs]
            with input_errors():
                publish(journal, entry, outputs, made.contents, force=force)
            return Ended(begun.job, Outcome.DONE, entry)
        except CommandError as error:
            entry = _entry(begun.job, journal, begun.request, Failure(str(error)))
    journal.add(entry)
    return Ended(begun.job, Outcome.FAILED, entry)


def _entry(job: BatchJob, journal: Journal, request: str, made: Made | Failure) -> Entry:
    spec = job.spec
    lead = next(iter(spec.files))
    common = {
        "request": request,
        "output": job.name,
        "exemplar": os.path.relpath(lead, journal.folder),
        "made_with": {name: getattr(spec.settings, name) for name in ("recipe", "quality", "seed")},
    }
    if isinstance(made, Failure):
        return Entry(state=FAILED, reason=made.reason, **common)  # type: ignore[arg-type]
    return Entry(
        state=DONE,
        width=made.width,
        height=made.height,
        seconds=made.seconds,
        device=made.device,
        measures={name: round(value, 6) for name, value in made.measures.items()},
        remarks=list(made.remarks),
        **common,  # type: ignore[arg-type]
    )
