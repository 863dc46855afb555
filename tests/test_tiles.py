"""Canvases in tiles: the grid, the borders of tiles, and what is kept of an unfinished one."""

import signal
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest
import tifffile
from calling import ROOT, assert_refused, start_process
from pictures import clouds
from runs import CPU

from engine.cli.tiles import Tiles, is_in_tiles
from engine.encoders import load_encoder
from engine.images import ImageError, Picture, read_picture
from engine.request_errors import RequestError
from engine.service.rasters import array_raster
from engine.tiles.grid import MARGIN, grid_of
from engine.tiles.making import tile_samples
from engine.tiles.planning import plan_tiles, tile_side
from engine.tiles.running import folder_beside, make_here, run_tiles
from protocol.messages import Canvas, Source, Synthesize
from protocol.vocabulary import Settings

sys.path.append(str(ROOT / "benchmarks"))

COBBLES = ROOT / "examples" / "cobbles.png"
SIDE, TILE = 256, 128
FAST = {"quality": "draft", "steps": 1}
# Distance of patches across borders to the exemplar, relative to others, that tells tiles apart.
FEWEST_ALONE = 1.07
PATTERN = Picture(np.zeros((8, 8, 3), np.float32))


class StoppedError(Exception):
    """The end of a run that is to go on later."""


def asked(pixels, *, size=(SIDE, SIDE), **settings):
    source, canvas = Source(array_raster(pixels, "u16")), Canvas(width=size[1], height=size[0])
    return Synthesize("tiles", (source,), canvas, Settings(**FAST, **settings), depth="f32")


def planned(request):
    return plan_tiles(request, TILE, CPU, load_encoder("compact"))


def made(request, output, *, make=make_here, pattern=PATTERN):
    """Make a canvas: the samples of its file, what was told meanwhile, and its grid."""
    told, job = [], planned(request)
    run_tiles(job, output, pattern, told.append, make)
    return SimpleNamespace(samples=tifffile.imread(output), told=told, grid=job.grid)


def alone(work, tiles, progress):
    """Make tiles that see nothing of each other."""
    for number, _ in tiles:
        yield number, tile_samples(work, number, None, progress)


def border_of(samples, grid, exemplar):
    from tile_borders import border, inner_edges

    return border(samples.astype(np.float32) / 255, exemplar, inner_edges(grid))


@pytest.fixture(scope="module")
def cobbles():
    return read_picture(COBBLES).pixels


@pytest.fixture(scope="module")
def canvas(cobbles, tmp_path_factory):
    return made(asked(cobbles), tmp_path_factory.mktemp("tiles") / "canvas.tif")


@pytest.mark.parametrize("size", [(SIDE, SIDE), (1024, 320), (64, 5056), (8, 8)])
@pytest.mark.parametrize("wraps", [False, True])
def test_tiles_cover_the_canvas_once_and_those_of_one_turn_do_not_touch(size, wraps):
    size = tuple(-(-side // 64) * 64 for side in size) if wraps else size
    grid = grid_of(size, TILE, (wraps, wraps))
    assert all(canvas >= side for canvas, side in zip(grid.canvas, size, strict=True))
    covered = np.zeros(grid.canvas, int)
    rows, columns = len(grid.rows) - 1, len(grid.columns) - 1
    for turn in grid.turns():
        places = {divmod(number, columns) for number in turn}
        for row, column in places:
            near = {(row + down, column + across) for down in (-1, 0, 1) for across in (-1, 0, 1)}
            near = {(r % rows, c % columns) for r, c in near} if wraps else near
            assert near & places == {(row, column)}
        for number in turn:
            grid.place(number).cut(covered)[...] += 1
    assert (covered == 1).all()


def test_windows_end_at_the_border_unless_the_canvas_wraps():
    flat, wrapping = (grid_of((SIDE, SIDE), TILE, (wraps, wraps)) for wraps in (False, True))
    assert (flat.window(0).top, flat.window(0).bottom) == (0, TILE + MARGIN)
    assert (wrapping.window(0).top, wrapping.window(0).bottom) == (-MARGIN, TILE + MARGIN)


def test_a_canvas_that_wraps_has_sides_that_fit_the_grid():
    with pytest.raises(RequestError, match="64"):
        grid_of((300, 256), TILE, (True, False))


def test_less_memory_makes_smaller_tiles():
    sides = [tile_side(memory * 2**30) for memory in (8, 4, 1)]
    assert sides == sorted(sides, reverse=True)
    assert sides[0] > sides[-1]


def test_borders_of_tiles_are_like_the_rest(canvas, cobbles):
    found = border_of(canvas.samples, canvas.grid, cobbles)
    assert 0.9 < found.step < 1.05
    assert 0.9 < found.distance < FEWEST_ALONE
    assert found.lines < 3


def test_the_figures_tell_tiles_that_see_nothing_of_each_other(cobbles, tmp_path):
    found = made(asked(cobbles), tmp_path / "alone.tif", make=alone)
    # They start from the same coarse picture, and nearly meet.
    assert border_of(found.samples, found.grid, cobbles).distance > FEWEST_ALONE


def test_the_figures_tell_tiles_that_are_not_meant_for_each_other(canvas, cobbles):
    mixed = np.roll(canvas.samples, TILE // 2, axis=0)
    mixed = np.concatenate([canvas.samples[:, :TILE], mixed[:, TILE:]], axis=1)
    found = border_of(mixed, canvas.grid, cobbles)
    assert found.lines > 3


def test_progress_rises_and_ends_with_all_tiles(canvas):
    shares = [each.share for each in canvas.told]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert canvas.told[-1].tiles == canvas.told[-1].total == canvas.grid.count == 4


def test_an_interrupted_canvas_goes_on_with_the_tiles_that_are_there(canvas, cobbles, tmp_path):
    output, remade = tmp_path / "canvas.tif", []

    def stopping(work, tiles, progress):
        for number, around in tiles:
            yield from make_here(work, [(number, around)], progress)
            if number == 3:
                raise StoppedError

    def noting(work, tiles, progress):
        for number, samples in make_here(work, tiles, progress):
            remade.append(number)
            yield number, samples

    with pytest.raises(StoppedError):
        made(asked(cobbles), output, make=stopping)
    assert not output.exists()
    with pytest.raises(ImageError, match="another texture"):
        made(asked(cobbles, seed=1), output)
    assert (made(asked(cobbles), output, make=noting).samples == canvas.samples).all()
    assert remade == [1, 2]
    assert not folder_beside(output).exists()


def test_a_canvas_that_is_killed_goes_on_and_has_the_same_bytes(here, call):
    # A regular exemplar, which no network works on: the number of threads makes no difference.
    command = ("synthesize", "bricks.png", "--size", "256x128", "--tile", "128", "--local", "--quality", "draft")
    process = start_process(*command, "-o", "out.tif", cwd=here, alone=True)
    deadline = time.monotonic() + 300
    while not list(here.glob("out.tif.unfinished/tile-*.npy")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=100)
    assert not (here / "out.tif").exists()
    for name in ("out.tif", "whole.tif"):
        status, _, err = call(*command, "-o", name)
        assert status == 0, err
    assert (here / "out.tif").read_bytes() == (here / "whole.tif").read_bytes()


def test_alpha_and_16_bits_and_grays_are_kept(tmp_path):
    generator = np.random.default_rng(0)
    shades = clouds(96, 96)[..., :1].repeat(3, axis=2)
    alpha = (generator.random((12, 12)) > 0.3).repeat(8, axis=0).repeat(8, axis=1).astype(np.float32)
    pattern = Picture(shades, alpha, bits=16, gray=True)
    found = made(asked(np.dstack([shades, alpha]), size=(130, 200)), tmp_path / "lace.tif", pattern=pattern)
    assert found.samples.dtype == np.uint16
    assert found.samples.shape == (130, 200, 2)
    read = read_picture(tmp_path / "lace.tif")
    assert read.alpha is not None
    assert 0.4 < (read.alpha > 0.5).mean() < 0.95


def test_a_seamless_canvas_fits_itself(tmp_path):
    found = made(asked(clouds(96, 96), seamless="both"), tmp_path / "tile.tif").samples.astype(float)
    for axis in (0, 1):
        inside = np.abs(np.diff(found, axis=axis)).mean()
        around = np.abs(found.take(0, axis) - found.take(-1, axis)).mean()
        assert around < 1.5 * inside


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-o", "out.png", "--tile", "128"), ".tif"),
        (("-o", "out.png", "--tile", "128", "--pick", "2"), "--pick"),
        (("-o", "out.tif", "--tile", "128", "--recipe", "gram"), "recipe"),
        (("-o", "out.tif", "--tile", "128", "--canvas", "bricks.png"), "picture to fill"),
        (("-o", "out.tif", "--tile", "100"), "--tile"),
    ],
)
def test_what_tiles_cannot_do_is_refused(call, arguments, message):
    assert_refused(call("synthesize", "bricks.png", "--local", *arguments), message)


def test_a_canvas_is_made_in_tiles_if_it_does_not_fit_into_memory(tmp_path):
    large, small = (asked(clouds(), size=(side, side), memory=2**30, device="cpu") for side in (4096, 512))
    tiff, png = tmp_path / "out.tif", tmp_path / "out.png"
    assert is_in_tiles(large, [tiff], Tiles(None, None, None), "")
    assert not is_in_tiles(large, [png], Tiles(None, None, None), "")
    assert not is_in_tiles(large, [tiff], Tiles(None, None, None), "--record")
    assert not is_in_tiles(small, [tiff], Tiles(None, None, None), "")
