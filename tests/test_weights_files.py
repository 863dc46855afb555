"""Weights files of encoders: what they may hold, and what is refused."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from networks import (
    assert_same_features,
    build,
    chain,
    channels_of,
    made_up_encoder,
    noise,
    numbered_style,
    torchvision_style,
    with_number,
)
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad, relu

from engine.encoders import EncoderError
from engine.encoders.calibration import calibration_pictures, normalize_activations
from engine.encoders.weights_file import encoder_from_state, named_convolutions, read_weights

SLIM = Path(__file__).parents[2] / "shared" / "weights" / "vgg19-16x.pth"


def slim_style() -> dict[str, Tensor]:
    return chain(["conv11", "conv12", "conv21", "conv31"], [3, 5, 6, 7, 9])


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
