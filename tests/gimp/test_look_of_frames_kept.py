"""What is seen of a texture whose frames stay as layers, in a real GIMP."""

from itertools import pairwise, product

import numpy as np
import pytest
from pictures import bricks, ramp, save
from plugged import array_of

SIDE = 72
# Whether frames are kept of each of two textures.
ORDERS = ([True, True], [True, False], [False, False])
SEEN_THROUGH = ("lace", "lace at 50 %", "lace multiplied", "half transparent")
CODE = """
def projected(image):
    layer = Gimp.Layer.new_from_visible(image, image, "seen")
    found = kept(layer)
    layer.delete()
    return found


def looks(kept_frames, picture, opacity=100, mode="NORMAL", name="fill", selects=True, **wishes):
    # What is seen after each of several textures, one after the other.
    image = opened(light)
    layer = Gimp.Layer.new_from_drawable(opened(picture).get_layers()[0], image)
    image.insert_layer(layer, None, 0)
    layer.set_opacity(opacity)
    layer.set_mode(getattr(Gimp.LayerMode, mode))
    if selects:
        image.select_ellipse(Gimp.ChannelOps.REPLACE, 12, 12, 48, 48)
    found = [projected(image)]
    for seed, keep in enumerate(kept_frames):
        called(name, image, [layer], quality="draft", seed=seed, keep_frames=keep, **wishes)
        found.append(projected(image))
    found.append([item.get_name() for item in layer.get_parent().get_children()] if layer.get_parent() else [])
    return found


def look_of(what, kept_frames):
    def case():
        return looks(kept_frames, **LOOKS[what])
    case.__name__ = f"{what} {kept_frames}"
    return case


LOOKS = {
    "lace": {"picture": lace},
    "lace at 50 %": {"picture": lace, "opacity": 50},
    "lace multiplied": {"picture": lace, "mode": "MULTIPLY"},
    "half transparent": {"picture": half, "opacity": 50},
    "seamless": {"picture": lace, "opacity": 50, "name": "seamless", "selects": False},
    "opaque": {"picture": wall},
}


def opaque_and_lace(keep):
    # An opaque texture of another layer, and then lace in the same place.
    image = opened(light)
    layer = Gimp.Layer.new_from_drawable(opened(lace).get_layers()[0], image)
    image.insert_layer(layer, None, 0)
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 12, 12, 48, 48)
    called("fill", image, [layer], quality="draft", exemplar="drawable", exemplar_drawable=image.get_layers()[1],
           keep_frames=keep)
    # What is opaque belongs to the layer now, so the lace has to reach beyond it.
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 6, 6, 60, 60)
    called("fill", image, [layer], quality="draft", seed=1, keep_frames=keep)
    alone = projected(image)
    for item in image.get_layers():
        if item.get_name().startswith("Texture"):
            image.remove_layer(item)
    return [alone, projected(image), [item.get_name() for item in layer.get_parent().get_children()]]


def opaque_and_lace_kept():
    return opaque_and_lace(True)


def opaque_and_lace_not_kept():
    return opaque_and_lace(False)


cases = [look_of(what, order) for what in LOOKS if what != "seamless" for order in orders]
# What tiles once does not do so better the second time.
cases += [look_of("lace", [False, True]), look_of("seamless", [True]), look_of("seamless", [False])]
cases += [opaque_and_lace_kept, opaque_and_lace_not_kept]
"""


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("frames")
    picture = bricks(SIDE, SIDE)
    save(folder / "wall.png", picture)
    save(folder / "light.png", ramp(SIDE, SIDE))
    # Threads with nothing between them, whose colors do not meet at the borders.
    rows, columns = np.mgrid[:SIDE, :SIDE]
    threads = ((rows % 8 < 4) | (columns % 8 < 4))[..., None]
    save(folder / "lace.png", np.concatenate([(picture + ramp(SIDE, SIDE)) / 2, np.where(threads, 1.0, 0.0)], axis=2))
    save(folder / "half.png", np.concatenate([picture, np.full((SIDE, SIDE, 1), 0.5)], axis=2))
    paths = {name: str(folder / f"{name}.png") for name in ("wall", "light", "lace", "half")}
    return plugged.cases(CODE, folder / "run", starts=False, orders=ORDERS, **paths)


@pytest.mark.parametrize(
    ("what", "order"),
    [*product([*SEEN_THROUGH, "opaque"], ORDERS[:2]), ("lace", [False, True]), ("seamless", [True])],
)
def test_it_looks_the_same_with_frames_kept_as_without(cases, what, order):
    *pictures, _names = cases[f"{what} {order}"]
    *expected, _names = cases[f"{what} {[False for _ in order]}"]
    pictures, expected = ([array_of(picture).astype(int) for picture in found] for found in (pictures, expected))
    for picture, due in zip(pictures, expected, strict=True):
        assert np.abs(picture - due).max() <= 1
    # Each of the textures is seen.
    for earlier, later in pairwise(pictures):
        assert np.abs(earlier - later).max() > 4


@pytest.mark.parametrize(
    ("what", "order"), [*product(SEEN_THROUGH, ORDERS[:2]), ("lace", [False, True]), ("seamless", [True])]
)
def test_what_can_be_seen_through_lies_above_its_frames_and_they_above_the_layer(cases, what, order):
    # GIMP tells layers of one name apart.
    names = [name.split(" #")[0] for name in cases[f"{what} {order}"][-1]]
    due = []
    for seed, kept in enumerate(order):
        due = [f"Texture, seed {seed}", "Hole", *["Texture Synthesis"] * kept, *due]
    assert names[:-1] == due


@pytest.mark.parametrize("case", ["opaque_and_lace_kept", "opaque_and_lace_not_kept"])
def test_an_opaque_result_does_not_hide_a_later_one_that_can_be_seen_through(cases, case):
    alone, without_others, names = cases[case]
    assert names[:2] == ["Texture, seed 1", "Hole"]
    assert np.array_equal(array_of(alone), array_of(without_others))
