"""Attempts at a texture: a GIMP of the tests' own, and a real engine."""

import time
from dataclasses import replace
from types import SimpleNamespace

import gimp_mock
import numpy as np
import pytest
from engines import JOB_SECONDS
from pictures import bricks, bytes_of
from plugin_links import installation_of, linked, reach

from gimp_plugin import plans, samples
from gimp_plugin.job_sequence import State
from gimp_plugin.user_options import BOTH, FILL, LAYERS, NEW, SEAMLESS, Options
from protocol import messages
from protocol.vocabulary import Settings

POLL_SECONDS = 0.05
HOLE = slice(20, 36), slice(16, 40)


@pytest.fixture
def gimp():
    """GIMP's modules, and those of the plug-in that use them."""
    with gimp_mock.mocked() as found:
        from gimp_plugin import attempts, tasks

        yield SimpleNamespace(attempts=attempts, tasks=tasks, **vars(found))


@pytest.fixture
def image(gimp):
    """An image with one layer of bricks, which is selected, and a soft selection in the middle of it."""
    made = gimp.Gimp.Image(64, 48)
    layer = gimp.Gimp.Layer.new(made, "bricks", 64, 48, "RGBA", 100, "NORMAL")
    layer.pixels[..., :3] = bytes_of(bricks(48, 64)) / 255
    layer.pixels[..., 3] = 1
    made.insert_layer(layer, None, 0)
    mask = np.zeros((48, 64), np.uint8)
    mask[HOLE] = 255
    mask[HOLE[0].start, HOLE[1]] = 77
    made.select(mask)
    return made


@pytest.fixture
def attempt(gimp, image, engine, client):  # noqa: ARG001 - the worker is ready once there is the client
    """Begins an attempt at the image's layer; jobs are changed as it is told."""
    with linked(installation_of(engine.folder)) as link:
        reach(link)

        def begin(options, *, frames=True, keep=False, show=None, **changes):
            task = gimp.tasks.prepare(options, image, image.layers[:1])
            how = {"steps": 4, "octaves": 2, **changes}
            jobs = tuple(replace(job, settings=replace(job.settings, **how)) for job in task.plan.jobs)
            task = replace(task, plan=replace(task.plan, jobs=jobs))
            appearance = gimp.attempts.Appearance(frames=frames, keep_frames=keep)
            return gimp.attempts.Attempt(task, link, show or Watching(), appearance)

        yield begin


class Watching:
    """Whoever looks on."""

    def __init__(self):
        self.frames = []

    def on_message(self, sentence):
        """Do nothing."""

    def on_progress(self, fraction, seconds_left):
        """Do nothing."""

    def on_frame(self, frame, _number):
        self.frames.append(frame)


def run(attempt, until=lambda: False):
    latest = time.monotonic() + JOB_SECONDS
    while not until() and attempt.poll(POLL_SECONDS):
        assert time.monotonic() < latest
    return attempt.state


def names(image):
    return [layer.name for layer in image.layers]


@pytest.mark.parametrize("frames", [True, False])
def test_a_selection_is_filled_in_a_layer_above_with_the_selection_as_its_mask(attempt, image, frames):
    before = image.layers[0].bytes().copy()
    made = attempt(Options(FILL, Settings(seed=3)), frames=frames)
    assert run(made) is State.DONE
    assert names(image) == ["Texture, seed 3", "bricks"]
    (layer,) = made.layers
    assert (layer.corner, layer.width, layer.height) == ((16, 20), 24, 16)
    assert np.array_equal(np.rint(layer.mask.pixels[..., 0] * 255), image.selection[HOLE])
    filled = layer.bytes()
    assert not np.array_equal(filled, before[HOLE])
    assert (filled[..., 3] == 255).all()
    assert np.array_equal(image.layers[1].bytes(), before)
    assert (image.undo_depth, image.undo_groups) == (0, 1)


def test_frames_are_shown_while_it_grows_and_stay_where_they_are_wanted(attempt, image):
    show = Watching()
    made = attempt(Options(FILL, keep_frames=True), keep=True, show=show)
    assert run(made) is State.DONE
    (group,) = (layer for layer in image.layers if layer.is_group())
    octaves = {f"Octave {frame.octave}" for frame in show.frames}
    assert octaves
    assert {layer.name for layer in group.children} == {"Texture, seed 0", *octaves}


@pytest.mark.parametrize("precision", ["u8-non-linear", "u16-non-linear", "float-non-linear"])
def test_the_picture_that_is_shown_at_the_end_is_that_of_the_layer(attempt, image, precision):
    image.precision = precision
    made = attempt(Options(FILL))
    assert made.result is None
    assert run(made) is State.DONE
    (layer,) = made.layers
    shown = samples.as_bytes(made.result, 512)
    found = np.frombuffer(shown.data, np.uint8).reshape(shown.height, shown.width, shown.channels)
    x, y = layer.corner
    there = found[y : y + layer.height, x : x + layer.width, :3].astype(int)
    assert np.abs(there - layer.bytes()[..., :3]).max() <= 1


@pytest.mark.parametrize("least", [0, 100])
def test_that_the_same_parts_repeat_is_told_where_little_can_be_sampled(attempt, monkeypatch, least):
    monkeypatch.setattr(messages, "LITTLE_SAMPLED", least)
    made = attempt(Options(FILL))
    assert run(made) is State.DONE
    assert made.remark.startswith("The same parts may repeat") == (least > 0)


def test_variations_become_layers(attempt, image):
    options = Options(NEW, ratio=1.0, variations=2, destination=LAYERS)
    made = attempt(options)
    assert run(made) is State.DONE
    assert names(image) == ["Texture, seed 1", "Texture, seed 0", "bricks"]
    # What is selected by less than all is no part of the exemplar.
    assert {(layer.width, layer.height) for layer in made.layers} == {(24, 15)}


def test_a_picture_is_made_to_tile(attempt, image):
    image.select(None)
    made = attempt(Options(SEAMLESS, Settings(seamless=BOTH)))
    assert run(made) is State.DONE
    assert (made.layers[0].width, made.layers[0].height) == (64, 48)


def test_a_gray_picture_is_filled(attempt, image):
    image.kind = "GRAY"
    assert run(attempt(Options(FILL))) is State.DONE
    colors = image.layers[0].bytes()[..., :3]
    assert (colors == colors[..., :1]).all()


def test_a_picture_of_sixteen_bits_keeps_them(attempt, image):
    image.precision = "u16-non-linear"
    assert run(attempt(Options(FILL))) is State.DONE
    assert (image.layers[0].bytes("R'G'B'A u16") % 257).any()


def test_what_is_cancelled_leaves_nothing(attempt, image):
    show = Watching()
    made = attempt(Options(FILL), show=show, steps=100_000)
    run(made, until=lambda: show.frames)
    assert len(image.layers) == 2
    made.stop(keep=False)
    assert run(made) is State.CANCELLED
    assert (names(image), made.layers, made.problem, image.undo_depth) == (["bricks"], [], "", 0)


def test_what_is_stopped_is_kept_as_it_is(attempt, image):
    show = Watching()
    made = attempt(Options(FILL), show=show, steps=100_000)
    run(made, until=lambda: show.frames)
    made.stop(keep=True)
    assert run(made) is State.STOPPED
    assert names(image) == ["Texture so far, seed 0", "bricks"]


def test_what_fails_leaves_nothing_and_says_why(attempt, image):
    made = attempt(Options(FILL, Settings(recipe="weave")))
    assert run(made) is State.FAILED
    assert "recipe is 'weave'" in made.problem
    assert (names(image), made.layers, image.undo_depth) == (["bricks"], [], 0)


@pytest.mark.parametrize("frames", [True, False])
def test_an_image_that_is_closed_ends_the_attempt_and_its_job(attempt, image, engine, client, frames):
    made = attempt(Options(FILL), frames=frames, steps=100_000)
    run(made, until=lambda: client.status().workers[0].state == "working")
    image.close()
    assert run(made) is State.CANCELLED
    assert (made.problem, made.layers) == ("The image was closed.", [])
    engine.ready(client)


def test_a_group_that_is_deleted_ends_the_attempt(attempt, image):
    show = Watching()
    made = attempt(Options(FILL), show=show, steps=100_000)
    run(made, until=lambda: show.frames)
    image.remove_layer(image.layers[0])
    assert run(made) is State.CANCELLED
    assert made.problem == "The layers of the unfinished texture were deleted."
    assert (names(image), image.undo_depth) == (["bricks"], 0)


def test_whatever_breaks_leaves_neither_frames_nor_an_open_undo_group(attempt, image, engine, client):
    class Broken(Watching):
        def on_frame(self, _frame, _number):
            raise ZeroDivisionError("broken glass")

    made = attempt(Options(FILL), show=Broken(), steps=100_000)
    with pytest.raises(ZeroDivisionError):
        run(made)
    assert made.problem == "ZeroDivisionError: broken glass"
    assert (names(image), image.undo_depth, made.poll()) == (["bricks"], 0, False)
    engine.ready(client)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "INDEXED"}, "The image has indexed colors"),
        ({"layers": []}, "The layer no longer exists."),
        ({"closed": True}, "The image was closed."),
    ],
    ids=["a palette", "no layer", "closed"],
)
def test_what_cannot_be_done_is_told_before_anything_is_touched(gimp, image, change, sentence):
    (layer,) = image.layers
    vars(image).update(change)
    with pytest.raises(plans.PlanError, match=sentence):
        gimp.tasks.prepare(Options(FILL), image, [layer])
    assert image.undo_groups == 0


def test_a_selection_outside_of_the_layer_is_told(gimp, image):
    (layer,) = image.layers
    layer.set_offsets(500, 0)
    with pytest.raises(plans.PlanError, match="The selection is outside the layer"):
        gimp.tasks.prepare(Options(SEAMLESS), image, [layer])
