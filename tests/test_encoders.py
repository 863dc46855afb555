"""Encoders: the network, and which ones there are."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from networks import WIDTHS, channels_of, made_up_encoder, noise, numbered_style, with_number
from safetensors.torch import save_file
from torch import nn
from torch.nn.functional import avg_pool2d, max_pool2d, pad, relu
from wraps import BOTH, NO_WRAP, WRAPS, X, Y

from engine.encoders import Encoder, EncoderError, compact, encoder_status, freeze, load_encoder
from engine.encoders.calibration import calibration_pictures, normalize_activations
from engine.synthesis.encoder import Pooling
from engine.synthesis.wrap import Wrap
from protocol.vocabulary import LAYERS

COMPACT_BYTES = 2 * 2**20


# The network.


def test_every_layer_has_the_width_and_the_stride_its_name_says() -> None:
    encoder = made_up_encoder()
    features = encoder(noise(2, 3, 48, 64), encoder.layers)
    assert list(features) == ["relu1_1", "relu1_2", "relu2_1", "relu3_1", "relu3_2", "relu4_1", "relu5_1"]
    for name, layer in encoder.layers.items():
        assert features[name].shape == (2, layer.channels, 48 // layer.stride, 64 // layer.stride)
    assert channels_of(encoder) == tuple(width for block in WIDTHS for width in block)


def test_odd_sizes_are_rounded_down() -> None:
    encoder = made_up_encoder()
    assert encoder(noise(1, 3, 37, 50), ["relu3_1"])["relu3_1"].shape == (1, 9, 9, 12)


def test_layers_are_numbered_and_their_strides_are_those_of_the_vocabulary() -> None:
    layers = made_up_encoder().layers
    assert [(each.name, each.block, each.index) for each in layers.values()][:3] == [
        ("relu1_1", 1, 1),
        ("relu1_2", 1, 2),
        ("relu2_1", 2, 1),
    ]
    assert {name: each.stride for name, each in layers.items()} == {name: LAYERS[name] for name in layers}


def test_features_are_the_same_whatever_else_is_asked() -> None:
    encoder = made_up_encoder()
    picture = noise(1, 3, 32, 32)
    together = encoder(picture, encoder.layers)
    for name in encoder.layers:
        assert torch.equal(encoder(picture, [name])[name], together[name])


@pytest.mark.parametrize(("layer", "convolutions"), [("relu1_1", 1), ("relu2_1", 3), ("relu3_1", 4), ("relu5_1", 7)])
def test_nothing_deeper_than_the_asked_layer_is_computed(layer: str, convolutions: int) -> None:
    encoder = made_up_encoder()
    seen: list[nn.Module] = []
    for module in encoder.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(lambda m, *_: seen.append(m))
    encoder(noise(1, 3, 32, 32), [layer])
    assert len(seen) == convolutions


def test_a_layer_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(EncoderError, match=r"relu3_3: no such layer .* relu3_2"):
        made_up_encoder()(noise(1, 3, 32, 32), ["relu1_1", "relu3_3"])


def test_average_and_max_pooling_join_the_blocks() -> None:
    average, largest = made_up_encoder("average"), made_up_encoder("max")
    picture = noise(1, 3, 32, 32)
    relu1_2 = average(picture, ["relu1_2"])["relu1_2"]
    assert torch.equal(relu1_2, largest(picture, ["relu1_2"])["relu1_2"])
    convolution = average.get_submodule("blocks.1.0")
    for encoder, pooled in ((average, avg_pool2d(relu1_2, 2)), (largest, max_pool2d(relu1_2, 2))):
        expected = relu(convolution(pad(pooled, (1, 1, 1, 1), mode="reflect")))
        torch.testing.assert_close(encoder(picture, ["relu2_1"])["relu2_1"], expected)


@pytest.mark.parametrize("pooling", ["average", "max"])
@pytest.mark.parametrize("wrap", [X, Y, BOTH], ids=str)
def test_along_an_axis_that_wraps_features_move_with_the_picture(pooling: Pooling, wrap: Wrap) -> None:
    encoder = made_up_encoder(pooling).with_wrap(wrap)
    picture = noise(1, 3, 48, 64)
    down, across = 16 * wrap.y, 32 * wrap.x
    still = encoder(picture, encoder.layers)
    for name, features in encoder(picture.roll((down, across), (2, 3)), encoder.layers).items():
        shift = (down // LAYERS[name], across // LAYERS[name])
        torch.testing.assert_close(features, still[name].roll(shift, (2, 3)), atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("wrap", [NO_WRAP, X], ids=str)
def test_an_axis_that_does_not_wrap_is_padded_by_reflection(wrap: Wrap) -> None:
    encoder = made_up_encoder(wrap=wrap)
    picture = noise(1, 3, 48, 64)
    still, shifted = (encoder(p, ["relu2_1"])["relu2_1"] for p in (picture, picture.roll(16, 2)))
    assert not torch.allclose(shifted, still.roll(8, 2), atol=1e-4)
    torch.testing.assert_close(shifted[:, :, 11:-3], still.roll(8, 2)[:, :, 11:-3])


@pytest.mark.parametrize("wrap", WRAPS, ids=str)
def test_a_thrifty_pass_gives_the_same_features_and_gradients(wrap: Wrap) -> None:
    encoder = made_up_encoder(wrap=wrap)
    layers = ["relu1_1", "relu3_1", "relu4_1"]
    gradients, maps = [], []
    for checkpointing in (False, True):
        picture = noise(1, 3, 32, 32).requires_grad_()
        features = encoder(picture, layers, checkpointing=checkpointing)
        torch.stack([(f**2).mean() for f in features.values()]).sum().backward()
        gradients.append(picture.grad)
        maps.append(features)
    torch.testing.assert_close(gradients[1], gradients[0])
    assert list(maps[1]) == layers
    for name in layers:
        torch.testing.assert_close(maps[1][name], maps[0][name])


@pytest.mark.parametrize("wrap", WRAPS, ids=str)
def test_channels_last_gives_the_same_features(wrap: Wrap) -> None:
    encoder = made_up_encoder(wrap=wrap)
    picture = noise(2, 3, 32, 32)
    expected = encoder(picture, encoder.layers)
    last = encoder.to(memory_format=torch.channels_last)
    for name, features in last(picture.contiguous(memory_format=torch.channels_last), encoder.layers).items():
        torch.testing.assert_close(features, expected[name])


def test_freezing_stops_gradients_to_the_weights_but_not_to_the_picture() -> None:
    encoder = freeze(Encoder(WIDTHS))
    picture = noise(1, 3, 16, 16).requires_grad_()
    encoder(picture, ["relu2_1"])["relu2_1"].sum().backward()
    assert not encoder.training
    assert not any(p.requires_grad for p in encoder.parameters())
    assert picture.grad is not None


def test_normalizing_gives_every_layer_a_mean_of_one() -> None:
    encoder = made_up_encoder()
    pictures = calibration_pictures()
    normalize_activations(encoder, pictures)
    for name in encoder.layers:
        mean = torch.stack([encoder(p, [name])[name].mean() for p in pictures]).mean()
        assert float(mean) == pytest.approx(1, abs=1e-4)


def test_normalizing_changes_no_feature_but_for_its_scale() -> None:
    before, after = made_up_encoder(), made_up_encoder()
    normalize_activations(after, calibration_pictures())
    picture = noise(1, 3, 32, 32)
    for name, features in after(picture, after.layers).items():
        original = before(picture, [name])[name]
        scale = features.sum() / original.sum()
        assert float(scale) > 1.1
        torch.testing.assert_close(features, original * scale, atol=1e-4, rtol=1e-4)


def test_normalizing_leaves_a_layer_that_never_fires_finite() -> None:
    encoder = made_up_encoder()
    with torch.no_grad():
        encoder.get_parameter("blocks.0.1.weight").zero_()
        encoder.get_parameter("blocks.0.1.bias").fill_(-1)
    normalize_activations(encoder, calibration_pictures())
    assert all(bool(p.isfinite().all()) for p in encoder.parameters())
    assert float(encoder(noise(1, 3, 16, 16), ["relu1_2"])["relu1_2"].max()) == 0


def test_calibration_pictures_are_fixed_and_in_range() -> None:
    first, second = calibration_pictures(), calibration_pictures()
    for left, right in zip(first, second, strict=True):
        assert torch.equal(left, right)
        assert left.shape == (1, 3, 128, 128)
        assert float(left.min()) >= 0
        assert float(left.max()) <= 1
        assert float(left.std()) > 0.1


# The registry.


def test_an_unknown_name_lists_the_names() -> None:
    with pytest.raises(EncoderError, match="no encoder resnet: choose from compact, vgg19, vgg16, vgg11"):
        load_encoder("resnet")


def test_an_unknown_pooling_is_refused() -> None:
    with pytest.raises(EncoderError, match="median is neither average nor max"):
        load_encoder("compact", pooling="median")


def test_a_weights_file_decides_the_network(tmp_path: Path) -> None:
    save_file(numbered_style(), tmp_path / "own.safetensors")
    encoder = load_encoder("vgg19", weights=tmp_path / "own.safetensors", pooling="max")
    assert channels_of(encoder) == (5, 6, 7, 9)
    assert (encoder.pooling, encoder.wrap, encoder.training) == ("max", NO_WRAP, False)
    assert not any(p.requires_grad for p in encoder.parameters())


def test_a_weights_file_of_any_scale_comes_with_mean_activations_of_one(tmp_path: Path) -> None:
    save_file({key: 50 * value for key, value in numbered_style().items()}, tmp_path / "own.safetensors")
    encoder = load_encoder("compact", weights=tmp_path / "own.safetensors")
    pictures = torch.cat(calibration_pictures())
    for features in encoder(pictures, encoder.layers).values():
        assert float(features.mean()) == pytest.approx(1, abs=1e-3)


def test_a_fault_in_a_weights_file_names_the_file_and_the_layer(tmp_path: Path) -> None:
    save_file(with_number("conv1_2.weight", torch.nan), tmp_path / "own.safetensors")
    with pytest.raises(EncoderError, match=r"own\.safetensors: conv1_2\.weight holds NaN .* use compact"):
        load_encoder("compact", weights=tmp_path / "own.safetensors")


def test_the_built_in_encoder_is_small_and_normalized() -> None:
    status = next(row for row in encoder_status() if row.name == "compact")
    assert status.available
    assert Path(status.where).stat().st_size <= COMPACT_BYTES
    encoder = load_encoder("compact")
    assert next(iter(encoder.layers)) == "relu1_1"
    assert list(encoder.layers)[-1] == "relu5_1"
    assert encoder.layers["relu1_1"].channels == 16
    pictures = torch.cat(calibration_pictures())
    for features in encoder(pictures, encoder.layers).values():
        # Its pictures for normalizing were others.
        assert 0.3 < float(features.mean()) < 3


def test_the_built_in_encoder_is_read_from_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_file(numbered_style(), tmp_path / "compact.safetensors")
    monkeypatch.setattr(compact, "RESOURCE", tmp_path / "compact.safetensors")
    encoder = load_encoder("compact", pooling="max")
    assert channels_of(encoder) == (5, 6, 7, 9)
    assert (encoder.pooling, encoder.wrap, encoder.training) == ("max", NO_WRAP, False)


def test_a_package_without_its_weights_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "RESOURCE", tmp_path / "compact.safetensors")
    assert not encoder_status()[0].available
    with pytest.raises(EncoderError, match=r"missing from .*compact\.safetensors: install the package again"):
        load_encoder("compact")


def test_importing_the_encoders_does_not_import_torchvision() -> None:
    code = "import sys, engine.encoders; sys.exit('torchvision' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[1]).returncode == 0
