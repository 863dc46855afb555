"""The recipes side by side."""

import json
from dataclasses import asdict

import numpy as np
import pytest
import torch
from pictures import bricks, clouds, load, save, tensor
from PIL import Image

from engine.encoders import load_encoder
from engine.inspection import portilla_simoncelli as ancestor
from engine.inspection.limits import UnsuitableError
from engine.inspection.portilla_simoncelli import color_components, portilla_simoncelli
from engine.inspection.recipe_sheet import ORDER, RecipeResult, draw_recipes, make_by_recipe
from engine.measures import Measures, measure
from engine.synthesis import Exemplar, SynthesisSettings

QUICK = ("--quality", "draft", "--steps", "1", "--size", "48x40")


def made(recipe, height=40, width=48):
    return RecipeResult(recipe, clouds(height, width), 1.25, 7, Measures(0.1234, 0.98, 0.5, 0.75))


# Portilla and Simoncelli's.


def test_colors_are_split_into_uncorrelated_components_and_joined_again():
    picture = tensor(bricks(64, 64))
    parts = color_components(picture)
    split = parts.split(picture)
    assert split.shape == (1, len(parts.axes), 64, 64)
    assert torch.allclose(parts.axes @ parts.axes.t(), torch.eye(len(parts.axes)), atol=1e-5)
    assert (split.amin(dim=(2, 3)) - 0).abs().max() < 1e-5
    assert (split.amax(dim=(2, 3)) - 1).abs().max() < 1e-5
    correlation = torch.corrcoef(split[0].flatten(1)) - torch.eye(len(parts.axes))
    assert correlation.abs().max() < 1e-3
    assert (parts.join(split) - picture).abs().max() < 3 * ancestor.LEAST_SPREAD


def test_a_gray_picture_has_one_component_and_a_flat_one_none():
    gray = tensor(np.repeat(clouds(64, 64)[..., :1], 3, axis=2))
    assert len(color_components(gray).axes) == 1
    assert len(color_components(torch.full((1, 3, 64, 64), 0.25)).axes) == 0


def test_a_flat_exemplar_gives_its_color():
    flat = torch.tensor([0.25, 0.5, 0.75])[None, :, None, None].expand(1, 3, 64, 64)
    found = portilla_simoncelli(flat, (20, 30), seed=0, steps=1)
    assert found.shape == (1, 3, 20, 30)
    assert torch.allclose(found[0, :, 7, 9], torch.tensor([0.25, 0.5, 0.75]))


def test_an_exemplar_that_is_too_small_is_refused():
    with pytest.raises(UnsuitableError, match="64 × 31 pixels"):
        portilla_simoncelli(torch.rand(1, 3, 31, 64), (64, 64), seed=0, steps=1)


def texture_of_portilla_and_simoncelli(exemplar, size, *, seed=0, steps=3):
    pytest.importorskip("plenoptic")
    told = []
    found = portilla_simoncelli(
        exemplar, size, seed=seed, steps=steps, on_progress=lambda done, total, loss: told.append((done, total, loss))
    )
    assert [one[:2] for one in told] == [(n + 1, steps) for n in range(steps)]
    return found, [loss for *_, loss in told]


def test_the_statistics_come_nearer_on_a_canvas_of_any_size():
    exemplar = tensor(clouds(70, 84))
    found, losses = texture_of_portilla_and_simoncelli(exemplar, (50, 75))
    assert found.shape == (1, 3, 50, 75)
    assert losses[-1] < 0.3 * losses[0]
    for axis in (0, 1, 2):
        assert abs(float(found[0, axis].mean() - exemplar[0, axis].mean())) < 0.05
        assert float(found[0, axis].std() / exemplar[0, axis].std()) == pytest.approx(1, abs=0.25)


def test_a_seed_gives_its_texture_again_and_another_one_another(monkeypatch):
    monkeypatch.setattr(ancestor, "EVALUATIONS", 2)
    exemplar = tensor(clouds(64, 64))
    one, same, other = (
        texture_of_portilla_and_simoncelli(exemplar, (64, 64), seed=seed, steps=1)[0] for seed in (3, 3, 4)
    )
    assert torch.equal(one, same)
    assert float((one - other).abs().mean()) > 0.01


# The sheet.


def test_a_recipe_is_measured_as_the_benchmarks_do():
    exemplar, encoder = tensor(bricks(48, 48)), load_encoder("compact")
    told = []
    settings = SynthesisSettings((40, 48), recipe="sliced", quality="draft", steps=2)
    found = make_by_recipe(Exemplar(exemplar), encoder, encoder, settings, lambda *step: told.append(step))
    assert found.picture.shape == (40, 48, 3)
    assert found.steps == told[-1][1] == told[-1][2]
    assert found.seconds > 0
    # Tensors of another memory layout are summed in another order.
    assert asdict(found.measures) == pytest.approx(
        asdict(measure(exemplar, tensor(found.picture), encoder)), rel=1e-5
    )


def test_the_sheet_shows_every_recipe_at_its_size_with_its_figures():
    each = [made(name) for name in ORDER]
    figure = draw_recipes(Exemplar(tensor(bricks(32, 30))), each, missing=ancestor.NOT_INSTALLED, subtitle="seed 0")
    axes = [one for one in figure.axes if one.images]
    assert [one.images[0].get_array().shape[:2] for one in axes] == [(32, 30)] + [(40, 48)] * 4
    for one, name in zip(axes[1:], ORDER, strict=True):
        title = one.get_title()
        assert title.startswith(f"{name} (")
        assert "\n1.2 s, 7 steps\n" in title
        assert "distance 0.123, sharpness 0.98, copied 50 %, coverage 75 %" in title
    texts = [text.get_text() for one in figure.axes for text in one.texts]
    assert len(texts) == 1
    assert 'pip install ".[compare]"' in texts[0].replace("\n", " ")


def test_with_the_library_its_place_is_a_picture():
    each = [made(name) for name in (*ORDER, "portilla-simoncelli")]
    figure = draw_recipes(Exemplar(tensor(bricks(32, 30))), each, missing=None, subtitle="seed 0")
    assert len([one for one in figure.axes if one.images]) == 6
    assert "each principal color alone" in figure.axes[5].get_title()
    assert "7 steps of 10 evaluations" in figure.axes[5].get_title()


def test_a_library_that_does_not_load_is_told_like_one_that_is_missing(monkeypatch):
    def broken(_name):
        raise OSError("a library of another system")

    monkeypatch.setattr(ancestor, "find_spec", lambda _: True)
    monkeypatch.setattr(ancestor, "import_module", broken)
    assert ancestor.missing_library().endswith("which does not load: a library of another system")


# The command.


@pytest.fixture
def recipes(call):
    """Run `inspect recipes`: exit status, stdout, stderr."""
    return lambda *arguments: call("inspect", "recipes", *arguments)


def test_the_command_compares_all_recipes_and_says_what_to_install(recipes, here, monkeypatch):
    monkeypatch.setattr(ancestor, "find_spec", lambda _: None)
    status, out, err = recipes("bricks.png", "-o", "r.png", "--numbers", "r.npz", "--json", *QUICK)
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert [one["recipe"] for one in told["recipes"]] == list(ORDER)
    assert all(one["seconds"] > 0 and 0 <= one["coverage"] <= 1 for one in told["recipes"])
    assert told["missing"].endswith('not installed: pip install ".[compare]" in a clone of this project')
    assert (told["numbers"], told["pictures"], told["encoder"]) == ("r.npz", ["bricks.png"], "compact")
    assert (told["width"], told["height"], told["quality"], told["judge"]) == (48, 40, "draft", None)
    assert load(here / "r.png").shape[:2] == (1240, 1500)
    with np.load(here / "r.npz") as numbers:
        assert numbers["textures"].shape == (4, 40, 48, 3)
        assert (numbers["pictures"].tolist(), int(numbers["seed"])) == (["bricks.png"], 0)
        assert numbers["distance"].tolist() == [one["distance"] for one in told["recipes"]]


def test_the_command_adds_the_ancestor_where_its_library_is(recipes, monkeypatch):
    pytest.importorskip("plenoptic")
    monkeypatch.setitem(ancestor.STEPS, "draft", 1)
    monkeypatch.setattr(ancestor, "EVALUATIONS", 2)
    status, out, err = recipes("bricks.png", "-o", "r.png", "--json", *QUICK)
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert [one["recipe"] for one in told["recipes"]] == [*ORDER, "portilla-simoncelli"]
    assert told["missing"] is None


def cut_out(folder):
    pixels = np.dstack([bricks(64, 64), np.ones((64, 64))])
    pixels[:9, :9, 3] = 0
    Image.fromarray(np.rint(pixels * 255).astype(np.uint8)).save(folder / "cut.png")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("bricks.png",), "--output is missing"),
        (("nowhere.png", "-o", "r.png"), "nowhere.png does not exist"),
        (("bricks.png", "-o", "r.gif"), "choose .png or .svg"),
        (("bricks.png", "-o", "r.png", "--quality", "superb"), "--quality is 'superb'"),
        (("bricks.png", "-o", "r.png", "--size", "big"), "--size is 'big'"),
        (
            ("bricks.png", "-o", "r.png", "--size", "16"),
            "--size is 16, too small to measure quality: give at least 22x22",
        ),
        (("bricks.png", "-o", "r.png", "--seed", "-1"), "--seed is -1"),
        (("bricks.png", "-o", "r.png", "--encoder", "eye"), "--encoder is 'eye'"),
        (("bricks.png", "-o", "r.png", "--weights", "none.pth"), "none.pth"),
        (("cut.png", "-o", "r.png"), "has transparent parts"),
        (("small.png", "-o", "r.png"), "small.png is 20x64 pixels: give a picture of at least 22x22"),
    ],
)
def test_a_mistake_is_told_in_one_line(recipes, here, arguments, told):
    cut_out(here)
    save(here / "small.png", bricks(64, 20))
    status, out, err = recipes(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("texture-engine: ")
    assert told in err
    assert len(err.splitlines()) == 1
    assert not (here / "r.png").exists()
