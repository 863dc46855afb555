"""New textures of several layers, in a real GIMP."""

import numpy as np
import pytest
from pictures import save
from plugged import array_of

SIDE = 64
CODE = """
def two_layers(second):
    image = opened(red)
    layer = Gimp.Layer.new_from_drawable(opened(second).get_layers()[0], image)
    image.insert_layer(layer, None, 0)
    return image, [layer, *image.get_layers()[1:]]


def made(image, layers, **wishes):
    before = everything(image)
    made_in, layer = called("new", image, layers, quality="draft", width=96, height=80, **wishes)
    return {
        "size": [made_in.get_width(), made_in.get_height()],
        "picture": kept(layer),
        "rest": everything(image) == before,
    }


def of_two_layers():
    return made(*two_layers(blue))


def of_two_layers_and_a_selection():
    image, layers = two_layers(half)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 32, 64)
    return made(image, layers)


def fill_of_two_layers():
    image, layers = two_layers(blue)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 20, 20, 20)
    return refused("fill", image, layers)


cases = [of_two_layers, of_two_layers_and_a_selection, fill_of_two_layers]
"""


def spots(channel):
    """Make spots of one primary color on black."""
    noise = np.random.default_rng(channel).random((SIDE // 4, SIDE // 4)).repeat(4, 0).repeat(4, 1)
    colors = np.zeros((SIDE, SIDE, 3))
    colors[..., channel] = 0.3 + 0.7 * noise
    return colors


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("mixing")
    half = spots(2)
    half[:, SIDE // 2 :] = (0, 1, 0)
    paths = {}
    for name, picture in {"red": spots(0), "blue": spots(2), "half": half}.items():
        save(folder / f"{name}.png", picture)
        paths[name] = str(folder / f"{name}.png")
    return plugged.cases(CODE, folder / "run", starts=False, **paths)


@pytest.mark.parametrize("case", ["of_two_layers", "of_two_layers_and_a_selection"])
def test_a_new_texture_mixes_selected_layers_in_equal_shares(cases, case):
    found = cases[case]
    assert found["rest"]
    assert found["size"] == [96, 80]
    texture = array_of(found["picture"])[..., :3].astype(int)
    shares = np.bincount(texture.argmax(axis=2).ravel(), minlength=3) / texture[..., 0].size
    assert shares == pytest.approx([0.5, 0, 0.5], abs=0.08)


def test_other_tasks_take_one_layer(cases):
    assert cases["fill_of_two_layers"].startswith("2 layers are selected")
