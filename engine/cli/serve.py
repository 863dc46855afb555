"""`texture-engine serve`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.detaching import detach_engine, running_already
from engine.cli.standard_output import say
from engine.device_names import unknown_device
from engine.file_errors import is_missing, reading_fault, writing_refusal
from engine.options.failures import fail
from engine.options.numbers import number_option
from engine.options.paths import path_option
from protocol.fields import Seconds

LISTEN_HELP = "Address to listen at. Other computers are accepted only with --authorized-keys."
AUTHORIZED_HELP = "File with the public keys of other clients; see `texture-engine keys`."
UNLOAD_HELP = "Seconds without a job until the device's memory is freed; 0: never."
EXIT_HELP = "Seconds without clients until the engine ends; 0: never."


def serve(
    *,
    device: Annotated[
        str, typer.Option(help="Device: auto, cpu, cuda, …; several with commas, such as cuda:0,cuda:1.")
    ] = "auto",
    listen: Annotated[str, typer.Option(help=LISTEN_HELP)] = "tcp://127.0.0.1:*",
    authorized_keys: Annotated[Path | None, path_option(AUTHORIZED_HELP)] = None,
    idle_unload: Annotated[float, number_option("--idle-unload", Seconds, UNLOAD_HELP)] = 900.0,
    idle_exit: Annotated[float, number_option("--idle-exit", Seconds, EXIT_HELP)] = 0.0,
    detach: Annotated[bool, typer.Option("--detach", help="Run in the background, with a log file.")] = False,
    log_file: Annotated[Path | None, path_option("Rotating log file.", default="stderr")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
) -> None:
    """Run the engine, which computes for GIMP and the terminal, until Ctrl+C or `texture-engine stop`.

    If one is already running, its address is shown.
    """
    from engine.service.front import ServeOptions
    from engine.service.logs import LOG_FILE
    from engine.service.presence import AlreadyRunningError
    from engine.service.serving import ServingError, run_engine
    from protocol.connection import split_address
    from protocol.errors import UnsafeFileError
    from protocol.private_files import make_folder, state_folder

    devices = tuple(part.strip() for part in device.split(","))
    if not all(devices):
        fail(f"--device is {device!r}: give names such as cuda:0,cuda:1")
    for name in devices:
        if problem := unknown_device(name.lower()):
            fail(problem)
    if authorized_keys is not None and not is_missing(authorized_keys) and (fault := reading_fault(authorized_keys)):
        fail(fault)
    if log_file is not None:
        check_log(log_file)
    try:
        split_address(listen.replace(":*", ":1"))
        folder = make_folder(state_folder())
        if detach:
            detach_engine(log_file or folder / LOG_FILE, [name.lower() for name in devices])
            return
        run_engine(
            ServeOptions(
                listen=listen,
                devices=devices,
                authorized=authorized_keys,
                idle_unload=idle_unload,
                idle_exit=idle_exit,
                log_file=log_file,
                verbose=verbose,
            )
        )
    except AlreadyRunningError:
        say(running_already())
    except (ServingError, UnsafeFileError, ValueError) as error:
        fail(str(error))
    except OSError as error:
        fail(writing_refusal(Path(error.filename or log_file or state_folder()), error))


def check_log(file: Path) -> None:
    """Refuse a log file that cannot be appended to; devices and pipes with a reader are accepted."""
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0), 0o600))
    except OSError as error:
        fail(writing_refusal(file, error))
