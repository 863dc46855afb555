"""Provide a GIMP 3 for the tests: one that is named, this computer's own, or one in a Debian in a folder of its own.

python3 tests/gimp/provide.py               GIMP 3.0
python3 tests/gimp/provide.py --gimp 3.2    another version, or the root folder of a system with a GIMP
"""

import argparse
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

# A version, or the root folder of a system with a GIMP.
NAMED = "TEXTURE_TEST_GIMP"
# What has a version of GIMP.
RELEASES = {"3.0": "trixie", "3.2": "forky"}
OLDEST = "3.0"
# The same for every release; an older debootstrap knows no names of newer ones.
DEBOOTSTRAP_SCRIPT = "/usr/share/debootstrap/scripts/sid"
MIRROR = "http://deb.debian.org/debian"
MARKER = "texture-test-packages"
PACKAGES = (
    "adwaita-icon-theme",
    "at-spi2-core",
    "dbus-daemon",
    "fonts-dejavu-core",
    "gimp",
    "gir1.2-atspi-2.0",
    "gir1.2-gtk-3.0",
    "imagemagick",
    "locales",
    "openbox",
    "python3-gi",
    "xdotool",
    "xvfb",
)
# GIMP's own command, then what the tests see and move its window with.
CONSOLES = ("gimp-console-3", "gimp-console-3.0", "gimp-console")
# A language to test translations in.
LOCALE = "de_DE.UTF-8"
TOOLS = ("Xvfb", "dbus-daemon", "import", "openbox", "xdotool")
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
CHECKOUT = Path(__file__).resolve().parents[2]
SECONDS = 60
# Mounts of a namespace of its own end with the last process in it: nothing is left behind, whatever happens.
OWN_MOUNTS = ("unshare", "--mount", "--propagation", "private")
ENTER = """
root=$1; shift
for folder in /proc /dev /sys; do mount --rbind "$folder" "$root$folder"; done
while [ "$1" != -- ]; do mkdir -p "$root$1"; mount --bind "$1" "$root$1"; shift; done
shift; exec chroot "$root" "$@"
"""


class NoGimpError(Exception):
    """There is no GIMP 3 to test with; its sentence tells why, and what would help."""


@dataclass(frozen=True)
class Place:
    """Where a GIMP 3 is.

    Attributes:
        root: The folder that is `/` for it.
        folders: Folders outside `root` that it sees at their own paths.
        console: Its command without a window, such as `gimp-console-3`.
        version: Such as `3.0.4`.
    """

    root: Path
    folders: tuple[Path, ...] = (Path(tempfile.gettempdir()), CHECKOUT)
    console: str = ""
    version: str = ""

    def command(self, *words: str) -> list[str]:
        """Make a command there of these words; the process started for it becomes the command's own."""
        if self.root == Path("/"):
            return list(words)
        return [*OWN_MOUNTS, "sh", "-euc", ENTER, "enter", str(self.root), *map(str, self.folders), "--", *words]

    def seeing(self, folder: Path) -> "Place":
        """The same place, which sees another folder, too."""
        return replace(self, folders=(*self.folders, folder))

    @property
    def window(self) -> str:
        """Its command with a window."""
        return self.console.replace("-console", "")

    @property
    def path(self) -> str:
        """Where its commands are looked for."""
        return os.environ.get("PATH", PATH) if self.root == Path("/") else PATH


def provide(named: str | None = None) -> Place:
    """Find a GIMP 3, or set one up.

    Args:
        named: One of `RELEASES`, or a root folder; None for what the environment names.

    Returns:
        Where it is.

    Raises:
        NoGimpError: It cannot be had.
    """
    named = named or os.environ.get(NAMED) or ""
    if named and named not in RELEASES:
        if found := examined(Place(Path(named))):
            return found
        raise NoGimpError(
            f"{named} is none of {', '.join(RELEASES)}, and no GIMP 3 answers in such a folder with all that the "
            f"tests need beside it: {' '.join(PACKAGES)}, the locale {LOCALE}, and leave to mount and chroot"
        )
    # Without a name, any version of this computer's own will do.
    if (found := examined(Place(Path("/")))) and found.version.startswith(named):
        return found
    if reason := hindrance():
        raise NoGimpError(f"no GIMP 3: {reason}")
    version = named or OLDEST
    folder = cache_folder(version)
    with alone(folder):
        if packages_of(folder) != PACKAGES:
            set_up(folder, RELEASES[version])
    if found := examined(Place(folder)):
        return found
    raise NoGimpError(f"GIMP in {folder} does not start: delete that folder and run python3 tests/gimp/provide.py")


def examined(place: Place) -> Place | None:
    """Fill in what GIMP 3 is there; None if there is none, or not all that the tests need beside it."""
    asked = "import gi; gi.require_version('Atspi', '2.0'); gi.require_version('Gtk', '3.0')"
    if not all(answer(place, "sh", "-c", f"command -v {tool}") for tool in TOOLS):
        return None
    if answer(place, "/usr/bin/python3", "-c", asked) is None:
        return None
    if LOCALE.replace("UTF-8", "utf8") not in (answer(place, "locale", "-a") or "").split():
        return None
    for console in CONSOLES:
        found = re.search(r"version ((?:[3-9]|\d\d)\.\S+)", answer(place, console, "--version") or "")
        if found:
            return replace(place, console=console, version=found[1])
    return None


def answer(place: Place, *words: str) -> str | None:
    """What a command says there; None if it fails."""
    environment = {**os.environ, "PATH": place.path}
    try:
        done = subprocess.run(
            place.command(*words), capture_output=True, text=True, timeout=SECONDS, env=environment, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def hindrance() -> str | None:
    """Tell why no Debian with GIMP can be set up here; None if it can."""
    if not sys.platform.startswith("linux") or not shutil.which("apt-get"):
        return (
            f"this is no Debian-like system; install GIMP 3 with {', '.join(TOOLS)}, the typelib of Atspi and the "
            f"locale {LOCALE}"
        )
    if os.geteuid() != 0:
        return (
            "a Debian 13 with it can be set up by root alone: sudo python3 tests/gimp/provide.py, and then "
            f"{NAMED}=FOLDER for tests run by root; or, on Debian 13, {by_hand('sudo ')}"
        )
    if subprocess.run([*OWN_MOUNTS, "true"], capture_output=True, check=False).returncode != 0:
        return (
            "mounting is not allowed here, so no Debian 13 with it can be set up: run in a container started with "
            f"--privileged, or, on Debian 13, {by_hand()}"
        )
    return None


def by_hand(before: str = "") -> str:
    """The commands that set up GIMP 3 for the tests on Debian 13 itself."""
    locale = f"localedef -i {LOCALE.split('.')[0]} -f UTF-8 {LOCALE}"
    return f"{before}apt-get install {' '.join(PACKAGES)} && {before}{locale}"


def cache_folder(version: str) -> Path:
    """Where the Debian with a version of GIMP is kept."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return caches / "gimp-texture-synthesis" / ("gimp3" if version == OLDEST else f"gimp{version}")


def packages_of(folder: Path) -> tuple[str, ...]:
    """The packages that a finished one was set up with; none if it is not finished."""
    marker = folder / MARKER
    return tuple(marker.read_text().split()) if marker.is_file() else ()


@contextmanager
def alone(folder: Path):
    """Keep other runs of this waiting meanwhile."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def set_up(folder: Path, release: str) -> None:
    """Set up a Debian with GIMP in a draft folder, and give it its name when it is whole."""
    draft = folder.with_name(f"{folder.name}.draft")
    for old in (draft, folder):
        if old.exists():
            # What somebody has mounted in it must not be deleted with it.
            if f" {old}/" in Path("/proc/mounts").read_text():
                raise NoGimpError(f"no GIMP 3: something is mounted in {old}, which is to be set up anew: unmount it")
            shutil.rmtree(old)
    if not shutil.which("debootstrap", path=f"{os.environ.get('PATH', '')}:{PATH}"):
        # A new computer may never have asked what there is.
        done("apt-get", "update")
        done("apt-get", "install", "-y", "--no-install-recommends", "debootstrap", "debian-archive-keyring")
    done(*OWN_MOUNTS, "debootstrap", "--variant=minbase", release, str(draft), mirror(), DEBOOTSTRAP_SCRIPT)
    # Packages start no services in it.
    policy = draft / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    inside = Place(draft, folders=())
    install = ("apt-get", "install", "-y", "--no-install-recommends", "-o", "DPkg::Options::=--force-unsafe-io")
    done(*inside.command(*install, *PACKAGES))
    done(*inside.command("apt-get", "clean"))
    done(*inside.command("localedef", "-i", LOCALE.split(".")[0], "-f", "UTF-8", LOCALE))
    (draft / MARKER).write_text("\n".join(PACKAGES) + "\n")
    draft.rename(folder)


def mirror() -> str:
    """The mirror of Debian that this computer uses."""
    sources = Path("/etc/apt")
    files = [sources / "sources.list", *sorted(sources.glob("sources.list.d/*"))]
    for file in files:
        lines = file.read_text(errors="replace").splitlines() if file.is_file() else []
        used = " ".join(line for line in lines if not line.lstrip().startswith("#"))
        if found := re.search(r"https?://\S+/debian(?=/?(?:\s|$))", used):
            return found[0]
    return MIRROR


def done(*command: str) -> None:
    """Run a command of the setting up.

    Raises:
        NoGimpError: It fails.
    """
    environment = {
        **os.environ,
        "PATH": f"{os.environ.get('PATH', '')}:{PATH}",
        "DEBIAN_FRONTEND": "noninteractive",
        "LC_ALL": "C.UTF-8",
    }
    told = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment,
        check=False,
    )
    if told.returncode != 0:
        last = " / ".join(told.stdout.strip().splitlines()[-3:])
        raise NoGimpError(
            f"no GIMP 3: setting up a Debian with it failed ({last}); "
            "with a way to Debian's mirror, python3 tests/gimp/provide.py tries again"
        )


def main() -> int:
    """Say where it is, or why it cannot be had."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gimp", metavar="VERSION", help=f"{', '.join(RELEASES)}, or a root folder")
    named = parser.parse_args().gimp
    began = time.monotonic()
    try:
        place = provide(named)
    except NoGimpError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"GIMP {place.version} in {place.root}, after {time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
