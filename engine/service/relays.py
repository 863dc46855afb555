"""Relays that the engine starts for sandboxed GIMPs; see `protocol.relay_socket`."""

import logging
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.service.own_python import own_python
from protocol.relay_socket import SOCKET_FILE, listen_socket

RELAY = "relay"


@contextmanager
def relays(folder: Path) -> Iterator[None]:
    """Start a relay for each client that connects to the socket in the engine's folder.

    Args:
        folder: The folder; this engine has its lock.

    Yields:
        Nothing. Where there are no sandboxed GIMPs, and if the socket cannot be created, no relays are started.
    """
    try:
        door = listen_socket(folder)
    except OSError as error:
        logging.getLogger(__name__).info("no relays for sandboxed GIMPs: %s", error)
        yield
        return
    thread = threading.Thread(target=_serve, args=(door,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        with suppress(OSError):
            (folder / SOCKET_FILE).unlink()
        # Closing alone does not wake the thread.
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
        thread.join(1.0)
        door.close()


def _serve(door: socket.socket) -> None:
    started: list[subprocess.Popen[bytes]] = []
    while True:
        try:
            client, _address = door.accept()
        except OSError:
            return
        with client:
            started = [process for process in started if process.poll() is None]
            try:
                # It ends when its client does, which may outlive this engine and wait for the next one.
                process = subprocess.Popen(  # noqa: S603
                    [*own_python("engine"), RELAY],
                    stdin=client.fileno(),
                    stdout=client.fileno(),
                    start_new_session=True,
                )
            except OSError as error:
                logging.getLogger(__name__).warning("a relay cannot be started: %s", error)
            else:
                started.append(process)
