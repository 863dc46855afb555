"""Real GIMPs for the tests: clean profiles, and code that runs in GIMP without a window."""

import json
import os
import re
import shutil
import signal
import subprocess
import textwrap
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provide import Place

CONSOLE_SECONDS = 180
LANGUAGE = "C.UTF-8"
JOB = Path(__file__).with_name("console_job.py")
GIMPRC = """\
(show-welcome-dialog no)
(check-updates no)
(save-session-info no)
"""
FAULTS = re.compile(
    r"-CRITICAL|-ERROR \*\*|Traceback \(most recent call last\)|[Pp]lug-in crashed|died unexpectedly"
    r"|fatal error|fatal parse error|Segmentation fault"
    # An image or a layer that is gone; a user sees it as a message.
    r"|Procedure 'gimp-\S+' has been called with (?:an invalid ID|value '<not transformable)"
    # What is no property is one of GIMP's own buttons: in Spanish two of them share a key.
    r"|texture-synthesis-.* mnemonics? .*(?:property|properties) (?!\(null\))"
)


@dataclass(frozen=True)
class Said:
    """What came of code that ran in GIMP.

    Attributes:
        result: What it left in `result`.
        stdout: What GIMP and its plug-ins printed.
        stderr: What they complained of.
    """

    result: Any
    stdout: str
    stderr: str


def warmed(place: Place, folder: Path) -> Path:
    """Make a profile that GIMP has started with once: it knows GIMP's own plug-ins, and the next start is quick."""
    folder.mkdir(parents=True)
    (folder / "gimprc").write_text(GIMPRC)
    console(place, folder, "pass", folder=folder.with_name(f"{folder.name}-start"))
    # GIMP writes only what it has changed.
    kept = (folder / "gimprc").read_text()
    (folder / "gimprc").write_text(GIMPRC + kept)
    return folder


def profile(folder: Path, template: Path) -> Path:
    """Make a clean profile, GIMP's own folder for a user, from a warmed one."""
    shutil.copytree(template, folder)
    (folder / "plug-ins").mkdir(exist_ok=True)
    return folder


def plug_in(profile_folder: Path, name: str, source: str) -> Path:
    """Put a plug-in of one file into a profile."""
    file = profile_folder / "plug-ins" / name / f"{name}.py"
    file.parent.mkdir(parents=True)
    file.write_text(f"#!/usr/bin/python3\n{textwrap.dedent(source)}")
    file.chmod(0o755)
    return file


def surroundings(place: Place, profile_folder: Path, language=LANGUAGE, more=None) -> dict[str, str]:
    """Environment variables of a GIMP: nothing of this process but the way to its commands."""
    temporary = profile_folder.with_name(f"{profile_folder.name}-tmp")
    temporary.mkdir(exist_ok=True)
    return {
        "PATH": place.path,
        "HOME": str(profile_folder),
        "TMPDIR": str(temporary),
        "GIMP3_DIRECTORY": str(profile_folder),
        "LANG": language,
        **(more or {}),
    }


def console(
    place: Place,
    profile_folder: Path,
    code: str,
    *,
    folder: Path,
    timeout=CONSOLE_SECONDS,
    language=LANGUAGE,
    environment=None,
    allowed=(),
    **given,
) -> Said:
    """Run code in a GIMP without a window.

    It finds `Gimp`, `Gegl`, `Gio` and `GLib` there, and what is `given` under its names (anything JSON can say); what
    it leaves in `result` comes back. An exception in it, or a complaint of GIMP that no pattern in `allowed` matches,
    fails the test.
    """
    told = give(folder, code, given)
    command = batch(place, "FOLDER", folder)
    status, stdout, stderr = finished(command, surroundings(place, profile_folder, language, environment), timeout)
    result = result_of(told, f"{stdout}\n{stderr}", status)
    assert status == 0, f"GIMP ended with status {status}:\n{stdout}\n{stderr}"
    refuse_faults(stdout + stderr, allowed)
    return Said(result, stdout, stderr)


def batch(place: Place, name: str, path: Path) -> list[str]:
    """The command of a GIMP without a window that runs `console_job.py` with a path in this name, and quits."""
    code = f"{name} = {str(path)!r}; exec(compile(open({str(JOB)!r}).read(), {str(JOB)!r}, 'exec'))"
    words = ("--no-splash", "-i", "--batch-interpreter", "python-fu-eval", "-b", code, "--quit")
    return place.command(place.console, *words)


def give(folder: Path, code: str, given: dict[str, Any]) -> Path:
    """Write what `console_job.py` reads, and tell the file that it leaves there."""
    folder.mkdir(parents=True, exist_ok=True)
    told = folder / "told.json"
    told.unlink(missing_ok=True)
    (folder / "code.py").write_text(textwrap.dedent(code))
    (folder / "given.json").write_text(json.dumps(given))
    return told


def result_of(written: Path, log: str, status: int | None) -> Any:
    """What code has left in `result`; fails if it raised an exception, or GIMP ended with a status before its end."""
    assert written.is_file(), f"GIMP ended with status {status} before the code did:\n{log}"
    answer = json.loads(written.read_text())
    assert "traceback" not in answer, f"{answer['traceback']}\n{log}"
    return answer["result"]


def finished(command: list[str], environment: dict[str, str], timeout: float) -> tuple[int, str, str]:
    """Run a command to its end; its plug-ins do not outlive it."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=environment,
        start_new_session=True,
    ) as process:
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as late:
            end_group(process)
            stdout, stderr = process.communicate()
            raise AssertionError(f"GIMP is not done after {timeout} s:\n{stdout}\n{stderr}") from late
        return process.returncode, stdout, stderr


def processes_with(address):
    """The processes that were started with this address of a bus, none that have ended."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if address.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
    return found


def end_group(process: subprocess.Popen) -> None:
    """End a process that leads a group, with all in it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)


def refuse_faults(said: str, allowed=()) -> None:
    """Fail if GIMP complained of something that no pattern in `allowed` matches."""
    faults = [line for line in said.splitlines() if FAULTS.search(line)]
    left = [line for line in faults if not any(re.search(pattern, line) for pattern in allowed)]
    assert not left, "GIMP complains: " + "\n".join(left) + f"\n\nAll it said:\n{said}"
