"""Start the engine's program: the engine, and its relay."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from gimp_plugin.installation import Installation
from gimp_plugin.translation import _
from protocol.errors import EngineError
from protocol.launching import bundles_of, engine_environment
from protocol.private_files import make_folder
from protocol.windows import NO_WINDOW, usual_library_folders


def start_program(
    installation: Installation, words: Sequence[str], stdin: int, stdout: IO[bytes] | int, stderr: IO[bytes]
) -> "subprocess.Popen[bytes]":
    """Start the engine's program with its own libraries and settings, not GIMP's.

    Args:
        installation: Where it is.
        words: Its arguments.
        stdin: Its input, as `subprocess` wants it; pipes have no buffer.
        stdout: Its output, likewise.
        stderr: Its error output.

    Returns:
        The process, which may outlive GIMP.

    Raises:
        EngineError: It is not there.
        UnsafeFileError: The folder of the engine cannot be created, or others can write to it.
    """
    folder = make_folder(installation.folder)
    environment = engine_environment(os.environ, folder, gimp_bundles())
    try:
        with usual_library_folders():
            return subprocess.Popen(  # noqa: S603
                [installation.engine, *words],
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                bufsize=0,
                env=environment,
                # GIMP's own folder may be on a disk or AppImage that is unmounted when GIMP ends.
                cwd=folder,
                # Otherwise an engine would end with GIMP, and a relay with Ctrl+C in GIMP's terminal.
                start_new_session=sys.platform != "win32",
                creationflags=NO_WINDOW if sys.platform == "win32" else 0,
            )
    except OSError as error:
        raise EngineError(
            _("The engine is not at {path} ({reason}): run `{command}`").format(
                path=installation.engine, reason=error.strerror, command=installation.installer
            )
        ) from None


def last_line(output: IO[bytes]) -> str:
    """Return the last line that a program has printed into a file, for a sentence about it."""
    output.seek(0)
    lines = output.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else _("no message")


def does_not_start(reason: str, installation: Installation) -> str:
    """Explain that a program ends when it is started."""
    return _("The engine does not start ({reason}): run `{command}`").format(
        reason=reason, command=f"{installation.installer} --check"
    )


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
