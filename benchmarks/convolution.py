"""Rate of a bare convolution: the scale by which seconds on one machine are compared with those on another."""

import statistics
import time

import torch
import torch.nn.functional as F


def convolution_rate(device: torch.device, channels: int = 64, side: int = 256) -> float:
    """Measure a bare 3×3 convolution, operations per second, the median of twenty."""
    maps = torch.randn(1, channels, side, side, device=device).contiguous(memory_format=torch.channels_last)
    kernel = torch.randn(channels, channels, 3, 3, device=device).contiguous(memory_format=torch.channels_last)
    seconds = []
    for _ in range(25):
        synchronize(device)
        start = time.perf_counter()
        F.conv2d(maps, kernel)
        synchronize(device)
        seconds.append(time.perf_counter() - start)
    return 2 * 9 * channels**2 * (side - 2) ** 2 / statistics.median(seconds[5:])


def synchronize(device: torch.device) -> None:
    """Wait until a GPU has finished its work; a CPU needs no wait."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
