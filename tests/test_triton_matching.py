"""What is true of matching on a GPU alone: kernels, choice, votes; and what structures it makes."""

import gc
import json
import os
import subprocess
import sys
import weakref
from importlib.util import find_spec
from pathlib import Path

import forking
import numpy as np
import pytest
import torch
from calling import ROOT
from filling import disk, filled, psnr
from matching import TEXTURES, field_for, noise, search, sought_in, source_of
from pictures import bricks, clouds
from scipy import ndimage

from engine.synthesis.matching import COMPILED, MatchField, choice
from engine.synthesis.structure import MosaicSource, add_detail, lay_out, plan_texture
from engine.synthesis.structure.octave import RADIUS

CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device here")


@pytest.fixture
def on_gpu():
    """Kernels on a GPU."""
    if not torch.cuda.is_available():
        return pytest.skip("torch finds no CUDA device here")
    from engine.synthesis.matching.on_gpu import TritonMatcher

    return TritonMatcher(torch.device("cuda"))


# By Triton's interpreter, without a GPU.


def test_kernels_find_what_compiled_functions_do(subtests):
    if not find_spec("triton"):
        assert not (sys.platform == "linux" and torch.version.cuda), "it comes with such builds of torch"
        pytest.skip("there is no Triton here")
    here = Path(__file__).parent
    environment = os.environ | {"TRITON_INTERPRET": "1", "PYTHONPATH": os.pathsep.join([str(here.parent), str(here)])}
    child = subprocess.run(
        [sys.executable, here / "interpreted_matching.py"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert child.returncode == 0, child.stderr
    found = json.loads(child.stdout)
    assert len(found) == 2
    for number, case in enumerate(found):
        with subtests.test(case=number):
            assert case["measured"] < 1e-4
            assert case["costs"] < 1e-4
            assert case["votes"] < 1e-5
            assert case["usable"]
            assert case["kept"]
            assert case["same"]
            assert case["ratio"] < 1.08
            assert case["improved"] < 0.9


# Choice.


def test_only_cuda_is_tried(monkeypatch):
    monkeypatch.setattr(choice, "tried", str)
    assert choice.matcher_for(torch.device("cuda:1")) == "cuda:1"
    assert all(choice.matcher_for(torch.device(kind)) is COMPILED for kind in ("cpu", "mps", "xpu"))


def test_where_triton_is_missing_compiled_functions_match_and_it_is_logged_once(monkeypatch, caplog):
    choice.tried.cache_clear()
    monkeypatch.setitem(sys.modules, "engine.synthesis.matching.on_gpu", None)
    try:
        assert all(choice.matcher_for(torch.device("cuda:0")) is COMPILED for _ in range(2))
    finally:
        choice.tried.cache_clear()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "on_gpu" in caplog.text


@CUDA
def test_cuda_gets_kernels():
    assert choice.matcher_for(torch.device("cuda")) is not COMPILED


def test_the_engine_loads_no_triton_for_a_cpu():
    code = "import sys, torch, engine.synthesis.matching.choice as c; c.matcher_for(torch.device('cpu'));"
    code += "sys.exit('engine.synthesis.matching.search_kernels' in sys.modules)"
    assert forking.run(["-c", code], env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=300).returncode == 0


# Votes.


@pytest.mark.parametrize("average", [True, False], ids=["average", "nearest"])
@pytest.mark.parametrize("radius", [0, 1, RADIUS])
@pytest.mark.parametrize("texture", TEXTURES)
def test_votes_are_those_of_compiled_functions(texture, radius, average, on_gpu):
    picture = TEXTURES[texture](60, 110)
    source, query = source_of(picture[:, :60]), sought_in(picture[:, 60:])
    field = field_for(COMPILED, query, source)
    search(COMPILED, field, query, source)
    free = disk(60, 50, 20, 0, 26)
    found = np.full((2, 60 + 2, 50 + 2, 3), -1, np.float32)
    weights = np.exp(-field.costs) if average else None
    for matcher, picture in zip((COMPILED, on_gpu), found, strict=True):
        matcher.vote(field, source, free, free, weights, picture, radius=radius, padding=1)
    assert (found[0, 1:-1, 1:-1][free] >= 0).all()
    np.testing.assert_allclose(found[1], found[0], rtol=1e-5)


def test_what_no_patch_covers_stays_as_it_is(matcher):
    source, nothing = source_of(noise(20, 20)), np.zeros((30, 40), bool)
    few, free = nothing.copy(), ~nothing
    few[10, 12] = True
    field = MatchField(np.full((30, 40, 2), 9, np.int32), np.ones((30, 40), np.float32))
    for wanted, weights in ((few, np.ones((30, 40), np.float32)), (few, None), (nothing, None)):
        found = np.full((30, 40, 3), 7, np.float32)
        matcher.vote(field, source, wanted, free, weights, found, radius=RADIUS, padding=0)
        covered = ndimage.maximum_filter(wanted, 2 * RADIUS + 1)
        assert (found[~covered] == 7).all()
        assert (found[covered] < 1.5).all()


# Odd cases.


@pytest.mark.parametrize("wrap", [(False, False), (True, True)], ids=str)
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (5, 3), (7, 7)], ids=str)
def test_a_canvas_smaller_than_a_jump_is_searched(matcher, size, wrap):
    source, query = source_of(noise(20, 24)), sought_in(noise(*size, seed=1), wrap=wrap)
    field = field_for(matcher, query, source)
    before = field.costs.copy()
    search(matcher, field, query, source, passes=12)
    assert (field.costs <= before).all()
    assert source.usable[field.places[..., 0], field.places[..., 1]].all()
    fresh = MatchField(field.places, np.zeros_like(field.costs))
    matcher.measure(fresh, query, source)
    np.testing.assert_allclose(field.costs, fresh.costs, rtol=1e-5)


def test_of_an_exemplar_of_one_patch_that_patch_is_found(matcher):
    source, query = source_of(noise(7, 7)), sought_in(noise(12, 15, seed=1))
    field = field_for(matcher, query, source)
    search(matcher, field, query, source, proposals=np.array([[0, 0], [10**6, -(10**6)]]), tries=2)
    assert (field.places == RADIUS).all()


def test_a_search_that_is_given_up_leaves_a_field_whose_costs_are_right(matcher):
    picture = clouds(60, 80)
    source, query = source_of(picture[:, :40]), sought_in(picture[:, 40:])
    field = field_for(matcher, query, source)
    pieces = matcher.improve(field, query, source, passes=3, seed=0)
    for _ in range(8):
        next(pieces, None)
    pieces.close()
    fresh = MatchField(field.places.copy(), np.zeros_like(field.costs))
    matcher.measure(fresh, query, source)
    np.testing.assert_allclose(field.costs, fresh.costs, rtol=1e-5, atol=1e-6)


# What it takes.


def test_a_source_is_moved_to_the_device_once_and_let_go_with_it(on_gpu):
    matcher, source, query = on_gpu, source_of(noise(30, 30)), sought_in(noise(20, 20, seed=1))
    # What cannot be written to is copied, so that it is seen when that is done.
    source.channels.flags.writeable = False
    field = field_for(matcher, query, source)
    before, kept = field.costs.copy(), weakref.ref(source.channels)
    source.channels.flags.writeable = True
    source.channels[...] = 0
    matcher.measure(field, query, source)
    assert (field.costs == before).all()
    matcher.measure(field, query, other := source_of(np.zeros((30, 30, 3), np.float32)))
    assert (field.costs != before).all()
    del source
    gc.collect()
    assert kept() is None
    assert other.channels.shape == (30, 30, 3)


# Structures, as test_filling_by_patches has them of compiled functions.


@pytest.mark.parametrize("tries", [1, 3])
@pytest.mark.parametrize("slant", [0, 1, -0.4])
def test_a_straight_border_of_two_colors_goes_on(on_gpu, slant, tries):
    rows, columns = np.mgrid[:96, :96]
    above = rows + slant * (columns - 48) < 45
    truth = (np.where(above[..., None], [50, 100, 180], [200, 120, 30]) / 255).astype(np.float32)
    found = filled(truth, disk(96, 96, 48, 48, 16), tries=tries, matcher=on_gpu)
    np.testing.assert_array_equal(np.rint(255 * found), np.rint(255 * truth))


def blots(height, width):
    found = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(height, width, 3)), (1.5, 1.5, 0))
    return ((found - found.min()) / np.ptp(found)).astype(np.float32)


@pytest.mark.parametrize("tries", [1, 3])
def test_a_copy_elsewhere_is_found(on_gpu, tries):
    truth = blots(128, 256)
    truth[20:110, 150:240] = truth[20:110, 20:110]
    hole = disk(128, 256, 64, 64, 20)
    assert psnr(filled(truth, hole, tries=tries, matcher=on_gpu), truth, hole) > 35


def test_a_seed_gives_the_same_fill_and_another_one_another(on_gpu):
    matcher = on_gpu
    truth, hole = blots(96, 96), disk(96, 96, 48, 48, 18)
    first, again, other = (filled(truth, hole, seed=seed, matcher=matcher) for seed in (5, 5, 6))
    assert first.tobytes() == again.tobytes()
    assert not np.array_equal(first[hole], other[hole])


LAID = {"bricks": bricks(96, 96), "blots": blots(128, 128), "clouds": clouds(128, 128)}


def laid(exemplar, matcher, seed):
    plan = plan_texture([MosaicSource(exemplar, np.ones(exemplar.shape[:2], bool))], (128, 128))
    found = [stage for stage in lay_out(plan, seed, matcher) if stage is not None][-1].colors
    return plan.source[plan.octaves[-1].index].channels[..., :3], found


def unlikeness(exemplar, picture):
    """Mean distance of a picture's patches to their nearest ones in the exemplar, nearly."""
    source, query = source_of(exemplar), sought_in(picture)
    field = field_for(COMPILED, query, source)
    for turn in range(8):
        search(COMPILED, field, query, source, seed=turn)
    return float(np.sqrt(field.costs).mean())


@pytest.mark.parametrize("texture", LAID)
def test_a_texture_fits_the_exemplar_as_well_as_with_compiled_functions(texture, on_gpu):
    seeds = range(2)
    compiled, kernels = (
        np.mean([unlikeness(*laid(LAID[texture], matcher, seed)) for seed in seeds]) for matcher in (COMPILED, on_gpu)
    )
    print(f"{texture}: mean distance {compiled:.4f} with compiled functions, {kernels:.4f} with kernels")
    assert kernels <= 1.1 * compiled


def test_detail_of_the_exemplar_itself_gives_the_exemplar(matcher):
    exemplar = blots(64, 64)
    low = ndimage.uniform_filter(exemplar, (3, 3, 0))
    every = np.ones((64, 64), bool)
    *_, found = add_detail(low, exemplar, low, every, (False, False), 0, matcher=matcher)
    assert np.median(np.abs(found - exemplar)[4:-4, 4:-4]) < 1e-6
