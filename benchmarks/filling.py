"""Fill holes through a warm engine, and by G'MIC where it is installed, and print seconds and measures.

    python benchmarks/filling.py FOLDER --output FILLED
    python benchmarks/filling.py --synthetic --quality normal
    python benchmarks/filling.py --sizes --no-gmic

FOLDER holds NAME.png, NAME-mask.png (white is to be filled) and, if it is known, NAME-truth.png. `--synthetic` adds
computed pictures, `--sizes` fills pictures of special sizes instead, each through an engine of its own.

The engine runs in a temporary folder. Its seconds are from sending `synthesize` to receiving `done`, with frames,
after a warm-up job; G'MIC's are of its whole command `inpaint_matchpatch`. Both take turns; medians are printed.
"""

import argparse
import math
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from convolution import convolution_rate
from fill_cases import FillCase, computed_cases, read_cases, size_cases
from fill_measures import blended, distance_to_truth, rim, sheet
from PIL import Image
from service import FRAME_SECONDS, OwnEngine, Run, own_engine, run_job

from engine.encoders import Encoder, load_encoder
from protocol.client import EngineClient
from protocol.errors import EngineError
from protocol.messages import Canvas, Synthesize
from protocol.raster import Raster
from protocol.vocabulary import Settings

GMIC_SECONDS = 600.0
# A command of G'MIC that takes longer is not repeated.
GMIC_AGAIN_SECONDS = 30.0
COLUMNS = (
    "picture",
    "size",
    "hole, px",
    "ours, s",
    "gmic, s",
    "ours / gmic",
    "first frame, s",
    "distance ours",
    "distance gmic",
    "rim ours",
    "rim gmic",
    "rim truth",
    "peak memory, MiB",
)
FOOT = """
*distance*: sliced Wasserstein distance of features to the truth, in the bounding box of the hole grown by 16 pixels;
0 is the same. *rim*: step across the border of the hole over the steps within 8 pixels inside; above the truth's, the
border is visible. *peak memory*: of the worker since its start."""


@dataclass(frozen=True)
class GmicRun:
    """One command of G'MIC.

    Attributes:
        seconds: Of the whole command.
        picture: The filled picture.
    """

    seconds: float
    picture: Image.Image


def raster(picture: Image.Image) -> Raster:
    """Convert an 8-bit gray or RGB picture for the wire."""
    return Raster(picture.width, picture.height, len(picture.getbands()), "u8", picture.tobytes())


def picture_of(found: Raster) -> Image.Image:
    """Convert 8-bit samples from the wire to RGB."""
    samples = np.frombuffer(found.data, np.uint8).reshape(found.height, found.width, found.channels)
    return Image.fromarray(samples[..., 0] if found.channels == 1 else samples[..., :3]).convert("RGB")


def request_of(case: FillCase, quality: str) -> Synthesize:
    """Ask for a picture to be filled, with frames, as GIMP does."""
    canvas = Canvas(raster(case.picture), raster(case.mask))
    return Synthesize("fill", (), canvas, Settings(quality=quality), frame_interval=FRAME_SECONDS)


def run_gmic(case: FillCase, folder: Path) -> GmicRun:
    """Run G'MIC's command with its own defaults.

    Args:
        case: The picture to fill; where its mask is soft, G'MIC fills all of it, and the result is blended.
        folder: Where to write its files.

    Returns:
        Seconds and the picture.
    """
    paths = [folder / name for name in ("picture.png", "mask.png", "filled.png")]
    case.picture.save(paths[0])
    case.mask.point(lambda value: 255 if value else 0).save(paths[1])
    paths[2].unlink(missing_ok=True)
    command = ["gmic", "-input", str(paths[0]), "-input", str(paths[1]), "-inpaint_matchpatch[0]", "[1]"]
    began = time.monotonic()
    subprocess.run(
        [*command, "-keep[0]", "-output", str(paths[2])], check=True, capture_output=True, timeout=GMIC_SECONDS
    )
    seconds = time.monotonic() - began
    with Image.open(paths[2]) as found:
        return GmicRun(seconds, blended(case.picture, found, case.mask))


@dataclass(frozen=True)
class Comparison:
    """One picture, filled several times.

    Attributes:
        case: The picture.
        ours: Runs of the engine.
        theirs: Runs of G'MIC; empty where it was not run.
    """

    case: FillCase
    ours: list[Run]
    theirs: list[GmicRun]

    @property
    def filled(self) -> Image.Image:
        """The picture as the engine filled it."""
        return picture_of(self.ours[-1].end.raster)

    @property
    def seconds(self) -> float:
        """Median of the engine's seconds."""
        return statistics.median(run.seconds for run in self.ours)

    @property
    def gmic_seconds(self) -> float:
        """Median of G'MIC's seconds; NaN where it was not run."""
        return statistics.median(run.seconds for run in self.theirs) if self.theirs else math.nan

    @property
    def ratio(self) -> float:
        """The engine's seconds over G'MIC's."""
        return self.seconds / self.gmic_seconds

    def row(self, encoder: Encoder) -> str:
        """Format the line of the table; the encoder takes the distance to the truth."""
        case, hole = self.case, self.case.hole
        pictures = [self.filled, self.theirs[-1].picture if self.theirs else None]
        distances = [
            distance_to_truth(case.truth, picture, hole, encoder) if picture and case.truth else math.nan
            for picture in pictures
        ]
        rims = [rim(picture, hole) if picture else math.nan for picture in (*pictures, case.truth)]
        first = statistics.median(run.first_seconds for run in self.ours)
        cells = [
            case.name,
            f"{case.picture.width}×{case.picture.height}",
            str(int((hole > 0).sum())),
            *(formatted(value, 2) for value in (self.seconds, self.gmic_seconds, self.ratio, first)),
            *(formatted(value, 3) for value in distances),
            *(formatted(value, 2) for value in rims),
            f"{self.ours[-1].end.peak_bytes / 2**20:.0f}",
        ]
        return f"| {' | '.join(cells)} |"

    def write(self, folder: Path) -> None:
        """Write the filled pictures, and a sheet of them side by side."""
        gmic = self.theirs[-1].picture if self.theirs else None
        self.filled.save(folder / f"{self.case.name}-ours.png")
        if gmic is not None:
            gmic.save(folder / f"{self.case.name}-gmic.png")
        others = {"truth": self.case.truth, "gmic": gmic, "ours": self.filled}
        sheet(self.case.picture, self.case.mask, others).save(folder / f"{self.case.name}-sheet.png")


def formatted(value: float, digits: int) -> str:
    """Format a number; a dash where there is none."""
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def compare(client: EngineClient, case: FillCase, options: argparse.Namespace) -> Comparison:
    """Fill a picture by the engine and by G'MIC in turn."""
    ours: list[Run] = []
    theirs: list[GmicRun] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.repeat):
            ours.append(run_job(client, replace(request_of(case, options.quality), job=f"fill-{number}")))
            if options.gmic and (not theirs or theirs[-1].seconds < GMIC_AGAIN_SECONDS):
                theirs.append(run_gmic(case, Path(folder)))
    return Comparison(case, ours, theirs)


def compare_all(cases: Iterable[FillCase], options: argparse.Namespace) -> Iterator[Comparison | str]:
    """Fill every picture through one warm engine; a text tells what went wrong."""
    with own_engine(options.device) as engine, engine.connect("benchmark") as client:
        engine.ready(client)
        for number, case in enumerate(cases):
            yield attempt(engine, client, case, options, warm_up=None if number else case)


def compare_sizes(options: argparse.Namespace) -> Iterator[Comparison | str]:
    """Fill pictures of special sizes, each through an engine of its own, so that peak memory is its own too."""
    first, *others = size_cases()
    for case in (first, *others):
        with own_engine(options.device) as engine, engine.connect("benchmark") as client:
            engine.ready(client)
            yield attempt(engine, client, case, options, warm_up=first)


def attempt(
    engine: OwnEngine, client: EngineClient, case: FillCase, options: argparse.Namespace, warm_up: FillCase | None
) -> Comparison | str:
    """Fill a picture, after another one if the engine is not warm yet, or tell why that failed."""
    try:
        if warm_up is not None:
            run_job(client, replace(request_of(warm_up, options.quality), job="warm-up"))
        return compare(client, case, options)
    except EngineError as error:
        return f"{case.name}: {error}\n{engine.last_message(5)}"
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        return f"{case.name}: G'MIC: {error}"


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="Folder of NAME.png and NAME-mask.png.")
    parser.add_argument("--output", type=Path, help="Folder for the filled pictures and sheets [default: none].")
    parser.add_argument("--quality", default="draft", help="Quality of the jobs [default: draft].")
    parser.add_argument("--repeat", type=int, default=3, help="Runs of each picture [default: 3].")
    parser.add_argument("--device", default="auto", help="Device of the engine [default: auto].")
    parser.add_argument("--no-gmic", dest="gmic", action="store_false", help="Leave G'MIC out.")
    parser.add_argument("--synthetic", action="store_true", help="Add computed pictures.")
    parser.add_argument("--sizes", action="store_true", help="Fill pictures of special sizes instead.")
    options = parser.parse_args()
    if not (options.folder or options.synthetic or options.sizes):
        parser.error("there is nothing to fill: give a folder, --synthetic or --sizes")
    if options.repeat < 1:
        parser.error(f"--repeat is {options.repeat}: give 1 or more")
    options.gmic = options.gmic and shutil.which("gmic") is not None
    return options


def main() -> None:
    """Fill, measure and print."""
    options = parsed()
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
    encoder = load_encoder("compact")
    cases = [
        *(read_cases(options.folder) if options.folder else ()),
        *(computed_cases() if options.synthetic else ()),
    ]
    rate = convolution_rate(torch.device("cpu")) / 1e9
    print(f"{platform.platform()}, device {options.device}, {options.quality}, medians of {options.repeat}")
    print(f"bare convolution on the CPU before: {rate:.0f} GFLOP/s\n")
    print(f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|", flush=True)
    ratios, failures = [], []
    for found in compare_sizes(options) if options.sizes else compare_all(cases, options):
        if isinstance(found, str):
            failures.append(found)
            continue
        ratios.append(found.ratio)
        print(found.row(encoder), flush=True)
        if options.output:
            found.write(options.output)
    print()
    if ratios and options.gmic:
        print(f"ours / gmic: median {statistics.median(ratios):.2f}, maximum {max(ratios):.2f}")
    print(f"bare convolution on the CPU after: {convolution_rate(torch.device('cpu')) / 1e9:.0f} GFLOP/s")
    print(FOOT)
    if failures:
        print(*failures, sep="\n", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
