"""Frames that stay as layers, in a real GIMP."""

import numpy as np
import pytest
from pictures import bricks, save
from plugged import array_of

SIDE = 96
CODE = """
def inside(image):
    group = next(item for item in image.get_layers() if item.is_group())
    children = group.get_children()
    found = {
        "top": [item.get_name() for item in image.get_layers()],
        "group": [item.get_name() for item in children],
        "boxes": [box_of(item) for item in children],
        "masks": [item.get_mask() is not None for item in children],
        "visible": [item.get_visible() for item in (group, *children)],
        "pictures": [kept(item) for item in children],
        "selected": [item.get_name() for item in image.get_selected_layers()],
    }
    image.remove_layer(group)
    return found


def fill():
    image = opened(wall)
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 16, 16, 64, 64)
    before = everything(image)
    called("fill", image, image.get_layers(), quality="draft", keep_frames=True)
    return {**inside(image), "rest": everything(image) == before}


def new():
    image = opened(wall)
    before = everything(image)
    made, _layer = called("new", image, image.get_layers(), quality="draft", ratio=1, keep_frames=True)
    return {**inside(made), "rest": everything(image) == before}


def variations():
    image = opened(wall)
    before = everything(image)
    wishes = {"ratio": 0.75, "variations": 2, "keep_frames": True, "destination": "layers"}
    called("new", image, image.get_layers(), quality="draft", **wishes)
    return {**inside(image), "rest": everything(image) == before}


def not_kept():
    image = opened(wall)
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 16, 16, 64, 64)
    called("fill", image, image.get_layers(), quality="draft")
    return [item.get_name() for item in image.get_layers()]


cases = [fill, new, variations, not_kept]
"""


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("frames")
    save(folder / "wall.png", bricks(SIDE, SIDE))
    return plugged.cases(CODE, folder / "run", starts=False, wall=str(folder / "wall.png"))


@pytest.mark.parametrize(("case", "below"), [("fill", ["Background"]), ("new", [])])
def test_the_group_has_a_layer_for_each_octave_from_coarse_to_fine_and_the_result_on_top(cases, case, below):
    found = cases[case]
    assert found["top"] == ["Texture Synthesis", *below]
    result, *octaves = found["group"]
    assert result == "Texture, seed 0"
    # A small hole has few octaves. An earlier frame of the finest one is there only if that took long enough.
    coarse = octaves[octaves[:1] == ["Octave 0"] :]
    assert coarse in (["Octave 1"], ["Octave 1", "Octave 2"])


def test_variations_share_a_group(cases):
    group = cases["variations"]["group"]
    assert sorted(group[:2]) == ["Texture, seed 0", "Texture, seed 1"]
    # GIMP tells layers of one name apart.
    octaves = [name.split(" #")[0] for name in group[2:]]
    assert octaves.count("Octave 1") == 2
    # The coarsest frame of a small hole may be followed so soon that it is never shown.
    assert set(octaves) <= {"Octave 1", "Octave 2"}
    assert octaves.count("Octave 2") <= 2


@pytest.mark.parametrize(("case", "results"), [("fill", 1), ("new", 1), ("variations", 2)])
def test_the_results_are_seen_and_the_frames_are_not(cases, case, results):
    group, *visible = cases[case]["visible"]
    assert group
    assert visible == [True] * results + [False] * (len(visible) - results)


@pytest.mark.parametrize("case", ["fill", "new", "variations"])
def test_all_layers_of_the_group_have_one_place_and_all_else_is_as_it_was(cases, case):
    assert len({tuple(box) for box in cases[case]["boxes"]}) == 1
    assert len(set(cases[case]["masks"])) == 1
    assert cases[case]["rest"]


def test_a_fill_stays_masked_by_the_selection_and_its_layer_selected(cases):
    assert cases["fill"]["boxes"][0] == [16, 16, 64, 64]
    assert all(cases["fill"]["masks"])
    assert cases["fill"]["selected"] == ["Background"]


@pytest.mark.parametrize("case", ["fill", "new"])
def test_the_finest_frame_is_like_the_result(cases, case):
    result, *frames = (array_of(picture)[..., :3].astype(int) for picture in cases[case]["pictures"])
    distances = [np.abs(frame - result).mean() for frame in frames]
    assert distances[0] == min(distances)


def test_frames_are_not_kept_without_being_asked_for(cases):
    assert cases["not_kept"] == ["Texture, seed 0", "Background"]
