"""Recording a run with its fingerprint and its losses."""

import numpy as np
import pytest
import torch
from pictures import bricks, clouds, load, save, tensor
from PIL import ImageColor

from engine.cli.recording import FEWEST_FRAMES, recording
from engine.encoders import load_encoder
from engine.inspection.growth import LINES, SMALLEST_HEIGHT, UNDONE, Growth
from engine.synthesis import Exemplar, Snapshot
from engine.tensors import to_array

QUICK = ("--quality", "draft", "--steps", "2", "--size", "48x40")


@pytest.fixture(scope="module")
def encoder():
    return load_encoder("compact")


def snapshot(step, picture, *, octave=0, undone=0, **losses):
    return Snapshot(octave, step, 100, losses, picture, undone=undone)


def drawn(growth, *snapshots):
    for one in snapshots:
        growth.note(one)
    return growth.frame(snapshots[-1], as_frame(snapshots[-1].picture))


def as_frame(picture):
    return np.rint(to_array(picture) * 255).astype(np.uint8)


def maps(frame, canvas_width):
    """Cut the two heat maps out of a frame of the least height."""
    line = round(SMALLEST_HEIGHT / 32)
    left, top = canvas_width + line, line // 2 + round(2.7 * line)
    side = (round(0.8 * SMALLEST_HEIGHT) - 3 * line) // 2
    return [frame[top : top + side, x : x + side] for x in (left, left + side + line)]


def count(frame, color):
    return int((frame == ImageColor.getrgb(color)).all(axis=-1).sum())


def test_a_frame_holds_the_picture_as_it_is(encoder):
    picture = tensor(bricks(64, 80))
    growth = Growth(Exemplar(tensor(bricks())), encoder, (64, 80))
    frame = drawn(growth, snapshot(0, picture))
    assert frame.shape == (*growth.size[::-1], 3) == (SMALLEST_HEIGHT, 80 + round(0.8 * SMALLEST_HEIGHT), 3)
    top = (SMALLEST_HEIGHT - 64) // 2
    assert np.array_equal(frame[top : top + 64, :80], np.rint(bricks(64, 80) * 255).astype(np.uint8))


def test_a_coarse_picture_is_enlarged(encoder):
    growth = Growth(Exemplar(tensor(bricks())), encoder, (400, 96))
    frame = drawn(growth, snapshot(0, torch.full((1, 3, 100, 24), 0.6), octave=2))
    assert (frame[:400, :96] == 153).all()


def test_the_fingerprint_of_the_exemplar_itself_is_the_target(encoder):
    exemplar = tensor(bricks())
    growth = Growth(Exemplar(exemplar), encoder, (64, 64))
    now, target = maps(drawn(growth, snapshot(1, exemplar)), 64)
    assert np.array_equal(now, target)
    assert now.max() > 200


def test_noise_has_another_fingerprint(encoder):
    noise = torch.rand((1, 3, 64, 64), generator=torch.Generator().manual_seed(0))
    growth = Growth(Exemplar(tensor(bricks())), encoder, (64, 64))
    now, target = maps(drawn(growth, snapshot(1, noise)), 64)
    assert np.abs(now.astype(int) - target).mean() > 10


def test_features_are_in_order_of_their_strength(encoder):
    growth = Growth(Exemplar(tensor(bricks())), encoder, (64, 64))
    _, target = maps(drawn(growth, snapshot(1, tensor(bricks()))), 64)
    quarter = len(target) // 4
    assert target[:quarter, :quarter].mean() > 2 * target[-quarter:, -quarter:].mean()


def test_a_curve_grows_for_every_critic(encoder):
    growth = Growth(Exemplar(tensor(bricks())), encoder, (64, 64))
    picture = tensor(bricks())
    early = drawn(growth, *(snapshot(n, picture, patch=1 / n, sliced=0.1 / n) for n in range(1, 11)))
    late = drawn(growth, *(snapshot(n, picture, patch=1 / n, sliced=0.1 / n) for n in range(11, 101)))
    for color in LINES[:2]:
        assert count(late, color) > count(early, color) > 10
    assert count(late, LINES[2]) == 0


def test_losses_that_are_no_numbers_do_not_hinder_drawing(encoder):
    growth = Growth(Exemplar(tensor(bricks())), encoder, (64, 64))
    picture = tensor(bricks())
    losses = (float("nan"), float("inf"), 0.0, 1e-30, 1e30)
    frame = drawn(growth, *(snapshot(n, picture, gram=loss) for n, loss in enumerate(losses)))
    assert count(frame, LINES[0]) > 10


def test_steps_that_were_undone_are_marked(encoder):
    picture = tensor(bricks())
    growth = Growth(Exemplar(tensor(bricks())), encoder, (64, 64))
    calm = drawn(growth, snapshot(1, picture, gram=1.0), snapshot(2, picture, gram=0.5))
    mended = drawn(growth, snapshot(3, picture, gram=0.4, undone=1))
    assert count(calm, UNDONE) == 0
    assert count(mended, UNDONE) > 5


def test_an_exemplar_with_a_hole_and_a_single_octave_is_drawn(encoder):
    valid = torch.ones(1, 1, 64, 64)
    valid[..., 20:40, 20:40] = 0
    exemplar = tensor(bricks())
    holed = torch.where(valid > 0, exemplar, torch.zeros(()))
    target = maps(drawn(Growth(Exemplar(holed, valid), encoder, (64, 64)), snapshot(1, exemplar)), 64)[1]
    plain = maps(drawn(Growth(Exemplar(exemplar), encoder, (64, 64)), snapshot(1, exemplar)), 64)[1]
    black = maps(drawn(Growth(Exemplar(holed), encoder, (64, 64)), snapshot(1, exemplar)), 64)[1]
    unlike = [np.abs(one.astype(int) - plain).mean() for one in (target, black)]
    assert unlike[0] < unlike[1]


# The pace.


def run_recorded(folder, monkeypatch, steps, seconds_of):
    """Record a run by a clock of its own, where each frame takes a second; gives the steps that were recorded."""
    clock = [0.0]
    monkeypatch.setattr("engine.cli.recording.time.perf_counter", lambda: clock[0])
    octaves = [octave for octave, count in steps.items() for _ in range(count)]
    total, done = sum(seconds_of[octave] for octave in octaves), 0.0
    with recording(folder, (8, 8), None, lambda picture: slow_frame(clock, picture)) as show:
        for step, octave in enumerate(octaves):
            show(Snapshot(octave, step, len(octaves), {}, torch.full((1, 3, 8, 8), step), share=done / total))
            clock[0] += seconds_of[octave]
            done += seconds_of[octave]
    found = [load(path)[0, 0].astype(int) for path in sorted(folder.iterdir())]
    return [red + 256 * green for red, green, _ in found]


def test_a_recording_leaves_out_frames_that_would_slow_the_run(tmp_path, monkeypatch):
    taken = run_recorded(tmp_path / "frames", monkeypatch, {0: 1000}, {0: 1.0})
    # Each takes as long as a step: a share of 3 % is one of 33, and there is some caution.
    assert 20 <= len(taken) <= 34
    assert (taken[0], taken[-1]) == (0, 999)
    assert max(np.diff(taken)) <= 60


def test_frames_are_spread_over_the_steps_though_coarse_ones_are_over_at_once(tmp_path, monkeypatch):
    seconds = {3: 0.06, 2: 0.1, 1: 0.3, 0: 1.0}
    taken = run_recorded(tmp_path / "frames", monkeypatch, dict.fromkeys(seconds, 500), seconds)
    whole = 500 * sum(seconds.values())
    assert len(taken) <= 0.05 * whole
    for first in range(0, 2000, 500):
        assert 3 <= sum(first <= step < first + 500 for step in taken) <= 24


def test_a_short_run_has_frames_all_the_same(tmp_path, monkeypatch):
    taken = run_recorded(tmp_path / "frames", monkeypatch, {1: 20, 0: 20}, {1: 0.001, 0: 0.001})
    assert FEWEST_FRAMES <= len(taken) <= FEWEST_FRAMES + 2
    assert max(np.diff(taken)) <= 6


def slow_frame(clock, picture):
    clock[0] += 1.0
    step = int(picture[0, 0, 0, 0])
    return np.full((8, 8, 3), (step % 256, step // 256, 0)) / 255


def test_the_matrix_is_of_a_layer_that_the_run_looks_at(encoder):
    exemplar = Exemplar(tensor(bricks()))
    frames = [
        drawn(Growth(exemplar, encoder, (64, 64), layers), snapshot(1, exemplar.picture))
        for layers in (("relu1_1", "relu3_1", "relu4_1"), ("relu1_1", "relu2_1"), ("relu2_1",))
    ]
    assert not np.array_equal(frames[0], frames[1])
    assert np.array_equal(frames[1], frames[2])


def test_a_critic_that_has_faded_out_has_no_number(encoder):
    growth = Growth(Exemplar(tensor(bricks())), encoder, (64, 64))
    picture = tensor(bricks())
    before = drawn(growth, snapshot(1, picture, patch=0.5, sliced=0.1))
    after = drawn(growth, snapshot(2, picture, sliced=0.1))
    row = slice(round(SMALLEST_HEIGHT * 0.5), round(SMALLEST_HEIGHT * 0.6))
    assert count(after[row], LINES[0]) < count(before[row], LINES[0])


# The command.


@pytest.fixture
def make(call, here):
    """Run `synthesize`: exit status, stdout, stderr."""
    save(here / "clouds.png", clouds())
    return lambda *arguments: call("synthesize", *arguments)


def test_the_command_records_the_figures_and_makes_the_same_picture(make, here):
    assert make("clouds.png", "-o", "plain.png", "-q", "--local", *QUICK) == (0, "", "")
    status, _, err = make("clouds.png", "-o", "out.png", "--record", "frames", "--record-figures", "-q", *QUICK)
    assert (status, err) == (0, "")
    assert np.array_equal(load(here / "out.png"), load(here / "plain.png"))
    frames = sorted((here / "frames").iterdir())
    assert len(frames) > 3
    last = load(frames[-1])
    assert last.shape == (SMALLEST_HEIGHT, 48 + round(0.8 * SMALLEST_HEIGHT), 3)
    top = (SMALLEST_HEIGHT - 40) // 2
    assert np.array_equal(last[top : top + 40, :48], load(here / "out.png"))
    assert count(last, LINES[0]) > 10


def test_figures_without_a_recording_are_a_mistake(make, here):
    status, out, err = make("clouds.png", "-o", "out.png", "--record-figures", *QUICK)
    assert (status, out) == (2, "")
    assert err == "texture-engine: --record-figures needs a recording: name one with --record FILE\n"
    assert not (here / "out.png").exists()
