"""What has to hold on a GPU, each check in a process of its own that prints one line of JSON.

    python benchmarks/gpu_checks.py card --device cuda
    python benchmarks/gpu_checks.py matching --device cuda --small

`gpu.py` runs them all.
"""

import argparse
import hashlib
import json
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from unittest.mock import patch

import numpy as np
import torch
from convolution import convolution_rate, synchronize

from engine.encoders import load_encoder
from engine.images import read_picture
from engine.on_device import exemplar_on
from engine.preparation import prepare
from engine.synthesis import SynthesisSettings, synthesize
from engine.synthesis.devices import describe_device, find_device, memory_budget, peak_memory
from engine.synthesis.matching import COMPILED, Matcher, MatchField, MatchSource, Query
from engine.synthesis.matching.choice import matcher_for
from engine.synthesis.memory import smaller
from engine.synthesis.structure.octave import RADIUS, SIDE, padded, whole_patches

EXEMPLAR = Path(__file__).parents[1] / "examples" / "cobbles.png"
PASSES = 4
# Of the card's memory: the first step does not fit into it.
MEMORY_PART = 0.4
# Similarities of an exact search that are held at once.
EXACT_BYTES = 2**30
Found = dict[str, object]


@dataclass(frozen=True)
class Bench:
    """Where a check runs.

    Attributes:
        device: On this device.
        small: Whether in sizes that a CPU can do.
    """

    device: torch.device
    small: bool


def timed(device: torch.device, work: Callable[[], object], repeat: int = 3) -> float:
    """Measure the median of some runs after one that warms up, seconds."""
    seconds = []
    for _ in range(repeat + 1):
        synchronize(device)
        began = time.perf_counter()
        work()
        synchronize(device)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds[1:])


def card(bench: Bench) -> Found:
    """Measure what it can do at most: convolutions, products in half precision, and copies."""
    side = 256 if bench.small else 8192
    left, right = (torch.randn(side, side, device=bench.device, dtype=torch.float16) for _ in range(2))
    wide = torch.empty(side * side * 8, device=bench.device)
    free = torch.cuda.mem_get_info(bench.device)[1] / 2**30 if bench.device.type == "cuda" else None
    return {
        "device": describe_device(bench.device),
        "platform": platform.platform(),
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "memory_gib": free,
        "convolution_tflops": convolution_rate(bench.device, 64, 256 if bench.small else 2048) / 1e12,
        "half_product_tflops": 2 * side**3 / timed(bench.device, lambda: left @ right) / 1e12,
        "copy_gb_per_s": 8 * wide.numel() / timed(bench.device, wide.clone) / 1e9,
    }


def picture_bytes(device: torch.device, size: int, quality: str, seed: int) -> bytes:
    """Make a texture, and give its values."""
    exemplar = exemplar_on(prepare(read_picture(EXEMPLAR)), device)
    encoder = load_encoder("compact").to(device)
    settings = SynthesisSettings((size, size), quality=quality, seed=seed, memory=memory_budget(device))
    *_, last = synthesize(exemplar, encoder, settings)
    values: bytes = last.picture.cpu().numpy().tobytes()
    return values


def seed(bench: Bench) -> Found:
    """Make a texture three times, twice with the same seed; `gpu.py` compares the digest with another process's."""
    size, quality = (96, "draft") if bench.small else (512, "normal")
    first, again, other = (picture_bytes(bench.device, size, quality, each) for each in (1, 1, 2))
    digest = hashlib.sha256(first).hexdigest()
    return {"same_seed_same_bytes": first == again, "other_seed_other_bytes": first != other, "digest": digest}


def memory(bench: Bench) -> Found:
    """Make a large texture by critics with less memory than they are told of: the working set has to shrink."""
    size = 128 if bench.small else 8192
    exemplar = exemplar_on(prepare(read_picture(EXEMPLAR)), bench.device)
    encoder = load_encoder("compact").to(bench.device)
    limit = memory_budget(bench.device)
    if bench.device.type == "cuda":
        torch.cuda.set_per_process_memory_fraction(MEMORY_PART, torch.cuda.current_device())
    settings = SynthesisSettings((size, size), recipe="sliced", quality="draft", memory=limit, steps=2)
    began = time.perf_counter()
    with patch("engine.synthesis.polishing.smaller", wraps=smaller) as shrunk:
        for _ in synthesize(exemplar, encoder, settings):
            pass
    seconds, part = time.perf_counter() - began, MEMORY_PART if bench.device.type == "cuda" else 1.0
    found: Found = {"size": size, "part": part, "seconds": seconds, "peak_gib": peak_memory() / 2**30}
    return {**found, "shrunk": shrunk.call_count}


def matching(bench: Bench) -> Found:
    """Compare searches for patches: compiled functions, Triton kernels, all patches compared in half precision."""
    sizes = (64,) if bench.small else (256, 512, 1024)
    return {"passes": PASSES, "rows": [compared(bench.device, size, 64 if bench.small else 256) for size in sizes]}


def compared(device: torch.device, size: int, exemplar: int) -> Found:
    """Search for all patches of one canvas in each way: seconds, and distances over those of the nearest."""
    source, query = search_of(size, exemplar)
    nearest = exact(source, query, device).mean()
    found: Found = {"canvas": size, "exact_half_s": timed(device, lambda: exact(source, query, device))}
    matchers: dict[str, Matcher] = {"compiled": COMPILED}
    if (on_gpu := matcher_for(device)) is not COMPILED:
        matchers["triton"] = on_gpu
    for name, matcher in matchers.items():
        found[f"{name}_s"] = timed(device, partial(searched, matcher, source, query))
        found[f"{name}_over_nearest"] = float(searched(matcher, source, query).costs.mean() / nearest)
    return found


def search_of(size: int, exemplar: int) -> tuple[MatchSource, Query]:
    """Take two parts of one texture: one to search for, enlarged by repeating it, and one to search in."""
    picture = np.ascontiguousarray(read_picture(EXEMPLAR).pixels[..., :3], np.float32)
    source = np.ascontiguousarray(picture[:exemplar, :exemplar])
    noise = np.random.default_rng(0).normal(0, 0.05, (size, size, 3))
    times = -(-size // picture.shape[0])
    canvas = np.clip(np.tile(picture[::-1, ::-1], (times, times, 1))[:size, :size] + noise, 0, 1).astype(np.float32)
    usable = whole_patches(np.ones(source.shape[:2], bool))
    return MatchSource(source, usable), Query(
        padded(canvas, RADIUS, (False, False)), np.ones((size, size), bool), RADIUS
    )


def searched(matcher: Matcher, source: MatchSource, query: Query) -> MatchField:
    """Search from places that chance draws."""
    places = np.argwhere(source.usable).astype(np.int32)
    drawn = np.random.default_rng(0).integers(len(places), size=query.wanted.shape)
    field = MatchField(places[drawn], np.zeros(query.wanted.shape, np.float32))
    matcher.measure(field, query, source)
    for _ in matcher.improve(field, query, source, passes=PASSES, seed=0):
        pass
    return field


@torch.no_grad()
def exact(source: MatchSource, query: Query, device: torch.device) -> torch.Tensor:
    """Compare all patches by products in half precision, and give the squared distances to the nearest."""
    keys, wanted = patches(source.channels, device), patches(query.channels, device)
    exact_type = torch.float16 if device.type == "cuda" else torch.float32
    lengths, columns = (keys**2).sum(dim=1), keys.t().to(exact_type)
    found = []
    for chunk in wanted.split(max(1, EXACT_BYTES // (2 * len(keys)))):
        products = (chunk.to(exact_type) @ columns).float()
        best = (lengths - 2 * products).argmin(dim=1)
        # Half precision chooses; how far it is, is measured in full.
        found.append(((chunk - keys[best]) ** 2).sum(dim=1))
    return torch.cat(found)


def patches(channels: np.ndarray, device: torch.device) -> torch.Tensor:
    """List all whole patches, float32 (patches, SIDE × SIDE × channels)."""
    held = torch.from_numpy(channels).to(device).permute(2, 0, 1)
    return held.unfold(1, SIDE, 1).unfold(2, SIDE, 1).permute(1, 2, 0, 3, 4).flatten(2).flatten(0, 1)


CHECKS: Mapping[str, Callable[[Bench], Found]] = MappingProxyType(
    {"card": card, "seed": seed, "memory": memory, "matching": matching}
)


def main() -> None:
    """Run one check, and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("check", choices=CHECKS)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true", help="Sizes that a CPU can do, to try the check itself.")
    options = parser.parse_args()
    print(json.dumps(CHECKS[options.check](Bench(find_device(options.device), options.small))))


if __name__ == "__main__":
    main()
