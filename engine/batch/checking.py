"""Check every request of a batch before the first is made."""

import os
from array import array
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

import numpy as np

from engine.batch.digests import digest_of_name, number_of
from engine.batch.requests import BatchJob
from engine.file_errors import is_missing
from engine.options.failures import fail, placed


def checked_count(jobs: Callable[[], Iterable[BatchJob]], folder: Path) -> int:
    """Check the jobs of a batch, and count them.

    Args:
        jobs: Makes the jobs anew; wrong ones raise an error.
        folder: Folder of the outputs.

    Returns:
        Their number.

    Raises:
        CommandError: A file to read is missing, two jobs would write one file, or one would overwrite an input.
    """
    # Eight bytes for each name, as a batch may have millions.
    written, read = array("Q"), array("Q")
    count = 0
    for job in jobs():
        for path in (*job.spec.files, job.spec.weights):
            if path is not None and is_missing(path):
                fail(placed(job.place, f"{path} does not exist; check the name"))
        read.extend(_number(path) for path in job.spec.files)
        written.extend(_number(folder / name) for name in job.outputs)
        count += 1
    if not count:
        fail("there is nothing to make: no source has a request in it")
    outputs, inputs = np.frombuffer(written, np.uint64), np.unique(np.frombuffer(read, np.uint64))
    values, first, times = np.unique(outputs, return_index=True, return_counts=True)
    if (times > 1).any():
        _refuse_twice(jobs(), outputs, int(outputs[first[times > 1].min()]))
    if len(both := np.intersect1d(values, inputs)):
        (name, place), *_ = _written_as(jobs(), outputs, int(both[0]))
        said = f"{folder / name} is an input, and would be overwritten: choose another --name or --output"
        fail(placed(place, said))
    return count


def _refuse_twice(
    jobs: Iterable[BatchJob], outputs: "np.ndarray[tuple[int], np.dtype[np.uint64]]", again: int
) -> NoReturn:
    (name, place), (_, other), *_ = _written_as(jobs, outputs, again)
    where = place if place == other else f"{place} and {other}"
    fail(
        f"{where} would write {name} twice: make the names unique with --name, such as "
        "{folder}/{stem}.png, {stem}-{seed}.png or {number}.png"
    )


def _written_as(
    jobs: Iterable[BatchJob], outputs: "np.ndarray[tuple[int], np.dtype[np.uint64]]", wanted: int
) -> list[tuple[str, str]]:
    """Return name and place of the first outputs with a number, two at most."""
    numbers = {int(number) for number in np.flatnonzero(outputs == np.uint64(wanted))[:2]}
    listed = ((str(name), job.place) for job in jobs for name in job.outputs)
    return [found for number, found in enumerate(listed) if number in numbers]


def _number(path: Path) -> int:
    return number_of(digest_of_name(Path(_real(path.parent), path.name)))


@lru_cache(maxsize=1024)
def _real(folder: Path) -> str:
    return os.path.realpath(folder)
