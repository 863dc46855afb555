"""The files of a release, and the plug-in from the wheel alone."""

import json
import re
import shutil
import subprocess
import sys
import tarfile
import venv
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest
from installs import ROOT, Home, hand_over_compiled, home_in, plugin

NAME = "gimp-texture-synthesis"


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """The folder with all files of a release."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, ROOT / "tools/release.py", "https://example.org/texture", folder]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr
    return folder


@pytest.fixture(scope="module")
def package(released, installed, tmp_path_factory):
    """A user's home with a GIMP 3.0, and an environment with the wheel in it, as pipx makes one."""
    home = home_in(tmp_path_factory.mktemp("package"), installed.house)
    home.programs.mkdir(parents=True)
    place = home.folder.parent / "own environment"
    venv.create(place, with_pip=True)
    (wheel,) = released.glob("*.whl")
    pip = [place / "bin/python", "-m", "pip", "install", "--quiet", wheel]
    told = subprocess.run(pip, env=home.surroundings(), capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    hand_over_compiled(home, place)
    return SimpleNamespace(home=home, engine=place / "bin/texture-engine", profile=home.gimp())


def called(package: SimpleNamespace, *words, **more) -> subprocess.CompletedProcess:
    home: Home = package.home
    environment = home.surroundings(**more)
    return subprocess.run(
        [package.engine, *words], env=environment, cwd=home.folder, capture_output=True, text=True, timeout=300
    )


def test_the_source_archive_has_what_a_checkout_has(released):
    (archive,) = released.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        found = {"/".join(Path(name).parts[1:]) for name in opened.getnames()}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    wanted = {name for name in tracked.splitlines() if not name.startswith(".") and (ROOT / name).is_file()}
    assert wanted - found == set()


def test_the_sums_are_those_of_all_other_files(released):
    told = dict(reversed(line.split()) for line in (released / "SHA256SUMS").read_text().splitlines())
    found = {path.name: sha256(path.read_bytes()).hexdigest() for path in released.iterdir()}
    found.pop("SHA256SUMS")
    assert told == found
    assert len(found) == 4


def test_the_licenses_are_those_of_all_dependencies(released):
    text = (released / "THIRD-PARTY-LICENSES.txt").read_text()
    # torch's own, and one that it needs.
    for name in ("torch", "pyzmq", "sympy", "pillow"):
        assert re.search(rf"^{name} [\d.]+\S*: \w", text, re.MULTILINE)
    assert not re.search(r"^pytest ", text, re.MULTILINE)


def test_the_metadata_of_the_version_is_valid(released):
    (file,) = released.glob("*.metainfo.xml")
    root = ET.parse(file).getroot()  # noqa: S314 - our own
    version = re.search('^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1]
    assert root.find("releases/release").get("version") == version
    for image in root.iterfind("screenshots/screenshot/image"):
        pictures, _, name = image.text.rpartition("/")
        assert pictures == f"https://example.org/texture/raw/v{version}/docs/pictures"
        assert (ROOT / "docs/pictures" / name).is_file()
    program = shutil.which("appstreamcli")
    if program is None:
        pytest.skip("there is no appstreamcli here")
    told = subprocess.run([program, "validate", "--no-net", file], capture_output=True, text=True)
    assert told.returncode == 0, told.stdout


def test_the_plug_in_of_the_package_is_the_checkouts_and_starts_the_packages_engine(package):
    told = called(package, "install-plugin")
    assert (told.returncode, told.stderr) == (0, "")
    for path in (ROOT / "gimp_plugin").rglob("*.py"):
        copied = path.name if path.name == "texture-synthesis.py" else path.relative_to(ROOT)
        assert (plugin(package.profile) / copied).read_bytes() == path.read_bytes()
    settings = json.loads((plugin(package.profile) / "settings.json").read_text())
    assert settings["engine"] == str(package.engine)
    assert settings["installer"] == f"'{package.engine}' install-plugin"
    assert settings["software"] in called(package, "--version").stdout
    assert "already up to date" in called(package, "install-plugin").stdout


def test_a_missing_file_of_the_plug_in_is_found_and_mended(package):
    assert called(package, "install-plugin").returncode == 0
    (plugin(package.profile) / "protocol/client.py").unlink()
    told = called(package, "install-plugin", "--check")
    assert told.returncode == 1
    assert "protocol/client.py" in told.stdout
    assert f"'{package.engine}' install-plugin" in told.stdout
    assert called(package, "install-plugin").returncode == 0
    assert (plugin(package.profile) / "protocol/client.py").is_file()


def test_a_folder_that_is_no_profile_is_refused(package, tmp_path):
    told = called(package, "install-plugin", "--gimp", str(tmp_path))
    assert told.returncode == 2
    assert str(tmp_path) in told.stderr


def test_sudo_is_refused(package):
    assert called(package, "install-plugin", SUDO_USER="anna").returncode == 2


def test_the_plug_in_is_removed_and_the_engine_stays(package):
    assert called(package, "install-plugin").returncode == 0
    before = {*package.profile.rglob("*")}
    assert called(package, "uninstall-plugin", "--dry-run").returncode == 0
    assert {*package.profile.rglob("*")} == before
    told = called(package, "uninstall-plugin")
    assert (told.returncode, told.stderr) == (0, "")
    assert not plugin(package.profile).exists()
    assert not package.home.state.exists()
    assert not package.home.data.exists()
    assert called(package, "--version").returncode == 0


def test_the_record_of_another_installation_is_kept(package, tmp_path):
    other = tmp_path / "engine"
    other.mkdir()
    package.home.data.mkdir(parents=True, exist_ok=True)
    record = package.home.data / "installed.json"
    record.write_text(json.dumps({"environments": [str(other)], "profiles": []}))
    assert called(package, "install-plugin").returncode == 0
    assert called(package, "uninstall-plugin").returncode == 0
    assert json.loads(record.read_text())["environments"] == [str(other)]
    record.unlink()
