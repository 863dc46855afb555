"""`texture-engine doctor`."""

import platform
import time
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from engine.device_names import RESTART

PACKAGES = (
    "torch",
    "torchvision",
    "numpy",
    "pillow",
    "imagecodecs",
    "matplotlib",
    "pyzmq",
    "msgpack",
    "safetensors",
    "typer",
    "av",
)


def doctor(
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Skip the test synthesis.")] = False,
) -> None:
    """Show what is installed, what works, and how to repair the rest."""
    console = Console()
    advice: list[str] = []
    console.print(_versions(advice))
    console.print(escape(_engine(advice)))
    try:
        import torch
    except (ImportError, OSError) as error:
        # A build of torch for another system or processor raises OSError while its libraries load.
        advice.append(f"torch does not load ({error}): reinstall it with `pip install --force-reinstall torch`")
    else:
        console.print(_devices(advice))
        if unused := _unused_gpu(torch.__version__):
            console.print(escape(unused))
        console.print(_encoders(advice))
        if not quick:
            _try_synthesis(console, advice, torch.get_num_threads())
    _check_torchvision(advice)
    for line in advice:
        console.print(f"[bold red]to do:[/] {escape(line)}")
    if advice:
        raise typer.Exit(1)
    console.print("[bold green]no faults found[/]")


def _versions(advice: list[str]) -> Table:
    table = Table("package", "version", title=f"Python {platform.python_version()}, {platform.platform()}")
    table.add_row(
        "gimp-texture-synthesis", _version("gimp-texture-synthesis") or "not installed, run from its folder"
    )
    for name in PACKAGES:
        found = _version(name)
        table.add_row(name, found or "not installed")
        if found is None and name != "av":
            advice.append(f"{name} is not installed: `pip install {name}`")
        elif found is None:
            table.add_row("", "optional, for .mp4 recordings: `pip install av`")
    return table


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
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


def _unused_gpu(build: str) -> str | None:
    """Return a note if there is a GPU that another build of PyTorch could use."""
    from engine.synthesis.device_checks import listed_devices
    from installation.gpus import look, usable_gpu

    maker = usable_gpu(look())
    if maker is None or any(listed.name != "cpu" for listed in listed_devices()):
        return None
    # No fault: the CPU build may have been asked for.
    return f"note: PyTorch {build} cannot use the GPU ({maker}): run `install.py --torch auto`, or replace torch"


def _encoders(advice: list[str]) -> Table:
    from engine.encoders import encoder_status

    table = Table("encoder", "available", title="Encoders")
    table.add_column("weights", overflow="fold")
    for row in encoder_status():
        here = "yes" if row.available else "no" if row.name == "compact" else "downloaded on first use"
        table.add_row(row.name, here, row.where)
        if row.name == "compact" and not row.available:
            advice.append(f"the built-in weights are missing from {row.where}: reinstall the package")
    return table


def _check_torchvision(advice: list[str]) -> None:
    try:
        import torchvision  # noqa: F401
    except (ImportError, OSError, RuntimeError) as error:
        advice.append(
            f"torchvision does not load ({error}), and the vgg encoders need it: install a version that fits torch "
            "with `pip install --upgrade torch torchvision`"
        )


def _try_synthesis(console: Console, advice: list[str], threads: int) -> None:
    import torch

    from engine.encoders import EncoderError, load_encoder
    from engine.synthesis import Exemplar, SynthesisSettings, synthesize
    from engine.synthesis.devices import choose_device, describe_device

    device = torch.device(choose_device().name)
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(threads)).to(device)
    start = time.perf_counter()
    try:
        encoder = load_encoder("compact").to(device)
        losses = [
            dict(s.losses) for s in synthesize(Exemplar(picture), encoder, SynthesisSettings((64, 64), steps=5))
        ]
    except (EncoderError, RuntimeError) as error:
        advice.append(f"a test synthesis on {device} failed ({error}): try `--device cpu`")
        return
    seconds = time.perf_counter() - start
    console.print(f"a test synthesis on {describe_device(device)}: {len(losses) - 1} steps in {seconds:.1f} s")
