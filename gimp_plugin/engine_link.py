"""Connect to the engine; start it if none is running."""

import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from gimp_plugin.error_messages import explain_refusal
from gimp_plugin.installation import Installation
from gimp_plugin.translation import _
from protocol.client import EngineClient, Event
from protocol.connection import CONNECTION_FILE, Connection, engine_state, read_connection
from protocol.errors import EngineError, EngineLostError, NoEngineError, UnsafeFileError
from protocol.keys import CLIENT_KEYS, own_keys
from protocol.launching import bundles_of, engine_environment
from protocol.private_files import make_folder
from protocol.processes import ProcessState
from protocol.version import PROTOCOL
from protocol.windows import usual_library_folders

RETRY_SECONDS = 1.0


class EngineLink:
    """A connection to the engine that is made step by step.

    Nothing here blocks: `poll` takes the next small step, and is called often.

    Attributes:
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
        self._installation = installation
        self._name = name
        self._wait_for_user = wait_for_user
        self._unresponsive: Connection | None = None
        self._steps = self._find_or_start()

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
                self.problem = explain_refusal(error, self._installation)
                logging.getLogger(__name__).warning("no engine: %s", error)
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
        """Disconnect; unfinished jobs of this client are cancelled."""
        if self.client is not None:
            self.client.close()
        self.client = None

    def _find_or_start(self) -> Iterator[str]:
        if self._connected():
            return
        if sandboxed():
            yield from self._await_user()
            return
        yield _("Starting the engine…")
        with tempfile.TemporaryFile() as output:
            process = start_engine(self._installation, output)
            while process.poll() is None:
                yield _("Starting the engine…")
            if process.returncode:
                output.seek(0)
                lines = output.read().decode(errors="replace").strip().splitlines()
                reason = lines[-1] if lines else _("no message")
                raise EngineError(
                    _("The engine does not start ({reason}): run `{command}`").format(
                        reason=reason, command=f"{self._installation.installer} --check"
                    )
                )
        try:
            self._connect()
        except NoEngineError:
            raise EngineError(_("The engine ended right after it started: open its log with Engine…")) from None

    def _await_user(self) -> Iterator[str]:
        command = f"{self._installation.engine} serve --detach"
        asked = _("This GIMP may not start programs. Type this in a terminal: {command}").format(command=command)
        if not self._wait_for_user:
            raise EngineError(asked)
        while True:
            until = time.monotonic() + RETRY_SECONDS
            while time.monotonic() < until:
                yield asked
            if self._connected():
                return

    def _connected(self) -> bool:
        path = self._installation.folder / CONNECTION_FILE
        found = None
        with suppress(FileNotFoundError, UnsafeFileError):
            found = read_connection(path)
        if found is not None and found == self._unresponsive:
            return False
        try:
            self._connect()
        except NoEngineError:
            return False
        except EngineLostError:
            if found is None or engine_state(found) is ProcessState.RUNNING:
                raise
            # Another program may use its port now. If an engine is running all the same, starting one reports it.
            self._unresponsive = found
            return False
        return True

    def _connect(self) -> None:
        found = connect_engine(self._installation, self._name)
        if found.welcome.protocol < PROTOCOL:
            # An older one does not tell what it fills, and may make no maps.
            found.close()
            raise EngineError(_("The running engine is older than the plug-in: stop it (Engine…), then try again."))
        self.client = found
        logging.getLogger(__name__).info("connected to the engine %s", self.client.welcome.software)


def connect_engine(installation: Installation, name: str) -> EngineClient:
    """Connect to the running engine.

    Args:
        installation: Where things are.
        name: Name of the client, for people.

    Returns:
        The connection.

    Raises:
        NoEngineError: None is running.
        EngineError: It does not answer, or refuses the connection.
        UnsafeFileError: Its files are broken.
    """
    folder = make_folder(installation.folder)
    return EngineClient.connect(folder / CONNECTION_FILE, name=name, keys=own_keys(folder / CLIENT_KEYS))


def start_engine(installation: Installation, output: IO[bytes]) -> "subprocess.Popen[bytes]":
    """Start the engine in the background.

    Args:
        installation: Where it is.
        output: File for its stdout and stderr, which explain a failure to start.

    Returns:
        A process that ends with status 0 as soon as the engine listens.

    Raises:
        EngineError: It is not there.
    """
    environment = engine_environment(os.environ, installation.folder, gimp_bundles())
    try:
        with usual_library_folders():
            return subprocess.Popen(  # noqa: S603
                [installation.engine, "serve", "--detach"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                # GIMP's own folder may be on a disk or AppImage that is unmounted when GIMP ends.
                cwd=installation.folder,
                # Otherwise it would end with GIMP.
                start_new_session=sys.platform != "win32",
            )
    except OSError as error:
        raise EngineError(
            _("The engine is not at {path} ({reason}): run `{command}`").format(
                path=installation.engine, reason=error.strerror, command=installation.installer
            )
        ) from None


def gimp_bundles() -> tuple[Path, ...]:
    """List the folders of the libraries that GIMP and this Python bring along."""
    found = bundles_of(os.environ)
    if sys.platform == "win32":
        found = (*found, Path(sys.base_prefix))
    return (*found, *(folder for folder in Path(sys.executable or "/").parents if folder.suffix == ".app"))


def sandboxed() -> bool:
    """Whether this GIMP may not start programs of its host: a Flatpak or a Snap."""
    # A terminal that is a Snap sets the variables, too, for a GIMP that is none.
    return Path("/.flatpak-info").exists() or os.environ.get("SNAP_NAME") == "gimp"
