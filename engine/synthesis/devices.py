"""Choose the device to compute on."""

import logging
import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

from engine.device_names import unknown_device
from engine.synthesis.device_checks import DeviceCheck, check_device, listed_devices


class DeviceError(ValueError):
    """The device is missing or does not work; the message is one sentence."""


@dataclass(frozen=True)
class DefaultDevice:
    """The device that `auto` stands for.

    Attributes:
        name: Such as `cuda` or `cpu`.
        passed_over: Faster ones that do not work.
    """

    name: str
    passed_over: tuple[DeviceCheck, ...]


@cache
def choose_device() -> DefaultDevice:
    """Check the available devices once, fastest first, until one works; the CPU always does."""
    passed_over: list[DeviceCheck] = []
    for listed in listed_devices():
        trial = listed if listed.problem or listed.name == "cpu" else check_device(listed.name)
        if not trial.problem:
            return DefaultDevice(trial.name, tuple(passed_over))
        passed_over.append(trial)
    return DefaultDevice("cpu", tuple(passed_over))


def why_chosen(asked: str) -> str:
    """Return why a device was taken, in one word for programs.

    Args:
        asked: As `find_device` takes it.

    Returns:
        `asked` for one that was named. For `auto`: `fastest`; `others-fail` if a faster one does not work; for the
        CPU `no-gpu`, or `no-gpu-support` if this build of torch computes on no GPU.
    """
    if asked.strip().lower() != "auto":
        return "asked"
    choice = choose_device()
    if choice.passed_over:
        return "others-fail"
    if choice.name != "cpu":
        return "fastest"
    versions = (getattr(torch.version, platform, None) for platform in ("cuda", "hip", "xpu"))
    return "no-gpu" if any(versions) or torch.backends.mps.is_built() else "no-gpu-support"


def find_device(name: str = "auto") -> torch.device:
    """Find a device by name, and check that it works.

    Args:
        name: `cpu`, `cuda`, `cuda:1`, `mps`, `xpu`, or `auto` for the fastest one that works; in any case. A faster
            one that does not is logged.

    Returns:
        The device.

    Raises:
        DeviceError: The name is unknown, this computer (or this build of torch) has no such device, or it does not
            work.
    """
    name = name.strip().lower()
    if name == "auto":
        _tell_of_others()
        return _repeatable(torch.device(choose_device().name))
    kind, _, number = name.partition(":")
    if message := unknown_device(name):
        raise DeviceError(message)
    listed = [trial for trial in listed_devices() if trial.name.partition(":")[0] == kind]
    others = " or ".join(other for other in available_devices() if other != kind) or "another"
    if not listed:
        raise DeviceError(f"device {name!r} is not available here: choose {others}")
    if not listed[0].problem and number and int(number) >= len(listed):
        raise DeviceError(f"device {name!r} is not available here: there are {len(listed)}, numbered from 0")
    trial = listed[0] if listed[0].problem or kind == "cpu" else check_device(name)
    if trial.problem:
        raise DeviceError(f"device {name!r} does not work here ({trial.problem}): {trial.remedy}, or choose {others}")
    return _repeatable(torch.device(name))


def available_devices() -> list[str]:
    """List the available kinds of device, fastest first, whether they work or not; the CPU is always one."""
    return [trial.name for trial in listed_devices() if not trial.problem and ":" not in trial.name]


def _repeatable(device: torch.device) -> torch.device:
    """Have the same seed give the same bytes: some of cuDNN's convolutions add in any order."""
    if device.type == "cuda":
        torch.backends.cudnn.deterministic = True
    return device


@cache
def _tell_of_others() -> None:
    choice = choose_device()
    for trial in choice.passed_over:
        logging.getLogger(__name__).warning(
            "%s does not work here (%s), so %s is taken: %s", trial.name, trial.problem, choice.name, trial.remedy
        )


def memory_budget(device: torch.device) -> int:
    """Return the default memory limit: four fifths of a GPU's free memory, or half of the computer's."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return int(free * 0.8)
    if device.type == "xpu":
        return int(_free_xpu_memory(device) * 0.8)
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() * 0.8)
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        # Windows has no sysconf; 8 GiB is what a computer that runs this has at least.
        total = 8 * 2**30
    return total // 2


def _free_xpu_memory(device: torch.device) -> int:
    """Measure the free memory of an Intel GPU; all of it that torch has not taken if the driver does not say."""
    try:
        free, _ = torch.xpu.mem_get_info(device)
    except (AttributeError, RuntimeError):
        # Before torch 2.6, or an integrated GPU without this query.
        return int(torch.xpu.get_device_properties(device).total_memory) - torch.xpu.memory_reserved(device)
    return int(free)


def describe_device(device: torch.device) -> str:
    """Name a device for people, such as `cuda (NVIDIA H200)` or `cpu (2 threads)`."""
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    if device.type == "cpu":
        threads = torch.get_num_threads()
        return f"cpu ({threads} thread{'s' if threads > 1 else ''})"
    return str(device)


def peak_memory() -> int:
    """Measure the most memory that this process has taken, on its GPU where it uses one; bytes, 0 if unknown."""
    # Asked whether it is available, a driver that does not work would complain again.
    if torch.cuda.is_initialized() and torch.cuda.max_memory_allocated():
        return torch.cuda.max_memory_allocated()
    try:
        import resource
    except ImportError:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def memory_in_use(device: torch.device) -> int:
    """Measure what this process takes now, on its GPU where it uses one; bytes, 0 if unknown."""
    if device.type == "cuda":
        return torch.cuda.memory_reserved(device)
    if device.type == "xpu":
        return torch.xpu.memory_reserved(device)
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return peak_memory()
