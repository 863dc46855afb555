"""Check devices: whether one that the driver lists can compute, and what to do if it cannot."""

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F

LONGEST = 200
"""Maximum length of a driver's message, characters."""

# What drivers say, and what helps; the first that fits.
_REMEDIES = (
    (r"driver.*(too old|insufficient|version)", "update its driver, or install a PyTorch for an older one"),
    (
        r"no kernel image|invalid device function|not compatible|no longer supports|capability",
        "install a PyTorch that supports it",
    ),
    (r"out of memory|OUT_OF_(HOST_|DEVICE_)?(MEMORY|RESOURCES)|alloc", "end other programs that take its memory"),
    (r"no .*driver|not compiled|not linked|Could not run", "install its driver and a PyTorch that is made for it"),
)
_ANY_REMEDY = "see that its driver works and fits PyTorch"


@dataclass(frozen=True)
class DeviceCheck:
    """Result of checking a device.

    Attributes:
        name: Such as `cuda`, `cuda:1` or `cpu`.
        problem: Why it does not work, in a few words; nothing where it does, or is still to be tried.
    """

    name: str
    problem: str = ""

    @property
    def remedy(self) -> str:
        """What helps, in a few words."""
        return next((helps for said, helps in _REMEDIES if re.search(said, self.problem, re.IGNORECASE)), _ANY_REMEDY)


@cache
def listed_devices() -> tuple[DeviceCheck, ...]:
    """List the devices that this build of torch and its drivers know of, fastest first; the CPU is the last.

    Returns:
        Devices that are still to be tried, and with a problem a kind whose driver fails when it is asked.
    """
    kinds: list[tuple[str, Callable[[], bool]]] = [
        ("cuda", torch.cuda.is_available),
        ("mps", torch.backends.mps.is_available),
        # torch knows it since version 2.3.
        ("xpu", torch.xpu.is_available if hasattr(torch, "xpu") else lambda: False),
    ]
    return (*(trial for kind, available in kinds for trial in _listed(kind, available)), DeviceCheck("cpu"))


@cache
def check_device(name: str) -> DeviceCheck:
    """Check a device once with a tiny computation.

    Args:
        name: Such as `cuda`, `cuda:1` or `cpu`.

    Returns:
        What came of it.
    """
    with _complaints() as said:
        try:
            compute(torch.device(name))
        # A driver, or what torch makes of it, raises whatever it likes.
        except Exception as error:  # noqa: BLE001
            said.insert(0, _words_of(error))
        else:
            return DeviceCheck(name)
    return DeviceCheck(name, said[0])


def compute(device: torch.device) -> None:
    """Convolve, run backward and compare the result, which waits for the device.

    Args:
        device: Where.

    Raises:
        RuntimeError: It computes something else. Besides, whatever torch raises.
    """
    with torch.inference_mode(mode=False), torch.enable_grad():
        picture = torch.ones(1, 2, 4, 4, device=device, requires_grad=True)
        weight = torch.ones(1, 2, 3, 3, device=device, requires_grad=True)
        found = F.conv2d(picture, weight).sum()
        slopes = torch.autograd.grad(found, (picture, weight))
        # 2×3×3 ones for each of 2×2 places, whichever way they are added.
        sums = [float(value.detach().sum().cpu()) for value in (found, *slopes)]
    if sums != [72.0, 72.0, 72.0]:
        raise RuntimeError(f"it computes {sums[0]:g} where 72 is right")


def _listed(kind: str, available: Callable[[], bool]) -> Iterator[DeviceCheck]:
    with _complaints() as said:
        try:
            here = available()
            count = getattr(torch, kind).device_count() if here and kind != "mps" else int(here)
        except Exception as error:  # noqa: BLE001  # as above
            here, count = False, 0
            said.insert(0, _words_of(error))
    if here:
        yield DeviceCheck(kind)
        yield from (DeviceCheck(f"{kind}:{number}") for number in range(1, count))
    elif said:
        # A driver that is not there says nothing; one that warns is there, and does not work.
        yield DeviceCheck(kind, said[0])


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect warnings, so that they can be reported in one line.

    Yields:
        The warnings, complete when the block has been left.
    """
    said: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield said
    # That something is out of date says nothing of the device.
    said += [_words_of(found.message) for found in caught if issubclass(found.category, UserWarning | RuntimeWarning)]


def _words_of(error: Warning | Exception | str) -> str:
    """Shorten a driver's message to its first sentence, and the next one if the first is too short."""
    first_line = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    first_line = re.sub(r"^(CUDA|HIP|XPU|MPS) initialization: ", "", first_line)
    sentence, *others = re.split(r"(?<=[^.\d])\.\s+", first_line)
    if others and len(sentence) < 30:
        sentence = f"{sentence}: {others[0]}"
    return sentence.rstrip(".: ")[:LONGEST]
