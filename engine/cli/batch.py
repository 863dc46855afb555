"""`texture-engine batch`."""

import json
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.progress import batch_bar
from engine.cli.standard_output import check_json_stream, say, tell
from engine.counting import counted
from engine.file_errors import is_missing
from engine.options.failures import ENGINE_FAILED, INTERRUPTED, fail, one_line_errors
from engine.options.numbers import number_option
from engine.options.paths import path_argument, path_option, real
from engine.options.ray_option import ray_option
from engine.options.texture_options import EngineFile, Force, Variations, texture_options
from protocol.fields import Range

if TYPE_CHECKING:
    from engine.batch.running import Ended
    from engine.batch.tally import Tally

SOURCE_HELP = (
    "What to make: pictures, a folder of pictures, a glob such as 'textures/**/*.png', or a manifest with one "
    "request a line, in JSON Lines (.jsonl) or CSV (.csv)."
)
OUTPUT_HELP = "Folder to write to, made if it is missing; it also gets the journal, batch.jsonl. (required)"
NAME_HELP = (
    "Names of the outputs: a pattern with {stem}, {folder}, {number}, {variation}, {size} or any setting, such as "
    "{seed}."
)
NAME_DEFAULT = "{stem}.png, or {stem}-{seed}.png with --variations"
VARIATIONS_HELP = "Number of textures of each request, with consecutive seeds."
RETRY_HELP = "Also make what has failed in an earlier run."
THREADS_HELP = "Threads for each texture. The same number gives the same bytes on any number of processes and nodes."
WORKERS_HELP = "Processes that compute."
WORKERS_DEFAULT = "one for each core, but no more than one for every 2 GiB of memory; one on a GPU"
REPORT_HELP = "Write a page that shows each exemplar beside its texture, with measures and seconds: an .html file."
JSON_HELP = "Print one line of JSON for each texture, and one for the summary."
GPUS_HELP = "With --ray, GPUs that each texture occupies, such as 0.5."
GPUS_DEFAULT = "1 with --device cuda, else 0"
Threads = Annotated[int, Range(1, 1024)]
Gpus = Annotated[float, Range(0, 64)]


@texture_options(omit="exemplars")
def batch(
    *,
    sources: Annotated[list[Path], path_argument(SOURCE_HELP, "SOURCE")],
    output: Annotated[Path | None, path_option(OUTPUT_HELP, "--output", "-o")] = None,
    name: Annotated[str | None, typer.Option(help=NAME_HELP, metavar="PATTERN", show_default=NAME_DEFAULT)] = None,
    variations: Annotated[int, number_option("--variations", Variations, VARIATIONS_HELP)] = 1,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help=RETRY_HELP)] = False,
    report: Annotated[Path | None, path_option(REPORT_HELP)] = None,
    threads: Annotated[int, number_option("--threads", Threads, THREADS_HELP)] = 1,
    workers: Annotated[int | None, number_option("--workers", Threads, WORKERS_HELP, default=WORKERS_DEFAULT)] = None,
    ray: Annotated[str | None, ray_option("Compute")] = None,
    gpus: Annotated[float | None, number_option("--gpus", Gpus, GPUS_HELP, default=GPUS_DEFAULT)] = None,
    force: Force = False,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress and no summary.")] = False,
    engine: EngineFile = None,
    local: Annotated[
        bool, typer.Option("--local", help="Compute in processes of this command, even if an engine is running.")
    ] = False,
    **values: Any,  # noqa: ANN401 - what all textures have in common, see `texture_options`
) -> None:
    """Make many textures, each from one request; the same command resumes an interrupted batch.

    Each request takes any option of `synthesize`; options here are the defaults of all requests.
    """
    from engine.batch.checking import checked_count
    from engine.batch.choosing import ExecutorOptions, executor_for
    from engine.batch.journal import Journal
    from engine.batch.manifest import maps_made_alone
    from engine.batch.requests import jobs_of
    from engine.batch.running import BatchOptions, run_batch
    from engine.batch.tally import Tally
    from engine.cli.through_engine import find_client

    with one_line_errors():
        check_json_stream(as_json=as_json)
        folder = checked_folder(output, name, report)
        where = ExecutorOptions(engine, values["weights"], ray, gpus, workers, threads, local=local)
        where.check()
        jobs = partial(jobs_of, sources, {**values, "exemplars": None, "variations": variations}, name)
        tally = Tally(checked_count(jobs, folder))
        tell(maps_made_alone(sources), quiet=quiet)
        options = BatchOptions(force=force, retry_failed=retry_failed, measured=report is not None, threads=threads)
        with (
            Journal(folder) as journal,
            closing(executor_for(where, find_client)) as executor,
            batch_bar(tally, quiet=quiet) as show,
        ):
            interrupted = False
            try:
                for ended in run_batch(jobs(), executor, journal, options):
                    tally.add(ended)
                    show()
                    show_end(ended, as_json=as_json, quiet=quiet)
            except KeyboardInterrupt:
                interrupted = True
        _conclude(tally, folder, report, as_json=as_json, quiet=quiet)
        if interrupted:
            fail("interrupted: run the same command again to resume", INTERRUPTED)
        if tally.failed:
            said = f"{tally.failed} of {counted(tally.count, 'texture')} failed"
            fail(f"{said}: {journal.path} says why, and --retry-failed tries again", ENGINE_FAILED)


def checked_folder(output: Path | None, pattern: str | None, report: Path | None) -> Path:
    """Check what a batch is to write, before the work, and return the folder of its outputs."""
    from engine.batch.naming import check_pattern
    from engine.images import check_target

    if output is None:
        fail("--output is missing: name the folder to write to")
    if pattern is not None:
        check_pattern(pattern)
    if report is not None:
        if report.suffix.lower() not in {".html", ".htm"}:
            fail(f"--report is {str(report)!r}: name an .html file")
        # The batch makes its own folder.
        if not (is_missing(output) and real(report.parent) == real(output)):
            check_target(report)
    return output


def show_end(ended: "Ended", *, as_json: bool, quiet: bool) -> None:
    """Tell how a texture has ended, and what was lost on the way."""
    if as_json:
        said = {"output": ended.job.name, "state": ended.outcome.value}
        say(json.dumps(said if ended.entry is None else {**vars(ended.entry), **said}))
    if ended.entry is None:
        return
    tell(ended.entry.remarks, quiet=quiet)
    if ended.entry.reason:
        print(f"texture-engine: {ended.job.name} failed: {ended.entry.reason}", file=sys.stderr)


def _conclude(tally: "Tally", folder: Path, report: Path | None, *, as_json: bool, quiet: bool) -> None:
    if report is not None:
        from engine.batch.report import write_report

        write_report(report, folder)
    if as_json:
        say(json.dumps({"summary": tally.summary()}))
    elif not quiet:
        print(tally.sentence(), file=sys.stderr)
