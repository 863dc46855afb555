"""Limits for clients."""

from dataclasses import dataclass

from protocol.fields import Bytes, Seconds


@dataclass(frozen=True)
class Limits:
    """Limits of an engine, sent in `welcome`.

    Attributes:
        header_bytes: Maximum size of a header.
        message_bytes: Maximum size of a frame of pixels.
        raster_pixels: Maximum pixels of one raster.
        jobs: Maximum number of jobs that wait or run, of all clients together.
        jobs_per_client: Maximum number of jobs of one client that wait or run.
        waiting_bytes: Maximum size of waiting messages, of all clients together.
        clients: Maximum number of clients at once.
        quiet_seconds: Seconds of silence after which a client with jobs counts as gone, and its jobs are cancelled.
    """

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
