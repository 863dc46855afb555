"""The first start of GIMP 3.2 beside GIMP 3.0: it takes over that folder, with the plug-in."""

import json

import pytest
from installs import entry, plugin
from pictures import bricks, save
from plugged import Plugged, plug

from installation.gimps import find_gimps

FILL = """
image = opened(wall)
image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 20, 20, 20)
_image, made = called("fill", image, image.get_layers(), quality="draft")
result = made.get_name()
"""


@pytest.fixture
def migrating(place):
    """The GIMP, if it takes over the folder of an older GIMP 3."""
    if place.version.startswith("3.0."):
        pytest.skip("GIMP 3.0 takes over no folder of a GIMP 3: TEXTURE_TEST_GIMP=3.2 names another")
    return place


def test_the_plug_in_is_copied_works_and_is_updated_and_removed_in_both(
    migrating, home, engine, tmp_path, monkeypatch
):
    old = home.gimp("3.0")
    home.install()
    # This home has stand-ins for the engine and its packages.
    plug(migrating, old, engine.folder)
    new = old.with_name(".".join(migrating.version.split(".")[:2]))
    save(tmp_path / "wall.png", bricks(64, 64))
    started = Plugged(migrating, new, engine.folder)
    said = started.run(
        FILL, tmp_path / "run", environment={"HOME": str(home.folder)}, wall=str(tmp_path / "wall.png")
    )
    assert said.result == "Texture, seed 0"
    # It does not copy what lies too deep.
    before, after = ({path.relative_to(plugin(each)) for path in files_of(each)} for each in (old, new))
    assert before == after
    monkeypatch.setenv("HOME", str(home.folder))
    assert find_gimps({}).profiles[:2] == (old, new)
    home.install()
    for profile in (old, new):
        settings = json.loads((plugin(profile) / "settings.json").read_text())
        assert settings["folder"] == str(home.state)
        assert entry(profile).is_file()
    home.install("--uninstall")
    assert not plugin(old).exists()
    assert not plugin(new).exists()


def files_of(profile):
    """The files of the plug-in, as they were installed."""
    return [path for path in plugin(profile).rglob("*") if path.is_file() and path.suffix != ".pyc"]
