"""Where the GIMP of these tests is, and the plug-in in it."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from console_desk import ConsoleDesk
from desk import Desk
from gimps import profile, warmed
from parallel import made_once
from PIL import Image, ImageDraw
from plugged import plug
from provide import CHECKOUT, NoGimpError, provide

HERE = Path(__file__).parent
# A GIMP 3.0 in whose window many images were closed crashes now and then, once in some hundred tests. Nothing but its
# end is worth another attempt, and the report names the test.
CRASH = r"GIMP has ended with status"


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("gimp")
            if "desk" in item.fixturenames:
                item.add_marker(pytest.mark.flaky(reruns=2, only_rerun=CRASH))


@pytest.fixture(scope="session")
def place(tmp_path_factory, shared):
    """A GIMP 3; without one, tests fail where they must not be missed and are skipped elsewhere."""
    base = tmp_path_factory.getbasetemp()
    try:
        found = provide()
    except NoGimpError as error:
        if os.environ.get("CI") == "true":
            return pytest.fail(str(error))
        return pytest.skip(str(error))
    return found.seeing(base).seeing(shared)


@pytest.fixture(scope="session")
def known_plug_ins(place, shared):
    """A profile that GIMP has started with once, to copy."""
    return made_once(shared / "gimp", lambda folder: warmed(place, folder / "profile")) / "profile"


@pytest.fixture
def gimp_profile(known_plug_ins, tmp_path):
    """A clean profile."""
    return profile(tmp_path / "profile", known_plug_ins)


@pytest.fixture
def pictures_folder(tmp_path):
    """Where to leave screenshots."""
    kept = os.environ.get("TEXTURE_TEST_PICTURES")
    return Path(kept) if kept else tmp_path


@pytest.fixture(scope="session")
def plugged(place, known_plug_ins, engine, tmp_path_factory):
    """A profile with the plug-in, and a warm engine."""
    own = profile(tmp_path_factory.mktemp("plugged") / "profile", known_plug_ins)
    console_desk = ConsoleDesk(place, own)
    try:
        yield replace(plug(place, own, engine.folder), desk=console_desk)
        console_desk.end()
    finally:
        console_desk.leave()


@pytest.fixture(scope="session")
def desk(place, known_plug_ins, engine, tmp_path_factory):
    """A GIMP with its window, the plug-in and a warm engine, for all tests of this process that do not quit it."""
    found = Desk(place, known_plug_ins, engine.folder, tmp_path_factory.mktemp("desk"))
    yield found
    found.leave()


@pytest.fixture(scope="session")
def wall(tmp_path_factory):
    """A picture with a hole."""
    path = tmp_path_factory.mktemp("pictures") / "wall.png"
    # Wider than high: what is rotated is seen in GIMP's title.
    picture = Image.open(CHECKOUT / "examples" / "cobbles.png").convert("RGB").crop((0, 0, 256, 224))
    alpha = Image.new("L", picture.size, 255)
    ImageDraw.Draw(alpha).ellipse((26, 86, 96, 146), fill=0)
    picture.putalpha(alpha)
    picture.save(path)
    return path


@pytest.fixture(scope="session")
def small_wall(tmp_path_factory, wall):
    """A part of it around the hole, for textures that are soon made."""
    path = tmp_path_factory.mktemp("pictures") / "wall.png"
    with Image.open(wall) as whole:
        whole.crop((0, 54, 128, 182)).save(path)
    return path


@pytest.fixture(scope="session")
def large_wall(tmp_path_factory):
    """A picture with a hole that takes a second or two to fill; `held` gives time to press a button in."""
    return repeated_wall(tmp_path_factory.mktemp("pictures") / "wall.png", 2)


def repeated_wall(path, times):
    cobbles = Image.open(CHECKOUT / "examples" / "cobbles.png").convert("RGB")
    picture = Image.new("RGB", (times * cobbles.width, times * cobbles.height))
    for left in range(0, picture.width, cobbles.width):
        for top in range(0, picture.height, cobbles.height):
            picture.paste(cobbles, (left, top))
    alpha = Image.new("L", picture.size, 255)
    left, right = picture.width // 4 + 4, picture.width * 3 // 4 - 8
    ImageDraw.Draw(alpha).ellipse((left, left, right, right), fill=0)
    picture.putalpha(alpha)
    picture.save(path)
    return path
