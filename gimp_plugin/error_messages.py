"""Error messages for users of GIMP."""

import re
import time

from gimp_plugin.installation import Installation
from gimp_plugin.plans import nothing_to_fill
from gimp_plugin.translation import _
from protocol.connection import CONNECTION_FILE, Connection, engine_state, read_connection
from protocol.errors import EngineError, EngineLostError, EngineRefusedError, UnsafeFileError
from protocol.messages import Failed
from protocol.processes import ProcessState
from protocol.vocabulary import settings

# A killed engine closes its connections before its process has ended, by moments.
ENDING_SECONDS = 1.0


def explain(failed: Failed, installation: Installation) -> str:
    """Explain why a job failed and what to do next."""
    known = {
        "out-of-memory": _("There is not enough memory for this. Choose a smaller size, or a lower quality."),
        "worker-died": _(
            "The engine's worker process has crashed, perhaps because memory ran out. Try again, or choose a "
            "smaller size."
        ),
        "engine-lost": _("The connection to the engine was lost. Try again: the engine will be started again."),
        "relay-lost": _("The connection to the engine was lost. Try again."),
        "engine-ended": _("The engine was stopped. Try again: it will be started again."),
        "busy": _("The engine's queue is full. Try again when other textures are finished."),
        "too-large": _("The picture is too large for the engine. Select less of it."),
        "nothing-to-fill": nothing_to_fill(),
        "tiles-already": _("The layer, or what is selected of it, tiles already: nothing was changed."),
        "nothing-to-sample": _(
            "There is nothing to sample: what can be seen is empty, or smaller than 8×8 pixels. Show or select a "
            "layer with a picture."
        ),
        "too-little-to-sample": _(
            "Too little is left to sample: use a larger layer or exemplar. For a fill, you can also select less, or "
            "choose a larger context, “All around” or another exemplar mask."
        ),
        "too-few-opaque": _(
            "Only opaque pixels are sampled, and there are hardly any: turn off “Opaque texture”, or choose another "
            "exemplar."
        ),
        "transparent-guide": _("A guide is transparent in places: make it as large as its picture, and opaque."),
        "colored-guide": _(
            "The canvas guide has colors, and only grays mix layers: paint it black for the first layer, white for "
            "the last one."
        ),
        "colored-map": _(
            "The rotation map or the scale map has colors, and only its brightness counts: choose a gray layer, or a "
            "channel."
        ),
        "no-worker": _(
            "The engine cannot compute on this computer: run `{command}`, which says what is wrong."
        ).format(command=f"{installation.installer} --check"),
    }
    if failed.code == "engine-lost" and _keeps_running(installation):
        return explain_refusal(EngineLostError(failed.message), installation)
    if failed.code in known:
        rest = f" ({failed.message})" if failed.code == "no-worker" else ""
        return known[failed.code] + rest
    if failed.code == "version":
        return version_sentence(failed.message, installation)
    hint = f" ({failed.hint})" if failed.hint else ""
    return _("The engine says: {sentence}").format(sentence=f"{_with_labels(failed.message)}{hint}.")


def _keeps_running(installation: Installation) -> bool:
    """Whether the engine still runs after the time that one takes to end."""
    until = time.monotonic() + ENDING_SECONDS
    while engine_found(installation)[0] is ProcessState.RUNNING:
        if time.monotonic() > until:
            return True
        time.sleep(ENDING_SECONDS / 20)
    return False


def _with_labels(message: str) -> str:
    """Name settings as dialogs do in a message of the engine, which has the names of fields in backticks."""

    def label(field: re.Match[str]) -> str:
        found = settings().get(field[1])
        return f"“{_(found.label).replace('_', '')}”" if found is not None and found.label else field[1]

    return re.sub(r"`([a-z_]+)`", label, message)


def version_sentence(found: str, installation: Installation) -> str:
    """Explain that plug-in and engine have different versions."""
    return _("The plug-in and the engine are not compatible ({found}): run `{command}`").format(
        found=found, command=f"{installation.installer} --upgrade"
    )


def explain_refusal(error: Exception, installation: Installation) -> str:
    """Explain why there is no connection to the engine and what to do next."""
    if isinstance(error, EngineRefusedError) and error.code == "version":
        return version_sentence(str(error), installation)
    if isinstance(error, EngineLostError):
        state, found = engine_found(installation)
        if found is None or state is ProcessState.ENDED:
            return _("The engine has ended. Try again.")
        if state is ProcessState.UNKNOWN:
            # The process with that id may be any program.
            return _(
                "The program that listens at {address} does not answer: the engine hangs, or it is another "
                "program. End the engine's process if there is one, then try again."
            ).format(address=found.address)
        return _(
            "The engine does not answer: it hangs, or its keys were changed while it ran. "
            "End its process {process}, then try again."
        ).format(process=found.process)
    # Such a one is the plug-in's own sentence; those of the protocol have no period.
    return str(error) if type(error) is EngineError else f"{error}."


def engine_found(installation: Installation) -> tuple[ProcessState, Connection | None]:
    """Read the connection file, and check the state of its process."""
    try:
        found = read_connection(installation.folder / CONNECTION_FILE)
    except (FileNotFoundError, UnsafeFileError):
        return ProcessState.ENDED, None
    return engine_state(found), found
