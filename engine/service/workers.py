"""All workers of the engine."""

import errno
import logging
from collections.abc import Iterator

import zmq

from engine.service.supervisor import ENDING, READY, RESTING, Worker
from protocol.codec import encode

Zontext = zmq.Context[zmq.Socket[bytes]]


class Workers:
    """One worker for each device, and the socket that they are behind."""

    def __init__(
        self,
        context: Zontext,
        socket: "zmq.Socket[bytes]",
        devices: tuple[str, ...],
        *,
        address: str,
        server_key: str,
    ) -> None:
        """Start without any process.

        Args:
            context: For the watches of the processes.
            socket: A ROUTER with `ROUTER_MANDATORY`.
            devices: What to compute on.
            address: Where the socket is bound.
            server_key: Its public key.
        """
        self._socket = socket
        self._address = address
        self._server_key = server_key
        self._all = [Worker(context, number, device) for number, device in enumerate(devices)]

    def __iter__(self) -> Iterator[Worker]:
        return iter(self._all)

    def public_keys(self) -> set[str]:
        """List the keys that the processes prove with who they are."""
        return {worker.keys.public for worker in self._all}

    def devices(self) -> tuple[str, ...]:
        """List what is computed on."""
        return tuple(worker.device or worker.asked for worker in self._all)

    def named(self, name: str) -> Worker | None:
        """Look up a worker by the name of its process; None where that process is not its last one."""
        return next((worker for worker in self._all if worker.name == name), None)

    def wake(self) -> None:
        """Start the processes that are not there."""
        for worker in self._all:
            if worker.state != RESTING:
                continue
            try:
                worker.start(self._address, self._server_key)
            except (OSError, zmq.ZMQError) as error:
                worker.trouble = worker.failure = f"the system starts no process ({error.strerror})"
                logging.getLogger(__name__).exception("worker %s cannot be started", worker.name)

    def rest(self, before: float) -> None:
        """End the processes that have been idle since before a time, which gives back all that they hold."""
        for worker in self._all:
            if worker.state == READY and worker.idle_since < before:
                logging.getLogger(__name__).info("worker %s has had nothing to do, and rests", worker.name)
                # It is said to be resting when it is gone, and no job is given to it meanwhile.
                worker.state = ENDING
                worker.stop()

    def send(self, worker: Worker, message: object) -> bool:
        """Send a message, or one that is encoded already.

        Args:
            worker: To whom.
            message: The message, or its frames.

        Returns:
            Whether it is on its way; otherwise the process is gone, of which its watch tells.

        Raises:
            zmq.ZMQError: Something else went wrong.
        """
        parts = message if isinstance(message, list) else encode(message)
        try:
            self._socket.send_multipart([worker.name.encode(), *parts], zmq.NOBLOCK, copy=False)
        except zmq.ZMQError as error:
            if error.errno not in {errno.EHOSTUNREACH, zmq.EAGAIN}:
                raise
            return False
        return True

    def stop(self) -> None:
        """End every process, and wait until they are gone."""
        for worker in self._all:
            worker.stop()
        for worker in self._all:
            worker.wait()
            worker.ended()
