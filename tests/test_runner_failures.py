"""Jobs in the worker that cannot be done, each told in a sentence."""

import logging

import numpy as np
import pytest
import torch
from engines import raster, short_job
from pictures import bricks
from runs import CPU, run

from engine.encoders import Encoder
from engine.service.hooks import Hooks, Stop
from engine.service.runner import run_job
from protocol.messages import Done, Failed, Synthesize
from protocol.raster import Raster


def end_of(request, load):
    """Run a job here, with another way to come by an encoder."""
    return run_job(request, CPU, load, Hooks(lambda _: None, lambda _: None), Stop())


# What a request has wrong.


def floats(samples):
    height, width, channels = samples.shape
    return Raster(width, height, channels, "f32", samples.astype("<f4").tobytes())


def hole(height=48, width=48):
    mask = np.zeros((height, width))
    mask[20:30, 20:30] = 1
    return raster(mask)


PICTURE = raster(bricks(48, 48))
ON_CANVAS = {"canvas": PICTURE, "mask": hole(), "width": None, "height": None}
DARK = np.full((32, 32, 3), -1.0)
DARK_CANVAS = np.full((48, 48, 3), -1.0)
UNKNOWN = np.full((32, 32, 3), np.nan)

REFUSALS = {
    "weights missing": ({"weights": "own.pth"}, "the engine has no usable weights own.pth"),
    "width alone": ({"height": None}, "only one of width and height is given: give both, or neither"),
    "height alone": ({"width": None}, "only one of width and height is given: give both, or neither"),
    "too large for its memory": (
        {"width": 4096, "height": 4096, "memory": 2**26},
        "a canvas of 4096x4096 takes",
    ),
    "layer too deep": (
        {"layers": (("relu5_1", 1.0),), "width": 16, "height": 16},
        "too small for the layers relu5_1",
    ),
    "nothing to look at": ({"exemplar": None}, "there is nothing to take the texture from"),
    "a dot as exemplar": ({"exemplar": raster(bricks(1, 1))}, "the exemplar is 1x1 pixels"),
    "a clear exemplar": ({"exemplar": raster(np.zeros((32, 32, 4)))}, "the exemplar has hardly any visible pixels"),
    "exemplar of no numbers": ({"exemplar": floats(UNKNOWN)}, "the exemplar has samples from nan to nan"),
    "mask out of range": ({**ON_CANVAS, "mask": floats(DARK_CANVAS[..., :1])}, "the mask has samples from -1 to -1"),
    "a canvas without a hole": ({**ON_CANVAS, "mask": None}, "the canvas has no transparent part to fill"),
    "a picture to start from, and no steps": (
        {**ON_CANVAS, "exemplar": None, "recipe": "photo", "init": PICTURE, "steps": None},
        "nothing is done to a picture to start from without steps",
    ),
    "a mask without a canvas": ({"mask": hole()}, "a mask is given, and no picture to keep around it"),
    "a mask of another size": ({**ON_CANVAS, "mask": hole(32, 32)}, "the mask is 32x32 and the canvas 48x48"),
    "a mask that is all but black": ({**ON_CANVAS, "mask": raster(np.full((48, 48), 2 / 255))}, "2 of 255 at most"),
    "a black mask": ({**ON_CANVAS, "mask": raster(np.zeros((48, 48)))}, "the mask is black all over"),
    "a context of another exemplar": ({**ON_CANVAS, "context": 9}, "an exemplar is given"),
    "an exemplar mask out of range": (
        {"exemplar_mask": floats(DARK[..., :1])},
        "the exemplar mask has samples from -1 to -1",
    ),
    "an exemplar mask of another size": (
        {"exemplar_mask": hole(48, 48)},
        "the exemplar mask is 48x48 and the exemplar 32x32",
    ),
    "an exemplar mask of another size than the canvas": (
        {**ON_CANVAS, "exemplar": None, "exemplar_mask": hole(32, 32)},
        "the exemplar mask is 32x32 and the canvas 48x48",
    ),
    "sides of a new texture": ({"sample_from": "sides"}, "an exemplar is given"),
    "a black exemplar mask": ({"exemplar_mask": raster(np.zeros((32, 32)))}, "the exemplar mask is black all over"),
    "a canvas of another size": ({**ON_CANVAS, "width": 32, "height": 32}, "the canvas is 48x48"),
    "a seamless canvas of another size": (
        {**ON_CANVAS, "seamless": "both", "width": 32, "height": 32},
        "the canvas is 48x48",
    ),
}


@pytest.mark.parametrize("wrong", REFUSALS)
def test_a_request_that_cannot_be_met_is_refused_in_a_sentence(wrong):
    changes, sentence = REFUSALS[wrong]
    request = short_job("mine", **{"recipe": "sliced", **changes})
    end = run(request).end
    assert isinstance(end, Failed)
    assert end.job == "mine"
    assert end.code in {"bad-request", "nothing-to-fill", "too-little-to-sample"}
    assert sentence in end.message
    assert "\n" not in end.message


def test_a_request_of_nothing_is_refused():
    assert run(Synthesize("mine")).end.code == "bad-request"


def test_after_a_refusal_the_next_job_is_done():
    assert run(short_job(encoder="resnet")).end.code == "bad-request"
    assert isinstance(run(short_job()).end, Done)


# Running out of memory.


class Hungry(Encoder):
    """An encoder that wants more memory than there is."""

    def forward(self, *_):
        return torch.empty(2**60)


def test_a_job_that_does_not_fit_into_memory_in_the_smallest_parts_says_so():
    end = end_of(short_job(layers=(("relu1_1", 1.0),)), lambda *_: Hungry([[4, 4]]))
    assert (end.code, end.job) == ("out-of-memory", "short")
    assert end.message.startswith("cpu has not enough memory for a canvas of 32x32")


def torch_runs_out(*_):
    return torch.empty(2**60)


def python_runs_out(*_):
    return bytearray(2**62)


@pytest.mark.parametrize("run_out", [torch_runs_out, python_runs_out])
def test_running_out_of_memory_elsewhere_is_told_too(run_out):
    end = end_of(short_job(), run_out)
    assert end == Failed(
        "out-of-memory", "cpu does not have enough memory for this job", "choose a smaller size", "short"
    )


# What nobody foresaw.


def shapes_that_do_not_fit(*_):
    return torch.ones(2, 3) @ torch.ones(2, 3)


def a_name_that_is_not_there(*_):
    return {}["compact"]


@pytest.mark.parametrize(
    ("fault", "kind"), [(shapes_that_do_not_fit, "RuntimeError"), (a_name_that_is_not_there, "KeyError")]
)
def test_an_error_that_nobody_foresaw_fails_the_job_and_is_logged_in_full(caplog, fault, kind):
    with caplog.at_level(logging.ERROR):
        end = end_of(short_job("odd"), fault)
    assert (end.code, end.job, end.hint) == ("internal", "odd", "its log has the details")
    assert end.message.startswith(f"the engine failed: {kind}: ")
    assert "job odd failed" in caplog.text
    assert fault.__name__ in caplog.text


def test_the_message_of_an_error_is_cut_to_what_the_wire_takes():
    def talkative(*_):
        raise RuntimeError("x" * 10_000)

    assert len(end_of(short_job(), talkative).message) == 2000
