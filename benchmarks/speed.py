"""Print a table of seconds, first snapshot and peak memory for every quality and size, each in a process of its own.

    python benchmarks/speed.py examples/cobbles.png
    python benchmarks/speed.py examples/cobbles.png --device cuda --sizes 512 1024 2048 --encoders compact vgg19

`vgg19` here has VGG-19's shape and random weights, which take the same time as trained ones. The rate of a bare
convolution, measured in the same run, is the scale that the seconds are to be read by.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
from convolution import convolution_rate, synchronize

from engine.encoders import Encoder, freeze, load_encoder
from engine.images import read_picture
from engine.on_device import exemplar_on
from engine.preparation import prepare
from engine.synthesis import SynthesisSettings, synthesize
from engine.synthesis.devices import describe_device, find_device, memory_budget, peak_memory
from protocol.vocabulary import QUALITIES

COLUMNS = (
    "encoder",
    "size",
    "quality",
    "total, s",
    "patches, s",
    "critics, s",
    "first snapshot, s",
    "peak memory, GiB",
    "convolution, GFLOP/s",
    "floor, s",
)
VGG19 = ((64, 64), (128, 128), (256,) * 4, (512,) * 4, (512,) * 4)


def network(name: str) -> Encoder:
    """Load an encoder, or make one of VGG-19's shape."""
    if name == "vgg19":
        torch.manual_seed(0)
        return freeze(Encoder(VGG19))
    return load_encoder(name)


def encoder_operations(encoder: Encoder, size: int) -> float:
    """Count the operations of one forward and backward pass over all layers up to the fifth block's first."""
    channels, total = 3, 0.0
    for layer in encoder.layers.values():
        total += 2 * 9 * channels * layer.channels * (size / layer.stride) ** 2
        channels = layer.channels
        if layer.name == "relu5_1":
            break
    return 2 * total


def measure_one(options: argparse.Namespace) -> None:
    """Time one job in this process, after a small one has warmed it up, and print the figures as JSON."""
    device = find_device(options.device)
    encoder = network(options.encoder).to(device)
    exemplar = exemplar_on(prepare(read_picture(options.exemplar)), device)
    budget = memory_budget(device)
    for _ in synthesize(exemplar, encoder, SynthesisSettings((64, 64), quality="draft", memory=budget)):
        pass
    rate = convolution_rate(device)
    seconds, first, structure = [], [], []
    settings = SynthesisSettings(
        (options.size, options.size), quality=options.quality, recipe=options.recipe, memory=budget
    )
    for _ in range(options.repeat):
        start = time.perf_counter()
        opening, patches, before = None, 0.0, start
        for snapshot in synthesize(exemplar, encoder, settings):
            now = time.perf_counter()
            opening = opening or now - start
            # Critics tell their losses, patches have none.
            patches += 0.0 if snapshot.losses else now - before
            before = now
        synchronize(device)
        seconds.append(time.perf_counter() - start)
        first.append(opening or 0.0)
        structure.append(patches)
    finest = settings.effective_steps(settings.effective_recipe())[0]
    print(
        json.dumps(
            {
                "seconds": statistics.median(seconds),
                "first": statistics.median(first),
                "structure": statistics.median(structure),
                "memory": peak_memory(),
                "rate": rate,
                "floor": finest * encoder_operations(encoder, options.size) / rate,
            }
        )
    )


def main() -> None:
    """Run every case and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exemplar", type=Path)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--qualities", nargs="+", choices=QUALITIES, default=list(QUALITIES))
    parser.add_argument("--encoders", nargs="+", default=["compact"], choices=["compact", "vgg19"])
    parser.add_argument("--recipe", default="photo")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--one", nargs=3, metavar=("ENCODER", "SIZE", "QUALITY"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        options.encoder, options.size, options.quality = options.one[0], int(options.one[1]), options.one[2]
        measure_one(options)
        return
    device = find_device(options.device)
    print(f"{describe_device(device)}, {platform.platform()}, torch {torch.__version__}, recipe {options.recipe}")
    print(f"bare convolution {convolution_rate(device) / 1e9:.0f} GFLOP/s, {options.repeat} runs each, medians\n")
    print(f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|")
    for encoder in options.encoders:
        for size in options.sizes:
            for quality in options.qualities:
                command = [sys.executable, __file__, str(options.exemplar), "--device", options.device]
                command += ["--recipe", options.recipe, "--repeat", str(options.repeat)]
                done = subprocess.run(
                    [*command, "--one", encoder, str(size), quality], check=True, capture_output=True, text=True
                )
                found = json.loads(done.stdout.splitlines()[-1])
                stages = [found["seconds"], found["structure"], found["seconds"] - found["structure"]]
                cells = [*(f"{each:.1f}" for each in stages), f"{found['first']:.3f}"]
                cells.append(f"{found['memory'] / 2**30:.2f}")
                cells += [f"{found['rate'] / 1e9:.0f}", f"{found['floor']:.2f}"]
                print(f"| {encoder} | {size}² | {quality} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
