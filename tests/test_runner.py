"""One job in the worker, from a request to its end."""

import numpy as np
import pytest
from engines import job, pixels, raster, short_job
from pictures import bricks, bytes_of
from runs import CPU, at, run

from engine.encoders import load_encoder
from engine.service.hooks import Hooks, Stop
from engine.service.runner import plan_job, run_job
from engine.synthesis import Exemplar, SynthesisSettings, synthesize
from engine.synthesis.devices import memory_budget
from engine.synthesis.settings import settings_for
from engine.tensors import to_tensor
from protocol.messages import Cancelled, Done, Progress
from protocol.raster import Raster

SAMPLE = bytes_of(bricks(32, 32))


def deep(samples):
    """Samples of 16 bits as a raster."""
    height, width, channels = samples.shape
    return Raster(width, height, channels, "u16", samples.astype("<u2").tobytes())


# What comes out.

SAME = {
    "plain": {},
    "not square": {"width": 48, "height": 40},
    "coarse to fine": {"octaves": 2, "width": 40, "height": 40},
    "recipe": {"recipe": "gram"},
    "structure by patches": {"recipe": "photo", "width": 100, "height": 80},
    "seed": {"seed": 5},
    "seamless": {"seamless": "both"},
    "seamless along one axis": {"seamless": "y"},
    "layers": {"layers": (("relu1_1", 1.0), ("relu2_1", 0.5))},
    "flips and rotations": {"flips": True, "rotations": True},
    "scales": {"scales": (0.8,)},
    "noise": {"noise": 1.0},
    "repetition_penalty": {"recipe": "patch", "repetition_penalty": 1.0},
    "quality": {"quality": "draft", "steps": None},
}


@pytest.mark.parametrize("wish", SAME)
def test_a_job_gives_what_synthesis_gives_for_the_same_settings(wish):
    request = short_job(**SAME[wish])
    settings = settings_for(request.settings, (request.canvas.height, request.canvas.width), memory_budget(CPU))
    exemplar = Exemplar(to_tensor(SAMPLE.astype(np.float32) / np.float32(255), CPU))
    *_, last = synthesize(exemplar, load_encoder("compact"), settings)
    end = run(request).end
    assert isinstance(end, Done)
    assert (end.job, end.step, end.losses, end.device) == ("short", last.steps, last.losses, "cpu")
    expected = bytes_of(last.picture[0].permute(1, 2, 0).clamp(0, 1).numpy())
    np.testing.assert_array_equal(pixels(end.raster), expected)


def test_without_a_size_the_texture_is_512_pixels_square():
    _, settings, whole = plan_job(job("job", exemplar=raster(bricks(32, 32))), CPU)
    assert (settings.size, whole) == ((512, 512), (512, 512))


def test_the_values_of_a_request_that_says_nothing_are_those_of_synthesis():
    _, settings, _ = plan_job(job("job", exemplar=raster(bricks(32, 32))), CPU)
    assert settings == SynthesisSettings(size=(512, 512), memory=memory_budget(CPU))


@pytest.mark.parametrize(("depth", "bytes_each"), [("u8", 1), ("u16", 2), ("f32", 4)])
def test_the_result_has_the_depth_that_was_asked_for(depth, bytes_each):
    found = run(short_job(depth=depth)).end.raster
    assert (found.width, found.height, found.channels, found.depth) == (32, 32, 3, depth)
    assert len(found.data) == 32 * 32 * 3 * bytes_each


def test_a_gray_exemplar_gives_a_gray_texture():
    assert run(short_job(exemplar=raster(bricks(32, 32)[..., 0]))).end.raster.channels == 1


def test_what_is_transparent_in_the_exemplar_is_not_sampled():
    samples = np.dstack([SAMPLE, np.full((32, 32), 255, np.uint8)])
    samples[:, 20:, 3] = 0
    found = run(short_job(exemplar=raster(samples / 255))).end.raster
    samples[:, 20:, :3] = 255 - samples[:, 20:, :3]
    assert run(short_job(exemplar=raster(samples / 255))).end.raster == found
    samples[:, 20:, 3] = 255
    assert run(short_job(exemplar=raster(samples / 255))).end.raster != found


def test_init_is_what_the_texture_starts_from():
    half = np.zeros((32, 32, 3))
    half[:, :16] = 1
    found = pixels(run(short_job(init=raster(half), steps=1)).end.raster).astype(float)
    assert found[:, :16].mean() - found[:, 16:].mean() > 80


# A canvas.

FREE = np.zeros((48, 56), bool)
FREE[20:30, 16:40] = True
CANVAS = bytes_of(bricks(48, 56, seed=1))


def filling(**changes):
    """A job that fills a part of a canvas."""
    size = {"width": None, "height": None}
    wishes = {"canvas": raster(CANVAS / 255), "mask": raster(FREE), **size, "recipe": "photo", "steps": 1}
    return short_job(**{**wishes, **changes})


def test_outside_the_mask_not_one_byte_changes():
    found = pixels(run(filling()).end.raster)
    np.testing.assert_array_equal(found[~FREE], CANVAS[~FREE])
    assert not np.array_equal(found[FREE], CANVAS[FREE])


def test_outside_the_mask_not_one_sample_of_16_bits_changes():
    samples = np.random.default_rng(0).integers(0, 65536, (48, 56, 3))
    found = run(filling(canvas=deep(samples), depth="u16")).end.raster
    kept = np.frombuffer(found.data, "<u2").reshape(samples.shape)
    np.testing.assert_array_equal(kept[~FREE], samples[~FREE])
    assert not np.array_equal(kept[FREE], samples[FREE])


def test_where_a_soft_mask_is_black_nothing_changes_and_where_it_is_gray_a_part_does():
    soft = np.zeros((48, 56))
    soft[20:30, 16:40] = np.linspace(0, 1, 24)
    found = pixels(run(filling(mask=raster(soft), steps=4)).end.raster).astype(int)
    changed = np.abs(found - CANVAS).mean(axis=2)
    assert (changed[bytes_of(soft) == 0] == 0).all()
    assert 0 < changed[20:30, 17:28].mean() < changed[20:30, 28:40].mean()


def test_a_transparent_part_is_filled_and_the_result_opaque_there():
    alpha = np.where(FREE, 0, 255)
    alpha[:5] = 254
    found = pixels(run(filling(canvas=raster(np.dstack([CANVAS, alpha]) / 255), mask=None)).end.raster)
    # The two pixels around a cut-out are a mixture with what was cut out.
    wide = np.zeros_like(FREE)
    wide[18:32, 14:42] = True
    assert (found[wide][:, 3] == 255).all()
    np.testing.assert_array_equal(found[~wide], np.dstack([CANVAS, alpha])[~wide])


def test_without_an_exemplar_the_rest_of_the_canvas_is_one():
    assert isinstance(run(filling(exemplar=None)).end, Done)


def test_a_canvas_that_wraps_keeps_every_byte_outside_the_mask():
    found = pixels(run(filling(seamless="both")).end.raster)
    np.testing.assert_array_equal(found[~FREE], CANVAS[~FREE])
    assert not np.array_equal(found, pixels(run(filling()).end.raster))


def test_a_canvas_without_a_mask_gets_a_new_border_where_it_is_to_be_seamless():
    found = pixels(run(filling(mask=None, exemplar=None, seamless="both")).end.raster)
    changed = (found != CANVAS).any(axis=2)
    assert not changed[10:-10, 10:-10].any()
    for edge in (changed[0], changed[-1], changed[:, 0], changed[:, -1]):
        assert edge.mean() > 0.5


def marked(height, width, *boxes):
    found = np.zeros((height, width), bool)
    for rows, columns in boxes:
        found[rows, columns] = True
    return found


ALL, S = slice(None), slice
HOLES = {
    "a row, sampled from its sides": (marked(64, 128, (S(30, 31), S(9, 60))), {"sample_from": "sides"}),
    "sampled one pixel around": (marked(64, 72, (S(20, 40), S(20, 44))), {"context": 1}),
    "one pixel": (marked(64, 72, (S(20, 21), S(20, 21))), {}),
    "a column, sampled three pixels around": (marked(64, 72, (S(20, 32), S(20, 21))), {"context": 3}),
    "in two corners": (marked(64, 72, (S(0, 20), S(0, 20)), (S(40, 64), S(50, 72))), {}),
    "at all borders": (marked(64, 72, (S(20, 40), ALL), (ALL, S(20, 40))), {}),
    "most of the canvas": (~marked(64, 72, (S(0, 9), S(0, 9))), {}),
    "all of it": (marked(64, 72, (ALL, ALL)), {"exemplar": raster(bricks(32, 32))}),
    "all of it, of a tiny exemplar": (marked(64, 72, (ALL, ALL)), {"exemplar": raster(bricks(8, 8))}),
    "in a tiny canvas": (marked(8, 8, (S(2, 5), S(2, 5))), {"exemplar": raster(bricks(32, 32))}),
    "all of a tiny canvas": (marked(8, 8, (ALL, ALL)), {"exemplar": raster(bricks(8, 8))}),
}


@pytest.mark.parametrize("seamless", ["none", "both"])
@pytest.mark.parametrize("case", HOLES)
def test_holes_of_any_kind_are_filled_by_patches(case, seamless):
    free, options = HOLES[case]
    canvas = np.where(free[..., None], np.uint8([255, 0, 255]), bytes_of(bricks(*free.shape, seed=1)))
    wishes = {"exemplar": None, "quality": "normal", "steps": None, **options}
    end = run(filling(canvas=raster(canvas / 255), mask=raster(free), seamless=seamless, **wishes)).end
    assert isinstance(end, Done)
    found = pixels(end.raster)
    np.testing.assert_array_equal(found[~free], canvas[~free])
    red, green, blue = found[free].astype(int).T
    assert (np.minimum(red, blue) - green < 60).all()


@pytest.mark.parametrize("choice", ["context", "sample_from", "exemplar_mask"])
def test_a_request_says_what_of_the_canvas_is_sampled(choice):
    allowed = np.zeros((48, 56))
    allowed[:15] = 1
    chosen = {"context": 4, "sample_from": "sides", "exemplar_mask": raster(allowed)}[choice]
    job_input, _, _ = plan_job(filling(exemplar=None, **{choice: chosen}), CPU)
    usual, _, _ = plan_job(filling(exemplar=None), CPU)
    sizes = {"context": (18, 32), "sample_from": (10, 56), "exemplar_mask": (15, 56)}
    assert job_input.exemplar.pixels.shape[:2] == sizes[choice]
    assert usual.exemplar.pixels.shape[:2] == (48, 56)
    np.testing.assert_array_equal(job_input.known, usual.known)


def test_an_exemplar_mask_says_what_of_an_exemplar_is_sampled():
    allowed = np.zeros((32, 32))
    allowed[:, 20:] = 1
    job_input, _, _ = plan_job(short_job(exemplar_mask=raster(allowed)), CPU)
    np.testing.assert_array_equal(bytes_of(job_input.exemplar.pixels), SAMPLE[:, 20:])


def test_a_frame_of_a_canvas_that_wraps_covers_all_of_it():
    told = run(filling(seamless="both", steps=2, frame_interval=0.0))
    assert {(f.left, f.top, f.width, f.height) for f in told.frames} == {(0, 0, 56, 48)}


# What is told meanwhile.


def test_a_job_tells_of_every_step():
    told = run(short_job(steps=3))
    loading, *steps = told.progress
    assert loading == Progress("short", "loading")
    assert [(p.job, p.stage, p.step, p.steps) for p in steps] == [("short", "synthesis", n, 3) for n in range(4)]
    assert steps[0].losses == {}
    assert steps[3].losses == told.end.losses
    seconds = [p.seconds for p in steps]
    assert seconds == sorted(seconds)
    assert (told.end.first_seconds, told.end.seconds) == (seconds[0], seconds[3])


def test_the_time_that_is_left_is_told_from_the_first_step_on():
    _, start, first, *_, last = run(short_job(steps=4)).progress
    assert start.seconds_left is None
    assert first.seconds_left > 0
    assert last.seconds_left == pytest.approx(0)


def hole_to_fill(**changes):
    """A job that fills a hole by patches alone, at several octaves."""
    canvas, free = bricks(64, 80, seed=1), np.zeros((64, 80))
    free[20:44, 30:60] = 1
    wishes = {"exemplar": None, "canvas": raster(canvas), "mask": raster(free), "steps": None}
    return filling(**{**wishes, **changes})


def test_pieces_of_a_step_are_told_as_that_step_and_shown_once():
    told = run(hole_to_fill(frame_interval=60.0))
    _, *found = told.progress
    steps = [p.step for p in found]
    assert steps == sorted(steps)
    assert sorted(set(steps)) == list(range(found[0].steps + 1))
    assert len(steps) > len(set(steps))
    # One to start from, and the last one of each octave but the finest, which is the result.
    octaves = [p.octave for p in found]
    last = [max(p.step for p in found if p.octave == octave) for octave in dict.fromkeys(octaves) if octave]
    assert last
    assert [f.step for f in told.frames] == [0, *last]


def test_the_time_that_is_left_follows_from_the_share_of_the_work_that_is_done(monkeypatch):
    shares = []

    def watched(*arguments, **options):
        for snapshot in synthesize(*arguments, **options):
            shares.append(snapshot.share)
            yield snapshot

    monkeypatch.setattr("engine.service.runner.synthesize", watched)
    _, start, *found = run(hole_to_fill()).progress
    assert (shares[0], shares[-1]) == (0, 1)
    assert shares == sorted(shares)
    for progress, share in zip(found, shares[1:], strict=True):
        if share:
            expected = (progress.seconds - start.seconds) * (1 / share - 1)
            assert progress.seconds_left == pytest.approx(expected)
        else:
            assert progress.seconds_left is None


def test_fetching_weights_is_told_in_bytes():
    told = []

    def fetch(name, weights, pooling, fetching):
        assert (name, weights, pooling) == ("vgg19", "own.pth", "max")
        fetching(5, 10)
        return load_encoder("compact")

    request = short_job(encoder="vgg19", weights="own.pth", pooling="max")
    assert isinstance(run_job(request, CPU, fetch, Hooks(told.append, told.append), Stop()), Done)
    assert [(p.stage, p.step, p.steps) for p in told if p.stage == "weights"] == [("weights", 5, 10)]


# An early end.


def test_a_job_that_is_not_wanted_any_more_ends_after_its_step():
    told = run(short_job(steps=9), after=at(3, keep=False))
    assert isinstance(told.end, Cancelled)
    assert (told.end.job, told.end.raster, told.end.step, told.end.device) == ("short", None, 3, "cpu")
    assert told.progress[-1].step == 3


def test_the_picture_so_far_can_be_kept():
    told = run(short_job(steps=9, frame_interval=1e-6), after=at(3, keep=True))
    assert told.frames[-1].step == 3
    assert told.end.raster == told.frames[-1].raster


@pytest.mark.parametrize("step", [0, 1])
def test_a_picture_that_is_kept_of_a_coarse_octave_has_the_full_size(step):
    kept = run(short_job(octaves=2, steps=4, width=40), after=at(step, keep=True)).end.raster
    assert (kept.width, kept.height) == (40, 32)


def test_a_canvas_that_is_kept_early_is_whole():
    kept = pixels(run(filling(steps=9), after=at(1, keep=True)).end.raster)
    np.testing.assert_array_equal(kept[~FREE], CANVAS[~FREE])


def test_a_wish_to_stop_that_comes_with_the_last_step_comes_too_late():
    assert isinstance(run(short_job(steps=3), after=at(3, keep=False)).end, Done)


def test_a_job_that_is_stopped_before_it_starts_takes_no_step():
    stop = Stop()
    stop.ask(keep=False)
    told = run(short_job(), stop=stop)
    assert (type(told.end), told.end.step) == (Cancelled, 0)
