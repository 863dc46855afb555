"""The engine as a service of this user: a unit of systemd, and an entry in the desktop's menu.

For a GIMP that may not start programs, such as one from Flatpak or Snap.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from installation.actions import Action
from installation.files import draft_of, remove_all
from installation.problems import MisuseError
from installation.running_engine import find_running
from protocol.private_files import FOLDER_VARIABLE

UNIT = "texture-engine.service"
ENTRY = "texture-engine.desktop"
SYSTEMCTL_SECONDS = 60
SYSTEMD_TEXT = """\
[Unit]
Description=Texture synthesis engine

[Service]
Environment={folder}
ExecStart={engine} serve
Restart=on-failure

[Install]
WantedBy=default.target
"""
DESKTOP_TEXT = """\
[Desktop Entry]
Type=Application
Name=Texture Engine
Name[de]=Textur-Engine
Name[es]=Motor de texturas
Name[fr]=Moteur de textures
Comment=Start the engine that makes textures for GIMP
Comment[de]=Die Engine starten, die Texturen für GIMP erzeugt
Comment[es]=Iniciar el motor que crea texturas para GIMP
Comment[fr]=Démarrer le moteur qui crée des textures pour GIMP
Exec=env {folder} {engine} serve --detach
Icon=applications-graphics
Categories=Graphics;
Keywords=GIMP;
Terminal=false
StartupNotify=false
"""


@dataclass(frozen=True)
class Service:
    """The files of the service.

    Attributes:
        unit: Systemd's.
        entry: The desktop's.
    """

    unit: Path
    entry: Path

    @property
    def is_there(self) -> bool:
        """Whether it is installed, perhaps in part."""
        return self.unit.exists() or self.entry.exists()


def service_of(environ: Mapping[str, str] = os.environ) -> Service:
    """Return where the files of this user's service are."""
    settings = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    data = Path(environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return Service(settings / "systemd" / "user" / UNIT, data / "applications" / ENTRY)


def check_system(system: str = sys.platform) -> None:
    """Check that this system has services of this kind.

    Args:
        system: `sys.platform`.

    Raises:
        MisuseError: It has not.
    """
    if system != "linux":
        raise MisuseError(
            f"--service is for Linux, and this is {system}: leave it out, as GIMP starts the engine here"
        )


def contents(service: Service, engine: Path, state: Path) -> dict[Path, str]:
    """Return the contents of the files.

    Args:
        service: Where they are.
        engine: The program `texture-engine`.
        state: The folder of the engine's connection file.

    Returns:
        The contents by path.
    """
    folder = f"{FOLDER_VARIABLE}={state}"
    return {
        service.unit: SYSTEMD_TEXT.format(folder=_for_systemd(folder), engine=_for_systemd(str(engine))),
        service.entry: DESKTOP_TEXT.format(folder=_for_desktop(folder), engine=_for_desktop(str(engine))),
    }


def service_fault(service: Service, engine: Path, state: Path) -> str | None:
    """Return a sentence about what is wrong with an installed service, without its remedy; None if nothing is."""
    if not service.is_there:
        return None
    changed = _changed(contents(service, engine, state))
    return f"{next(iter(changed))} is missing or of another version" if changed else None


def service_actions(service: Service, engine: Path, state: Path, *, wanted: bool) -> Iterator[Action]:
    """Return the actions that the service needs.

    Args:
        service: Where its files are.
        engine: The program `texture-engine`.
        state: The folder of the engine's connection file.
        wanted: Whether to install it if it is not there.

    Yields:
        The actions.
    """
    if not wanted and not service.is_there:
        return
    changed = _changed(contents(service, engine, state))
    for path, text in changed.items():
        yield Action(f"write {path}", partial(_write, path, text))
    if (changed or find_running(state) is None) and shutil.which("systemctl"):
        yield Action("start the engine now and whenever you log in", _start)


def new_folders(service: Service) -> list[Path]:
    """Return the folders that are created with the service's files, and by systemd, as they do not exist yet."""
    folders = [_link(service).parent, service.entry.parent]
    return sorted({path for folder in folders for path in (folder, *folder.parents) if not path.exists()})


def removal_actions(service: Service) -> Iterator[Action]:
    """Return the actions that remove the service."""
    paths = (service.unit, _link(service), service.entry)
    found = [path for path in paths if path.exists() or path.is_symlink()]
    if not found:
        return
    if service.unit.exists() and shutil.which("systemctl"):
        yield Action(f"stop and disable {UNIT}", partial(_systemctl, "disable", "--now", UNIT))
    yield Action(f"remove {', '.join(map(str, found))}", partial(remove_all, found))
    if shutil.which("systemctl"):
        yield Action("reload systemd's units", partial(_systemctl, "daemon-reload"))


def _link(service: Service) -> Path:
    """Return systemd's link to the unit, which stays if systemd cannot be asked to remove it."""
    return service.unit.parent / "default.target.wants" / UNIT


def _changed(wanted: Mapping[Path, str]) -> dict[Path, str]:
    return {
        path: text for path, text in wanted.items() if not path.is_file() or path.read_bytes() != text.encode("utf-8")
    }


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = draft_of(path)
    draft.write_text(text, "utf-8")
    draft.replace(path)


def _start() -> None:
    reason = _systemctl("daemon-reload") or _systemctl("enable", "--now", UNIT)
    if reason:
        print(
            f"  systemd does not start it now ({reason}): choose Texture Engine in the desktop's menu",
            file=sys.stderr,
        )


def _systemctl(*words: str) -> str | None:
    """Ask this user's systemd, and return why it does not do so; None if it does."""
    try:
        result = subprocess.run(  # noqa: S603
            ["systemctl", "--user", *words],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=SYSTEMCTL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if result.returncode == 0 else (result.stderr.strip().splitlines() or ["no reason given"])[-1]


def _for_systemd(word: str) -> str:
    """Quote a word of a unit (systemd.service(5), systemd.unit(5))."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _for_desktop(word: str) -> str:
    """Quote an argument of Exec (Desktop Entry Specification), and then double each backslash."""
    escaped = "".join(f"\\{letter}" if letter in '\\"`$' else letter for letter in word).replace("\\", "\\\\")
    return f'"{escaped.replace("%", "%%")}"'
