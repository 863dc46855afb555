"""Gram matrices: known values, and what the figure shows of them."""

import json

import numpy as np
import pytest
import torch
from engines import forked_terminal
from inspecting import ENCODER_WIDTHS, tiny_weights
from pictures import bricks, clouds, load, save, tensor
from torch import nn

from engine.encoders import Encoder, load_encoder
from engine.inspection.grams import (
    Fingerprint,
    draw_grams,
    filters,
    fingerprint,
    gram_numbers,
    noise_like,
    shown_order,
    strongest_pairs,
)
from engine.synthesis import Exemplar

LAYERS = tuple(ENCODER_WIDTHS)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return load_encoder("own", weights=tiny_weights(tmp_path_factory.mktemp("weights") / "own.safetensors"))


def color_encoder():
    """An encoder whose three features are the colors themselves."""
    encoder = Encoder([[3]])
    convolution = encoder.blocks[0][0]
    nn.init.zeros_(convolution.weight)
    nn.init.zeros_(convolution.bias)
    with torch.no_grad():
        for n in range(3):
            convolution.weight[n, n, 1, 1] = 1
    return encoder


# Known values.


def test_the_matrix_of_a_flat_picture_is_the_products_of_its_colors():
    picture = torch.tensor([0.5, 0.25, 1.0])[None, :, None, None].expand(1, 3, 8, 8).contiguous()
    found = fingerprint("flat", Exemplar(picture), color_encoder(), ["relu1_1"]).grams["relu1_1"]
    expected = [[0.25, 0.125, 0.5], [0.125, 0.0625, 0.25], [0.5, 0.25, 1.0]]
    assert found.numpy() == pytest.approx(np.array(expected))


def test_features_that_never_occur_together_have_no_product():
    picture = torch.zeros(1, 3, 8, 8)
    picture[0, 0, :4] = 1
    picture[0, 1, 4:] = 1
    found = fingerprint("halves", Exemplar(picture), color_encoder(), ["relu1_1"]).grams["relu1_1"]
    assert found.numpy() == pytest.approx(np.diag([0.5, 0.5, 0]))


def test_what_may_not_be_sampled_has_no_part_in_the_matrix(encoder):
    valid = torch.ones(1, 1, 64, 64)
    valid[..., :16] = 0
    spoilt = tensor(bricks())
    spoilt[..., :16] = 1
    first, other = (fingerprint("one", Exemplar(p, valid), encoder, LAYERS) for p in (spoilt, tensor(bricks())))
    assert first.losses(other) == pytest.approx(dict.fromkeys(LAYERS, 0), abs=1e-9)
    assert fingerprint("all", Exemplar(spoilt), encoder, LAYERS).losses(other)["relu1_1"] > 1e-4


def test_the_strongest_pairs_are_named_with_value_and_cosine():
    gram = torch.tensor([[4.0, 2.0, 1.0], [2.0, 1.0, 0.5], [1.0, 0.5, 9.0]])
    found = strongest_pairs(gram)
    assert [(p.one, p.other, p.value) for p in found] == [(0, 1, 2.0), (0, 2, 1.0), (1, 2, 0.5)]
    assert [p.cosine for p in found] == pytest.approx([1, 1 / 6, 0.5 / 3])
    # 3 over the root of 3 times 3 is more than 1 in single precision.
    assert strongest_pairs(torch.full((2, 2), 3.0))[0].cosine == 1


def test_a_picture_has_no_distance_to_itself_and_noise_has_one(encoder):
    picture = Exemplar(tensor(bricks()))
    first = fingerprint("bricks", picture, encoder, LAYERS)
    noise = fingerprint("noise", noise_like(picture, 0), encoder, LAYERS)
    assert set(first.losses(first).values()) == {0.0}
    assert min(noise.losses(first).values()) > 1e-3


def test_the_noise_has_the_colors_mean_and_covariance_and_follows_its_seed():
    # Dark with bright spots, so that much of the noise is below 0.
    picture = Exemplar(tensor(clouds(128, 128) ** 6))
    noise, again, other = (noise_like(picture, seed).picture for seed in (3, 3, 4))
    assert torch.equal(noise, again)
    assert not torch.equal(noise, other)
    assert noise.shape == picture.picture.shape
    colors, drawn = (one[0].flatten(1) for one in (picture.picture, noise))
    assert drawn.mean(dim=1).numpy() == pytest.approx(colors.mean(dim=1).numpy(), abs=0.005)
    assert drawn.cov().numpy() == pytest.approx(colors.cov().numpy(), rel=0.05)
    seen = fingerprint("noise", Exemplar(noise), color_encoder(), ["pixels"]).grams["pixels"]
    assert seen.numpy() == pytest.approx((drawn @ drawn.t() / drawn.shape[1]).numpy(), rel=1e-4)


def test_filters_are_shown_as_colors_around_gray():
    encoder = color_encoder()
    with torch.no_grad():
        encoder.blocks[0][0].weight[1] *= -4
    found = filters(encoder)
    assert found.shape == (3, 3, 3, 3)
    assert found[0, 1, 1].tolist() == [1, 0.5, 0.5]
    assert found[1, 1, 1].tolist() == [0.5, 0, 0.5]
    assert set(found[0, 0].flatten().tolist()) == {0.5}


# The figure.


def test_features_are_drawn_in_the_order_of_their_energy_without_silent_ones():
    first, other = torch.diag(torch.tensor([1.0, 0, 3, 0])), torch.diag(torch.tensor([0.0, 0, 0, 7]))
    assert shown_order([first, other]) == ([2, 0, 3], 3)
    assert shown_order([torch.zeros(2, 2)]) == ([0], 0)


def test_heat_maps_of_a_layer_share_one_scale_and_show_the_matrices(encoder):
    pictures = [("bricks", Exemplar(tensor(bricks()))), ("clouds", Exemplar(tensor(clouds())))]
    found = [fingerprint(name, one, encoder, LAYERS) for name, one in pictures]
    figure = draw_grams(found, encoder, "two pictures")
    drawn = [axes for axes in figure.axes if axes.get_xlabel().startswith("feature")]
    assert len(drawn) == len(LAYERS) * 2
    for row, layer in enumerate(LAYERS):
        line = drawn[2 * row : 2 * row + 2]
        limits = {axes.images[0].get_clim() for axes in line}
        assert limits == {(0.0, float(max(one.grams[layer].max() for one in found)))}
        order, _ = shown_order([one.grams[layer] for one in found])
        for axes, one in zip(line, found, strict=True):
            shown = np.asarray(axes.images[0].get_array())
            assert shown == pytest.approx(one.grams[layer].numpy()[np.ix_(order, order)])
            assert [int(text.get_text()) for text in axes.get_yticklabels()] == order
            assert axes.get_title().startswith(f"{layer}: {len(order)} of {ENCODER_WIDTHS[layer]} features")
        assert line[1].get_title().endswith(f", loss {found[1].losses(found[0])[layer]:.3g}")


def test_the_strongest_pairs_are_listed_and_those_of_the_first_layer_with_their_filters(encoder):
    found = [fingerprint("bricks", Exemplar(tensor(bricks())), encoder, LAYERS)]
    figure = draw_grams(found, encoder, "one picture")
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    for layer in LAYERS:
        for pair in strongest_pairs(found[0].grams[layer]):
            assert sum(text.startswith(f"{pair.one} and {pair.other}: {pair.value:.3g}\n") for text in texts) >= 1
    swatches = [np.asarray(child.images[0].get_array()) for axes in figure.axes for child in axes.child_axes]
    expected = [n for pair in strongest_pairs(found[0].grams["relu1_1"]) for n in (pair.one, pair.other)]
    assert len(swatches) == len(expected) == 10
    for swatch, number in zip(swatches, expected, strict=True):
        assert np.array_equal(swatch, filters(encoder)[number])


def test_a_layer_that_is_silent_in_all_pictures_is_drawn(encoder):
    silent = Fingerprint("dark", torch.zeros(1, 3, 8, 8), {"relu2_1": torch.zeros(7, 7)})
    figure = draw_grams([silent], encoder, "nothing")
    assert any(axes.get_title() == "relu2_1: 0 of 7 features" for axes in figure.axes)


def test_the_numbers_are_the_whole_matrices_in_the_features_own_order(encoder):
    found = [fingerprint(str(n), Exemplar(tensor(bricks(seed=n))), encoder, LAYERS) for n in range(2)]
    numbers = gram_numbers(found)
    assert numbers["fingerprints"] == ["0", "1"]
    assert numbers["relu3_1_grams"].shape == (2, 8, 8)
    assert np.array_equal(numbers["relu3_1_grams"][1], found[1].grams["relu3_1"].numpy())
    assert numbers["relu3_1_losses"][0] == 0
    one, other = numbers["relu3_1_pairs"][1][0]
    assert numbers["relu3_1_grams"][1][one, other] == numbers["relu3_1_pair_values"][1][0]


# The command.


def test_the_command_compares_pictures_and_noise(call, here):
    save(here / "clouds.png", clouds())
    arguments = ("-o", "grams.png", "--numbers", "grams.npz", "--json", "--seed", "5")
    status, out, err = call("inspect", "grams", "bricks.png", "clouds.png", *arguments)
    assert (status, err, out.count("\n")) == (0, "", 1)
    told = json.loads(out)
    layers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
    assert [one["picture"] for one in told["losses"]] == ["bricks.png", "clouds.png", "noise like bricks.png"]
    assert [told["losses"][0][name] for name in layers] == [0] * 5
    assert list(told["strongest"]) == layers
    assert all(len(pairs) == 5 for pairs in told["strongest"].values())
    with np.load(here / "grams.npz") as numbers:
        assert numbers["relu1_1_grams"].shape == (3, 16, 16)
        pair = told["strongest"]["relu1_1"][0]
        assert numbers["relu1_1_grams"][0, pair["one"], pair["other"]] == pytest.approx(pair["value"])
        assert numbers["layers"].tolist() == layers
    height, width = load(here / "grams.png").shape[:2]
    assert height > width > 1000


def test_the_command_takes_layers_and_writes_numbers_as_text(call, here):
    tiny_weights(here / "own.safetensors")
    arguments = ("-o", "grams.svg", "--weights", "own.safetensors", "--layers", "relu2_1,pixels")
    status, out, err = call("inspect", "grams", "bricks.png", *arguments, "--numbers", "grams.json")
    assert (status, out, err) == (0, "", "grams.svg: 2 pictures, 2 layers\n")
    numbers = json.loads((here / "grams.json").read_text(encoding="utf-8"))
    assert np.shape(numbers["relu2_1_grams"]) == (2, 7, 7)
    colors = load(here / "bricks.png").reshape(-1, 3) / 255
    assert np.array(numbers["pixels_grams"][0]) == pytest.approx(colors.T @ colors / len(colors), rel=1e-4)


def test_small_pictures_leave_deep_layers_out(call, here):
    save(here / "small.png", bricks(16, 24))
    status, out, _ = call("inspect", "grams", "bricks.png", "small.png", "-o", "grams.png", "--json")
    assert status == 0
    assert list(json.loads(out)["strongest"]) == ["relu1_1", "relu2_1", "relu3_1", "relu4_1"]


def test_a_backend_that_jupyter_has_set_does_no_harm(here, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    told = forked_terminal(here, "inspect", "grams", "bricks.png", "-o", "grams.png", cwd=here)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "grams.png: 2 pictures, 5 layers\n")


BAD = {
    "no output": (("bricks.png",), "--output is missing"),
    "no picture": (("-o", "grams.png"), "Missing argument"),
    "a picture missing": (("bricks.png", "nowhere.png", "-o", "grams.png"), "nowhere.png does not exist"),
    "no such kind": (("bricks.png", "-o", "grams.gif"), "choose .png or .svg"),
    "over a picture": (("bricks.png", "-o", "bricks.png"), "would be overwritten"),
    "twice to one file": (("bricks.png", "-o", "grams.png", "--numbers", "grams.png"), "would be written twice"),
    "a seed out of range": (("bricks.png", "-o", "grams.png", "--seed", "-1"), "--seed is -1"),
    "no such layer": (("bricks.png", "-o", "grams.png", "--layers", "conv1"), "no such layer in this encoder"),
    "no layers": (("bricks.png", "-o", "grams.png", "--layers", ","), "--layers is"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_told_in_one_line(call, here, case):
    arguments, words = BAD[case]
    status, out, err = call("inspect", "grams", *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert [path.name for path in here.iterdir()] == ["bricks.png"]
