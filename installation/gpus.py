"""GPUs that PyTorch can use, as the system reports them."""

import ctypes.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SMI_SECONDS = 20
WSL_PROGRAMS = "usr/lib/wsl/lib"

# Architectures that PyTorch's ROCm builds are compiled for, as the kernel writes them: 110001 is gfx1101.
ROCM_TARGETS = frozenset({90008, 90010, 90402, 90500, 100300, 110000, 110001, 110002, 110500, 110501, 120000, 120001})
# PCI numbers of Intel's GPUs begin so: Ponte Vecchio, Arc A, Lunar Lake, Core Ultra 1 and 2, Panther Lake, Arc B.
INTEL_SERIES = ("0x0bd", "0x56", "0x64", "0x7d", "0xb0", "0xe2")
INTEL_VENDOR = "0x8086"
DISPLAYS = "0x03"


@dataclass(frozen=True)
class Facts:
    """What the system reports.

    Attributes:
        system: `sys.platform`.
        machine: Kind of processor, such as x86_64.
        nvidia: Whether NVIDIA's driver has a GPU.
        amd: Architectures of AMD's GPUs with a compute driver, as the kernel writes them.
        intel: PCI numbers of Intel's GPUs, such as 0x56a0.
        level_zero: Whether Intel's compute runtime is installed.
    """

    system: str
    machine: str
    nvidia: bool = False
    amd: tuple[int, ...] = ()
    intel: tuple[str, ...] = ()
    level_zero: bool = False


def usable_gpu(facts: Facts) -> str | None:
    """Return the maker of the GPU that PyTorch can use: nvidia, amd, intel, apple, or None."""
    if facts.system == "darwin":
        return "apple" if facts.machine == "arm64" else None
    if facts.nvidia:
        return "nvidia"
    if facts.system != "linux" or facts.machine != "x86_64":
        return None
    if ROCM_TARGETS.intersection(facts.amd):
        return "amd"
    return "intel" if facts.level_zero and any(name.startswith(INTEL_SERIES) for name in facts.intel) else None


def look(root: Path = Path("/")) -> Facts:
    """Look at this computer."""
    found = ctypes.util.find_library("ze_intel_gpu") if sys.platform == "linux" else None
    return Facts(
        system=sys.platform,
        machine=platform.machine(),
        nvidia=_has_entries(root / "proc/driver/nvidia/gpus") or _smi_lists(root),
        amd=amd_targets(root),
        intel=intel_gpus(root),
        level_zero=found is not None,
    )


def amd_targets(root: Path) -> tuple[int, ...]:
    """Return the architectures of AMD's GPUs that the compute driver lists; the CPU is listed as 0."""
    if not (root / "dev/kfd").exists():
        return ()
    nodes = _texts((root / "sys/class/kfd/kfd/topology/nodes").glob("*/properties"))
    found = (re.search(r"^gfx_target_version (\d+)$", node, re.MULTILINE) for node in nodes)
    return tuple(int(match[1]) for match in found if match and int(match[1]))


def intel_gpus(root: Path) -> tuple[str, ...]:
    """Return the PCI numbers of Intel's GPUs."""
    found = []
    for folder in sorted((root / "sys/bus/pci/devices").glob("*")):
        vendor, kind, number = ("".join(_texts([folder / name])).strip() for name in ("vendor", "class", "device"))
        if vendor == INTEL_VENDOR and kind.startswith(DISPLAYS):
            found.append(number)
    return tuple(found)


def _texts(paths: Iterable[Path]) -> list[str]:
    # Containers hide some of the kernel's files.
    readable = (path for path in sorted(paths) if path.is_file() and os.access(path, os.R_OK))
    return [path.read_text("utf-8", errors="replace") for path in readable]


def _has_entries(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except OSError:
        return False


def _smi_lists(root: Path) -> bool:
    """Return whether nvidia-smi lists a GPU: on Windows, and on Linux within Windows, there is no other sign."""
    program = shutil.which("nvidia-smi") or shutil.which("nvidia-smi", path=str(root / WSL_PROGRAMS))
    if program is None:
        return False
    try:
        result = subprocess.run(  # noqa: S603
            [program, "-L"], capture_output=True, text=True, timeout=SMI_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return result.returncode == 0 and result.stdout.startswith("GPU ")
