"""Encoders by name: fetched, kept on this computer, and read."""

from engine.encoders.registry import EncoderStatus, encoder_status, load_encoder
from engine.encoders.source import Progress
from engine.synthesis.encoder import Encoder, EncoderError, Pooling, freeze

__all__ = [
    "Encoder",
    "EncoderError",
    "EncoderStatus",
    "Pooling",
    "Progress",
    "encoder_status",
    "freeze",
    "load_encoder",
]
