"""Choosing where to compute."""

import os
import sys
from pathlib import Path

import torch

DEVICES = ("auto", "cpu", "cuda", "mps", "xpu")


class DeviceError(ValueError):
    """A device that is not here, told in one sentence."""


def find_device(name: str = "auto") -> torch.device:
    """Find a device by name.

    Args:
        name: `cpu`, `cuda`, `cuda:1`, `mps`, `xpu`, or `auto` for the fastest kind that is here; in any case.

    Returns:
        The device.

    Raises:
        DeviceError: The name is unknown, or this computer (or this build of torch) has no such device.
    """
    here, name = available_devices(), name.strip().lower()
    if name == "auto":
        return torch.device(here[0])
    kind, _, number = name.partition(":")
    if kind not in DEVICES[1:] or (number and not number.isdigit()):
        raise DeviceError(
            f"device {name!r} is not known: choose {', '.join(DEVICES)}, or one by number such as cuda:1"
        )
    if kind not in here:
        raise DeviceError(f"device {name!r} is not available here: choose {' or '.join(here)}")
    count = torch.cuda.device_count() if kind == "cuda" else 1
    if number and int(number) >= count:
        raise DeviceError(f"device {name!r} is not available here: there are {count}, numbered from 0")
    return torch.device(name)


def available_devices() -> list[str]:
    """List the kinds of device that torch can use here, fastest first; the CPU is always one."""
    found = []
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        found.append("xpu")
    return [*found, "cpu"]


def memory_budget(device: torch.device) -> int:
    """Measure what synthesis may take by default: four fifths of a GPU's free memory, half of the computer's."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return int(free * 0.8)
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() * 0.8)
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        # Windows has no sysconf; 8 GiB is what a computer that runs this has at least.
        total = 8 * 2**30
    return total // 2


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
    if torch.cuda.is_available() and torch.cuda.max_memory_allocated():
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
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return peak_memory()
