"""Handle the messages of clients."""

import logging
import os
import time
from collections.abc import Sequence

from zmq import Frame as ZmqFrame

from engine.service.clients import Clients
from engine.service.jobs import Jobs
from engine.service.workers import Workers
from protocol.codec import decode, job_in
from protocol.errors import ProtocolError
from protocol.limits import Limits
from protocol.messages import (
    Cancel,
    ClientMessage,
    Failed,
    Hello,
    Ping,
    Pong,
    Shutdown,
    StatusRequest,
    Synthesize,
    Welcome,
    setting_ranges,
)
from protocol.raster import Buffer
from protocol.status import ClientStatus, Status
from protocol.version import PROTOCOL, software_version, version_problem


class Requests:
    """Handles the messages of clients.

    Attributes:
        shutdown_reason: Reason for which a client shuts the engine down, or an empty string.
    """

    def __init__(self, clients: Clients, workers: Workers, jobs: Jobs, limits: Limits, *, address: str) -> None:
        self.shutdown_reason = ""
        self._clients = clients
        self._workers = workers
        self._jobs = jobs
        self._limits = limits
        self._address = address
        self._began = time.monotonic()

    def take(self, client: bytes, parts: Sequence[ZmqFrame]) -> None:
        """Handle a message, valid or not."""
        self._clients.hear(client)
        buffers = [part.buffer for part in parts]
        try:
            message: ClientMessage = decode(buffers, ClientMessage, self._limits)  # type: ignore[arg-type]
        except ProtocolError as error:
            self._answer(client, Failed(error.code, str(error), job=self._job_of(client, buffers)))
            return
        if isinstance(message, Hello):
            self._greet(client, message)
        elif client not in self._clients:
            self._answer(client, Failed("hello-first", "the engine does not know this connection", "say hello first"))
        else:
            self._do(client, message, list(parts))

    def status(self) -> Status:
        """Describe the engine."""
        now = time.monotonic()
        clients = tuple(
            ClientStatus(found.name, self._jobs.count_of(client), now - found.since)
            for client, found in self._clients
        )
        return Status(
            software_version(),
            PROTOCOL,
            os.getpid(),
            self._address,
            now - self._began,
            clients,
            self._jobs.waiting,
            tuple(worker.status() for worker in self._workers),
            self._jobs.done,
            self._jobs.failed,
            self._jobs.cancelled,
        )

    def _do(self, client: bytes, message: ClientMessage, parts: list[ZmqFrame]) -> None:
        match message:
            case Synthesize():
                self._jobs.accept(client, message, parts)
            case Cancel():
                self._jobs.cancel(client, message)
            case StatusRequest():
                self._answer(client, self.status())
            case Ping():
                self._answer(client, Pong(message.number))
            case Shutdown():
                logging.getLogger(__name__).info("%s requests shutdown", self._clients.name_of(client))
                self.shutdown_reason = message.reason or "a client requested it"

    def _greet(self, client: bytes, hello: Hello) -> None:
        problem = version_problem(PROTOCOL, hello.protocol)
        if problem is not None:
            self._answer(client, Failed("version", *problem))
        elif client not in self._clients and len(self._clients) >= self._limits.clients:
            said = f"{self._limits.clients} clients are connected, and the engine accepts no more"
            self._answer(client, Failed("busy", said, "close one of them"))
        else:
            self._clients.greet(client, hello.client)
            logging.getLogger(__name__).info("%s has connected", self._clients.name_of(client))
            devices = self._workers.devices()
            self._answer(client, Welcome(PROTOCOL, software_version(), self._limits, devices, setting_ranges()))
            # A job is likely to follow.
            self._workers.wake()

    def _answer(self, client: bytes, message: object) -> None:
        if client in self._clients:
            self._clients.post(client, message)
        else:
            self._clients.send_once(client, message)

    def _job_of(self, client: bytes, buffers: Sequence[Buffer]) -> str | None:
        """Return the job that an invalid message is about; None if an accepted job has this name."""
        found = job_in(buffers, self._limits)
        return None if found is None or self._jobs.has(client, found) else found
