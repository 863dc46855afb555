"""Make the textures of a batch in a running engine, as many at a time as it has workers."""

from collections.abc import Iterable
from dataclasses import replace

from engine.batch.executors import Making
from engine.batch.work import Failure, Work, begin_work, finish_work
from engine.options.failures import ENGINE_FAILED, fail
from engine.options.textures import Texture
from protocol.client import LOST, EngineClient
from protocol.errors import EngineError, ProtocolError
from protocol.messages import Cancelled, Done, Failed

TURN_SECONDS = 0.2
USELESS = frozenset({LOST, "no-device", "no-worker", "engine-ended"})
"""Failures that all other textures would have, too: the batch ends, and resumes when it is run again."""


class EngineExecutor:
    """Makes textures by the workers of an engine.

    Attributes:
        capacity: See `Executor`.
    """

    def __init__(self, client: EngineClient) -> None:
        """Use a connected client; `close` closes it, and the engine then cancels what is left."""
        # One waits, so that no worker is idle.
        self.capacity = len(client.welcome.devices) + 1
        self._client = client
        self._number = 0
        self._making: dict[str, tuple[Work, Texture, Making]] = {}

    def submit(self, work: Work) -> Making:
        """Start to make a texture."""
        making: Making = Making()
        texture = begin_work(work)
        if isinstance(texture, Failure):
            making.set_result(texture)
            return making
        self._number += 1
        job = f"batch-{self._number}"
        try:
            self._client.submit(replace(texture.request, job=job))
        except ProtocolError as error:
            making.set_result(Failure(str(error)))
            return making
        except EngineError as error:
            fail(str(error), ENGINE_FAILED)
        self._making[job] = (work, texture, making)
        return making

    def wait(self, making: Iterable[Making]) -> set[Making]:
        """Wait until a texture has ended.

        Args:
            making: Textures in the making.

        Returns:
            Those that have ended.

        Raises:
            CommandError: The engine is lost, or cannot compute.
        """
        while not (ended := {each for each in making if each.done()}):
            for event in self._client.poll(TURN_SECONDS):
                if not isinstance(event, Done | Failed | Cancelled):
                    continue
                # A failure of no job would be that of any message of this client.
                if isinstance(event, Failed) and (event.job is None or event.code in USELESS):
                    fail(event.sentence, ENGINE_FAILED)
                work, texture, future = self._making.pop(event.job or "")
                try:
                    future.set_result(finish_work(work, texture, event))
                except Exception as error:  # noqa: BLE001 - an error of one texture must not stop the next
                    future.set_exception(error)
        return ended

    def close(self) -> None:
        """Disconnect."""
        self._client.close()
