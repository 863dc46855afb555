"""PyTorch's builds: which one fits this computer, where it is, and how large it is.

A build has the name of its folder in PyTorch's own index, or `default` for the one that PyPI has.
"""

import http.client
import os
import re
import sys
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from installation.gpus import Facts, usable_gpu
from installation.problems import MisuseError

INDEX = "https://download.pytorch.org/whl"
INDEX_VARIABLE = "TEXTURE_TORCH_INDEX"
REACH_SECONDS = 10
AUTO = "auto"
DEFAULT = "default"
CPU = "cpu"
ROCM = "rocm7.2"
XPU = "xpu"
CUDA_ON_WINDOWS = "cu128"
CHOICES = (AUTO, CPU, "cuda", "rocm", XPU, DEFAULT)


@dataclass(frozen=True)
class Choice:
    """The build to take.

    Attributes:
        build: Its name.
        reason: Why, in a few words.
    """

    build: str
    reason: str


def fitting(facts: Facts) -> Choice:
    """Return the build that fits a computer."""
    gpu = usable_gpu(facts)
    if gpu == "nvidia":
        return Choice(named("cuda", facts.system), "for the NVIDIA GPU")
    if gpu == "amd":
        return Choice(ROCM, "for the AMD GPU")
    if gpu == "intel":
        return Choice(XPU, "for the Intel GPU")
    if gpu == "apple":
        return Choice(DEFAULT, "for Apple's GPU")
    # Elsewhere PyPI's build is the one without CUDA.
    return Choice(CPU if facts.system == "linux" else DEFAULT, "as no GPU that PyTorch can use was found")


def named(word: str, system: str) -> str:
    """Return the build that a word of the command line means.

    Args:
        word: One of `CHOICES`, or a folder of PyTorch's index such as cu126 or rocm6.4.
        system: `sys.platform`.

    Returns:
        The name of the build; nothing for auto.

    Raises:
        MisuseError: It is no such word.
    """
    if word == AUTO:
        return ""
    if word == "cuda":
        return CUDA_ON_WINDOWS if system == "win32" else DEFAULT
    if word == "rocm":
        return ROCM
    if word in {CPU, XPU, DEFAULT} or re.fullmatch(r"(cu\d+|rocm[\d.]+)", word):
        return word
    raise MisuseError(f"--torch {word} is none of {', '.join(CHOICES)}, or a version such as cu126")


def choose(kept: str, asked: str, look: Callable[[], Facts], reach: Callable[[str], bool]) -> Choice:
    """Choose a build.

    Args:
        kept: The build that stays, if it does.
        asked: The build that the user asks for, if any; its index need not be reached now.
        look: Returns what this computer tells.
        reach: Returns whether an index can be reached.

    Returns:
        The build to take: PyPI's if the index of the fitting one cannot be reached.
    """
    if kept or asked:
        return Choice(kept or asked, "as before" if kept else "as asked for")
    choice = fitting(look())
    index = index_of(choice.build)
    if index is None or reach(index):
        return choice
    return Choice(DEFAULT, f"as {index} cannot be reached")


def index_of(build: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the address of the index that has a build; None for PyPI's."""
    return None if build == DEFAULT else f"{(environ.get(INDEX_VARIABLE) or INDEX).rstrip('/')}/{build}"


def can_reach(index: str, seconds: float = REACH_SECONDS) -> bool:
    """Return whether an index answers with its list of torch.

    Args:
        index: Its address.
        seconds: How long to wait for each answer.

    Returns:
        Whether it does.
    """
    try:
        with urllib.request.urlopen(f"{index}/torch/", timeout=seconds):  # noqa: S310
            return True
    except (OSError, ValueError, http.client.HTTPException):
        return False


def described(build: str, system: str = sys.platform) -> str:
    """Return a build's name and about how much is downloaded for it."""
    if build == DEFAULT and system == "linux":
        return "PyTorch's CUDA build (downloads 3 GB, takes 5 GB)"
    if build in {CPU, DEFAULT}:
        return "PyTorch's small build (downloads 200 MB, takes 700 MB)"
    return f"PyTorch's {build} build (downloads some GB)"
