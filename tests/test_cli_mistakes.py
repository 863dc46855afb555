"""Mistakes on the command line: one line each, and nothing is written."""

import os
import sys

import numpy as np
import pytest
import torch
from calling import QUICK, assert_refused, contents, vgg_weights
from pictures import bricks, save


def empty(folder):
    (folder / "empty.png").write_bytes(b"")


def text(folder):
    (folder / "text.png").write_text("no picture\n" * 20)


def truncated(suffix):
    def write(folder):
        whole = save(folder / f"whole.{suffix}", bricks()).read_bytes()
        (folder / f"half.{suffix}").write_bytes(whole[: len(whole) // 2])

    return write


def bomb(folder):
    data = bytearray(save(folder / "bomb.png", bricks(8, 8)).read_bytes())
    data[16:24] = (60000).to_bytes(4, "big") * 2
    (folder / "bomb.png").write_bytes(bytes(data))


def dot(folder):
    save(folder / "dot.png", bricks(1, 1))


def transparent(folder):
    save(folder / "clear.png", np.zeros((32, 32, 4), np.uint8))


def masks(folder):
    save(folder / "canvas.png", bricks(64, 64))
    save(folder / "black.png", np.zeros((64, 64), np.uint8))
    save(folder / "small.png", np.full((32, 32), 255, np.uint8))
    hole = np.zeros((64, 64), np.uint8)
    hole[20:40, 20:40] = 255
    save(folder / "mask.png", hole)


def nan_weights(folder):
    vgg_weights(folder / "nan.safetensors", value=float("nan"))


def gray_weights(folder):
    vgg_weights(folder / "gray.safetensors", first=1)


def full_folder(folder):
    (folder / "frames").mkdir()
    (folder / "frames" / "note.txt").write_text("mine")


CANVAS = ("--canvas", "canvas.png")
FAULTS = {
    "no exemplar": (None, (), "there is nothing to take the texture from"),
    "missing file": (None, ("nowhere.png",), "nowhere.png does not exist"),
    "a folder": (None, (".",), "is a folder; name a picture file in it"),
    "no picture": (text, ("text.png",), "text.png is not a readable picture"),
    "empty file": (empty, ("empty.png",), "empty.png is not a readable picture"),
    "truncated png": (truncated("png"), ("half.png",), "cut short"),
    "truncated jpeg": (truncated("jpg"), ("half.jpg",), "cut short"),
    "truncated webp": (truncated("webp"), ("half.webp",), "half.webp is"),
    "truncated tiff": (truncated("tif"), ("half.tif",), "half.tif is"),
    "decompression bomb": (bomb, ("bomb.png",), "60000 × 60000 pixels, more than"),
    "one pixel": (dot, ("dot.png",), "the exemplar is 1x1 pixels"),
    "transparent exemplar": (transparent, ("clear.png",), "hardly any visible pixels"),
    "size 0": (None, ("bricks.png", "--size", "0x0"), "--size is 0x0: give sides of 8 to 16,384"),
    "size negative": (None, ("bricks.png", "--size=-64x64"), "--size is -64"),
    "size absurd": (None, ("bricks.png", "--size", "999999999x64"), "--size is 999999999"),
    "size malformed": (None, ("bricks.png", "--size", "64 by 64"), "--size is '64 by 64'"),
    "recipe": (None, ("bricks.png", "--recipe", "foto"), "--recipe is 'foto'"),
    "quality": (None, ("bricks.png", "--quality", "good"), "--quality is 'good'"),
    "encoder": (None, ("bricks.png", "--encoder", "resnet"), "--encoder is 'resnet'"),
    "pooling": (None, ("bricks.png", "--pooling", "median"), "--pooling is 'median'"),
    "layer": (None, ("bricks.png", "--layers", "relu9_1:1"), "--layers is 'relu9_1'"),
    "layers malformed": (None, ("bricks.png", "--layers", "relu1_1:much"), "--layers has 'relu1_1:much'"),
    "layers negative": (None, ("bricks.png", "--layers", "relu1_1:-1"), "--layers is -1.0"),
    "layers nan": (None, ("bricks.png", "--layers", "relu1_1:nan"), "--layers is nan"),
    "layers too deep": (
        None,
        ("bricks.png", "--layers", "relu5_1", "--size", "16"),
        "too small for the layers relu5_1",
    ),
    "device": (None, ("bricks.png", "--device", "tpu"), "device 'tpu' is not known"),
    "memory malformed": (None, ("bricks.png", "--memory", "lots"), "--memory is 'lots'"),
    "memory too little": (
        None,
        ("bricks.png", "--memory", "1MB"),
        ": give 64 MiB or more",
    ),
    "scales malformed": (None, ("bricks.png", "--scales", "big"), "--scales is 'big'"),
    "scales out of range": (None, ("bricks.png", "--scales", "9"), "--scales is 9.0"),
    "noise": (None, ("bricks.png", "--noise", "-1"), "--noise is -1.0"),
    "noise nan": (None, ("bricks.png", "--noise", "nan"), "--noise is nan"),
    "repetition_penalty": (
        None,
        ("bricks.png", "--repetition-penalty", "2"),
        "--repetition-penalty is 2.0",
    ),
    "octaves 0": (None, ("bricks.png", "--octaves", "0"), "--octaves is 0"),
    "steps 0": (None, ("bricks.png", "--steps", "0"), "--steps is 0"),
    "steps no number": (None, ("bricks.png", "--steps", "few"), "--steps"),
    "seed negative": (None, ("bricks.png", "--seed", "-1"), "--seed is -1"),
    "seed of a variation too large": (
        None,
        ("bricks.png", "--seed", str(2**63 - 1), "--variations", "2"),
        "--seed is 9223372036854775808",
    ),
    "variations 0": (None, ("bricks.png", "--variations", "0"), "--variations is 0"),
    "variations absurd": (None, ("bricks.png", "--variations", "99999"), "--variations is 99999"),
    "weights with nan": (nan_weights, ("bricks.png", "--weights", "nan.safetensors"), "holds NaN"),
    "weights of another shape": (gray_weights, ("bricks.png", "--weights", "gray.safetensors"), "takes 1 channels"),
    "weights missing": (None, ("bricks.png", "--weights", "nowhere.pth"), "nowhere.pth does not exist"),
    "weights a picture": (None, ("bricks.png", "--weights", "bricks.png"), "is not a weights file"),
    "init missing": (None, ("bricks.png", "--init", "nowhere.png"), "nowhere.png does not exist"),
    "canvas missing": (None, ("--canvas", "nowhere.png"), "nowhere.png does not exist"),
    "canvas without a hole": (masks, CANVAS, "no transparent part to fill"),
    "canvas of another size than wanted": (
        masks,
        (*CANVAS, "--mask", "mask.png", "--size", "32"),
        "the canvas is 64x64",
    ),
    "mask alone": (masks, ("bricks.png", "--mask", "mask.png"), "a mask is given, and no picture to keep around it"),
    "mask of another size": (masks, (*CANVAS, "--mask", "small.png"), "the mask is 32x32 and the canvas 64x64"),
    "mask all black": (masks, (*CANVAS, "--mask", "black.png"), "the mask is black all over"),
    "seamless canvas of another size than wanted": (
        masks,
        (*CANVAS, "--seamless", "--size", "32"),
        "the canvas is 64x64",
    ),
    "seamless canvas, mask all black": (
        masks,
        (*CANVAS, "--mask", "black.png", "--seamless"),
        "the mask is black all over",
    ),
    "seamless along no axis": (None, ("bricks.png", "--seamless=z"), "--seamless is 'z'"),
    "context 0": (masks, (*CANVAS, "--mask", "mask.png", "--context", "0"), "--context is '0'"),
    "context of another exemplar": (
        masks,
        ("bricks.png", *CANVAS, "--mask", "mask.png", "--context", "9"),
        "--context and --sample-from choose a part of the canvas",
    ),
    "strength without a content": (None, ("bricks.png", "--strength", "0.4"), "--strength and --content-by say"),
    "canvas transparent all over": (
        transparent,
        ("--canvas", "clear.png"),
        "the canvas has 0 pixels that can be seen",
    ),
    "flat texture of a transparent exemplar": (
        transparent,
        ("clear.png", "--flatten"),
        "or leave out --flatten",
    ),
    "sample-from": (
        masks,
        (*CANVAS, "--mask", "mask.png", "--sample-from", "left"),
        "--sample-from is 'left'",
    ),
    "extend without a canvas": (None, ("bricks.png", "--extend", "20%"), "--extend needs a picture"),
    "extend with a mask": (masks, (*CANVAS, "--mask", "mask.png", "--extend", "9"), "omit one of them"),
    "extend by nothing": (masks, (*CANVAS, "--extend", "0"), "--extend is '0'"),
    "extend to another size": (masks, (*CANVAS, "--extend", "9", "--size", "64"), "the extended canvas is 82x82"),
    "extend beyond the largest canvas": (masks, (*CANVAS, "--extend", "9000"), "18064x18064"),
    "exemplar mask of another size": (
        masks,
        ("bricks.png", "--exemplar-mask", "small.png"),
        "the exemplar mask is 32x32 and the exemplar 64x64",
    ),
    "exemplar mask all black": (
        masks,
        (*CANVAS, "--mask", "mask.png", "--exemplar-mask", "black.png"),
        "the exemplar mask is black all over",
    ),
    "record of unknown suffix": (None, ("bricks.png", "--record", "run.avi"), "run.avi is not a recording"),
    "record in no folder": (None, ("bricks.png", "--record", "nowhere/run.gif"), "nowhere"),
    "record in a full folder": (full_folder, ("bricks.png", "--record", "frames"), "is not empty"),
    "unknown option": (None, ("bricks.png", "--sise", "64"), "--sise"),
    "option without a value": (None, ("bricks.png", "--size"), "--size"),
    "an argument too many": (None, ("bricks.png", "more.png"), "more.png"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_mistake_is_told_in_one_line_and_nothing_is_written(call, here, fault):
    prepare, arguments, message = FAULTS[fault]
    if prepare is not None:
        prepare(here)
    before = contents(here)
    assert_refused(call("synthesize", "-o", "out.png", "--quality", "draft", *arguments), message)
    assert contents(here) == before


OUTPUTS = {
    "no such folder": ("nowhere/out.png", "the folder nowhere of out.png does not exist"),
    "a folder": ("folder.png", "is a folder"),
    "unknown suffix": ("out.xyz", "does not end in the suffix of a format"),
    "no suffix": ("out", "does not end in the suffix of a format"),
    "a folder that is not there": ("out.png/", "is the name of a folder"),
    "an empty name": ("", "the name is empty: give a file\n"),
}


@pytest.mark.parametrize("case", OUTPUTS)
def test_an_output_that_cannot_be_written_is_told_before_any_work(call, here, case):
    output, message = OUTPUTS[case]
    (here / "folder.png").mkdir()
    before = contents(here)
    assert_refused(call("synthesize", "bricks.png", "-o", output), message)
    assert contents(here) == before


def test_a_folder_that_is_no_folder_cannot_hold_an_output(call):
    assert_refused(call("synthesize", "bricks.png", "-o", "bricks.png/out.png"), "out.png")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_folder_without_permission_cannot_hold_an_output(call, here):
    (here / "closed").mkdir(mode=0o500)
    assert_refused(call("synthesize", "bricks.png", "-o", "closed/out.png"), "cannot be written")


def test_without_an_output_there_is_nothing_to_do(call):
    assert_refused(call("synthesize", "bricks.png"), "--output is missing")


def test_an_unknown_command_is_a_mistake(call):
    assert_refused(call("paint"), "paint")


def test_without_a_command_the_help_is_shown(call):
    status, out, err = call()
    assert status == 2
    assert "Usage: texture-engine" in out + err
    assert "Traceback" not in out + err


@pytest.mark.parametrize("name", ["cuda", "mps", "xpu"])
def test_a_device_that_is_not_here_is_a_mistake(call, name):
    here = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}.get(name, False)
    if here or (name == "xpu" and torch.xpu.is_available()):
        pytest.skip("it is here")
    told = call("synthesize", "bricks.png", "-o", "out.png", "--device", name)
    assert_refused(told, f"device '{name}' is not available here")


def test_running_out_of_memory_has_a_status_of_its_own(call, monkeypatch):
    def refuse(*_):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes")

    monkeypatch.setattr(torch.nn.functional, "relu", refuse)
    status, out, err = call("synthesize", "bricks.png", "-o", "out.png", *QUICK, "-q")
    assert (status, out) == (3, "")
    assert len(err.splitlines()) == 1
    assert "not enough memory for a canvas" in err
