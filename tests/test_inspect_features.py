"""Feature maps: what is measured, and what the sheets show."""

import json
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
import torch
from inspecting import ENCODER_WIDTHS, tiny_weights
from pictures import bricks, load, save, tensor

from engine.encoders import EncoderError, load_encoder
from engine.inspection.encoding import CLEAR, FILLED_MEANS, encode, first_of_blocks, fitting_layers
from engine.inspection.features import NARROWEST, SILENT, draw_maps, measure_maps
from engine.synthesis import Exemplar, SettingsError
from engine.synthesis.devices import find_device

LAYERS = tuple(ENCODER_WIDTHS)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return load_encoder("own", weights=tiny_weights(tmp_path_factory.mktemp("weights") / "own.safetensors"))


def shown(figure):
    """The one picture of a sheet, and what is written above its tiles."""
    place = figure.axes[0]
    return np.asarray(place.get_images()[0].get_array()), [text.get_text() for text in place.texts]


# What is measured.


def test_energy_is_the_mean_square_and_the_shares_add_up_to_one():
    maps = torch.zeros(1, 3, 2, 2)
    maps[0, 0] = 1
    maps[0, 2, 0, 0] = 4
    found = measure_maps("relu1_1", maps)
    assert found.energy.tolist() == [1, 0, 4]
    assert found.share.tolist() == [0.2, 0, 0.8]
    assert found.order.tolist() == [2, 0, 1]
    assert found.silent.tolist() == [False, True, False]
    assert found.size == "3 maps of 2×2"


def test_a_layer_that_is_silent_all_over_has_shares_of_nothing():
    found = measure_maps("relu1_1", torch.zeros(1, 3, 2, 2))
    assert found.share.tolist() == [0, 0, 0]
    assert found.order.tolist() == [0, 1, 2]
    draw_maps(found, Exemplar(tensor(bricks(16, 16))), "nothing")


def test_the_maps_are_the_encoders(encoder):
    picture = tensor(bricks(32, 48))
    found = dict(encode(Exemplar(picture), encoder, LAYERS))
    expected = encoder(picture, LAYERS)
    assert list(found) == list(LAYERS)
    for name, maps in found.items():
        assert torch.allclose(maps, expected[name], atol=1e-5)
        assert maps.shape == (1, ENCODER_WIDTHS[name], 32 // 2 ** (int(name[4]) - 1), 48 // 2 ** (int(name[4]) - 1))


def test_what_may_not_be_sampled_does_not_show_in_the_maps(encoder):
    valid = torch.ones(1, 1, 32, 32)
    valid[..., 10:20, 10:20] = 0
    spoilt = tensor(bricks(32, 32))
    spoilt[..., 10:20, 10:20] = 0
    found, other = (
        dict(encode(Exemplar(picture, valid), encoder, ["relu1_1"]))["relu1_1"]
        for picture in (spoilt, tensor(bricks(32, 32)))
    )
    assert torch.allclose(found, other, atol=1e-5)


def test_layers_that_a_picture_is_too_small_for_are_left_out_unless_they_were_asked_for(encoder):
    assert fitting_layers(encoder, (64, 4), LAYERS, asked=False) == LAYERS[:2]
    assert fitting_layers(encoder, (64, 4), ["relu1_1", "relu1_1"], asked=True) == ("relu1_1",)
    with pytest.raises(SettingsError, match="4x64 is too small for relu3_1: choose"):
        fitting_layers(encoder, (64, 4), ["relu1_1", "relu3_1"], asked=True)
    with pytest.raises(SettingsError, match="is too small for"):
        fitting_layers(encoder, (1, 1), LAYERS, asked=False)
    with pytest.raises(EncoderError, match="relu9_9"):
        fitting_layers(encoder, (64, 64), ["relu9_9"], asked=True)


def test_the_first_layers_of_the_blocks_are_known():
    assert first_of_blocks(load_encoder("compact")) == ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


# What the sheet shows.


def test_the_tiles_are_the_maps_in_their_order_on_one_scale():
    maps = torch.zeros(1, 3, 8, 8)
    maps[0, 0] = 1
    maps[0, 1, :, :4] = 9
    maps[0, 2] = 9
    figure = draw_maps(measure_maps("relu1_1", maps), Exemplar(torch.full((1, 3, 8, 8), 0.5)), "three maps")
    sheet, names = shown(figure)
    assert names == ["the picture, 8×8", "2: 66 %", "1: 33 %", "0: 0.82 %"]
    tile = 320
    spots = {name: text.get_position() for name, text in zip(names, figure.axes[0].texts, strict=True)}
    middles = {}
    for name, (left, baseline) in spots.items():
        top = round(baseline) + 5
        middles[name] = sheet[top + tile // 2, round(left) + np.array([tile // 4, 3 * tile // 4])]
    assert middles["the picture, 8×8"] == pytest.approx(0.5)
    brightest, darkest = middles["2: 66 %"][0], middles["1: 33 %"][1]
    assert middles["2: 66 %"][1] == pytest.approx(brightest)
    assert middles["1: 33 %"][0] == pytest.approx(brightest)
    assert darkest.sum() < 0.02
    # A ninth of the brightest activation is a third of the scale, which goes by the square root.
    assert middles["0: 0.82 %"][0] == pytest.approx(mpl.colormaps["inferno"](1 / 3)[:3], abs=0.01)
    assert brightest == pytest.approx(mpl.colormaps["inferno"](1.0)[:3], abs=0.01)
    assert figure.axes[1].get_title() == "activation"


def test_512_maps_all_have_a_tile_large_enough_to_be_seen():
    maps = torch.rand(1, 512, 4, 4, generator=torch.Generator().manual_seed(0)) + 0.1
    figure = draw_maps(measure_maps("relu5_1", maps), Exemplar(tensor(bricks(64, 64))), "many maps")
    sheet, names = shown(figure)
    numbers = [int(name.split(":")[0]) for name in names[1:]]
    assert sorted(numbers) == list(range(512))
    places = {tuple(np.rint(text.get_position()).astype(int)) for text in figure.axes[0].texts}
    assert len(places) == 513
    columns = sorted({left for left, _ in places})
    assert np.diff(columns).min() >= 128
    assert sheet.shape[0] < 1.6 * sheet.shape[1] < 2.6 * sheet.shape[0]
    assert figure.get_suptitle().startswith("relu5_1: 512 maps of 4×4, ordered by energy\n")


def test_silent_maps_are_told_from_weak_ones():
    maps = torch.zeros(1, 4, 8, 8)
    maps[0, 1] = 1
    maps[0, 3, 0, 0] = 1e-3
    figure = draw_maps(measure_maps("relu1_1", maps), Exemplar(tensor(bricks(8, 8))), "quiet")
    sheet, names = shown(figure)
    assert names == ["the picture, 8×8", "1: 100 %", "3: < 0.001 %", "0: silent", "2: silent"]
    left, baseline = figure.axes[0].texts[3].get_position()
    assert sheet[round(baseline) - 2, round(left)] == pytest.approx(SILENT)
    assert "2 of them silent" in figure.get_suptitle()


def test_the_sheet_shows_dots_for_dots_and_no_title_is_cut_off():
    maps = torch.rand(1, 2, 6, 300)
    figure = draw_maps(measure_maps("relu1_1", maps), Exemplar(torch.rand(1, 3, 6, 300)), "a long explanation " * 12)
    sheet, _ = shown(figure)
    figure.canvas.draw()
    box = figure.axes[0].get_window_extent()
    assert (box.width, box.height) == pytest.approx((sheet.shape[1], sheet.shape[0]))
    title = figure._suptitle.get_window_extent()  # noqa: SLF001
    assert title.x0 >= 0
    assert title.x1 <= figure.bbox.width
    assert title.y1 <= figure.bbox.height
    assert title.y0 >= box.y1
    explained = figure._supxlabel.get_window_extent()  # noqa: SLF001
    assert 0 <= explained.x0 < explained.x1 <= figure.bbox.width
    assert 0 <= explained.y0 < explained.y1 <= box.y0


def test_large_maps_are_reduced_and_the_title_says_so():
    figure = draw_maps(
        measure_maps("relu1_1", torch.rand(1, 2, 700, 64)), Exemplar(torch.rand(1, 3, 700, 64)), "long"
    )
    assert "each map is shown reduced 3 times" in figure.get_supxlabel().replace("\n", " ")
    texts = figure.axes[0].texts
    assert len({round(text.get_position()[0]) for text in texts}) == 3
    assert texts[1].get_position()[0] - texts[0].get_position()[0] >= NARROWEST


def test_the_picture_itself_can_be_shown_as_a_layer():
    picture = tensor(bricks(16, 16))
    figure = draw_maps(measure_maps("pixels", picture), Exemplar(picture), "colors")
    assert figure.axes[1].get_title() == "light"
    names = [text.get_text() for text in figure.axes[0].texts]
    assert names[0] == "the picture, 16×16"
    assert sorted(name.split(":")[0] for name in names[1:]) == ["blue", "green", "red"]
    assert "square root" not in figure.get_supxlabel()


def test_what_is_transparent_is_shown_as_such_and_has_no_part_in_the_energy():
    maps = torch.zeros(1, 2, 8, 8)
    maps[0, 0, :, :4] = 1
    maps[0, 1, :, 4:] = 9
    region = torch.zeros(8, 8, dtype=torch.bool)
    region[:, :4] = True
    found = measure_maps("relu1_1", maps, region)
    assert found.energy.tolist() == [1, 0]
    valid = torch.ones(1, 1, 8, 8)
    valid[..., 4:] = 0
    figure = draw_maps(found, Exemplar(torch.zeros(1, 3, 8, 8), valid), "half of it")
    sheet, names = shown(figure)
    left, baseline = (round(n) for n in figure.axes[0].texts[names.index("the picture, 8×8")].get_position())
    assert sheet[baseline + 165, left + 80] == pytest.approx(0, abs=0.01)
    assert sheet[baseline + 165, left + 240] == pytest.approx(CLEAR, abs=0.01)
    assert FILLED_MEANS in figure.get_supxlabel().replace("\n", " ")


# The command.


def test_the_command_writes_a_sheet_for_every_layer_and_the_numbers(call, here):
    arguments = ("--output", "maps", "--numbers", "maps.npz", "--json")
    status, out, err = call("inspect", "features", "bricks.png", *arguments)
    assert (status, err) == (0, "")
    told = json.loads(out)
    widths = {name: layer.channels for name, layer in load_encoder("compact").layers.items()}
    assert (told["output"], told["numbers"], told["pictures"]) == ("maps", "maps.npz", ["bricks.png"])
    assert (told["encoder"], told["pooling"]) == ("compact", "average")
    assert (told["width"], told["height"], told["device"]) == (64, 64, find_device().type)
    assert list(told["layers"]) == list(widths)
    assert sorted(path.name for path in (here / "maps").iterdir()) == [
        f"bricks-{name}.png" for name in sorted(widths)
    ]
    with np.load(here / "maps.npz") as numbers:
        for name, width in widths.items():
            side = 64 // 2 ** (int(name[4]) - 1)
            assert numbers[f"{name}_maps"].shape == (width, side, side)
            energy = np.square(numbers[f"{name}_maps"], dtype=np.float64).mean(axis=(1, 2))
            assert numbers[f"{name}_energy"] == pytest.approx(energy)
            assert np.all(np.diff(energy[numbers[f"{name}_order"]]) <= 0)
            one = told["layers"][name]
            assert (one["maps"], one["height"], one["width"]) == (width, side, side)
            assert one["strongest"] == int(energy.argmax())
            assert min(load(one["output"]).shape[:2]) > 400


def test_the_command_takes_a_name_to_begin_with_and_layers(call, here):
    tiny_weights(here / "own.safetensors")
    arguments = ("-o", "look.svg", "--weights", "own.safetensors", "--layers", "relu1_1,relu3_1")
    status, out, err = call("inspect", "features", "bricks.png", *arguments, "--numbers", "look.json")
    assert (status, out) == (0, "")
    assert err.splitlines() == ["look-relu1_1.svg: 6 maps of 64×64", "look-relu3_1.svg: 8 maps of 16×16"]
    assert (here / "look-relu3_1.svg").read_text(encoding="utf-8").count("<svg") == 1
    numbers = json.loads((here / "look.json").read_text(encoding="utf-8"))
    assert [len(numbers[f"{name}_energy"]) for name in ("relu1_1", "relu3_1")] == [6, 8]
    assert not [name for name in numbers if name.endswith("_maps")]
    assert not (here / "look.svg").exists()


BAD = {
    "no output": (("bricks.png",), "--output is missing"),
    "no such picture": (("nowhere.png", "-o", "maps"), "nowhere.png does not exist"),
    "no such kind": (("bricks.png", "-o", "maps.jpg"), "choose .png or .svg"),
    "no such folder": (("bricks.png", "-o", "nowhere/maps"), "does not exist; create it"),
    "numbers of no kind": (("bricks.png", "-o", "maps", "--numbers", "maps.txt"), "choose .json or .npz"),
    "layers with weights": (
        ("bricks.png", "-o", "maps", "--layers", "relu1_1:2"),
        "--layers is 'relu1_1:2': give names such as relu1_1,relu3_1",
    ),
    "no such layer": (("bricks.png", "-o", "maps", "--layers", "relu9_1"), "no such layer in this encoder"),
    "a layer too deep": (("small.png", "-o", "maps", "--layers", "relu5_1"), "too small for relu5_1"),
    "no such encoder": (("bricks.png", "-o", "maps", "--encoder", "eye"), "--encoder is 'eye'"),
    "no such pooling": (("bricks.png", "-o", "maps", "--pooling", "mean"), "--pooling is 'mean'"),
    "no such device": (("bricks.png", "-o", "maps", "--device", "abacus"), "device 'abacus' is not known"),
    "over what is read": (("bricks-relu1_1.png", "-o", "bricks.png", "--layers", "relu1_1"), "would be overwritten"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_told_in_one_line(call, here, case):
    save(here / "small.png", bricks(16, 16))
    save(here / "bricks-relu1_1.png", bricks())
    arguments, words = BAD[case]
    status, out, err = call("inspect", "features", *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert not (here / "maps").exists()


def test_help_comes_without_waiting_for_torch_or_matplotlib():
    code = (
        "import sys\nfrom engine.cli import main\ntry:\n    main()\nexcept SystemExit as ended:\n"
        "    assert not ended.code\nprint({'torch', 'matplotlib'} & set(sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, "inspect", "--help"], capture_output=True, text=True, timeout=60
    )
    assert found.returncode == 0, found.stderr
    for name in ("features", "grams", "layers", "losses"):
        assert name in found.stdout
    assert found.stdout.splitlines()[-1] == "set()"
