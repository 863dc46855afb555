"""Canvases in tiles: decide whether one is needed, and make it."""

import json
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from engine.cli.progress import download_bar, tile_bar
from engine.cli.standard_output import say
from engine.counting import counted
from engine.options.failures import INTERRUPTED, fail
from engine.options.ray_option import check_ray
from protocol.fields import Range
from protocol.messages import Synthesize

if TYPE_CHECKING:
    from engine.encoders import Encoder
    from engine.images import Picture
    from engine.tiles.running import Make

TileSide = Annotated[int, Range(128, 4096)]
SUFFIXES = (".tif", ".tiff")
# Pixels that fit into any memory.
ALWAYS_WHOLE = 1024**2
TILE_HELP = "Make a .tif in tiles of this side, in pixels. The same command resumes an interrupted canvas."
TILE_DEFAULT = "tiles only if the canvas does not fit into memory"


@dataclass(frozen=True)
class Tiles:
    """How a canvas is made in tiles.

    Attributes:
        side: Side of the largest tile, pixels; None for what the memory allows.
        ray: Address of the Ray cluster that makes them; None for this process.
        weights: File with the weights of the encoder, or None.
    """

    side: int | None
    ray: str | None
    weights: Path | None

    def __post_init__(self) -> None:
        """Refuse a cluster without Ray."""
        check_ray(self.ray)


def is_in_tiles(request: Synthesize, outputs: Sequence[Path], tiles: Tiles, other: str) -> bool:
    """Decide whether a texture is made in tiles, by request or because it does not fit into memory.

    Args:
        request: The texture.
        outputs: Its files.
        tiles: How its tiles are to be made.
        other: Options that are given and for which there are no tiles; empty for none.

    Returns:
        Whether it is.
    """
    fitting = not other and all(path.suffix.lower() in SUFFIXES for path in outputs)
    option = "--tile" if tiles.side is not None else "--ray"
    if (tiles.side, tiles.ray) != (None, None) and not fitting:
        fail(f"{option} is for .tif files" + (f", without {other}" if other else ": name one with --output"))
    if tiles.side is not None:
        return True
    width, height = request.canvas.width, request.canvas.height
    if fitting and width is not None and height is not None and width * height > ALWAYS_WHOLE:
        from engine.synthesis.devices import find_device, memory_budget
        from engine.synthesis.memory import least_bytes

        memory = request.settings.memory or memory_budget(find_device(request.settings.device))
        if least_bytes(_encoder(request, tiles.weights), (height, width)) > memory:
            return True
    if tiles.ray is not None:
        fail("--ray makes tiles, and this canvas fits into memory: leave it out, or add --tile")
    return False


def make_all_in_tiles(
    request: Synthesize,
    outputs: Sequence[Path],
    exemplar: "Picture | None",
    tiles: Tiles,
    *,
    strip: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Make one texture, or several with consecutive seeds, in tiles."""
    from engine.tiles.running import make_here

    if exemplar is None:
        fail("a canvas in tiles is made of one exemplar: name one")
    pattern = exemplar.without_metadata() if strip else exemplar
    with ExitStack() as stack:
        make = make_here
        if tiles.ray is not None:
            from engine.tiles.cluster import ClusterMaker

            make = stack.enter_context(closing(ClusterMaker(tiles.ray)))
        for number, path in enumerate(outputs):
            job = request.with_seed(request.settings.seed + number)
            _make(job, path, pattern, tiles, make, as_json=as_json, quiet=quiet)


def _make(
    request: Synthesize,
    output: Path,
    pattern: "Picture",
    tiles: Tiles,
    make: "Make",
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    from engine.synthesis.devices import find_device, peak_memory
    from engine.tiles.planning import plan_tiles
    from engine.tiles.running import folder_beside, run_tiles

    began = time.perf_counter()
    device = find_device(request.settings.device)
    job = plan_tiles(request, tiles.side, device, _encoder(request, tiles.weights).to(device))
    try:
        with tile_bar(output.name, quiet=quiet) as report:
            run_tiles(job, output, pattern, report, make)
    except KeyboardInterrupt:
        fail(f"interrupted: the same command resumes from the tiles in {folder_beside(output)}", INTERRUPTED)
    seconds, (height, width) = time.perf_counter() - began, job.grid.size
    if as_json:
        made = {"output": str(output), "width": width, "height": height, "tiles": job.grid.count}
        settings = request.settings
        made |= {"recipe": settings.recipe, "quality": settings.quality, "seed": settings.seed}
        made |= {"seamless": settings.seamless, "device": str(device)}
        say(json.dumps({**made, "seconds": round(seconds, 3), "peak_memory_bytes": peak_memory()}))
    elif not quiet:
        print(f"{output}: {width}x{height}, {counted(job.grid.count, 'tile')}, in {seconds:.1f} s", file=sys.stderr)


def _encoder(request: Synthesize, weights: Path | None) -> "Encoder":
    from engine.encoders import load_encoder

    settings = request.settings
    with download_bar(quiet=False) as fetching:
        return load_encoder(settings.encoder, weights=weights, pooling=settings.pooling, progress=fetching)  # type: ignore[arg-type]
