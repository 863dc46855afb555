"""The workers of the engine."""

import logging
from collections.abc import Iterator

import zmq

from engine.service.sockets import ZmqContext
from engine.service.supervisor import ENDING, READY, RESTING, Worker


class Workers:
    """One worker for each device."""

    def __init__(self, context: ZmqContext, devices: tuple[str, ...]) -> None:
        self._all = [Worker(context, number, device) for number, device in enumerate(devices)]

    def __iter__(self) -> Iterator[Worker]:
        return iter(self._all)

    def devices(self) -> tuple[str, ...]:
        """Return the devices."""
        return tuple(worker.device or worker.asked for worker in self._all)

    def named(self, name: str) -> Worker | None:
        """Return the worker whose current process has this name, or None."""
        return next((worker for worker in self._all if worker.name == name), None)

    def wake(self) -> None:
        """Start the processes that do not run."""
        for worker in self._all:
            if worker.state != RESTING:
                continue
            try:
                worker.start()
            except (OSError, zmq.ZMQError) as error:
                worker.trouble = worker.failure = f"the system cannot start a process ({error.strerror})"
                logging.getLogger(__name__).exception("worker %s cannot be started", worker.name)

    def rest(self, before: float) -> None:
        """Stop the processes that have been idle since before a time, which frees all their memory."""
        for worker in self._all:
            if worker.state == READY and worker.idle_since < before:
                logging.getLogger(__name__).info("worker %s is idle, and is stopped", worker.name)
                # It is resting once the process has ended; it gets no job meanwhile.
                worker.state = ENDING
                worker.stop()

    def stop(self) -> None:
        """Stop every process, and wait until they have ended."""
        for worker in self._all:
            worker.stop()
        for worker in self._all:
            worker.wait()
            worker.ended()
