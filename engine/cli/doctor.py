"""`texture-engine doctor`."""

import platform
import time
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from engine.device_names import RESTART
from engine.packages import MODULES, NAME, OPTIONAL, installing, missing_packages, owners, subject_of, version_of

# A build for another system raises OSError, parts that do not fit each other whatever they like.
FAULTS = (ImportError, OSError, RuntimeError, AttributeError, TypeError, ValueError, SystemError)


def doctor(
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Skip the test synthesis.")] = False,
) -> None:
    """Show what is installed, what works, and how to repair the rest."""
    console = Console()
    advice: list[str] = []
    console.print(_packages(advice))
    sections: dict[str, Callable[[], object]] = {
        "engine": lambda: escape(_engine(advice)),
        "devices": lambda: _devices(advice),
        "GPU": _unused_gpu,
        "encoders": lambda: _encoders(advice),
        "test synthesis": lambda: None if quick else _try_synthesis(advice),
    }
    for name, section in sections.items():
        try:
            found = section()
        except FAULTS as error:
            found = escape(f"{name}: not checked ({error})")
            # A package at fault is among the advice.
            if not advice:
                advice.append(f"{name} cannot be checked ({error}): run {installing([], again=True)}")
        if found:
            console.print(found)
    for line in advice:
        console.print(f"[bold red]to do:[/] {escape(line)}")
    if advice:
        raise typer.Exit(1)
    console.print("[bold green]no faults found[/]")


def _packages(advice: list[str]) -> Table:
    table = Table("package", "version", title=f"Python {platform.python_version()}, {platform.platform()}")
    table.add_row(NAME, version_of(NAME) or "not installed, run from its folder")
    missing = missing_packages()
    for name, module in MODULES.items():
        if name in missing:
            table.add_row(name, "not installed")
            continue
        fault = _import_fault(module)
        table.add_row(name, f"{version_of(name)}{', does not load' if fault else ''}")
        lacking = owners(fault.name or "") if isinstance(fault, ModuleNotFoundError) else []
        if fault is not None and not set(lacking) & set(missing):
            remedy = installing([name], again=not isinstance(fault, ModuleNotFoundError))
            advice.append(f"{name} does not load ({fault}): run {remedy}")
    if missing:
        advice.insert(0, f"{subject_of(missing)} not installed: run {installing(missing)}")
    table.add_row(OPTIONAL, version_of(OPTIONAL) or "not installed")
    if not version_of(OPTIONAL):
        table.add_row("", f"optional, for .mp4 recordings: {installing([OPTIONAL])}")
    return table


def _import_fault(module: str) -> Exception | None:
    # What a package warns of while it loads is for its developers.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import_module(module)
        except FAULTS as error:
            return error
    return None


def _engine(advice: list[str]) -> str:
    from engine.cli.engines import reach
    from protocol.connection import connection_path, find_engine
    from protocol.errors import EngineError, NoEngineError, UnsafeFileError

    try:
        # Connecting would create keys, so first see whether there is an engine.
        found = find_engine(connection_path())
        with reach(None, name="texture-engine doctor") as client:
            workers = client.status().workers
    except NoEngineError as error:
        return f"engine: {error}"
    except EngineError as error:
        advice.append(str(error))
        return f"engine: process {found.process} at {found.address} does not answer correctly"
    except UnsafeFileError as error:
        advice.append(str(error))
        return "engine: unknown"
    advice += [f"the engine cannot compute ({each.failure}): {RESTART}" for each in workers if each.failure]
    return f"engine: process {found.process} at {found.address} answers"


def _devices(advice: list[str]) -> Table:
    import torch

    from engine.synthesis.device_checks import check_device, listed_devices
    from engine.synthesis.devices import describe_device, memory_budget

    table = Table("device", "works", "memory for synthesis", title="Devices (`auto` is the first that works)")
    for listed in listed_devices():
        trial = listed if listed.problem else check_device(listed.name)
        if trial.problem:
            table.add_row(trial.name, "no", "")
            advice.append(f"{trial.name} does not work ({trial.problem}): {trial.remedy}")
            continue
        device = torch.device(trial.name)
        table.add_row(describe_device(device), "yes", f"{memory_budget(device) / 2**30:.1f} GiB")
    return table


def _unused_gpu() -> str | None:
    """Return a note if there is a GPU that another build of PyTorch could use."""
    import torch

    from engine.synthesis.device_checks import listed_devices
    from installation.gpus import look, usable_gpu

    maker = usable_gpu(look())
    if maker is None or any(listed.name != "cpu" for listed in listed_devices()):
        return None
    # No fault: the CPU build may have been asked for.
    note = f"note: PyTorch {torch.__version__} cannot use the GPU ({maker}): run `install.py --torch auto`"
    return escape(f"{note}, or replace torch")


def _encoders(advice: list[str]) -> Table:
    from engine.encoders import encoder_status

    table = Table("encoder", "available", title="Encoders")
    table.add_column("weights", overflow="fold")
    for row in encoder_status():
        here = "yes" if row.available else "no" if row.name == "compact" else "downloaded on first use"
        table.add_row(row.name, here, row.where)
        if row.name == "compact" and not row.available:
            advice.append(f"the built-in weights are missing from {row.where}: run {installing([])}")
    return table


def _try_synthesis(advice: list[str]) -> str | None:
    import torch

    from engine.encoders import EncoderError, load_encoder
    from engine.synthesis import Exemplar, SynthesisSettings, synthesize
    from engine.synthesis.devices import choose_device, describe_device

    device = torch.device(choose_device().name)
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)).to(device)
    start = time.perf_counter()
    try:
        encoder = load_encoder("compact").to(device)
        losses = [
            dict(s.losses) for s in synthesize(Exemplar(picture), encoder, SynthesisSettings((64, 64), steps=5))
        ]
    except (EncoderError, RuntimeError) as error:
        advice.append(f"a test synthesis on {device} failed ({error}): try `--device cpu`")
        return None
    seconds = time.perf_counter() - start
    return escape(f"a test synthesis on {describe_device(device)}: {len(losses) - 1} steps in {seconds:.1f} s")
