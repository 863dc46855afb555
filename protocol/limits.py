"""Limits for clients."""

from dataclasses import dataclass

from protocol.fields import Bytes, Seconds


@dataclass(frozen=True)
class Limits:
    """Limits of an engine, sent in `welcome`; the fields are explained in `protocol/README.md`."""

    header_bytes: Bytes = 2**16
    message_bytes: Bytes = 2**29
    raster_pixels: Bytes = 2**26
    jobs: Bytes = 64
    jobs_per_client: Bytes = 16
    waiting_bytes: Bytes = 2**30
    clients: Bytes = 64
    quiet_seconds: Seconds = 30.0


TRUSTED = Limits(header_bytes=2**24, message_bytes=2**40, raster_pixels=2**40)
"""Limits for messages of the engine, which may be as large as requested."""
