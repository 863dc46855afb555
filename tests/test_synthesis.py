"""The loop: exemplar in, snapshots out."""

import copy
import math
from itertools import pairwise

import pytest
import torch
from pictures import bricks, clouds, ramp, tensor
from wraps import BOTH, NO_WRAP, SEAMLESS, WRAPS, X, Y

from engine.encoders import Encoder, load_encoder
from engine.synthesis import (
    Exemplar,
    MemoryExhaustedError,
    SettingsError,
    Surroundings,
    SynthesisSettings,
    synthesize,
)
from engine.synthesis.recipes import RECIPES

BRICKS = tensor(bricks())
SIZE = (64, 64)


@pytest.fixture(scope="module")
def encoder():
    return load_encoder("compact")


# Recipes whose every snapshot is a step of the critics.
FROM_NOISE = [name for name, recipe in RECIPES.items() if not recipe.structure]


def settings(size=SIZE, *, recipe="photo", steps=3, **options):
    if "wrap" in options:
        options["seamless"] = SEAMLESS[options.pop("wrap")]
    return SynthesisSettings(size, recipe=recipe, quality="draft", steps=steps, **options)


def run(encoder, chosen, *, exemplar=BRICKS, valid=None, **options):
    return list(synthesize(Exemplar(exemplar, valid), encoder, chosen, **options))


def result(*arguments, **options):
    return run(*arguments, **options)[-1].picture


def hole(height=64, width=64, *, rows=slice(20, 44), columns=slice(24, 48)):
    mask = torch.zeros(1, 1, height, width)
    mask[..., rows, columns] = 1
    return mask


# Snapshots.


class Counting(Encoder):
    """An encoder that counts its passes with gradient and may fail in them, from the first on or a later one."""

    passes = 0
    first = 1
    failure = ""
    thrift_helps = True

    def forward(self, picture, layers, *, checkpointing=False):
        if torch.is_grad_enabled():
            self.passes += 1
            if self.failure and self.passes >= self.first and not (checkpointing and self.thrift_helps):
                raise RuntimeError(self.failure)
        return super().forward(picture, layers, checkpointing=checkpointing)


def as_kind(encoder, kind):
    other = copy.copy(encoder)
    other.__class__ = kind
    return other


def test_the_first_snapshot_comes_before_any_work(encoder):
    counting = as_kind(encoder, Counting)
    first = next(synthesize(Exemplar(BRICKS), counting, settings(recipe="sliced")))
    assert (first.step, dict(first.losses), counting.passes) == (0, {}, 0)
    assert first.octave == 2
    assert first.picture.shape == (1, 3, 16, 16)


@pytest.mark.parametrize("recipe", FROM_NOISE)
def test_steps_count_up_to_the_last_and_octaves_fall_to_full_size(encoder, recipe):
    snapshots = run(encoder, settings(recipe=recipe))
    assert [s.step for s in snapshots] == list(range(snapshots[0].steps + 1))
    assert {s.steps for s in snapshots} == {len(snapshots) - 1}
    octaves = [s.octave for s in snapshots]
    assert octaves == sorted(octaves, reverse=True)
    assert set(octaves) == {0, 1, 2}
    assert octaves.count(0) == 3


@pytest.mark.parametrize("recipe", FROM_NOISE)
def test_every_step_tells_finite_losses_of_its_critics(encoder, recipe):
    names = {term.name for term in RECIPES[recipe].terms}
    for snapshot in run(encoder, settings(recipe=recipe))[1:]:
        assert snapshot.losses.keys() <= names
        assert snapshot.losses
        assert all(math.isfinite(loss) and loss >= 0 for loss in snapshot.losses.values())


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_picture_has_its_octaves_size_and_colors_in_range(encoder, recipe):
    for snapshot in run(encoder, settings((70, 50), recipe=recipe)):
        side = 2**snapshot.octave
        assert snapshot.picture.shape == (1, 3, round(70 / side), round(50 / side))
        assert 0 <= float(snapshot.picture.min()) <= float(snapshot.picture.max()) <= 1


@pytest.mark.parametrize("recipe", RECIPES)
def test_no_later_step_changes_a_snapshots_picture(encoder, recipe):
    seen = [(s.picture, s.picture.clone()) for s in synthesize(Exemplar(BRICKS), encoder, settings(recipe=recipe))]
    assert all(torch.equal(now, then) for now, then in seen)


@pytest.mark.parametrize("recipe", FROM_NOISE)
def test_each_step_changes_the_picture(encoder, recipe):
    pictures = [s.picture for s in run(encoder, settings(recipe=recipe)) if s.octave == 0]
    assert not any(torch.equal(one, other) for one, other in pairwise(pictures))


def filling(**options):
    """What a hole in a canvas is filled with, from the rest of it."""
    known, mask = tensor(bricks(seed=1)), hole()
    return {"exemplar": known, "valid": 1 - mask, "surroundings": Surroundings(known, mask, (0, 0)), **options}


CASES = {"a new texture": (3, {}), "a hole": (None, filling()), "a hole, with critics": (3, filling())}


@pytest.mark.parametrize("case", CASES)
def test_the_share_of_the_work_rises_from_0_to_1(encoder, case):
    steps, options = CASES[case]
    found = run(encoder, settings(steps=steps), **options)
    shares = [s.share for s in found]
    assert (shares[0], shares[-1]) == (0, 1)
    assert shares == sorted(shares)
    by_step = {s.step: s.share for s in found}
    assert sorted(by_step) == list(range(found[0].steps + 1))
    assert len(set(by_step.values())) == len(by_step)


@pytest.mark.parametrize("case", CASES)
def test_the_last_snapshot_of_each_octave_says_so(encoder, case):
    steps, options = CASES[case]
    found = run(encoder, settings(steps=steps), **options)
    for before, after in pairwise(found):
        if before.octave != after.octave:
            assert any(s.ends for s in found if s.step == before.step)
    assert found[-1].ends
    # What patches and critics share has two ends.
    ends = [s.octave for s in found if s.ends]
    assert ends == sorted(ends, reverse=True)
    assert len(ends) == len(set(ends)) + (case != "a hole")


def test_a_hole_is_filled_without_critics_unless_steps_are_asked_for(encoder):
    counting = as_kind(encoder, Counting)
    found = run(counting, settings(steps=None), **filling())
    assert counting.passes == 0
    assert not any(s.losses for s in found)
    found = run(counting, settings(), **filling())
    assert counting.passes == 3
    assert [bool(s.losses) for s in found][-4:] == [False, True, True, True]


def test_a_snapshot_between_two_pieces_of_a_step_is_the_one_before(encoder):
    found = run(encoder, settings(steps=None), **filling())
    repeated = [(one, other) for one, other in pairwise(found) if one.step == other.step]
    assert repeated
    for one, other in repeated:
        assert other.picture is one.picture
        assert not other.ends


SIZES = {
    "exemplar of 32": ((32, 32), SIZE),
    "exemplar of 89": ((89, 89), SIZE),
    "canvas smaller than the exemplar": (SIZE, (40, 24)),
    "odd exemplar": ((45, 71), SIZE),
    "odd canvas": (SIZE, (45, 71)),
    "the smallest": ((8, 8), (8, 8)),
}


@pytest.mark.parametrize("wrap", WRAPS, ids=str)
@pytest.mark.parametrize("case", SIZES)
@pytest.mark.parametrize("recipe", RECIPES)
def test_pictures_of_any_size_are_synthesized(encoder, recipe, case, wrap):
    exemplar, canvas = SIZES[case]
    found = result(encoder, settings(canvas, recipe=recipe, wrap=wrap), exemplar=tensor(bricks(*exemplar)))
    assert found.shape == (1, 3, *canvas)
    assert torch.isfinite(found).all()


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_losses_fall(encoder, recipe):
    snapshots = [s for s in run(encoder, settings(recipe=recipe, steps=16, octaves=1)) if s.losses]
    # Compared by one critic that is there from the first step to the last.
    name = next(name for name in snapshots[0].losses if name in snapshots[-1].losses)
    assert snapshots[-1].losses[name] < 0.7 * snapshots[0].losses[name]


# Layers.


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_the_recipe_gram_takes_one_to_five_layers_with_weights(encoder, count):
    names = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")[:count]
    layers = tuple((name, 1 / (number + 1)) for number, name in enumerate(names))
    found = run(encoder, settings(recipe="gram", layers=layers))
    assert len(found) > 3
    assert math.isfinite(found[-1].losses["gram"])


def test_the_weights_of_the_layers_count(encoder):
    one, other = (
        result(encoder, settings(recipe="gram", layers=(("relu1_1", 1.0), ("relu3_1", weight))))
        for weight in (0.1, 10.0)
    )
    assert not torch.equal(one, other)


def test_a_layer_of_weight_0_counts_for_nothing(encoder):
    alone = result(encoder, settings(recipe="gram", layers=(("relu1_1", 1.0),)))
    both = result(encoder, settings(recipe="gram", layers=(("relu1_1", 1.0), ("relu3_1", 0.0))))
    assert torch.equal(alone, both)


@pytest.mark.parametrize("recipe", ["gram", "patch"])
def test_octaves_that_are_too_small_for_every_layer_are_left_out(encoder, recipe):
    exemplar = tensor(bricks(96, 96))
    snapshots = run(encoder, settings((96, 96), recipe=recipe, layers=(("relu5_1", 1.0),)), exemplar=exemplar)
    assert [s.step for s in snapshots] == list(range(snapshots[0].steps + 1))
    assert snapshots[0].octave < 2
    assert snapshots[-1].octave == 0


@pytest.mark.parametrize("recipe", RECIPES)
def test_pictures_that_are_too_small_for_every_layer_are_refused(encoder, recipe):
    with pytest.raises(SettingsError, match="too small for the layers relu5_1: choose larger pictures or shallower"):
        run(encoder, settings((16, 16), recipe=recipe, layers=(("relu5_1", 1.0),)))


# Chance.


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_same_seed_gives_the_same_bytes(encoder, recipe):
    assert torch.equal(*(result(encoder, settings(recipe=recipe, seed=5, noise=0.1)) for _ in range(2)))


@pytest.mark.parametrize("recipe", RECIPES)
def test_another_seed_gives_another_picture(encoder, recipe):
    one, other = (result(encoder, settings(recipe=recipe, seed=seed)) for seed in (5, 6))
    assert float((one - other).abs().mean()) > 0.01


@pytest.fixture
def set_threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_the_recipe_photo_gives_the_same_picture_whatever_the_number_of_threads(encoder, set_threads):
    # A few steps of a small picture: over many, a last bit that a sum in another order rounds differently grows.
    # Whether there is one depends on the processor.
    found = []
    for threads in (1, 2):
        set_threads(threads)
        found.append(result(encoder, settings(steps=2)))
    torch.testing.assert_close(*found, atol=1e-3, rtol=0)


def test_global_chance_plays_no_part(encoder):
    torch.manual_seed(1)
    one = result(encoder, settings())
    torch.manual_seed(2)
    assert torch.equal(one, result(encoder, settings()))


# Cancelling.


def test_closing_between_two_steps_ends_the_work(encoder):
    counting = as_kind(encoder, Counting)
    steps = synthesize(Exemplar(BRICKS), counting, settings(recipe="sliced"))
    for _ in range(3):
        next(steps)
    done = counting.passes
    steps.close()
    assert counting.passes == done == 2
    assert next(steps, None) is None


# What is kept.


@pytest.mark.parametrize("recipe", RECIPES)
def test_what_the_mask_keeps_is_kept_to_the_last_bit(encoder, recipe):
    known, mask = tensor(bricks(seed=1)), hole()
    found = result(encoder, settings(recipe=recipe), surroundings=Surroundings(known, mask))
    kept = (mask == 0).expand_as(known)
    assert torch.equal(found[kept].view(torch.int32), known[kept].view(torch.int32))


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_free_part_is_made_anew(encoder, recipe):
    mask = hole()
    known = torch.where(mask > 0, torch.tensor([1.0, 0.0, 1.0]).reshape(1, 3, 1, 1), tensor(bricks(seed=1)))
    found = result(encoder, settings(recipe=recipe), surroundings=Surroundings(known, mask))
    inside = found[0][:, mask[0, 0] > 0]
    # The exemplar has no green so low as magenta's.
    assert float((inside[1] < 0.1).float().mean()) < 0.05
    assert float(inside.std()) > 0.02


@pytest.mark.parametrize(
    "mask",
    [hole(45, 71, rows=slice(0, 45), columns=slice(70, 71)), hole(45, 71, rows=slice(20, 21), columns=slice(30, 31))],
    ids=["the last column", "a single pixel"],
)
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_tiny_hole_in_an_odd_canvas_is_filled(encoder, recipe, mask):
    known = tensor(bricks(45, 71))
    found = result(encoder, settings((45, 71), recipe=recipe), surroundings=Surroundings(known, mask))
    kept = (mask == 0).expand_as(known)
    assert torch.equal(found[kept], known[kept])
    assert torch.isfinite(found).all()


def test_a_soft_mask_mixes_what_is_kept_with_what_is_made(encoder):
    known, mask = tensor(bricks(seed=1)), 0.5 * hole()
    found = result(encoder, settings(), surroundings=Surroundings(known, mask))
    assert float((found - known).abs().max()) <= 0.5 + 1e-6
    assert float((found - known).abs().max()) > 0.01


@pytest.mark.parametrize("recipe", RECIPES)
def test_what_may_not_be_sampled_never_appears(encoder, recipe):
    valid = torch.ones(1, 1, 64, 64)
    valid[..., 32:] = 0
    exemplar = torch.where(valid > 0, BRICKS, torch.tensor([1.0, 0.0, 1.0]).reshape(1, 3, 1, 1))

    def magenta(picture):
        red, green, blue = picture[0]
        return float((torch.minimum(red, blue) - green > 0.6).float().mean())

    chosen = settings(recipe=recipe, steps=8)
    assert magenta(result(encoder, chosen, exemplar=exemplar)) > 0.1
    # A pixel of the noise to start from may be left.
    assert magenta(result(encoder, chosen, exemplar=exemplar, valid=valid)) < 0.001


# Copies of the exemplar.


@pytest.mark.parametrize("options", [{"flips": True}, {"rotations": True}, {"scales": (0.8, 1.25)}])
def test_copies_of_the_exemplar_are_matched(encoder, options):
    plain = result(encoder, settings(recipe="patch"))
    assert not torch.equal(result(encoder, settings(recipe="patch", **options)), plain)


def test_a_scaled_copy_that_is_too_small_for_a_layer_is_left_out(encoder):
    chosen = {"recipe": "patch", "layers": (("relu3_1", 1.0),), "octaves": 1}
    exemplar = tensor(bricks(40, 40))
    plain = result(encoder, settings(**chosen), exemplar=exemplar)
    # A quarter of 40 pixels is 2 positions of relu3_1, less than a patch; a half is 5.
    assert torch.equal(result(encoder, settings(**chosen, scales=(0.25,)), exemplar=exemplar), plain)
    assert not torch.equal(result(encoder, settings(**chosen, scales=(0.5,)), exemplar=exemplar), plain)


def test_a_scaled_copy_that_is_too_small_for_a_layer_is_left_out_where_pixels_may_not_be_sampled(encoder):
    valid = torch.ones(1, 1, 40, 40)
    valid[..., 5:9, 5:9] = 0
    chosen = settings(recipe="patch", scales=(0.25, 4.0), flips=True, rotations=True)
    assert torch.isfinite(result(encoder, chosen, exemplar=tensor(bricks(40, 40)), valid=valid)).all()


@pytest.mark.parametrize("options", [{"noise": 1.0}, {"repetition_penalty": 0.5}])
def test_how_patches_are_matched_makes_a_difference(encoder, options):
    plain = result(encoder, settings(recipe="patch", repetition_penalty=0.0))
    assert not torch.equal(result(encoder, settings(recipe="patch", **{"repetition_penalty": 0.0, **options})), plain)


def test_without_a_wish_the_recipe_says_how_overuse_is_punished(encoder):
    (term,) = RECIPES["patch"].terms
    named = term.critic.repetition_penalty
    assert named > 0
    assert torch.equal(
        result(encoder, settings(recipe="patch")), result(encoder, settings(recipe="patch", repetition_penalty=named))
    )


# Seams.


def seam(picture):
    """Mean step across the border of left and right, over the mean step between neighbors inside."""
    across = (picture[..., 0] - picture[..., -1]).abs().mean()
    inner = (picture[..., 1:] - picture[..., :-1]).abs().mean()
    return float(across / inner)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_seamless_texture_goes_on_at_its_other_side(encoder, recipe):
    chosen = settings(recipe=recipe, steps=12, wrap=BOTH)
    assert seam(result(encoder, chosen, exemplar=tensor(ramp()))) < 1.5


def border(height, width, wide):
    return 1 - hole(height, width, rows=slice(wide, height - wide), columns=slice(wide, width - wide))


@pytest.mark.parametrize("size", [(64, 64), (45, 71), (83, 54)])
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_canvas_that_wraps_keeps_what_the_mask_keeps_to_the_last_bit(encoder, recipe, size):
    known, mask = tensor(bricks(*size)), border(*size, 9)
    chosen = settings(size, recipe=recipe, wrap=BOTH)
    found = result(encoder, chosen, surroundings=Surroundings(known, mask))
    kept = (mask == 0).expand_as(known)
    assert found.shape == known.shape
    assert torch.equal(found[kept].view(torch.int32), known[kept].view(torch.int32))
    assert torch.isfinite(found).all()


@pytest.mark.parametrize("size", [(64, 64), (61, 75)])
def test_a_new_border_of_a_canvas_that_wraps_goes_on_at_the_other_side(encoder, size):
    known, mask = tensor(clouds(*size)), border(*size, 12)
    chosen = settings(size, steps=None, wrap=BOTH)
    found = result(encoder, chosen, exemplar=known, surroundings=Surroundings(known, mask, (0, 0)))
    for axis in (2, 3):
        assert seam(known.transpose(axis, 3)) > 3
        assert seam(found.transpose(axis, 3)) < 1.5


@pytest.mark.parametrize(("wrap", "axis"), [(X, 3), (Y, 2)], ids=["x", "y"])
def test_a_canvas_that_wraps_along_one_axis_goes_on_at_its_borders_and_keeps_the_others(encoder, wrap, axis):
    known, wide = tensor(clouds()), slice(12, 52)
    mask = 1 - hole(**{"columns" if wrap.x else "rows": wide, "rows" if wrap.x else "columns": slice(None)})
    chosen = settings(steps=None, wrap=wrap)
    found = result(encoder, chosen, exemplar=known, surroundings=Surroundings(known, mask, (0, 0)))
    assert seam(found.transpose(axis, 3)) < 1.5
    assert seam(found.transpose(5 - axis, 3)) > 3


@pytest.mark.parametrize(("wrap", "other", "axis"), [(X, Y, 3), (Y, X, 2)], ids=["x", "y"])
def test_a_texture_that_tiles_along_one_axis_goes_on_there_and_need_not_along_the_other(encoder, wrap, other, axis):
    start = tensor(ramp()).transpose(axis, 3).contiguous()
    closed, open_ = (
        seam(result(encoder, settings(steps=12, wrap=each), exemplar=start, start=start).transpose(axis, 3))
        for each in (wrap, other)
    )
    assert open_ > 1.5
    assert open_ > 1.5 * closed


@pytest.mark.parametrize("steps", [None, 15], ids=["patches", "critics"])
def test_where_a_new_border_blends_into_what_is_kept_nothing_wanders(encoder, steps):
    known = tensor(clouds())
    inward = torch.minimum(torch.arange(64), torch.arange(64).flip(0)) + 0.5
    mask = ((14 - torch.minimum(inward[:, None], inward)) / 7).clamp(0, 1)[None, None]
    chosen = settings(steps=steps, wrap=BOTH)
    found = result(encoder, chosen, exemplar=known, surroundings=Surroundings(known, mask, (0, 0)))
    changed = (found - known).abs().amax(1, keepdim=True)
    mostly_kept, new = (changed[(mask >= low) & (mask <= high)].mean() for low, high in ((0.3, 0.5), (1, 1)))
    assert float(mostly_kept) < 0.3 * float(new)


@pytest.mark.parametrize("columns", [slice(0, 14), slice(50, 64)], ids=["left", "right"])
def test_a_mask_at_one_border_alone_meets_what_is_kept_at_the_other(encoder, columns):
    known, mask = tensor(clouds()), hole(rows=slice(0, 64), columns=columns)
    open_, closed = (
        result(encoder, settings(steps=8, wrap=wrap), exemplar=known, surroundings=Surroundings(known, mask))
        for wrap in (NO_WRAP, BOTH)
    )
    assert seam(open_) > 3.5
    # What is new meets what is kept at the border about as well as inside.
    assert seam(closed) < 2.5


def test_a_texture_that_need_not_be_seamless_shows_a_seam(encoder):
    start = tensor(ramp())
    open_, closed = (
        result(encoder, settings(steps=12, wrap=wrap), exemplar=start, start=start) for wrap in (NO_WRAP, BOTH)
    )
    assert seam(open_) > 1.5
    assert seam(open_) > 1.5 * seam(closed)


# Starting from a picture.


@pytest.mark.parametrize("size", [SIZE, (100, 30)], ids=["same size", "another size"])
def test_a_picture_to_start_from_is_still_seen_after_a_few_steps(encoder, size):
    light = torch.zeros(1, 3, *size)
    light[..., : size[1] // 2] = 1
    found = result(encoder, settings(steps=2, octaves=1), start=light)

    def contrast(picture):
        return float(picture[..., :32].mean() - picture[..., 32:].mean())

    assert contrast(found) > 0.3
    assert abs(contrast(result(encoder, settings(steps=2, octaves=1)))) < 0.1


def test_a_picture_to_start_from_is_the_first_snapshot(encoder):
    colorful = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    first = next(synthesize(Exemplar(colorful), encoder, settings(octaves=1), start=tensor(ramp())))
    assert torch.equal(first.picture, tensor(ramp()))


# Running out of memory.

NO_MEMORY = "[enforce fail at alloc_cpu.cpp:75] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to"


class OnlyThrifty(Counting):
    failure = NO_MEMORY


class OnlyThriftyLater(OnlyThrifty):
    # In the middle of an octave, when the patches have been matched and are not yet due again.
    first = 9


class Exhausted(OnlyThrifty):
    thrift_helps = False


class Broken(Counting):
    failure = "the size of tensor a (3) must match the size of tensor b (2)"


@pytest.mark.parametrize("kind", [OnlyThrifty, OnlyThriftyLater])
@pytest.mark.parametrize("recipe", FROM_NOISE)
def test_running_out_of_memory_is_survived_with_a_smaller_working_set(encoder, recipe, kind):
    scarce = as_kind(encoder, kind)
    found = run(scarce, settings(recipe=recipe, steps=6))
    assert [s.step for s in found] == list(range(found[0].steps + 1))
    assert found[-1].picture.shape == (1, 3, *SIZE)
    assert scarce.passes > found[0].steps


def test_a_working_set_that_cannot_shrink_any_further_ends_in_an_error_for_people(encoder):
    steps = synthesize(Exemplar(BRICKS), as_kind(encoder, Exhausted), settings(recipe="sliced"))
    next(steps)
    with pytest.raises(MemoryExhaustedError, match="cpu has not enough memory for a canvas of 16x16"):
        next(steps)


def test_another_error_of_torch_is_passed_on(encoder):
    with pytest.raises(RuntimeError, match="the size of tensor a") as caught:
        run(as_kind(encoder, Broken), settings())
    assert type(caught.value) is RuntimeError


def test_a_small_budget_gives_the_same_picture_but_for_rounding(encoder):
    # At 512 by 512 a quarter of a GiB makes the loop checkpointing.
    one, other = (
        result(encoder, settings((512, 512), recipe="gram", steps=1, octaves=1, memory=memory))
        for memory in (2**28, 2**33)
    )
    torch.testing.assert_close(one, other, atol=1e-4, rtol=0)


@pytest.mark.parametrize("recipe", ["photo", "sliced", "patch", "gram"])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_an_exemplar_of_one_color_gives_a_texture_of_that_color(encoder, recipe, value):
    flat = Exemplar(torch.full((1, 3, 64, 64), value))
    *_, last = synthesize(flat, encoder, SynthesisSettings((72, 56), recipe=recipe, quality="draft"))
    assert float((last.picture - value).abs().max()) < 1e-4
