"""Runs, step by step: the texture of more and more layers, and the loss."""

import json
import math

import numpy as np
import pytest
import torch
from inspecting import tiny_weights
from pictures import bricks, load, save, tensor

from engine.encoders import load_encoder
from engine.inspection.encoding import first_of_blocks
from engine.inspection.history import follow
from engine.inspection.losses import draw_losses, history_numbers
from engine.inspection.sheets import NumbersBehind, save_numbers
from engine.inspection.stages import cumulated, draw_stages, run_stages, stage_numbers
from engine.synthesis import Exemplar, Snapshot, SynthesisSettings, plan_steps, synthesize
from engine.synthesis.recipes import evenly

BRICKS = Exemplar(tensor(bricks()))


@pytest.fixture(scope="module")
def encoder():
    return load_encoder("compact")


def ticking():
    """A clock that goes on by a second each time it is looked at."""
    times = iter(range(1000))
    return lambda: float(next(times))


def snapshot(octave, step, losses, *, layers=None, undone=0, value=0.0):
    picture = torch.full((1, 3, 16 >> octave, 16 >> octave), value)
    return Snapshot(octave, step, 5, losses, picture, layers or {}, undone)


STORY = [
    snapshot(1, 0, {}),
    snapshot(1, 1, {"gram": 4.0}, layers={"gram": {"relu1_1": 4.0}}),
    snapshot(1, 2, {"gram": 9.0}, layers={"gram": {"relu1_1": 9.0}}, undone=1, value=0.25),
    snapshot(0, 3, {"gram": 2.0, "patch": 1.0}, layers={"gram": {"relu1_1": 1.0, "relu2_1": 3.0}}),
    snapshot(0, 4, {"gram": math.inf}, layers={"gram": {"relu1_1": 0.5, "relu2_1": 2.0}}, undone=1),
    snapshot(0, 5, {"gram": 0.5}, layers={"gram": {"relu1_1": 0.25, "relu2_1": 1.0}}, undone=1, value=0.75),
]


def story():
    return follow(STORY, ticking())


# What a run tells.


def test_curves_have_a_value_for_each_step_and_none_where_a_critic_took_no_part():
    found = story()
    assert found.steps == 5
    assert found.octaves.tolist() == [1, 1, 0, 0, 0]
    assert found.losses["gram"].tolist() == [4, 9, 2, math.inf, 0.5]
    assert np.isnan(found.losses["patch"]).tolist() == [True, True, False, True, True]
    assert np.isnan(found.layer_losses["gram"]["relu2_1"]).tolist() == [True, True, False, False, False]
    assert found.last("gram") == 0.5
    assert found.last("patch") == 1
    assert (found.at_end("gram"), found.at_end("patch")) == (0.5, None)
    assert found.seconds.tolist() == [1, 2, 3, 4, 5]


def test_undone_steps_are_known_though_each_octave_counts_them_anew():
    assert story().undone == (2, 4)


def test_a_snapshot_that_comes_again_between_two_pieces_of_a_step_is_no_other_step():
    again = [STORY[0], STORY[0], *STORY[1:4], STORY[3], *STORY[4:]]
    found = follow(again, ticking())
    assert found.steps == 5
    assert found.octaves.tolist() == [1, 1, 0, 0, 0]


def test_the_canvas_at_the_end_of_each_octave_is_kept():
    found = story()
    assert [(n, tuple(one.shape[2:]), float(one.mean())) for n, one in found.ends.items()] == [
        (1, (8, 8), 0.25),
        (0, (16, 16), 0.75),
    ]
    assert found.picture is found.ends[0]
    assert [found.span(n) for n in (1, 0)] == [(1, 2), (3, 5)]


def test_a_run_is_followed_as_it_is(encoder):
    settings = SynthesisSettings((32, 32), recipe="sliced", quality="draft", steps=3)
    told = []
    found = follow(synthesize(BRICKS, encoder, settings), ticking(), told.append)
    assert [one.step for one in told] == list(range(found.steps + 1))
    assert found.losses["sliced"].tolist() == [one.losses["sliced"] for one in told[1:]]
    assert torch.equal(found.picture, told[-1].picture)
    assert set(found.layer_losses) == {"sliced", "sliced 5×5 pixels"}


# The figure of the losses.


def two_octaves():
    settings = SynthesisSettings((32, 32), recipe="gram", quality="draft", octaves=2)
    return dict(zip(plan_steps(BRICKS, settings), (2, 3), strict=True))


def test_lines_are_the_curves_on_a_log_scale_cut_where_the_octave_changes():
    figure = draw_losses(story(), two_octaves(), BRICKS, "a story")
    critics, layers, _ = figure.axes
    assert critics.get_yscale() == layers.get_yscale() == "log"
    lines = [line for line in critics.lines if line.get_linestyle() == "-"]
    parts = [(line.get_xdata().tolist(), line.get_ydata().tolist()) for line in lines]
    assert parts[0] == ([1, 2], [4, 9])
    steps, values = parts[1]
    assert steps == [3, 4, 5]
    assert values[0] == 2
    assert math.isnan(values[1])
    assert values[2] == 0.5
    assert [text.get_text() for text in critics.get_legend().get_texts()] == ["gram", "patch", "step undone (2)"]
    assert [text.get_text() for text in layers.get_legend().get_texts()] == ["relu1_1", "relu2_1", "step undone (2)"]
    assert (critics.get_title(), layers.get_title()) == ("loss of each critic", "critic gram: loss of each layer")
    assert (critics.get_xlabel(), critics.get_ylabel()) == ("step", "loss (log scale, no unit)")


def test_octaves_are_bands_and_undone_steps_are_marked():
    figure = draw_losses(story(), two_octaves(), BRICKS, "a story")
    critics = figure.axes[0]
    bands = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in critics.patches]
    assert bands == [(0.5, 2.5), (2.5, 5.5)]
    assert [text.get_text() for text in critics.texts] == ["octave 1:2", "octave 1:1"]
    assert [line.get_xdata()[0] for line in critics.lines if line.get_linestyle() == ":"] == [2, 4]


def test_the_plan_shows_each_octave_to_scale_with_its_sizes_and_steps():
    figure = draw_losses(story(), two_octaves(), BRICKS, "a story")
    plan = figure.axes[-1]
    sides = [image.get_extent()[3] for image in plan.images]
    assert sides == [8, 16, 64]
    assert [text.get_text() for text in plan.texts] == [
        "octave 1:2\ncanvas 16×16\nexemplar 32×32\n2 steps (1–2)",
        "octave 1:1\ncanvas 32×32\nexemplar 64×64\n3 steps (3–5)",
        "the exemplar\n64×64",
    ]
    assert plan.get_aspect() == 1


def test_numbers_without_a_value_are_null_in_json(tmp_path):
    save_numbers(NumbersBehind(history_numbers(story(), two_octaves())), tmp_path / "run.json")
    text = (tmp_path / "run.json").read_text(encoding="utf-8")
    found = json.loads(text, parse_constant=pytest.fail)
    assert found["loss_gram"] == [4, 9, 2, None, 0.5]
    assert found["loss_patch"] == [None, None, 1, None, None]
    assert found["loss_gram_relu2_1"] == [None, None, 3, 2, 1]
    assert found["undone"] == [2, 4]
    assert found["plan_octave"] == [1, 0]
    assert found["plan_width"] == found["plan_height"] == [16, 32]
    assert found["plan_exemplar_width"] == found["plan_exemplar_height"] == [32, 64]
    assert found["plan_steps"] == [2, 3]


# More and more layers.


def test_each_stage_adds_a_block():
    layers = (("relu1_1", 1.0), ("relu1_2", 0.5), ("relu3_1", 1.0), ("relu4_1", 0.0), ("relu5_1", 2.0))
    assert [[name for name, _ in one] for one in cumulated(layers)] == [
        ["relu1_1", "relu1_2"],
        ["relu1_1", "relu1_2", "relu3_1"],
        ["relu1_1", "relu1_2", "relu3_1", "relu5_1"],
    ]


def test_a_stage_is_the_synthesis_from_its_layers_and_starts_from_the_same_noise(encoder):
    settings = SynthesisSettings((32, 32), recipe="gram", quality="draft", octaves=1, steps=2, seed=3)
    starts = []
    found = run_stages(
        BRICKS,
        encoder,
        settings,
        evenly(*first_of_blocks(encoder)),
        lambda _: lambda one: starts.append(one.picture) if one.step == 0 else None,
    )
    assert [len(one.layers) for one in found] == [1, 2, 3, 4, 5]
    assert len(starts) == 5
    assert all(torch.equal(starts[0], start) for start in starts)
    alone = SynthesisSettings(
        (32, 32), recipe="gram", octaves=1, steps=2, seed=3, quality="draft", layers=found[1].layers
    )
    assert torch.equal(found[1].history.picture, list(synthesize(BRICKS, encoder, alone))[-1].picture)
    assert not torch.equal(found[1].history.picture, found[0].history.picture)
    numbers = stage_numbers(found)
    assert numbers["layers"][:2] == ["relu1_1:1", "relu1_1:1,relu2_1:1"]
    assert numbers["steps"] == [2] * 5
    assert all(loss > 0 for loss in numbers["losses"])


def test_the_sheet_shows_the_exemplar_and_every_stage(encoder):
    settings = SynthesisSettings((24, 40), recipe="gram", quality="draft", octaves=1, steps=1)
    found = run_stages(BRICKS, encoder, settings, evenly("relu1_1", "relu2_1"), lambda _: lambda _: None)
    figure = draw_stages(BRICKS, found, "two stages")
    pictures = [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]
    assert [one.shape for one in pictures] == [(64, 64, 3), (24, 40, 3), (24, 40, 3)]
    assert pictures[0] == pytest.approx(bricks())
    assert pictures[2] == pytest.approx(found[1].history.picture[0].permute(1, 2, 0).numpy(), abs=1e-6)
    # To one scale, so that what is large in the exemplar looks as large in the textures.
    assert {axes.get_xlim() for axes in figure.axes if axes.images} == {(-0.5, 63.5)}
    assert {axes.get_ylim() for axes in figure.axes if axes.images} == {(63.5, -0.5)}
    titles = [axes.get_title() for axes in figure.axes if axes.images]
    assert titles[0] == "exemplar\n64×64"
    assert titles[1].startswith("relu1_1\n40×24, 1 step, ")
    assert titles[2].startswith("relu1_1, relu2_1\n40×24, 1 step, ")


# The commands.

QUICK = ("--size", "32x24", "--quality", "draft", "--steps", "2")


def test_the_command_layers_makes_a_sheet_of_all_blocks(call, here):
    arguments = ("-o", "layers.png", *QUICK, "--numbers", "layers.json", "--json", "--seed", "4")
    status, out, err = call("inspect", "layers", "bricks.png", *arguments)
    assert (status, err, out.count("\n")) == (0, "", 1)
    told = json.loads(out)
    # 24 pixels are one position of the fifth block, which has no statistics.
    assert told["layers"] == [
        "relu1_1:1",
        "relu1_1:1,relu2_1:1",
        "relu1_1:1,relu2_1:1,relu3_1:1",
        "relu1_1:1,relu2_1:1,relu3_1:1,relu4_1:1",
    ]
    assert (told["steps"], told["seed"], told["recipe"]) == ([2] * 4, 4, "gram")
    assert json.loads((here / "layers.json").read_text(encoding="utf-8"))["steps"] == [2] * 4
    assert load(here / "layers.png").shape[1] > 900


def test_the_command_layers_takes_layers_and_octaves(call, here):
    tiny_weights(here / "own.safetensors")
    arguments = ("--weights", "own.safetensors", "--layers", "relu1_1:1,relu3_1:0.5", "--octaves", "2")
    status, out, err = call("inspect", "layers", "bricks.png", "-o", "layers.svg", *QUICK, *arguments)
    assert (status, out) == (0, "")
    assert err.startswith("layers.svg: 2 textures in ")


def test_the_command_losses_writes_figure_and_numbers(call, here):
    arguments = ("-o", "losses.png", *QUICK, "--numbers", "losses.npz", "--json")
    status, out, err = call("inspect", "losses", "bricks.png", *arguments)
    assert (status, err, out.count("\n")) == (0, "", 1)
    told = json.loads(out)
    plan = plan_steps(BRICKS, SynthesisSettings((24, 32), quality="draft", steps=2))
    sizes = [
        (one["octave"], one["canvas"]["height"], one["canvas"]["width"], one["steps"]) for one in told["octaves"]
    ]
    assert sizes == [(octave.index, *octave.canvas, steps) for octave, steps in plan.items()]
    assert told["steps"] == sum(plan.values())
    with np.load(here / "losses.npz") as numbers:
        assert len(numbers["octave"]) == len(numbers["seconds"]) == told["steps"]
        assert float(numbers["loss_sliced"][-1]) == pytest.approx(told["losses"]["sliced"])
        assert numbers["canvas_0"].shape == (24, 32, 3)
        assert numbers["recipe"] == "photo"
        assert {"loss_sliced_relu1_1", "loss_sliced_relu3_2", "loss_sliced_5x5_pixels"} <= set(numbers)
    assert load(here / "losses.png").shape[1] == 1200


BAD = {
    "no output": (("bricks.png",), "--output is missing"),
    "no such picture": (("nowhere.png", "-o", "out.png"), "nowhere.png does not exist"),
    "no such size": (("bricks.png", "-o", "out.png", "--size", "large"), "--size is 'large'"),
    "a size too small": (("bricks.png", "-o", "out.png", "--size", "4x4"), "--size is 4"),
    "no such recipe": (("bricks.png", "-o", "out.png", "--recipe", "soup"), "--recipe is 'soup'"),
    "no such quality": (("bricks.png", "-o", "out.png", "--quality", "fast"), "--quality is 'fast'"),
    "no such layer": (("bricks.png", "-o", "out.png", "--layers", "relu7_1"), "--layers is 'relu7_1'"),
    "a seed out of range": (("bricks.png", "-o", "out.png", "--seed", "-3"), "--seed is -3"),
    "octaves out of range": (("bricks.png", "-o", "out.png", "--octaves", "0"), "--octaves is 0"),
    "no such kind": (("bricks.png", "-o", "out.pdf"), "choose .png or .svg"),
    "over the exemplar": (("bricks.png", "-o", "bricks.png"), "would be overwritten"),
    "no such device": (("bricks.png", "-o", "out.png", "--device", "abacus"), "device 'abacus' is not known"),
    "too small a picture": (
        ("tiny.png", "-o", "out.png"),
        "tiny.png is 4x4 pixels: give a picture of at least 8x8",
    ),
}


@pytest.mark.parametrize("command", ["layers", "losses"])
@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_told_in_one_line(call, here, command, case):
    save(here / "tiny.png", bricks(4, 4))
    arguments, words = BAD[case]
    status, out, err = call("inspect", command, *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert sorted(path.name for path in here.iterdir()) == ["bricks.png", "tiny.png"]
