"""Show what the engine is doing, and stop it."""

import re
from contextlib import suppress

from gimp_plugin.engine_link import connect_engine
from gimp_plugin.error_messages import engine_found, explain_refusal
from gimp_plugin.installation import Installation
from gimp_plugin.translation import _
from protocol.client import EngineClient
from protocol.errors import EngineError, EngineLostError, NoEngineError, UnsafeFileError
from protocol.processes import ProcessState
from protocol.status import Status, WorkerStatus

STOP_SECONDS = 15.0


class EngineReport:
    """Reports of the engine through one connection, which is kept as long as the engine runs."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._client: EngineClient | None = None

    def __enter__(self) -> "EngineReport":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def status(self) -> tuple[str, bool]:
        """Describe what the engine is doing.

        Returns:
            A few lines, and whether it can be stopped; otherwise it can be started.
        """
        try:
            return "\n".join(status_lines(self._status(), self._installation)), True
        except NoEngineError:
            return _("The engine is not running. It is started when it is needed."), False
        except EngineLostError as error:
            state, _connection = engine_found(self._installation)
            return explain_refusal(error, self._installation), state is ProcessState.RUNNING
        except EngineError as error:
            return explain_refusal(error, self._installation), True
        except (UnsafeFileError, OSError) as error:
            return explain_refusal(error, self._installation), False

    def close(self) -> None:
        """Disconnect."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _status(self) -> Status:
        if self._client is not None:
            # The engine may have ended since, and another one may be running.
            with suppress(EngineLostError):
                return self._client.status()
            self.close()
        self._client = connect_engine(self._installation)
        try:
            return self._client.status()
        except EngineLostError:
            self.close()
            raise


def engine_status(installation: Installation) -> tuple[str, bool]:
    """Describe what the engine is doing, once; see `EngineReport.status`."""
    with EngineReport(installation) as report:
        return report.status()


def status_lines(status: Status, installation: Installation) -> list[str]:
    """Describe a status, line by line."""
    found = [
        _("Engine {software}, running for {minutes} min").format(
            software=status.software, minutes=round(status.seconds / 60)
        )
    ]
    if status.software != installation.software:
        found.append(
            _("The plug-in has version {software}: run `{command}` so that both have the same version.").format(
                software=installation.software, command=f"{installation.installer} --upgrade"
            )
        )
    for worker in status.workers:
        doing = {
            "resting": _("idle, no process"),
            "starting": _("starting"),
            "ready": _("ready"),
            "working": _("working, step {step} of {steps}").format(step=worker.step, steps=worker.steps),
            "ending": _("ending"),
        }.get(worker.state, worker.state)
        found.append(_("{device}: {doing}").format(device=worker.device, doing=doing))
        found += _why(worker, installation)
        if worker.failure:
            found.append(_("This device failed: {failure}").format(failure=worker.failure))
    found.append(
        _("Textures waiting: {waiting}; done: {done}, failed: {failed}, canceled: {cancelled}").format(
            waiting=status.waiting, done=status.done, failed=status.failed, cancelled=status.cancelled
        )
    )
    return found


def _why(worker: WorkerStatus, installation: Installation) -> list[str]:
    """Say which device makes the textures, and why; nothing before it is known."""
    sentence = {
        "asked": _("Textures are made on {device}, which the engine was started with."),
        "fastest": _("Textures are made on the graphics card, {device}. It is the fastest device that works here."),
        "others-fail": _("Textures are made on {device}, because a faster device does not work: {problem}."),
        "no-gpu": _("Textures are made on the processor, {device}. No graphics card that PyTorch can use was found."),
        "no-gpu-support": _(
            "Textures are made on the processor, {device}. The installed PyTorch uses no graphics card. If there is "
            "one, run `{command}`."
        ),
    }.get(worker.reason)
    if sentence is None:
        return []
    command = f"{installation.installer} --torch auto"
    return [sentence.format(device=_described(worker.description), problem=worker.passed_over, command=command)]


def _described(device: str) -> str:
    """Name a device in the user's language; only the number of a processor's threads has words."""
    found = re.fullmatch(r"(cpu) \((\d+) threads?\)", device)
    return device if found is None else _("{device} (threads: {count})").format(device=found[1], count=found[2])


def stop_engine(installation: Installation) -> tuple[str, bool]:
    """Stop the engine and wait until it has ended.

    Returns:
        A message about it, and whether no engine is running now.
    """
    try:
        with connect_engine(installation) as client:
            client.shutdown(_("stopped from GIMP"), STOP_SECONDS)
            if client.connected:
                return _("The engine was asked to stop, but is still running."), False
    except NoEngineError:
        return _("The engine is not running."), True
    except (EngineError, UnsafeFileError, OSError) as error:
        return explain_refusal(error, installation), False
    return _("The engine has ended."), True
