"""What a worker computes with: a device and the encoder that was used last."""

from collections.abc import Callable
from pathlib import Path

from engine.service.runner import Hooks, Stop, run_job
from engine.synthesis.devices import DeviceError, choose_device, describe_device, find_device, memory_in_use
from engine.synthesis.encoders import Encoder, EncoderError, load_encoder
from engine.synthesis.warming import warm
from protocol import Cancelled, Done, Failed, Synthesize


class UnusableDeviceError(RuntimeError):
    """A device that cannot be computed on, told in one sentence."""


class Computer:
    """A device, warm.

    Attributes:
        device: Where it computes.
        description: The same for people.
    """

    def __init__(self, device: str) -> None:
        """Look for the device and load the built-in encoder there.

        Args:
            device: As `find_device` takes it.

        Raises:
            UnusableDeviceError: It is not here, or does not work.
        """
        try:
            self.device = find_device(device)
            self.description = describe_device(self.device)
            if device == "auto":
                others = [f"{trial.name} does not work: {trial.problem}" for trial in choose_device().passed_over]
                self.description = "; ".join([self.description, *others])
            self._wanted: tuple[str, str | None, str] = ("compact", None, "average")
            self._encoder = self._load("compact", None, "average", None)
            warm()
        except DeviceError as error:
            raise UnusableDeviceError(str(error)) from error
        except (EncoderError, RuntimeError, OSError) as error:
            raise UnusableDeviceError(f"{device} cannot be computed on: {error}") from error

    def run(self, request: Synthesize, hooks: Hooks, stop: Stop) -> Done | Failed | Cancelled:
        """Run a job to its end; see `run_job`."""
        return run_job(request, self.device, self._encoder_for, hooks, stop)

    def memory_in_use(self) -> int:
        """Measure what this takes now, bytes."""
        return memory_in_use(self.device)

    @staticmethod
    def new_stop() -> Stop:
        """Make what ends a job early."""
        return Stop()

    def _encoder_for(
        self, name: str, weights: str | None, pooling: str, fetching: Callable[[int, int], None]
    ) -> Encoder:
        if self._wanted != (name, weights, pooling):
            self._encoder = self._load(name, weights, pooling, fetching)
            self._wanted = (name, weights, pooling)
        return self._encoder

    def _load(
        self, name: str, weights: str | None, pooling: str, fetching: Callable[[int, int], None] | None
    ) -> Encoder:
        try:
            loaded = load_encoder(
                name,
                weights=None if weights is None else Path(weights),
                pooling=pooling,  # type: ignore[arg-type]
                progress=fetching,
            )
        # A name that no file can have is not even looked for.
        except OSError as error:
            raise EncoderError(f"{weights or name} cannot be read ({error.strerror}): name another file") from error
        return loaded.to(self.device)
