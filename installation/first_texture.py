"""The first texture: a check that the engine computes, and what that costs."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from installation.environment import python_of
from installation.problems import InstallationError
from installation.setup_run import SetupRun

FILE = "first-texture.png"
SIZE = "512x512"
QUESTION = "Make a first texture, as a check? It takes up to a minute without a GPU. [Y/n] "


@dataclass(frozen=True)
class Cost:
    """What a texture cost.

    Attributes:
        seconds: How long it took.
        starting: Seconds until it began: the start of the program, and compiling the first time.
        device: Where it was made.
        memory: The most memory that it took, bytes; 0 if unknown.
    """

    seconds: float
    starting: float
    device: str
    memory: int

    def sentence(self) -> str:
        """Describe it in a sentence."""
        memory = f" and {self.memory / 1e9:.1f} GB of memory" if self.memory else ""
        return (
            f"it took {self.seconds:.0f} s on {self.device}{memory}, after {self.starting:.0f} s to start and, "
            "the first time, to compile"
        )


def offer(task: SetupRun, count: int) -> None:
    """Make a first texture if the user wants one, and print what it cost.

    Args:
        task: What this run is about.
        count: The number of actions of this run; after none, nobody is asked.

    Raises:
        InstallationError: The engine cannot make it.
    """
    exemplar = task.environment.source / "examples" / "cobbles.png"
    if not exemplar.is_file() or not (_agreed(count) if task.first_texture is None else task.first_texture):
        return
    file = task.data / FILE
    print(f"first texture: {file}", flush=True)
    try:
        cost = made(python_of(task.environment.folder), exemplar, file, SIZE)
    except (OSError, ValueError, KeyError) as error:
        raise InstallationError(
            f"the first texture failed ({error}): run `{task.installer} --check`, which says what is wrong"
        ) from None
    print(cost.sentence())


def made(python: Path, exemplar: Path, file: Path, size: str) -> Cost:
    """Make a texture.

    Args:
        python: A Python that has the engine.
        exemplar: A picture.
        file: Where to write it.
        size: Such as 512x512.

    Returns:
        What it cost.

    Raises:
        ValueError: It was not made; the engine has printed why.
    """
    words = [
        "synthesize",
        str(exemplar),
        "-o",
        str(file),
        "--size",
        size,
        "--quality",
        "draft",
        "--local",
        "--force",
        "--json",
    ]
    began = time.monotonic()
    # Its progress and its errors are for the user to see.
    result = subprocess.run(  # noqa: S603
        [python, "-I", "-m", "engine", *words], stdout=subprocess.PIPE, text=True, check=False
    )
    took = time.monotonic() - began
    if result.returncode:
        raise ValueError(f"status {result.returncode}")
    answer = json.loads(result.stdout)
    seconds = float(answer["seconds"])
    return Cost(seconds, max(0.0, took - seconds), str(answer["device"]), int(answer["peak_memory_bytes"]))


def _agreed(count: int) -> bool:
    """Ask the user, if there is one."""
    if not count or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    try:
        return input(QUESTION).strip().lower() in {"", "y", "yes"}
    except EOFError:
        return False
