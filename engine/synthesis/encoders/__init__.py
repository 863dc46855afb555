"""Encoders: networks whose feature maps the critics compare."""

from engine.synthesis.encoders.errors import EncoderError
from engine.synthesis.encoders.network import Encoder, Pooling, block_of, freeze, stride_of
from engine.synthesis.encoders.registry import EncoderStatus, encoder_names, encoder_status, load_encoder
from engine.synthesis.encoders.source import Progress

__all__ = [
    "Encoder",
    "EncoderError",
    "EncoderStatus",
    "Pooling",
    "Progress",
    "block_of",
    "encoder_names",
    "encoder_status",
    "freeze",
    "load_encoder",
    "stride_of",
]
