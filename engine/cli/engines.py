"""`texture-engine status` and `texture-engine stop`."""

import json
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.standard_output import say
from engine.counting import counted
from engine.file_errors import reading_fault
from engine.options.failures import fail
from engine.options.paths import path_option

if TYPE_CHECKING:
    from protocol.client import EngineClient
    from protocol.status import Status

NOT_RUNNING = 1
STOP_SECONDS = 15.0
STATUS = "texture-engine status"
AUTHORIZE = "run `texture-engine keys` here to see your key, and `texture-engine keys --add KEY` on its computer"
ENGINE_HELP = "Connection file of the engine."

Engine = Annotated[Path | None, path_option(ENGINE_HELP, default="your running engine")]


def status(
    *,
    engine: Engine = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Show what the running engine is doing. Exit status 1 if none is running."""
    from protocol.errors import EngineError

    with _client(engine, STATUS) as client:
        try:
            answer = client.status()
        except EngineError as error:
            fail(str(error), NOT_RUNNING)
    # Neither this command is of interest, nor the one before, which the engine may not have missed yet.
    found = replace(answer, clients=tuple(each for each in answer.clients if each.client != STATUS))
    if as_json:
        say(json.dumps(asdict(found)))
    else:
        say("\n".join(describe(found)))


def stop(*, engine: Engine = None) -> None:
    """Stop the running engine, and wait until it has ended. Exit status 1 if none is running."""
    from protocol.connection import connection_path, find_engine
    from protocol.errors import NoEngineError

    with _client(engine, "texture-engine stop") as client:
        until = time.monotonic() + STOP_SECONDS
        client.shutdown("`texture-engine stop` was called", STOP_SECONDS)
    while time.monotonic() < until:
        try:
            find_engine(engine or connection_path())
        except NoEngineError:
            say("the engine has ended")
            return
        time.sleep(0.05)
    fail(f"the engine has not ended within {STOP_SECONDS:g} s after it was asked to", NOT_RUNNING)


def describe(found: "Status") -> list[str]:
    """Format a status for people, as lines."""
    lines = [
        f"engine {found.software}, process {found.process} at {found.address}, up for {_duration(found.seconds)}",
        f"jobs: {found.waiting} waiting, {found.done} done, {found.failed} failed, {found.cancelled} canceled",
    ]
    for worker in found.workers:
        memory = f", {worker.memory_bytes / 2**30:.2f} GiB" if worker.memory_bytes else ""
        steps = f", step {worker.step} of {worker.steps}" if worker.steps else ""
        # Each client that connects, this one too, starts a failed worker again: `starting` would hide the failure.
        state = f"failed: {worker.failure}" if worker.failure else f"{worker.state}{steps}{memory}"
        lines.append(f"worker on {worker.description or worker.device}: {state}")
        lines += [worker.passed_over] if worker.passed_over else []
    for client in found.clients:
        lines += [f"client {client.client}: {counted(client.jobs, 'job')}, connected for {_duration(client.seconds)}"]
    return lines


def check_engine_file(engine: Path | None) -> None:
    """Refuse a named connection file that cannot be read or is broken."""
    from protocol.connection import read_connection
    from protocol.errors import BrokenFileError, UnsafeFileError

    if engine is None:
        return
    remedy = "give the connection file of an engine, copied from its computer"
    if fault := reading_fault(engine):
        fail(f"{fault}: {remedy}")
    try:
        read_connection(engine)
    except BrokenFileError:
        fail(f"{engine} is not a connection file: {remedy}")
    except UnsafeFileError as error:
        fail(str(error))


def reach(engine: Path | None, *, name: str) -> "EngineClient":
    """Connect to an engine.

    Args:
        engine: Its connection file; None for this user's own.
        name: Name of the client, for people.

    Returns:
        A client.

    Raises:
        NoEngineError: None is running.
        EngineLostError: It does not answer; the message says what to do.
        EngineError: It refuses the client.
        UnsafeFileError: The connection file or the keys are open to others, or the keys are broken.
    """
    from protocol.client import EngineClient
    from protocol.errors import EngineLostError

    try:
        return EngineClient.connect(engine, name=name)
    except EngineLostError as error:
        remedy = AUTHORIZE if engine is not None else _unanswered_remedy()
        raise EngineLostError(f"{error}; {remedy}") from None


def _unanswered_remedy() -> str:
    """Return what to do about this user's own engine if it does not answer.

    Returns:
        The end of a sentence.

    Raises:
        StaleFileError: The engine has ended, and another program listens at its address.
    """
    from engine.service.presence import is_locked
    from protocol.connection import connection_path, engine_state, find_engine
    from protocol.errors import StaleFileError
    from protocol.processes import ProcessState

    path = connection_path()
    found = find_engine(path)
    if engine_state(found) is ProcessState.UNKNOWN and not is_locked(path.parent):
        raise StaleFileError(
            f"no engine is running ({path} is out of date: another program uses {found.address}): "
            "start one with `texture-engine serve`"
        )
    return f"if it hangs, end process {found.process}"


def _client(engine: Path | None, name: str) -> "EngineClient":
    from protocol.errors import EngineError, UnsafeFileError

    check_engine_file(engine)
    try:
        return reach(engine, name=name)
    except UnsafeFileError as error:
        fail(str(error))
    except EngineError as error:
        fail(str(error), NOT_RUNNING)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
