"""Measure a GPU in one command, and write a report: tables, checks and the tests.

    python benchmarks/gpu.py FOUND
    python benchmarks/gpu.py FOUND --only card speed

Each part runs in processes of its own with a time limit, so that one that fails leaves the others. `report.md` is
written after each part. `--device cpu --small` tries the command itself.
"""

import argparse
import datetime as dt
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gpu_checks import EXEMPLAR

HERE = Path(__file__).parent
SIZES, SMALL_SIZES = ("512", "1024", "2048", "4096"), ("64",)


@dataclass(frozen=True)
class Part:
    """A part of the report.

    Attributes:
        name: Its heading.
        commands: Each a Python script with arguments, or a module with `-m`.
        seconds: The most that each may take.
        same: Whether all commands have to print the same.
    """

    name: str
    commands: tuple[tuple[str, ...], ...]
    seconds: float
    same: bool = False


def parts(device: str, *, small: bool) -> Iterator[Part]:
    """List what is measured, the quickest first."""
    sizes = SMALL_SIZES if small else SIZES
    tail = ("--device", device, *(("--small",) if small else ()))
    checks = str(HERE / "gpu_checks.py")
    speed = (str(HERE / "speed.py"), str(EXEMPLAR), "--device", device, "--repeat", "1" if small else "3", "--sizes")
    yield Part("card", ((checks, "card", *tail),), 120)
    # Twice, in two processes.
    yield Part("seed", ((checks, "seed", *tail),) * 2, 300, same=True)
    yield Part("matching", ((checks, "matching", *tail),), 600)
    networks = ("compact",) if small else ("compact", "vgg19")
    # Each size of its own: the largest may not fit.
    yield Part("speed", tuple((*speed, size, "--encoders", each) for size in sizes for each in networks), 900)
    if not small:
        yield Part("fills", ((str(HERE / "filling.py"), "--sizes", "--no-gmic", "--device", device),), 600)
    yield Part("service", ((str(HERE / "service.py"), str(EXEMPLAR), "--device", device),), 300)
    yield Part("memory", ((checks, "memory", *tail),), 900)
    if not small:
        yield Part("tests", (("-m", "pytest", "-q", "-n", "4", "-m", "not gimp"),), 1800)


def run(part: Part) -> tuple[bool, list[str]]:
    """Run a part: whether all went well, and what was printed by each command."""
    printed, well = [], True
    for command in part.commands:
        try:
            done = subprocess.run(
                [sys.executable, *command],
                check=False,
                capture_output=True,
                text=True,
                timeout=part.seconds,
                cwd=HERE.parent,
            )
        except subprocess.TimeoutExpired:
            printed.append(f"`{' '.join(command)}` took more than {part.seconds:g} s")
            well = False
            continue
        well &= done.returncode == 0
        printed.append(
            done.stdout.strip() if done.returncode == 0 else f"{done.stdout}\n{done.stderr[-4000:]}".strip()
        )
    if part.same and well and len(set(printed)) > 1:
        printed.append("these should be the same")
        well = False
    return well, printed


def main() -> None:
    """Run the parts, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="For the report.")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true", help="Sizes that a CPU can do, to try the command itself.")
    parser.add_argument("--only", nargs="+", metavar="PART", help="Parts to run [default: all].")
    options = parser.parse_args()
    listed = list(parts(options.device, small=options.small))
    if unknown := sorted(set(options.only or ()) - {part.name for part in listed}):
        parser.error(f"there is no part {unknown[0]!r}: choose {', '.join(part.name for part in listed)}")
    options.folder.mkdir(parents=True, exist_ok=True)
    began = dt.datetime.now().astimezone().isoformat(timespec="seconds")
    report, outcomes = [f"# {options.device}, {began}\n"], {}
    for part in listed:
        if options.only and part.name not in options.only:
            continue
        start = time.monotonic()
        outcomes[part.name], printed = run(part)
        state = "" if outcomes[part.name] else ", FAILED"
        text = "\n\n".join(printed)
        report.append(f"## {part.name}{state}, {time.monotonic() - start:.0f} s\n\n{text}\n")
        print(report[-1], flush=True)
        (options.folder / "report.md").write_text("\n".join(report), encoding="utf-8")
        (options.folder / "outcomes.json").write_text(json.dumps(outcomes), encoding="utf-8")
    sys.exit(not all(outcomes.values()))


if __name__ == "__main__":
    main()
