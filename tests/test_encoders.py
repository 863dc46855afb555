"""Encoders: the network, its weights files, and the fetching of torchvision's."""

import hashlib
import http.server
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, max_pool2d, pad, relu
from wraps import BOTH, NO_WRAP, WRAPS, X, Y

from engine.encoders import (
    Encoder,
    EncoderError,
    compact,
    encoder_status,
    freeze,
    load_encoder,
    vgg,
)
from engine.encoders.calibration import calibration_pictures, normalize_activations
from engine.encoders.weights_file import encoder_from_state, named_convolutions, read_weights
from engine.synthesis.encoder import Pooling
from engine.synthesis.wrap import Wrap
from protocol.vocabulary import ENCODERS, LAYERS

WIDTHS = ((5, 6), (7,), (9, 11), (12,), (13,))
SLIM = Path(__file__).parents[2] / "shared" / "weights" / "vgg19-16x.pth"
COMPACT_BYTES = 2 * 2**20


def made_up_encoder(pooling: Pooling = "average", wrap: Wrap = NO_WRAP, seed: int = 0) -> Encoder:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return freeze(Encoder(WIDTHS, pooling=pooling, wrap=wrap))


def noise(*shape: int, seed: int = 1) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def chain(names: list[str], channels: list[int]) -> dict[str, Tensor]:
    state = {}
    for seed, (name, (before, after)) in enumerate(zip(names, pairwise(channels), strict=True)):
        state[f"{name}.weight"] = 0.2 * (noise(after, before, 3, 3, seed=seed) - 0.3)
        state[f"{name}.bias"] = noise(after, seed=100 + seed) - 0.5
    return state


def torchvision_style() -> dict[str, Tensor]:
    """Two convolutions in block 1, one each in blocks 2 and 3."""
    state = chain(["features.0", "features.2", "features.5", "features.8"], [3, 5, 6, 7, 9])
    return {**state, "classifier.0.weight": torch.zeros(4, 4), "classifier.0.bias": torch.zeros(4)}


def numbered_style() -> dict[str, Tensor]:
    return chain(["conv1_1", "conv1_2", "conv2_1", "conv3_1"], [3, 5, 6, 7, 9])


def slim_style() -> dict[str, Tensor]:
    return chain(["conv11", "conv12", "conv21", "conv31"], [3, 5, 6, 7, 9])


def channels_of(encoder: Encoder) -> tuple[int, ...]:
    return tuple(layer.channels for layer in encoder.layers.values())


def build(state: dict[str, Tensor], pooling: Pooling = "average") -> Encoder:
    return freeze(encoder_from_state(state, pooling=pooling))


def assert_same_features(left: Encoder, right: Encoder, *, tolerance: float = 1e-5) -> None:
    assert left.layers == right.layers
    picture = noise(1, 3, 32, 32)
    expected = right(picture, right.layers)
    for name, features in left(picture, left.layers).items():
        torch.testing.assert_close(features, expected[name], atol=tolerance, rtol=tolerance)


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


# Weights files.


def test_all_styles_of_names_give_the_same_network() -> None:
    numbered = build(numbered_style())
    assert tuple(numbered.layers) == ("relu1_1", "relu1_2", "relu2_1", "relu3_1")
    assert channels_of(numbered) == (5, 6, 7, 9)
    assert_same_features(build(slim_style()), numbered)
    assert channels_of(build(torchvision_style())) == channels_of(numbered)


def test_a_torchvision_network_of_odd_widths_computes_what_torchvision_does() -> None:
    from torchvision.models.vgg import make_layers

    torch.manual_seed(0)
    # The shape of vgg11, configuration A.
    network = make_layers([6, "M", 10, "M", 13, 14, "M", 17, 18, "M", 19, 20, "M"]).eval()
    encoder = build({f"features.{key}": value for key, value in network.state_dict().items()}, pooling="max")
    assert tuple(encoder.layers) == (
        "relu1_1", "relu2_1", "relu3_1", "relu3_2", "relu4_1", "relu4_2", "relu5_1", "relu5_2"
    )  # fmt: skip
    picture = noise(1, 3, 192, 192)
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = (picture - mean[:, None, None]) / deviation[:, None, None]
    expected = []
    with torch.no_grad():
        for module in network:
            x = module(x)
            if isinstance(module, nn.ReLU):
                # ReLU is in place, and so would be the next module's view of it.
                expected.append(x.clone())
    features = encoder(picture, encoder.layers)
    # Torchvision pads with zeros: only what lies out of reach of the border can agree.
    for wanted, found in zip(expected, features.values(), strict=True):
        inside = (slice(None), slice(None), slice(4, -4), slice(4, -4))
        assert float(wanted[inside].max()) > 0
        torch.testing.assert_close(found[inside], wanted[inside], atol=1e-5, rtol=1e-3)


def test_a_color_convolution_is_folded_into_the_first_one() -> None:
    state = slim_style()
    matrix, offset = 255 * (noise(3, 3, 1, 1) - 0.4), -120 * noise(3)
    picture = noise(1, 3, 32, 32)
    mapped = conv2d(picture, matrix, offset)
    folded = build({**state, "conv0.weight": matrix, "conv0.bias": offset})
    for name, features in folded(picture, folded.layers).items():
        torch.testing.assert_close(features, build(state)(mapped, [name])[name], atol=1e-3, rtol=1e-4)


def test_auxiliary_and_classifier_tensors_are_ignored() -> None:
    extra = {"conv11_aux.weight": torch.zeros(9, 5, 1, 1), "classifier.0.weight": torch.zeros(2, 2)}
    assert_same_features(build({**slim_style(), **extra}), build(slim_style()))


def test_a_missing_bias_is_zero() -> None:
    state = numbered_style()
    without = {key: value for key, value in state.items() if key != "conv2_1.bias"}
    assert_same_features(build(without), build({**state, "conv2_1.bias": torch.zeros(7)}))


def test_half_precision_weights_become_single_precision() -> None:
    state = numbered_style()
    encoder = build({key: value.half() for key, value in state.items()})
    assert {p.dtype for p in encoder.parameters()} == {torch.float32}
    assert_same_features(encoder, build(state), tolerance=1e-2)


def test_building_leaves_the_state_and_the_random_numbers_alone() -> None:
    state = numbered_style()
    kept = {key: value.clone() for key, value in state.items()}
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    encoder = encoder_from_state(state, pooling="average")
    normalize_activations(encoder, calibration_pictures())
    assert torch.equal(torch.rand(4), expected)
    assert all(torch.equal(state[key], kept[key]) for key in kept)


def test_named_weights_give_the_same_encoder_back() -> None:
    encoder = made_up_encoder()
    assert_same_features(build(named_convolutions(encoder)), encoder)


@pytest.mark.parametrize("nested", ["", "model", "state_dict"])
def test_state_dicts_are_read_also_when_nested(tmp_path: Path, nested: str) -> None:
    state = numbered_style()
    torch.save({nested: state, "epoch": 20} if nested else state, tmp_path / "weights.pth")
    read = read_weights(tmp_path / "weights.pth")
    assert read.keys() == state.keys()
    assert all(torch.equal(read[key], state[key]) for key in state)


def test_the_legacy_format_of_torch_is_read(tmp_path: Path) -> None:
    torch.save(numbered_style(), tmp_path / "weights.pth", _use_new_zipfile_serialization=False)
    assert read_weights(tmp_path / "weights.pth").keys() == numbered_style().keys()


def test_safetensors_are_told_by_content_whatever_the_name(tmp_path: Path) -> None:
    save_file(numbered_style(), tmp_path / "weights.pth")
    assert read_weights(tmp_path / "weights.pth").keys() == numbered_style().keys()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"nowhere\.pth does not exist"):
        read_weights(tmp_path / "nowhere.pth")


@pytest.mark.parametrize(
    "content", [b"", b"x", b"some text, no weights\n" * 9, b"\x89PNG\r\n\x1a\n" + bytes(99), b"PK"]
)
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "picture.png").write_bytes(content)
    with pytest.raises(EncoderError, match=r"picture\.png is not a weights file"):
        read_weights(tmp_path / "picture.png")


def test_half_a_torch_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save(numbered_style(), path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(EncoderError, match="is not a weights file, or is damaged"):
        read_weights(path)


def test_half_a_safetensors_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    save_file(numbered_style(), path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(EncoderError, match="damaged safetensors"):
        read_weights(path)


def test_a_list_is_no_state_dict(tmp_path: Path) -> None:
    torch.save([torch.zeros(3)], tmp_path / "weights.pth")
    with pytest.raises(EncoderError, match="holds a list instead of tensors by name"):
        read_weights(tmp_path / "weights.pth")


class Payload:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.path),)


def as_checkpoint(payload: object, path: Path) -> None:
    torch.save({"conv1_1.weight": payload}, path)


def as_bare_pickle(payload: object, path: Path) -> None:
    path.write_bytes(pickle.dumps(payload, protocol=2))


@pytest.mark.parametrize("write", [as_checkpoint, as_bare_pickle])
def test_code_in_a_pickle_is_refused_and_not_run(tmp_path: Path, write: Callable[[object, Path], None]) -> None:
    write(Payload(tmp_path / "ran"), tmp_path / "weights.pth")
    with pytest.raises(EncoderError, match="could run code"):
        read_weights(tmp_path / "weights.pth")
    assert not (tmp_path / "ran").exists()


def with_change(key: str, value: Tensor) -> dict[str, Tensor]:
    return {**numbered_style(), key: value}


def with_number(key: str, number: float) -> dict[str, Tensor]:
    state = numbered_style()
    state[key].view(-1)[0] = number
    return state


def without(state: dict[str, Tensor], layer: str) -> dict[str, Tensor]:
    return {key: value for key, value in state.items() if not key.startswith(f"{layer}.")}


FAULTS = {
    "nothing": ({}, "no convolutions found"),
    "other_names": ({"encoder.weight": torch.zeros(3)}, "no convolutions found"),
    "kernel": (with_change("conv2_1.weight", torch.zeros(7, 6, 5, 5)), r"conv2_1\.weight has shape \(7, 6, 5, 5\)"),
    "matrix": (with_change("conv2_1.weight", torch.zeros(7, 6)), r"conv2_1\.weight has shape \(7, 6\)"),
    "empty": (with_change("conv2_1.weight", torch.zeros(0, 6, 3, 3)), r"conv2_1\.weight has shape \(0, 6, 3, 3\)"),
    "chain": (
        with_change("conv2_1.weight", torch.zeros(7, 8, 3, 3)),
        "conv2_1 takes 8 channels, but conv1_2 .* has 6",
    ),
    "gray": (
        with_change("conv1_1.weight", torch.zeros(5, 1, 3, 3)),
        "conv1_1 takes 1 channels, but the picture .* 3",
    ),
    "bias": (with_change("conv1_2.bias", torch.zeros(5)), r"conv1_2\.bias has shape \(5,\) where \(6,\)"),
    "nan_weight": (with_number("conv1_2.weight", torch.nan), r"conv1_2\.weight holds NaN"),
    "infinite_bias": (with_number("conv3_1.bias", torch.inf), r"conv3_1\.bias holds NaN or infinite"),
    "integers": (with_change("conv1_2.bias", torch.zeros(6, dtype=torch.int8)), r"conv1_2\.bias holds torch.int8"),
    "gap_in_block": (without(numbered_style(), "conv1_1"), "conv1_2 is out of sequence"),
    "six_blocks": (
        chain([f"conv{block}_1" for block in range(1, 7)], [3, *[4] * 6]),
        "conv6_1 is number 1 of block 6",
    ),
    "gap_in_blocks": (without(numbered_style(), "conv2_1"), "conv3_1 is out of sequence"),
    "first_of_torchvision": (
        without(torchvision_style(), "features.0"),
        r"features\.0 is missing before features\.2",
    ),
    "gap_in_torchvision": (without(torchvision_style(), "features.5"), r"features\.8 follows features\.2 by 6"),
    "batch_norm": ({**torchvision_style(), "features.1.running_mean": torch.zeros(5)}, "batch normalization"),
    "color_kernel": ({**slim_style(), "conv0.weight": torch.zeros(3, 3, 3, 3)}, r"conv0\.weight has shape"),
    "color_bias": (
        {**slim_style(), "conv0.weight": torch.zeros(3, 3, 1, 1), "conv0.bias": torch.full((3,), torch.nan)},
        r"conv0\.bias holds NaN",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_weights_is_named(fault: str) -> None:
    state, message = FAULTS[fault]
    with pytest.raises(EncoderError, match=message):
        build(state)


@pytest.mark.skipif(not SLIM.is_file(), reason="the slim VGG-19 is not on this computer")
def test_a_slim_vgg19_file_loads_and_sees_pictures_through_its_color_convolution() -> None:
    state = read_weights(SLIM)
    encoder = build(state, pooling="max")
    assert list(encoder.layers)[-1] == "relu5_1"
    assert len(encoder.layers) == 13
    picture = noise(1, 3, 32, 32)
    mapped = conv2d(picture, state["conv0.weight"], state["conv0.bias"])
    first = conv2d(pad(mapped, (1, 1, 1, 1), mode="reflect"), state["conv11.weight"], state["conv11.bias"])
    torch.testing.assert_close(encoder(picture, ["relu1_1"])["relu1_1"], relu(first), atol=1e-3, rtol=1e-4)


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


# Fetching, from a real server on this computer.


@dataclass
class Server:
    """What the server answers; `requests` counts what it was asked."""

    content: bytes
    file_name: str
    port: int = 0
    status: int = 200
    sent: int | None = None
    requests: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/models/{self.file_name}"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    # Larger than one read, so that progress is told more than once.
    state = {**torchvision_style(), "classifier.0.weight": torch.zeros(700, 700)}
    torch.save(state, tmp_path / "original.pth")
    content = (tmp_path / "original.pth").read_bytes()
    state_of_server = Server(content, f"vgg11-{hashlib.sha256(content).hexdigest()[:8]}.pth")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state_of_server.requests.append(self.path)
            if state_of_server.status != 200:
                self.send_error(state_of_server.status)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(state_of_server.content)))
            self.end_headers()
            self.wfile.write(state_of_server.content[: state_of_server.sent])

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        state_of_server.port = running.server_port
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state_of_server
        running.shutdown()
        thread.join(60)


def load_from(server: Server, folder: Path, **options: Callable[[int, int], None]) -> Encoder:
    encoder = vgg.load_vgg("vgg11", pooling="average", folder=folder, address=server.address, **options)
    return freeze(encoder)


def test_a_fetched_network_is_normalized_and_kept_without_its_classifier(server: Server, tmp_path: Path) -> None:
    encoder = load_from(server, tmp_path / "cache")
    expected = build(torchvision_style())
    normalize_activations(expected, calibration_pictures())
    assert_same_features(encoder, expected)
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["vgg11.safetensors"]
    assert set(load_file(tmp_path / "cache" / "vgg11.safetensors")) == set(numbered_style())


def test_progress_is_told_up_to_the_last_byte(server: Server, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    load_from(server, tmp_path / "cache", progress=lambda done, total: told.append((done, total)))
    assert len(told) > 1
    assert told == sorted(told)
    assert told[-1] == (len(server.content), len(server.content))


def test_the_second_use_needs_no_server_and_no_torchvision(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_from(server, tmp_path)
    server.status = 404
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    monkeypatch.setattr(vgg, "cache_folder", lambda: tmp_path)
    assert_same_features(load_encoder("vgg11"), first)
    assert len(server.requests) == 1


def assert_nothing_left(folder: Path) -> None:
    assert list(folder.iterdir()) == []


def assert_names_remedies(error: EncoderError, server: Server, folder: Path) -> None:
    for part in (server.address, server.file_name, str(folder), "`encoder` to compact"):
        assert part in str(error)


def test_a_wrong_hash_is_refused_and_leaves_nothing_behind(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    server.content = server.content[:-1] + b"x"
    with pytest.raises(EncoderError, match=r"SHA-256 starts with .* instead of") as caught:
        load_from(server, folder)
    assert_names_remedies(caught.value, server, folder)
    assert_nothing_left(folder)


def test_a_connection_that_ends_early_is_refused_and_leaves_nothing_behind(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    server.sent = len(server.content) // 2
    with pytest.raises(EncoderError, match=rf"{server.sent}.*") as caught:
        load_from(server, folder)
    assert_names_remedies(caught.value, server, folder)
    assert_nothing_left(folder)
    server.sent = None
    assert list(load_from(server, folder).layers)[-1] == "relu3_1"


def test_a_missing_address_is_refused_and_leaves_nothing_behind(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    server.status = 404
    with pytest.raises(EncoderError, match="answers 404") as caught:
        load_from(server, folder)
    assert_names_remedies(caught.value, server, folder)
    assert_nothing_left(folder)


def test_a_server_that_is_down_is_named_with_the_remedies(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    server.port = 1
    with pytest.raises(EncoderError, match="refused") as caught:
        load_from(server, folder)
    assert_names_remedies(caught.value, server, folder)
    assert_nothing_left(folder)


def test_stopping_a_download_leaves_nothing_behind(server: Server, tmp_path: Path) -> None:
    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_from(server, tmp_path / "cache", progress=stop)
    assert_nothing_left(tmp_path / "cache")


def test_a_network_with_other_weights_than_a_vgg_is_refused(server: Server, tmp_path: Path) -> None:
    torch.save({"fc.weight": torch.zeros(3)}, tmp_path / "other.pth")
    server.content = (tmp_path / "other.pth").read_bytes()
    server.file_name = f"vgg11-{hashlib.sha256(server.content).hexdigest()[:8]}.pth"
    with pytest.raises(EncoderError, match="no convolutions found"):
        load_from(server, tmp_path / "cache")
    assert_nothing_left(tmp_path / "cache")


def test_an_address_without_a_hash_is_refused(server: Server, tmp_path: Path) -> None:
    server.file_name = "vgg11.pth"
    with pytest.raises(EncoderError, match="names no SHA-256"):
        load_from(server, tmp_path / "cache")
    assert server.requests == []


def test_the_original_put_there_by_hand_is_used_without_the_net(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / server.file_name).write_bytes(server.content)
    assert list(load_from(server, folder).layers)[-1] == "relu3_1"
    assert server.requests == []
    assert sorted(p.name for p in folder.iterdir()) == sorted([server.file_name, "vgg11.safetensors"])


def test_a_wrong_file_put_there_by_hand_is_named_and_left_alone(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / server.file_name).write_bytes(b"another file")
    with pytest.raises(EncoderError, match=rf"{server.file_name} \(the file's SHA-256 starts with"):
        load_from(server, folder)
    assert [p.name for p in folder.iterdir()] == [server.file_name]


def test_a_damaged_kept_file_is_named(server: Server, tmp_path: Path) -> None:
    load_from(server, tmp_path)
    kept = tmp_path / "vgg11.safetensors"
    kept.write_bytes(kept.read_bytes()[:-10])
    with pytest.raises(EncoderError, match=r"damaged .* delete .*vgg11\.safetensors"):
        load_from(server, tmp_path)


def test_without_torchvision_the_error_names_the_built_in_encoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    monkeypatch.setattr(vgg, "cache_folder", lambda: tmp_path / "cache")
    with pytest.raises(EncoderError, match=r"install the torchvision .*`encoder` to compact"):
        load_encoder("vgg16")


@pytest.mark.parametrize("name", ["vgg11", "vgg16", "vgg19"])
def test_torchvisions_addresses_name_their_hash(name: vgg.VggName) -> None:
    assert vgg.torchvision_address(name).startswith(f"https://download.pytorch.org/models/{name}-")


def test_the_status_tells_what_is_at_hand(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vgg, "cache_folder", lambda: tmp_path)
    load_from(server, tmp_path)
    (tmp_path / "vgg16-0123abcd.pth").write_bytes(b"")
    rows = {row.name: row for row in encoder_status()}
    assert tuple(rows) == ENCODERS
    assert (rows["vgg11"].available, rows["vgg11"].where) == (True, str(tmp_path / "vgg11.safetensors"))
    assert (rows["vgg16"].available, rows["vgg16"].where) == (True, str(tmp_path / "vgg16-0123abcd.pth"))
    assert (rows["vgg19"].available, rows["vgg19"].where) == (False, str(tmp_path / "vgg19.safetensors"))
