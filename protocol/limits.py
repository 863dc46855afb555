"""How much is too much."""

from dataclasses import dataclass

from protocol.fields import Bytes, Seconds


@dataclass(frozen=True)
class Limits:
    """What an engine takes; it says so in `welcome`.

    Attributes:
        header_bytes: The longest header.
        message_bytes: The longest frame of pixels.
        raster_pixels: The most pixels of one raster.
        jobs: The most jobs that wait or run, of all clients together.
        jobs_per_client: The most jobs of one client that wait or run.
        waiting_bytes: The most bytes of messages that wait, of all clients together.
        clients: The most clients at once.
        quiet_seconds: A client with jobs that sends nothing for so long is taken for gone, and they are cancelled.
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
"""For what comes from the engine itself: as large as it was asked for, and `status` may list many clients."""
