"""Encoders by name: fetched, kept on this computer, and read."""

from engine.encoders.registry import EncoderStatus, encoder_status, load_encoder
from engine.encoders.source import OnDownload
from engine.synthesis.encoder import Encoder, EncoderError, Pooling, freeze

__all__ = [
    "Encoder",
    "EncoderError",
    "EncoderStatus",
    "OnDownload",
    "Pooling",
    "encoder_status",
    "freeze",
    "load_encoder",
]
