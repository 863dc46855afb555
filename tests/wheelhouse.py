"""A folder of wheels that pip installs in a moment, in place of the registry."""

import re
import sysconfig
from importlib.metadata import distribution
from pathlib import Path
from zipfile import ZipFile

SHARED = ("pyzmq", "msgpack")
NEVER = "9999.0"

# What builds the engine's wheel: hatchling would have to be fetched.
BACKEND = """
import re
from pathlib import Path
from zipfile import ZipFile

PROJECT = Path("pyproject.toml").read_text()
VERSION = re.search('^version = "(.+)"$', PROJECT, re.M)[1]
NEEDS = re.findall('^  "(.+)",$', PROJECT.split("dependencies = [")[1].split("]")[0], re.M)
STEM = f"gimp_texture_synthesis-{VERSION}"


def build_wheel(folder, settings=None, metadata=None):
    metadata = [f"Metadata-Version: 2.1", "Name: gimp-texture-synthesis", f"Version: {VERSION}"]
    metadata += [f"Requires-Dist: {need}" for need in NEEDS]
    contents = {
        "METADATA": "\\n".join(metadata) + "\\n",
        "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        "entry_points.txt": "[console_scripts]\\ntexture-engine = engine.__main__:start\\n",
        "RECORD": "",
    }
    with ZipFile(Path(folder, f"{STEM}-py3-none-any.whl"), "w") as wheel:
        for package in ("engine", "protocol", "gimp_plugin", "installation"):
            for path in Path(package).rglob("*"):
                if path.is_file() and "__pycache__" not in path.parts:
                    wheel.write(path, path.as_posix())
        for name, content in contents.items():
            wheel.writestr(f"{STEM}.dist-info/{name}", content)
    return f"{STEM}-py3-none-any.whl"
"""


def furnish(house: Path, needs: list[str]) -> None:
    """Put a wheel for everything that the engine needs into a folder.

    pyzmq and msgpack are the real ones. Anything else is an empty wheel; one of them lets the environment find the
    real packages of the Python that runs the tests.
    """
    house.mkdir(parents=True, exist_ok=True)
    for need in needs:
        name = re.match(r"[\w.-]+", need).group()
        if name not in SHARED:
            write_wheel(house, name, NEVER, "py3-none-any", {})
    site = sysconfig.get_path("purelib")
    write_wheel(house, "typer", NEVER, "py3-none-any", {"packages-of-the-tests.pth": f"{site}\n"})
    for name in SHARED:
        repack(house, name)


def tags(name: str) -> list[str]:
    """The tags of an installed wheel."""
    return re.findall(r"^Tag: (.+)$", distribution(name).read_text("WHEEL"), re.MULTILINE)


def repack(house: Path, name: str) -> None:
    """Make a wheel of an installed package."""
    found = distribution(name)
    made_here = {"INSTALLER", "REQUESTED", "RECORD"}
    with ZipFile(house / f"{name}-{found.version}-{tags(name)[0]}.whl", "w") as wheel:
        for file in found.files:
            if ".." not in file.parts and file.suffix != ".pyc" and file.name not in made_here:
                wheel.write(found.locate_file(file), file.as_posix())
        record = f"{name}-{found.version}.dist-info/RECORD"
        rows = [f"{entry.filename},,{entry.file_size}\n" for entry in wheel.infolist()]
        wheel.writestr(record, "".join(rows) + f"{record},,\n")


def write_wheel(house: Path, name: str, number: str, tag: str, contents: dict[str, str]) -> None:
    """Write a wheel with these files."""
    stem = f"{name.replace('-', '_')}-{number}"
    about = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n",
        "WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
        "RECORD": "",
    }
    with ZipFile(house / f"{stem}-{tag}.whl", "w") as wheel:
        for path, content in contents.items():
            wheel.writestr(path, content)
        for path, content in about.items():
            wheel.writestr(f"{stem}.dist-info/{path}", content)
