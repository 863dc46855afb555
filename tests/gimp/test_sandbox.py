"""A GIMP in a sandbox with the limits of Flatpak: it sees no process and no program of its host, but the network."""

import shutil
import subprocess
from dataclasses import dataclass

import pytest
from engines import running
from gimps import profile
from plugged import plug
from provide import Place

SYSTEM = ("etc", "usr")
LINKS = ("bin", "lib", "lib64", "sbin")
CODE = """
def asked():
    image = opened(wall)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 20, 20, 20)
    called("fill", image, image.get_layers())
    return len(image.get_layers())


try:
    result = asked()
except RuntimeError as error:
    result = str(error)
"""


@dataclass(frozen=True)
class Sandbox(Place):
    """A place that bubblewrap closes off."""

    def command(self, *words: str) -> list[str]:
        """Make a command in the sandbox of these words."""
        told = [word for name in SYSTEM for word in ("--ro-bind", str(self.root / name), f"/{name}")]
        told += [word for name in LINKS for word in ("--symlink", f"usr/{name}", f"/{name}")]
        told += ["--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--dir", "/run"]  # noqa: S108
        # The first one is the host's folder of temporary files.
        told += [word for folder in self.folders[1:] for word in ("--bind", str(folder), str(folder))]
        told += ["--perms", "0644", "--file", "3", "/.flatpak-info", "--unshare-pid", "--unshare-ipc"]
        shell = 'exec bwrap --die-with-parent "$@" 3</dev/null'
        return ["sh", "-c", shell, "bwrap", *told, "--", *words]


@pytest.fixture
def sandbox(place):
    found = Sandbox(place.root, place.folders, place.console, place.version)
    if shutil.which("bwrap") is None:
        pytest.skip("there is no bubblewrap here: apt-get install bubblewrap")
    told = subprocess.run(found.command("test", "-e", "/.flatpak-info"), capture_output=True, text=True)
    if told.returncode:
        pytest.skip(f"bubblewrap makes no sandbox here ({told.stderr.strip()})")
    return found


def test_it_tells_the_command_and_fills_when_an_engine_runs(sandbox, known_plug_ins, tmp_path, wall):
    own = profile(tmp_path / "profile", known_plug_ins)
    plugged = plug(sandbox.seeing(wall.parent), own, tmp_path / "engine")
    said = plugged.run(CODE, tmp_path / "before", wall=str(wall)).result
    assert f"{tmp_path / 'profile-relay'} serve --detach" in str(said)
    with running(tmp_path / "engine", "--device", "cpu"):
        assert plugged.run(CODE, tmp_path / "after", wall=str(wall)).result == 2
