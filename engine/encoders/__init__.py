"""Encoders by name: fetched, kept on this computer, and read."""

from engine.encoders.registry import encoder_status, load_encoder
from engine.synthesis.encoder import Encoder, EncoderError, freeze

__all__ = [
    "Encoder",
    "EncoderError",
    "encoder_status",
    "freeze",
    "load_encoder",
]
