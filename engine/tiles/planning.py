"""Plan a canvas in tiles, from the request."""

import hashlib
from dataclasses import dataclass, replace

import torch

from engine.encoders import Encoder
from engine.fitting import check_request
from engine.on_device import exemplar_on
from engine.preparation import JobInput
from engine.request_errors import RequestError
from engine.service.runner import plan_job
from engine.synthesis.exemplar_filling import fill_masked_parts
from engine.synthesis.tiling import TiledCanvas, plan_canvas
from engine.tiles.grid import MARGIN, Grid, grid_of
from protocol.codec import encode
from protocol.messages import Synthesize

# Sides of tiles, pixels: the largest that fits is taken. Smaller ones are mostly margin.
SIDES = (1024, 512, 256)
# Bytes that a tile takes for each pixel of its window.
BYTES = 1500


@dataclass(frozen=True, eq=False)
class TiledJob:
    """A canvas in tiles.

    Attributes:
        canvas: What is made.
        job_input: The exemplar as it was prepared.
        grid: Where tiles lie.
        most: Pixels of the coarse octaves that are laid out at once.
        name: What tells it from others: the same name gives the same bytes.
    """

    canvas: TiledCanvas
    job_input: JobInput
    grid: Grid
    most: int
    name: str


def plan_tiles(request: Synthesize, tile: int | None, device: torch.device, encoder: Encoder) -> TiledJob:
    """Plan a canvas in tiles.

    Args:
        request: A new texture of one exemplar.
        tile: Side of the largest tile, pixels; None for what the memory allows.
        device: The device.
        encoder: On the device.

    Returns:
        The plan.

    Raises:
        ImageError: A raster has samples out of range.
        RequestError: The request asks for what tiles cannot be made of.
        SettingsError: Its recipe, size or memory does not allow it.
    """
    check_tileable(request)
    check_request(request)
    job_input, settings, size = plan_job(request, device)
    side = tile or tile_side(settings.memory)
    grid = grid_of(size, side, (settings.wrap.y, settings.wrap.x))
    encoder.check_layers(settings.effective_recipe().layers())
    exemplar = fill_masked_parts(exemplar_on(job_input, device), settings.seed)
    canvas = plan_canvas(exemplar, encoder, replace(settings, size=grid.canvas))
    digest = hashlib.sha256(f"{side} {device.type}".encode())
    for part in encode(request):
        digest.update(part)
    return TiledJob(canvas, job_input, grid, (2 * side) ** 2, digest.hexdigest())


def tile_side(memory: int) -> int:
    """Choose the side of tiles, pixels, for so many bytes."""
    return next((side for side in SIDES if BYTES * (side + 2 * MARGIN) ** 2 <= memory), SIDES[-1])


def check_tileable(request: Synthesize) -> None:
    """Refuse what tiles cannot be made of.

    Args:
        request: The request.

    Raises:
        RequestError: It asks for such a thing.
    """
    canvas, settings = request.canvas, request.settings
    asked = {
        "several exemplars": len(request.sources) != 1,
        "a picture to fill": canvas.picture is not None,
        "further maps": any(each.maps for each in request.sources),
        "guides": canvas.guide is not None or any(each.guide for each in request.sources),
        "maps of rotation or scale": canvas.rotation_map is not None or canvas.scale_map is not None,
        "a content": canvas.content is not None,
        "a picture to start from": canvas.start is not None,
        "a preview": settings.preview,
        "an enlargement": settings.enlarge is not None,
        f"the recipe {settings.recipe}": settings.recipe != "photo",
    }
    for name, given in asked.items():
        if given:
            raise RequestError(f"a canvas in tiles is made of one exemplar, without {name}: leave that out")
