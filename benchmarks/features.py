"""Print what each kind of texture takes, as a ratio to a plain one of the same size.

python benchmarks/features.py examples
"""

import argparse
import platform
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numba
import torch
from convolution import convolution_rate

from engine.encoders import load_encoder
from engine.images import read_picture
from engine.service.hooks import Hooks, Stop
from engine.service.rasters import raster_of
from engine.service.runner import run_job
from engine.synthesis.devices import describe_device, find_device
from protocol.messages import Canvas, Done, Source, Synthesize
from protocol.raster import Raster
from protocol.vocabulary import QUALITIES, Settings

SIDE = 384
MAPS = (3, 10)


def jobs(folder: Path, settings: Settings) -> Iterator[tuple[str, Synthesize]]:
    """Give the jobs, each of `SIDE` squared, with the name of what they measure; the first one is plain."""

    def picture(name: str) -> Raster:
        return raster_of(read_picture(folder / f"{name}.png"), "u8")

    cobbles, grass, canvas = Source(picture("cobbles")), Source(picture("grass")), Canvas(width=SIDE, height=SIDE)
    land = Source(picture("land"), guide=picture("land-areas"))
    plain = Synthesize("plain", (cobbles,), canvas, settings)
    yield "plain", plain
    yield "seamless", replace(plain, settings=replace(settings, seamless="both"))
    yield "two sources", replace(plain, sources=(grass, cobbles))
    yield (
        "two sources along a gradient",
        replace(plain, sources=(grass, cobbles), canvas=Canvas(guide=picture("gradient"))),
    )
    yield "four labels", replace(plain, sources=(land,), canvas=Canvas(guide=picture("map")))
    yield "rotation by a map", replace(plain, canvas=Canvas(rotation_map=picture("bend")))
    yield "scale by a map", replace(plain, canvas=Canvas(scale_map=picture("distance")))
    yield "content, by brightness", replace(plain, canvas=Canvas(content=picture("map")))
    yield "preview", replace(plain, settings=replace(settings, preview=True))
    for count in MAPS:
        source = replace(cobbles, maps=(picture("cobbles"),) * (count - 1))
        yield f"set of {count} maps", replace(plain, sources=(source,))


def main() -> None:
    """Run every job and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the project's examples")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--quality", choices=QUALITIES, default="draft")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--busy", action="store_true", help="for a busy computer: one thread, and its CPU seconds")
    options = parser.parse_args()
    clock = time.process_time if options.busy else time.perf_counter
    if options.busy:
        torch.set_num_threads(1)
        numba.set_num_threads(1)
    device = find_device(options.device)
    encoder = load_encoder("compact").to(device)
    listed = list(jobs(options.folder, Settings(quality=options.quality)))
    seconds: dict[str, list[float]] = {name: [] for name, _ in listed}
    # In turn, so that all of them meet the same machine; the first round warms it up.
    for turn in range(options.repeat + 1):
        for name, job in listed:
            start = clock()
            end = run_job(job, device, lambda *_: encoder, Hooks(lambda _: None, lambda _: None), Stop())
            if not isinstance(end, Done):
                raise TypeError(f"{name}: {end}")
            if turn:
                seconds[name].append(clock() - start)
    print(f"{describe_device(device)}, {platform.platform()}, torch {torch.__version__}, {options.quality}, {SIDE}²")
    print(f"bare convolution {convolution_rate(device) / 1e9:.0f} GFLOP/s, {options.repeat} runs each, medians\n")
    print("| texture | s | times the plain one |\n|---|---|---|")
    plain = statistics.median(seconds["plain"])
    for name, found in seconds.items():
        middle = statistics.median(found)
        print(f"| {name} | {middle:.1f} | {middle / plain:.2f} |")


if __name__ == "__main__":
    main()
