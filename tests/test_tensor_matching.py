"""What is true of matching in tensors alone: random_bits, pieces, memory, devices; and what structures it makes."""

import gc
import weakref

import numpy as np
import pytest
import torch
from filling import disk, filled, psnr
from matching import TEXTURES, field_for, noise, search, sought_in, source_of
from pictures import bricks, clouds
from scipy import ndimage

from engine.synthesis.matching import COMPILED, MatchField
from engine.synthesis.matching.choice import matcher_for
from engine.synthesis.matching.random_bits import halves, random_bits
from engine.synthesis.matching.tensors import TensorMatcher
from engine.synthesis.structure import MosaicSource, add_detail, lay_out, plan_texture
from engine.synthesis.structure.octave import RADIUS, inside

CPU = torch.device("cpu")
MIB = 2**20
DEVICES = [
    "cpu",
    pytest.param(
        "cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device here")
    ),
]


@pytest.fixture(params=DEVICES)
def device(request):
    return torch.device(request.param)


# Chance.


def mixed(seed, row, column, turn):
    """Splitmix64 in whole numbers of Python."""
    most = 2**64
    x = (seed + row * 0x9E3779B97F4A7C15) ^ (column * 0xC2B2AE3D27D4EB4F % most)
    x = (x + turn * 0x165667B19E3779F9) % most
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % most
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % most
    return x ^ (x >> 31)


@pytest.mark.parametrize("seed", [0, 1, 1009 * 12345, 2**63 - 1])
def test_random_bits_are_those_of_splitmix64(seed, device):
    rows, columns, turns = [0, 1, 777, 5999], [0, 3, 40, 3999], [-3, 0, 1, 64]
    found = random_bits(seed, *(torch.tensor(each, device=device) for each in (rows, columns, turns)))
    expected = [
        [mixed(seed, row, column, turn) % 2**64 for row, column in zip(rows, columns, strict=True)] for turn in turns
    ]
    low, high = halves(found)
    assert (found.cpu().numpy().view(np.uint64) == np.array(expected, np.uint64)).all()
    assert low.tolist() == [[bits & 0xFFFFFFFF for bits in each] for each in expected]
    assert high.tolist() == [[bits >> 32 for bits in each] for each in expected]


def outcome(matcher, *, radius=RADIUS):
    """What several passes find, and the votes."""
    picture = clouds(60, 120)
    wanted = np.random.default_rng(4).random((60, 60)) < 0.9
    trust = inside((60, 60), radius, (True, False))
    source, query = source_of(picture[:, :60]), sought_in(picture[:, 60:], wanted, trust=trust, wrap=(True, False))
    penalty = 0.01 * noise(60, 60, channels=1)[..., 0]
    field = field_for(matcher, query, source, penalty=penalty)
    proposals = np.random.default_rng(0).integers(-40, 40, (6, 2))
    search(matcher, field, query, source, penalty, passes=2, proposals=proposals, tries=3)
    found = np.zeros((2, 60, 60, 3), np.float32)
    for weights, picture in zip((np.exp(-field.costs), None), found, strict=True):
        matcher.vote(field, source, wanted, wanted, weights, picture, radius=radius, padding=0, wrap=(True, False))
    return field.places, field.costs, found


def test_the_same_is_found_however_the_work_is_cut_into_pieces(device):
    first, *others = (outcome(TensorMatcher(device, memory)) for memory in (8 * MIB, 64 * MIB, 300_001, 20_000))
    for other in others:
        for one, same in zip(first, other, strict=True):
            assert one.tobytes() == same.tobytes()


def test_the_same_is_found_with_any_number_of_threads():
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 8):
            torch.set_num_threads(threads)
            found.append([each.tobytes() for each in outcome(TensorMatcher(CPU))])
    finally:
        torch.set_num_threads(before)
    assert found[0] == found[1] == found[2]


# Votes.


@pytest.mark.parametrize("average", [True, False], ids=["average", "nearest"])
@pytest.mark.parametrize("radius", [0, 1, RADIUS])
@pytest.mark.parametrize("texture", TEXTURES)
def test_votes_are_those_of_compiled_functions(texture, radius, average, device):
    picture = TEXTURES[texture](60, 110)
    source, query = source_of(picture[:, :60]), sought_in(picture[:, 60:])
    field = field_for(COMPILED, query, source)
    search(COMPILED, field, query, source)
    free = disk(60, 50, 20, 0, 26)
    found = np.full((2, 60 + 2, 50 + 2, 3), -1, np.float32)
    weights = np.exp(-field.costs) if average else None
    for matcher, picture in zip((COMPILED, TensorMatcher(device)), found, strict=True):
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


def peak(work):
    """The most memory that tensors take on the CPU, bytes."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        work()
    events = [each for each in profile.profiler.kineto_results.events() if each.name() == "[memory]"]
    return max(np.cumsum([each.nbytes() for each in sorted(events, key=lambda each: each.start_ns())]))


@pytest.mark.parametrize("side", [100, 200])
@pytest.mark.parametrize("memory", [2 * MIB, 8 * MIB])
def test_memory_is_what_is_allowed_and_some_fields(side, memory):
    matcher = TensorMatcher(CPU, memory)
    picture, penalty = noise(side, side, channels=5), np.zeros((90, 90), np.float32)
    source = source_of(noise(90, 90, channels=5, seed=1))
    trust = np.ones((side + 2 * RADIUS, side + 2 * RADIUS), np.float32)
    query, proposals = sought_in(picture, trust=trust), np.random.default_rng(0).integers(-40, 40, (20, 2))
    field = field_for(matcher, query, source)
    free, found = np.ones((side, side), bool), np.zeros((side, side, 5), np.float32)
    weights = np.exp(-field.costs)
    works = {
        "improve": lambda: search(matcher, field, query, source, penalty, passes=1, proposals=proposals, tries=6),
        "measure": lambda: matcher.measure(field, query, source, penalty),
        "vote": lambda: matcher.vote(field, source, free, free, weights, found, radius=RADIUS, padding=0),
    }
    for name, work in works.items():
        taken = peak(work)
        print(f"{name}: {taken / MIB:.2f} MiB")
        assert memory / 4 < taken < memory + 60 * side**2


def test_a_source_is_moved_to_the_device_once_and_let_go_with_it():
    matcher, source, query = TensorMatcher(CPU), source_of(noise(30, 30)), sought_in(noise(20, 20, seed=1))
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


def test_cuda_gets_tensors_and_every_other_device_compiled_functions():
    assert isinstance(matcher_for(torch.device("cuda:1")), TensorMatcher)
    assert all(matcher_for(torch.device(kind)) is COMPILED for kind in ("cpu", "mps", "xpu"))


# Structures, as test_filling_by_patches has them of compiled functions.


@pytest.mark.parametrize("tries", [1, 3])
@pytest.mark.parametrize("slant", [0, 1, -0.4])
def test_a_straight_border_of_two_colors_goes_on(device, slant, tries):
    rows, columns = np.mgrid[:96, :96]
    above = rows + slant * (columns - 48) < 45
    truth = (np.where(above[..., None], [50, 100, 180], [200, 120, 30]) / 255).astype(np.float32)
    found = filled(truth, disk(96, 96, 48, 48, 16), tries=tries, matcher=TensorMatcher(device))
    np.testing.assert_array_equal(np.rint(255 * found), np.rint(255 * truth))


def blots(height, width):
    found = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(height, width, 3)), (1.5, 1.5, 0))
    return ((found - found.min()) / np.ptp(found)).astype(np.float32)


@pytest.mark.parametrize("tries", [1, 3])
def test_a_copy_elsewhere_is_found(device, tries):
    truth = blots(128, 256)
    truth[20:110, 150:240] = truth[20:110, 20:110]
    hole = disk(128, 256, 64, 64, 20)
    assert psnr(filled(truth, hole, tries=tries, matcher=TensorMatcher(device)), truth, hole) > 35


def test_a_seed_gives_the_same_fill_and_another_one_another(device):
    matcher = TensorMatcher(device)
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
def test_a_texture_fits_the_exemplar_as_well_as_with_compiled_functions(texture, device):
    seeds = range(2)
    compiled, tensors = (
        np.mean([unlikeness(*laid(LAID[texture], matcher, seed)) for seed in seeds])
        for matcher in (COMPILED, TensorMatcher(device))
    )
    print(f"{texture}: mean distance {compiled:.4f} with compiled functions, {tensors:.4f} with tensors")
    assert tensors <= 1.1 * compiled


def test_detail_of_the_exemplar_itself_gives_the_exemplar(matcher):
    exemplar = blots(64, 64)
    low = ndimage.uniform_filter(exemplar, (3, 3, 0))
    every = np.ones((64, 64), bool)
    *_, found = add_detail(low, exemplar, low, every, (False, False), 0, matcher=matcher)
    assert np.median(np.abs(found - exemplar)[4:-4, 4:-4]) < 1e-6
