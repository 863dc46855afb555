"""The connection to the engine: found, or started."""

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

from gimp_plugin.installation import Installation
from gimp_plugin.sentences import explain_refusal
from gimp_plugin.translation import _
from protocol.client import EngineClient, Event
from protocol.connection import CONNECTION_FILE, Connection, engine_state, read_connection
from protocol.errors import EngineError, EngineLostError, NoEngineError, UnsafeFileError
from protocol.keys import CLIENT_KEYS, own_keys
from protocol.launching import bundles_of, engine_environment
from protocol.private_files import make_folder
from protocol.processes import ProcessState
from protocol.windows import usual_library_folders

RETRY_SECONDS = 1.0


class EngineLink:
    """A connection that is on its way, or there.

    Nothing here waits: `poll` takes the next small step, and is called often.

    Attributes:
        client: The connection; None until it is there.
        saying: What is being done about it, for the user.
        problem: Why there will be none, or nothing.
    """

    def __init__(self, installation: Installation, *, name: str, patient: bool) -> None:
        """Begin to look for the engine.

        Args:
            installation: Where things are.
            name: What this client is, for people.
            patient: Whether to go on looking where only the user can start the engine.
        """
        self.client: EngineClient | None = None
        self.saying = _("Looking for the engine…")
        self.problem = ""
        self._installation = installation
        self._name = name
        self._patient = patient
        self._silent: Connection | None = None
        self._steps = self._reach()

    def poll(self, timeout: float = 0.0) -> list[Event]:
        """Take the next step towards a connection, or what has arrived over it.

        Args:
            timeout: Seconds to wait where there is a connection.

        Returns:
            What has arrived.
        """
        if self.client is not None:
            return self.client.poll(timeout)
        if not self.problem:
            try:
                self.saying = next(self._steps)
            except StopIteration:
                self.saying = ""
            except (EngineError, UnsafeFileError, OSError) as error:
                self.problem = explain_refusal(error, self._installation)
                logging.getLogger(__name__).warning("no engine: %s", error)
            if timeout and self.client is None:
                time.sleep(timeout)
        return []

    def renew(self) -> None:
        """Look for an engine again, where the last one is gone or there was none."""
        on_its_way = self.client is None and not self.problem
        if on_its_way or (self.client is not None and self.client.connected):
            return
        self.close()
        self.problem = ""
        self._silent = None
        self._steps = self._reach()

    def close(self) -> None:
        """Leave; what this client has not waited for is cancelled."""
        if self.client is not None:
            self.client.close()
        self.client = None

    def _reach(self) -> Iterator[str]:
        if self._connected():
            return
        if sandboxed():
            yield from self._await_user()
            return
        yield _("Starting the engine…")
        with tempfile.TemporaryFile() as said:
            process = start_engine(self._installation, said)
            while process.poll() is None:
                yield _("Starting the engine…")
            if process.returncode:
                said.seek(0)
                words = said.read().decode(errors="replace").strip().splitlines()
                reason = words[-1] if words else _("no message")
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
        if not self._patient:
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
        if found is not None and found == self._silent:
            return False
        try:
            self._connect()
        except NoEngineError:
            return False
        except EngineLostError:
            if found is None or engine_state(found) is ProcessState.RUNNING:
                raise
            # Another program may have its port by now. Where an engine runs all the same, starting one tells so.
            self._silent = found
            return False
        return True

    def _connect(self) -> None:
        folder = make_folder(self._installation.folder)
        keys = own_keys(folder / CLIENT_KEYS)
        self.client = EngineClient.connect(folder / CONNECTION_FILE, name=self._name, keys=keys)
        logging.getLogger(__name__).info("connected to the engine %s", self.client.welcome.software)


def start_engine(installation: Installation, said: IO[bytes]) -> "subprocess.Popen[bytes]":
    """Start the engine in the background.

    Args:
        installation: Where it is.
        said: Where to put what it says; it says why where it does not start.

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
                stdout=said,
                stderr=said,
                env=environment,
                # GIMP's may be on a disk, or in an AppImage, that is to be taken away when GIMP ends.
                cwd=installation.folder,
                # Else it would end with GIMP.
                start_new_session=sys.platform != "win32",
            )
    except OSError as error:
        raise EngineError(
            _("The engine is not at {path} ({reason}): run `{command}`").format(
                path=installation.engine, reason=error.strerror, command=installation.installer
            )
        ) from None


def gimp_bundles() -> tuple[Path, ...]:
    """List the folders that GIMP, with this Python, brings its own libraries in."""
    found = bundles_of(os.environ)
    if sys.platform == "win32":
        found = (*found, Path(sys.base_prefix))
    return (*found, *(folder for folder in Path(sys.executable or "/").parents if folder.suffix == ".app"))


def sandboxed() -> bool:
    """Whether this GIMP may not start programs of its host: a Flatpak or a Snap."""
    # A terminal that is a Snap sets the variables, too, for a GIMP that is none.
    return Path("/.flatpak-info").exists() or os.environ.get("SNAP_NAME") == "gimp"
