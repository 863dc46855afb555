"""Run jobs on a device, with the encoder that was used last."""

from collections.abc import Callable
from pathlib import Path

from engine.encoders import Encoder, EncoderError, load_encoder
from engine.fitting import unfit
from engine.service.hooks import Hooks, Stop
from engine.service.runner import run_job
from engine.synthesis.devices import (
    DeviceError,
    choose_device,
    describe_device,
    find_device,
    memory_in_use,
    why_chosen,
)
from engine.synthesis.matching.choice import matcher_for
from engine.synthesis.warmup import warm_up
from protocol.messages import Cancelled, Done, Failed, Synthesize
from protocol.private_files import state_folder

FOLDER = "encoders"
"""Folder beside the connection file with weights that clients may name."""


class UnusableDeviceError(RuntimeError):
    """A device that cannot compute; the message is one sentence."""


class DeviceRunner:
    """Runs jobs on a device.

    Attributes:
        device: The device.
        description: Its name, for people.
        reason: Why it was taken, as `why_chosen` says it.
        passed_over: Which faster ones do not work, why, and what helps; empty if there are none.
    """

    def __init__(self, device: str, *, weights: Path | None = None, warmed: bool = True) -> None:
        """Find the device.

        Args:
            device: As `find_device` takes it.
            weights: File with the weights for every job; None for the encoders that jobs name.
            warmed: Whether to load the built-in encoder and compiled functions before the first job.

        Raises:
            UnusableDeviceError: It does not exist here, or does not work.
        """
        self._weights = weights
        self._loaded: tuple[object, ...] = ()
        self._encoder: Encoder | None = None
        try:
            self.device = find_device(device)
            self.description = describe_device(self.device)
            self.reason = why_chosen(device)
            others = choose_device().passed_over if self.reason == "others-fail" else ()
            self.passed_over = "; ".join(
                f"{trial.name} does not work ({trial.problem}): {trial.remedy}" for trial in others
            )
            if warmed:
                self._encoder_for("compact", None, "average", None)
                warm_up(matcher_for(self.device))
        except DeviceError as error:
            raise UnusableDeviceError(str(error)) from error
        except (EncoderError, RuntimeError, OSError) as error:
            raise UnusableDeviceError(f"device {device!r} cannot compute: {error}") from error

    def run(self, request: Synthesize, hooks: Hooks, stop: Stop) -> Done | Failed | Cancelled:
        """Check a request, and run the job; see `run_job`."""
        return unfit(request) or self.run_checked(request, hooks, stop)

    def run_checked(self, request: Synthesize, hooks: Hooks, stop: Stop) -> Done | Failed | Cancelled:
        """Run the job of a request that the engine has accepted."""
        return run_job(request, self.device, self._encoder_for, hooks, stop)

    def memory_in_use(self) -> int:
        """Return the memory in use, bytes."""
        return memory_in_use(self.device)

    def _encoder_for(
        self, name: str, weights: str | None, pooling: str, fetching: Callable[[int, int], None] | None
    ) -> Encoder:
        file = self._weights or (None if weights is None else state_folder() / FOLDER / weights)
        wanted = (name, file, _stamp(file), pooling)
        if self._encoder is None or self._loaded != wanted:
            try:
                loaded = load_encoder(name, weights=file, pooling=pooling, progress=fetching)  # type: ignore[arg-type]
            except EncoderError as error:
                if weights is None:
                    raise
                # The paths of the engine's files are private to its user.
                raise EncoderError(f"the engine has no usable weights {weights}") from error
            self._encoder, self._loaded = loaded.to(self.device), wanted
        return self._encoder


def _stamp(file: Path | None) -> tuple[int, int] | None:
    """Return the time and size of a file, to notice changes; None if it cannot be read."""
    try:
        found = None if file is None else file.stat()
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_size)
