"""The front: connects clients and workers, and computes nothing."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import zmq

from engine.service.access import Authenticator
from engine.service.clients import Clients
from engine.service.jobs import Jobs
from engine.service.requests import Requests
from engine.service.sockets import address_of, arrived, client_socket
from engine.service.supervisor import ENDED, HEARD
from engine.service.workers import Workers
from protocol.keys import KeyPair
from protocol.limits import Limits
from protocol.messages import Pong, Shutdown

PONG_SECONDS = 1.0
TICK_MILLISECONDS = 200
# Interval of attempts to send a message that a client did not take.
RETRY_MILLISECONDS = 20
FAREWELL_SECONDS = 1.0


@dataclass(frozen=True)
class ServeOptions:
    """Options of `texture-engine serve`.

    Attributes:
        listen: Address for clients; port `*` is any free port.
        devices: Devices, with a worker for each.
        authorized: File with the public keys of other users' clients, or None.
        idle_unload: Seconds without a job until a worker's process ends; 0 for never.
        idle_exit: Seconds without clients and jobs until the engine ends; 0 for never.
        log_file: Log file, or None for stderr.
        verbose: Whether to log details for debugging.
        limits: Limits for clients.
    """

    listen: str = "tcp://127.0.0.1:*"
    devices: tuple[str, ...] = ("auto",)
    authorized: Path | None = None
    idle_unload: float = 900.0
    idle_exit: float = 0.0
    log_file: Path | None = None
    verbose: bool = False
    limits: Limits = field(default_factory=Limits)


class Front:
    """The engine's sockets, and the loop around them."""

    def __init__(self, options: ServeOptions, keys: KeyPair, known: Callable[[str], bool]) -> None:
        """Bind the sockets and start the workers.

        Args:
            options: The options.
            keys: The keys of the engine.
            known: Returns whether a client's public key is authorized.

        Raises:
            zmq.ZMQError: Listening at the address failed.
        """
        self._options = options
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._context.max_sockets = 4096
        self._heard = self._context.socket(zmq.PULL)
        self._heard.bind(HEARD)
        self._client_socket = client_socket(self._context, keys, options.limits, ipv6="[" in options.listen)
        self._clients = Clients(self._client_socket)
        self._workers = Workers(self._context, options.devices)
        self._gate = Authenticator(self._context, known)
        self._client_socket.bind(options.listen)
        self._jobs = Jobs(self._clients, self._workers, options.limits)
        self._requests = Requests(self._clients, self._workers, self._jobs, options.limits, address=self.address)
        self._ponged = 0.0
        self._busy = time.monotonic()

    @property
    def address(self) -> str:
        """The address for clients."""
        return address_of(self._client_socket)

    def run(self, stopping: Callable[[], str], each_turn: Callable[[], None]) -> str:
        """Run until shutdown.

        Args:
            stopping: Returns a reason to stop from outside, or an empty string.
            each_turn: Called at least five times a second.

        Returns:
            The reason to stop.
        """
        poller = zmq.Poller()
        for socket in (self._gate.socket, self._client_socket, self._heard):
            poller.register(socket, zmq.POLLIN)
        self._workers.wake()
        while True:
            poller.poll(RETRY_MILLISECONDS if self._clients.waiting else TICK_MILLISECONDS)
            self._gate.answer()
            self._take()
            self._tick()
            each_turn()
            reason = stopping() or self._requests.shutdown_reason or self._idle()
            if reason:
                return reason

    def close(self, reason: str) -> None:
        """Inform the clients, stop the workers, close the sockets."""
        self._jobs.fail_all("engine-ended", f"the engine has ended: {reason}", "start it again, then repeat the job")
        for client, _ in self._clients:
            self._clients.post(client, Shutdown(reason[:4000]))
        until = time.monotonic() + FAREWELL_SECONDS
        while self._clients.waiting and time.monotonic() < until:
            self._drop(self._clients.flush())
            time.sleep(RETRY_MILLISECONDS / 1000)
        self._workers.stop()
        self._client_socket.close(int(1000 * FAREWELL_SECONDS))
        self._gate.close()
        self._heard.close()
        self._context.destroy(linger=int(1000 * FAREWELL_SECONDS))

    def _take(self) -> None:
        for kind, name, *parts in arrived(self._heard):
            if kind.bytes == ENDED:
                self._jobs.worker_ended(name.bytes.decode(), int(parts[0].bytes))
            else:
                self._jobs.take_from_worker(name.bytes.decode(), parts)
        for client, *parts in arrived(self._client_socket):
            self._requests.take(client.bytes, parts)

    def _tick(self) -> None:
        now = time.monotonic()
        if now - self._ponged >= PONG_SECONDS:
            self._ponged = now
            for client, _ in self._clients:
                self._clients.post(client, Pong(), replaces="pong")
        self._jobs.assign()
        self._jobs.enforce_cancels(now)
        if self._options.idle_unload:
            self._workers.rest(now - self._options.idle_unload)
        quiet = self._clients.quiet(now - self._options.limits.quiet_seconds)
        self._drop([client for client in quiet if self._jobs.count_of(client)])
        self._drop(self._clients.flush())

    def _drop(self, gone: list[bytes]) -> None:
        for client in gone:
            logging.getLogger(__name__).info("%s has gone", self._clients.name_of(client))
            self._clients.forget(client)
            self._jobs.forget(client)

    def _idle(self) -> str:
        now = time.monotonic()
        if len(self._clients) or self._jobs.count:
            self._busy = now
        if self._options.idle_exit and now - self._busy >= self._options.idle_exit:
            return f"no client has been connected for {self._options.idle_exit:g} s"
        return ""
