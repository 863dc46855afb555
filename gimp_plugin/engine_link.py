"""Connect to the engine; start it if none is running."""

import logging
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import suppress

from gimp_plugin.engine_program import does_not_start, last_line, sandboxed, start_program
from gimp_plugin.error_messages import explain_refusal
from gimp_plugin.installation import Installation
from gimp_plugin.relay import relayed
from gimp_plugin.translation import _
from protocol.client import EngineClient, Event
from protocol.connection import CONNECTION_FILE, Connection, engine_state, find_engine, read_connection
from protocol.errors import EngineError, EngineLostError, NoEngineError, UnsafeFileError
from protocol.private_files import make_folder
from protocol.processes import ProcessState
from protocol.relayed_link import RelayedLink, RelayEndedError
from protocol.version import PROTOCOL

RETRY_SECONDS = 1.0
WINDOW = "GIMP, Engine…"
"""Name of the client that shows, starts and stops the engine, for `status`."""


class EngineLink:
    """A connection to the engine that is made step by step.

    Nothing here blocks: `poll` takes the next small step, and is called often.

    Attributes:
        installation: Where things are.
        client: The connection; None while connecting.
        message: The current step, for the user.
        problem: Why connecting failed; empty if it has not.
    """

    def __init__(self, installation: Installation, *, name: str, wait_for_user: bool) -> None:
        """Start to connect.

        Args:
            installation: Where things are.
            name: Name of this client in `status`.
            wait_for_user: Whether to keep trying when only the user can start the engine.
        """
        self.client: EngineClient | None = None
        self.message = _("Looking for the engine…")
        self.problem = ""
        self.installation = installation
        self._name = name
        self._wait_for_user = wait_for_user
        self._unresponsive: Connection | None = None
        self._link: RelayedLink | None = None
        self._steps = self._find_or_start()
        if not sandboxed():
            # It is ready when the first image has been read.
            self._begin()

    def poll(self, timeout: float = 0.0) -> list[Event]:
        """Take the next step of connecting, or receive events.

        Args:
            timeout: Seconds to wait for events.

        Returns:
            What has arrived.
        """
        if self.client is not None:
            return self.client.poll(timeout)
        if not self.problem:
            try:
                self.message = next(self._steps)
            except StopIteration:
                self.message = ""
            except (EngineError, UnsafeFileError, OSError) as error:
                self._fail(error)
            if timeout and self.client is None:
                time.sleep(timeout)
        return []

    def reconnect(self) -> None:
        """Connect again if the connection was lost or never made."""
        on_its_way = self.client is None and not self.problem
        if on_its_way or (self.client is not None and self.client.connected):
            return
        self.close()
        self.problem = ""
        self._unresponsive = None
        self._steps = self._find_or_start()

    def close(self) -> None:
        """Disconnect; unfinished jobs of this client are canceled."""
        if self.client is not None:
            self.client.close()
        elif self._link is not None:
            self._link.end()
        self.client = self._link = None

    def _begin(self) -> None:
        """Start a relay, if there is none."""
        try:
            self._link = self._link or relayed(self.installation)
        except (EngineError, UnsafeFileError, OSError) as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if isinstance(error, RelayEndedError):
            error = EngineError(does_not_start(str(error), self.installation))
        self.problem = explain_refusal(error, self.installation)
        logging.getLogger(__name__).warning("no engine: %s", error)

    def _find_or_start(self) -> Iterator[str]:
        if (yield from self._connected()):
            return
        if sandboxed():
            yield from self._await_user()
            return
        yield _("Starting the engine…")
        with tempfile.TemporaryFile() as output:
            # It ends with status 0 as soon as the engine listens.
            process = start_program(self.installation, ["serve", "--detach"], subprocess.DEVNULL, output, output)
            while process.poll() is None:
                yield _("Starting the engine…")
            if process.returncode:
                raise EngineError(does_not_start(last_line(output), self.installation))
        try:
            yield from self._connect()
        except NoEngineError:
            raise EngineError(_("The engine ended right after it started: open its log with Engine…")) from None

    def _await_user(self) -> Iterator[str]:
        command = f"{self.installation.engine} serve --detach"
        asked = _("This GIMP cannot start programs. Type this in a terminal: {command}").format(command=command)
        if not self._wait_for_user:
            raise EngineError(asked)
        while True:
            until = time.monotonic() + RETRY_SECONDS
            while time.monotonic() < until:
                yield asked
            if (yield from self._connected()):
                return

    def _connected(self) -> Generator[str, None, bool]:
        path = self.installation.folder / CONNECTION_FILE
        found = None
        with suppress(FileNotFoundError, UnsafeFileError):
            found = read_connection(path)
        if found is not None and found == self._unresponsive:
            return False
        try:
            yield from self._connect()
        except NoEngineError:
            return False
        except EngineLostError:
            if found is None or engine_state(found) is ProcessState.RUNNING:
                raise
            # Another program may use its port now. If an engine is running all the same, starting one reports it.
            self._unresponsive = found
            return False
        return True

    def _connect(self) -> Iterator[str]:
        link = self._link = self._link or relayed(self.installation)
        while not link.is_ready():
            yield self.message
        path = self.installation.folder / CONNECTION_FILE
        find_engine(path)
        # From now on it is the client's, which ends it if there is no connection.
        self._link = None
        found = EngineClient.through(link, path, name=self._name, software=self.installation.software)
        if found.welcome.protocol < PROTOCOL:
            # An older one does not tell what it fills, and may make no maps.
            found.close()
            raise EngineError(_("The running engine is older than the plug-in: stop it (Engine…), then try again."))
        self.client = found
        logging.getLogger(__name__).info("connected to the engine %s", self.client.welcome.software)


def connect_engine(installation: Installation) -> EngineClient:
    """Connect to the running engine.

    Args:
        installation: Where things are.

    Returns:
        The connection.

    Raises:
        NoEngineError: None is running.
        EngineError: It does not answer, or refuses the connection.
        UnsafeFileError: Its files are broken.
    """
    path = make_folder(installation.folder) / CONNECTION_FILE
    # It starts no relay for an engine that is not there.
    find_engine(path)
    try:
        return EngineClient.through(relayed(installation), path, name=WINDOW, software=installation.software)
    except RelayEndedError as error:
        reason = str(error)
    raise EngineError(does_not_start(reason, installation))
