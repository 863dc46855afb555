"""Read VGG-shaped encoders of any width from safetensors files and torch state dicts."""

import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from engine.encoders.folding import ColorMap, fold, imagenet_normalization
from engine.encoders.key_styles import find_convolutions
from engine.file_errors import reading_fault, reading_refusal
from engine.synthesis.encoder import Encoder, EncoderError, Pooling
from protocol.vocabulary import LAYERS

SAFETENSORS_JSON = 8
"""Offset of the JSON header, which tells a safetensors file from a pickle or zip archive."""
REFUSED_CODE = re.compile(r"GLOBAL|Unsupported (global|class)")
WANTED = "give a safetensors file or a torch state dict"


def load_weights_file(path: Path, *, pooling: Pooling) -> Encoder:
    """Load an encoder from a file; its architecture is read from the tensors' names and shapes.

    Args:
        path: A safetensors file or a torch state dict.
        pooling: How blocks are joined.

    Returns:
        The encoder, float32 on the CPU.

    Raises:
        EncoderError: The file cannot be read, or does not hold a VGG.
    """
    state = read_weights(path)
    try:
        return encoder_from_state(state, pooling=pooling)
    except EncoderError as error:
        raise EncoderError(f"{path}: {error}") from error


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read all tensors of a weights file, without running code from it.

    Args:
        path: A safetensors file, or a torch state dict, also one nested under `model` or `state_dict`.

    Returns:
        Tensors by name, as stored, on the CPU.

    Raises:
        EncoderError: The file is missing, is not a weights file, or holds code.
    """
    if fault := reading_fault(path):
        raise EncoderError(fault)
    try:
        with path.open("rb") as file:
            is_safetensors = file.read(SAFETENSORS_JSON + 1)[SAFETENSORS_JSON:] == b"{"
        if not is_safetensors:
            return _read_torch(path)
        return load_file(path)
    except OSError as error:
        raise EncoderError(reading_refusal(path, error)) from error
    except SafetensorError as error:
        raise EncoderError(f"{path} is a damaged safetensors file ({error}): copy or fetch it again") from error


def _read_torch(path: Path) -> dict[str, Tensor]:
    try:
        loaded: Any = torch.load(path, map_location="cpu", weights_only=True)
    # The unpickler meets arbitrary bytes and fails in as many ways, as OSError too.
    except Exception as error:
        if isinstance(error, pickle.UnpicklingError) and REFUSED_CODE.search(str(error)):
            raise EncoderError(
                f"{path} holds Python objects, which could run code, next to its weights: "
                "save the state dict alone, best as safetensors"
            ) from error
        raise EncoderError(f"{path} is not a weights file, or is damaged: {WANTED}") from error
    for key in ("model", "state_dict"):
        if isinstance(loaded, Mapping) and isinstance(loaded.get(key), Mapping):
            loaded = loaded[key]
    if not isinstance(loaded, Mapping):
        raise EncoderError(f"{path} holds a {type(loaded).__name__} instead of tensors by name: {WANTED}")
    return {str(key): value for key, value in loaded.items() if isinstance(value, Tensor)}


def encoder_from_state(state: Mapping[str, Tensor], *, pooling: Pooling) -> Encoder:
    """Build the encoder that a VGG's tensors describe.

    Names like torchvision's (`features.N`) mean ImageNet-normalized input, which is folded into the first
    convolution, as is a 1×1 `conv0` next to other names; without either the network takes RGB in [0, 1].

    Args:
        state: Tensors by name; those that belong to no 3×3 convolution are ignored.
        pooling: How blocks are joined.

    Returns:
        The encoder, float32 on the CPU; its weights share no memory with `state`.

    Raises:
        EncoderError: The tensors are not those of a plain VGG.
    """
    found = find_convolutions(state)
    parameters: dict[str, Tensor] = {}
    widths: list[list[int]] = []
    channels, previous = 3, "the picture"
    for named in found:
        if f"relu{named.block}_{named.index}" not in LAYERS:
            raise EncoderError(
                f"{named.key} is number {named.index} of block {named.block}, and a VGG has five blocks of at most "
                "2, 2, 4, 4 and 4 convolutions: give the weights of a plain VGG"
            )
        weight = _checked_weight(state[f"{named.key}.weight"], named.key)
        if weight.shape[1] != channels:
            raise EncoderError(
                f"{named.key} takes {weight.shape[1]} channels, but {previous} before it has {channels}: "
                "give the weights of one plain VGG for RGB pictures"
            )
        bias = _checked_bias(state, named.key, len(weight))
        if named.block > len(widths):
            widths.append([])
        widths[-1].append(len(weight))
        parameters[f"blocks.{named.block - 1}.{named.index - 1}.weight"] = weight
        parameters[f"blocks.{named.block - 1}.{named.index - 1}.bias"] = bias
        channels, previous = len(weight), named.key
    # Torchvision's networks take normalized input.
    normalized = found[0].key.startswith("features.")
    if colors := imagenet_normalization() if normalized else _color_convolution(state):
        first = fold(parameters["blocks.0.0.weight"], parameters["blocks.0.0.bias"], colors)
        parameters["blocks.0.0.weight"], parameters["blocks.0.0.bias"] = first
    # Made of meta tensors, the network draws nothing from the caller's random numbers before it gets its weights.
    with torch.device("meta"):
        encoder = Encoder(widths, pooling=pooling)
    encoder.load_state_dict(parameters, assign=True)
    return encoder


def named_convolutions(encoder: Encoder) -> dict[str, Tensor]:
    """Name an encoder's weights the way weights files of this project do.

    Args:
        encoder: Any encoder.

    Returns:
        Its tensors under `conv{block}_{index}.weight` and `.bias`, without gradient.
    """
    names = [layer.replace("relu", "conv") for layer in encoder.layers]
    convolutions = [module for module in encoder.modules() if isinstance(module, nn.Conv2d)]
    return {
        f"{name}.{key}": value.contiguous()
        for name, convolution in zip(names, convolutions, strict=True)
        for key, value in convolution.state_dict().items()
    }


def _checked_weight(weight: Tensor, key: str) -> Tensor:
    shape = tuple(weight.shape)
    if len(shape) != 4 or shape[2:] != (3, 3) or 0 in shape:
        raise EncoderError(
            f"{key}.weight has shape {shape} where (out, in, 3, 3) is needed: give the weights of a VGG"
        )
    return _checked_numbers(weight, f"{key}.weight")


def _checked_bias(state: Mapping[str, Tensor], key: str, channels: int) -> Tensor:
    bias = state.get(f"{key}.bias")
    if bias is None:
        return torch.zeros(channels)
    if tuple(bias.shape) != (channels,):
        raise EncoderError(
            f"{key}.bias has shape {tuple(bias.shape)} where ({channels},) is needed: give the weights of a VGG"
        )
    return _checked_numbers(bias, f"{key}.bias")


def _checked_numbers(tensor: Tensor, name: str) -> Tensor:
    if not tensor.is_floating_point():
        raise EncoderError(f"{name} holds {tensor.dtype} where floating point is needed: give weights as trained")
    wide = torch.clone(tensor.detach().float(), memory_format=torch.contiguous_format)
    if not bool(wide.isfinite().all()):
        raise EncoderError(
            f"{name} holds NaN or infinite values where finite ones are needed: {WANTED} that is whole"
        )
    return wide


def _color_convolution(state: Mapping[str, Tensor]) -> ColorMap | None:
    if "conv0.weight" not in state:
        return None
    weight = state["conv0.weight"]
    if tuple(weight.shape) != (3, 3, 1, 1):
        raise EncoderError(
            f"conv0.weight has shape {tuple(weight.shape)} where (3, 3, 1, 1) is needed: give the weights of a VGG "
            "whose conv0 only maps colors"
        )
    matrix = _checked_numbers(weight, "conv0.weight")[:, :, 0, 0]
    return ColorMap(matrix, _checked_bias(state, "conv0", 3))
