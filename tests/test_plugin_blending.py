"""How a growing texture and its layer are blended, in a GIMP of the tests' own."""

import numpy as np
import pytest
from plugin_layers import GREEN, add, everything, frame, growing, named, texture

from gimp_plugin.job_sequence import Texture
from protocol.raster import Raster

LOOK = {
    "mode": "MULTIPLY",
    "blend_space": "RGB_PERCEPTUAL",
    "composite_space": "AUTO",
    "composite_mode": "UNION",
    "opacity": 40.0,
}
PLAIN = {
    "mode": "NORMAL",
    "blend_space": "AUTO",
    "composite_space": "AUTO",
    "composite_mode": "AUTO",
    "opacity": 100.0,
}
TOGETHER = "below with texture"


@pytest.fixture
def blended(image):
    """A layer that does not cover what lies below it."""
    layer = named(image, "below")
    layer.look |= LOOK
    return layer


@pytest.mark.usefixtures("blended")
def test_a_layer_that_does_not_cover_is_in_a_group_with_its_texture_which_is_blended_as_it_was(gimp, image):
    growth = growing(gimp, image)
    growth.show(frame(GREEN), 0)
    frames = f"{TOGETHER}/Texture Synthesis"
    assert everything(image) == ["above", TOGETHER, frames, f"{frames}/Octave 0", f"{TOGETHER}/below"]
    assert named(image, TOGETHER).look == LOOK
    for inner in ("Texture Synthesis", "Octave 0", "below"):
        assert named(image, inner).look == PLAIN
    growth.finish([texture()])
    assert everything(image) == ["above", TOGETHER, f"{TOGETHER}/Texture, seed 7", f"{TOGETHER}/below"]
    assert named(image, "Texture, seed 7").look == PLAIN
    assert [layer.name for layer in image.selected] == ["below"]


@pytest.mark.usefixtures("blended")
def test_the_next_texture_goes_into_the_same_group(gimp, image):
    (first,) = growing(gimp, image).finish([texture(seed=1)])
    growing(gimp, image, earlier=[first]).finish([texture(seed=2)])
    inside = [f"{TOGETHER}/{name}" for name in ("Texture, seed 2", "Texture, seed 1", "below")]
    assert everything(image) == ["above", TOGETHER, *inside]


@pytest.mark.parametrize("shown", [1, 3])
def test_what_is_given_up_leaves_the_layer_as_it_was(gimp, image, blended, shown):
    growth = growing(gimp, image)
    for octave in range(shown):
        growth.show(frame(GREEN, octave), 0)
    growth.abandon()
    growth.abandon()
    assert everything(image) == ["above", "below"]
    assert blended.look == LOOK
    assert image.undo_depth == 0


@pytest.mark.usefixtures("blended")
def test_what_the_user_has_put_into_the_group_meanwhile_stays_there(gimp, image):
    growth = growing(gimp, image)
    growth.show(frame(GREEN), 0)
    add(gimp, image, "mine", parent=named(image, TOGETHER))
    growth.abandon()
    assert everything(image) == ["above", TOGETHER, f"{TOGETHER}/mine", f"{TOGETHER}/below"]
    assert named(image, TOGETHER).look == LOOK


@pytest.mark.usefixtures("blended")
@pytest.mark.parametrize("gone", ["below", TOGETHER])
def test_a_layer_that_was_deleted_meanwhile_is_not_brought_back(gimp, image, gone):
    growth = growing(gimp, image)
    growth.show(frame(GREEN), 0)
    image.remove_layer(named(image, gone))
    growth.abandon()
    assert "below" not in everything(image)
    assert image.undo_depth == 0


@pytest.mark.usefixtures("blended")
def test_a_group_that_is_locked_meanwhile_is_blended_with_the_texture_above_it(gimp, image):
    growth = growing(gimp, image)
    growth.show(frame(GREEN), 0)
    named(image, TOGETHER).locked = True
    (layer,) = growth.finish([texture()])
    outer = f"{TOGETHER} with texture"
    assert layer.path() == (outer, "Texture, seed 7")
    assert (named(image, outer).look, named(image, TOGETHER).look) == (LOOK, PLAIN)


@pytest.mark.parametrize("keep", [False, True])
def test_a_texture_of_a_hidden_layer_is_hidden_as_well(gimp, image, keep):
    named(image, "below").visible = False
    growth = growing(gimp, image, keep=keep)
    growth.show(frame(GREEN), 0)
    assert not named(image, "Texture Synthesis").visible
    (layer,) = growth.finish([texture()])
    assert not all(item.visible for item in (layer, *filter(None, [layer.get_parent()])))
    assert not named(image, "below").visible


def test_a_hidden_layer_that_does_not_cover_is_hidden_with_its_texture(gimp, image, blended):
    blended.visible = False
    growth = growing(gimp, image)
    growth.show(frame(GREEN), 0)
    assert [named(image, name).visible for name in (TOGETHER, "below")] == [False, True]
    growth.abandon()
    assert not blended.visible
    (layer,) = growing(gimp, image).finish([texture()])
    assert not named(image, TOGETHER).visible
    assert layer.get_parent() is named(image, TOGETHER)


@pytest.mark.parametrize(
    "look", [{"mode": "NORMAL_LEGACY"}, {"blend_space": "RGB_PERCEPTUAL"}, {"composite_mode": "UNION"}]
)
@pytest.mark.parametrize("keep", [False, True])
def test_a_texture_takes_over_how_a_layer_that_covers_is_blended(gimp, image, look, keep):
    below = named(image, "below")
    below.look |= look
    growth = growing(gimp, image, keep=keep)
    growth.show(frame(GREEN), 0)
    (layer,) = growth.finish([texture()])
    outermost = layer.parent or layer
    assert outermost.look == below.look == PLAIN | look
    assert everything(image)[-1] == "below"


def test_a_group_that_passes_through_has_its_texture_above_it(gimp, image):
    group = add(gimp, image, "house", group=True)
    group.look["mode"] = "PASS_THROUGH"
    (layer,) = growing(gimp, image, above="house").finish([texture()])
    assert everything(image)[:2] == ["Texture, seed 7", "house"]
    assert layer.look == PLAIN


def lace(depth="u8", channels=4, alpha=0, seed=7):
    """A texture of which the left half is as opaque as this, of 255."""
    kind, most = {"u8": ("u1", 255), "u16": ("<u2", 65535), "f32": ("<f4", 1)}[depth]
    pixels = np.ones((8, 16, channels))
    pixels[:, :8, -1] = alpha / 255
    return Texture(seed, Raster(16, 8, channels, depth, (pixels * most).astype(kind).tobytes()), finished=True)


@pytest.mark.parametrize("depth", ["u8", "u16", "f32"])
@pytest.mark.parametrize("alpha", [0, 230])
@pytest.mark.parametrize("frames", [0, 1])
def test_what_can_be_seen_through_takes_the_place_of_what_lies_below(gimp, image, depth, alpha, frames):
    growth = growing(gimp, image)
    for octave in range(frames):
        growth.show(frame(GREEN, octave), 0)
    (layer,) = growth.finish([lace(depth, alpha=alpha)])
    inside = [f"{TOGETHER}/{name}" for name in ("Texture, seed 7", "Hole", "below")]
    assert everything(image) == ["above", TOGETHER, *inside]
    hole = named(image, "Hole")
    assert (layer.look, hole.look) == (PLAIN | {"mode": "MERGE"}, PLAIN | {"mode": "ERASE"})
    assert (hole.bytes()[..., 3] == 255).all()
    assert (hole.corner, hole.bytes().shape) == (layer.corner, layer.bytes().shape)
    assert [found.name for found in image.selected] == ["below"]


def test_a_layer_whose_colors_a_group_would_clip_is_not_cut_and_that_is_told(gimp, image, monkeypatch):
    monkeypatch.setattr(gimp.texture_layers, "has_out_of_range_colors", lambda layer: layer.name == "below")
    growth = growing(gimp, image)
    (layer,) = growth.finish([lace()])
    assert everything(image) == ["above", "Texture, seed 7", "below"]
    assert layer.look == PLAIN
    assert growth.remark.startswith("The layer shows through the texture")


@pytest.fixture
def through(gimp, image):
    """A group that passes through, with a layer."""
    group = add(gimp, image, "group", group=True)
    add(gimp, image, "inner", parent=group)
    group.look |= {"mode": "PASS_THROUGH", "opacity": 40.0}
    return group


@pytest.mark.parametrize("locked", [True, False])
def test_a_group_that_passes_through_is_cut_in_a_group_where_nothing_below_is_erased(gimp, image, through, locked):
    through.locked = locked
    growth = growing(gimp, image, above="inner" if locked else "group")
    (layer,) = growth.finish([lace()])
    inside = ["Texture, seed 7", "Hole", "group", "group/inner"]
    assert everything(image) == [
        "group with texture",
        *(f"group with texture/{each}" for each in inside),
        "above",
        "below",
    ]
    assert named(image, "group with texture").look == PLAIN | {"opacity": 40.0}
    assert through.look == PLAIN | {"mode": "PASS_THROUGH"}
    assert layer.look == PLAIN | {"mode": "MERGE"}
    assert growth.remark == ""


def test_a_group_that_passes_through_is_as_it_was_where_its_texture_is_given_up(gimp, image, through):
    before, look = everything(image), dict(through.look)
    growth = growing(gimp, image, above="group")
    growth.finish([lace()])
    growth.abandon()
    assert everything(image) == before
    assert through.look == look


def test_a_group_whose_layers_depend_on_what_lies_below_is_not_cut_and_that_is_told(gimp, image, through):
    through.locked = True
    named(image, "inner").look["mode"] = "MULTIPLY"
    growth = growing(gimp, image, above="inner")
    (layer,) = growth.finish([lace()])
    assert "Hole" not in {each.rpartition("/")[2] for each in everything(image)}
    assert layer.look == PLAIN
    assert growth.remark.startswith("The layer shows through the texture")


@pytest.mark.parametrize("texture", [lace("u8", alpha=254), lace("f32", alpha=255), lace("u8", channels=3)])
def test_what_is_opaque_lies_above_the_layer(gimp, image, texture):
    growing(gimp, image).finish([texture])
    assert everything(image) == ["above", "Texture, seed 7", "below"]


def test_only_what_the_mask_shows_counts(gimp, image):
    mask = np.full((8, 16), 255, np.uint8)
    mask[:, :8] = 0
    growing(gimp, image, mask=mask.tobytes()).finish([lace()])
    assert everything(image) == ["above", "Texture, seed 7", "below"]
    growing(gimp, image, mask=(255 - mask).tobytes()).finish([lace()])
    hole = named(image, "Hole")
    assert np.array_equal(np.rint(hole.mask.pixels[..., 0] * 255), 255 - mask)


def test_an_earlier_try_is_hidden_with_its_hole(gimp, image):
    first = growing(gimp, image).finish([lace(seed=1)])
    second = growing(gimp, image, earlier=first).finish([lace(seed=2)])
    group = named(image, TOGETHER)
    assert everything(image)[1] == TOGETHER
    assert everything(image).count(TOGETHER) == 1
    assert [(layer.name, layer.visible) for layer in group.children] == [
        ("Texture, seed 2", True),
        ("Hole", True),
        ("Texture, seed 1", False),
        ("Hole", False),
        ("below", True),
    ]
    assert second[0].visible


def test_frames_that_are_kept_lie_below_what_can_be_seen_through(gimp, image):
    growth = growing(gimp, image, keep=True)
    growth.show(frame(GREEN, 1), 0)
    growth.finish([lace()])
    frames = f"{TOGETHER}/Texture Synthesis"
    expected = [f"{TOGETHER}/Texture, seed 7", f"{TOGETHER}/Hole", frames, f"{frames}/Octave 1", f"{TOGETHER}/below"]
    assert everything(image) == ["above", TOGETHER, *expected]


def tried(gimp, image, made, *, keep, earlier=()):
    """One more texture, with a frame."""
    growth = growing(gimp, image, keep=keep, earlier=earlier)
    growth.show(frame(GREEN, 1), 0)
    return growth.finish([made])


def shown_in(image, name):
    """Names of what is right inside of a group, from the top; frames that were kept are one of them."""
    return [layer.name for layer in named(image, name).children]


@pytest.mark.parametrize("look", [{}, {"opacity": 50.0}, {"mode": "MULTIPLY"}, LOOK])
@pytest.mark.parametrize("first", [None, False, True])
def test_a_result_lies_above_frames_that_are_kept_and_all_of_it_above_the_layer(gimp, image, look, first):
    named(image, "below").look |= look
    before = []
    if first is not None:
        tried(gimp, image, lace(seed=1), keep=first)
        before = ["Texture, seed 1", "Hole", *["Texture Synthesis"] * first]
    tried(gimp, image, lace(seed=2), keep=True)
    assert shown_in(image, TOGETHER) == ["Texture, seed 2", "Hole", "Texture Synthesis", *before, "below"]
    assert everything(image).count(TOGETHER) == 1
    assert named(image, TOGETHER).look == PLAIN | look
    assert named(image, "Texture Synthesis").look == PLAIN


@pytest.mark.parametrize("look", [{}, {"opacity": 50.0}])
def test_a_result_without_frames_lies_above_those_that_were_kept_before(gimp, image, look):
    named(image, "below").look |= look
    tried(gimp, image, lace(seed=1), keep=True)
    tried(gimp, image, lace(seed=2), keep=False)
    above = ["Texture, seed 2", "Hole", "Texture, seed 1", "Hole", "Texture Synthesis"]
    assert shown_in(image, TOGETHER) == [*above, "below"]


@pytest.mark.parametrize("keep", [False, True])
def test_an_opaque_result_lies_above_an_opaque_one_whose_frames_were_kept(gimp, image, keep):
    tried(gimp, image, texture(seed=1), keep=True)
    (second,) = tried(gimp, image, texture(seed=2), keep=keep)
    first = named(image, "Texture, seed 1").parent
    assert image.layers.index(second.parent if keep else second) < image.layers.index(first)


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("keep", [False, True])
def test_what_can_be_seen_through_is_not_hidden_by_an_earlier_result_that_is_opaque(gimp, image, kept, keep):
    tried(gimp, image, texture(seed=1), keep=kept)
    (second,) = tried(gimp, image, lace(seed=2), keep=keep)
    assert shown_in(image, TOGETHER)[0] == second.name
    assert named(image, "Texture, seed 1").path()[0] == TOGETHER
    assert [layer.name for layer in image.layers] == ["above", TOGETHER]


def test_earlier_results_are_back_in_their_places_where_the_next_comes_to_nothing(gimp, image, monkeypatch):
    for seed in (1, 2):
        tried(gimp, image, texture(seed=seed), keep=seed == 2)
    before = everything(image)
    growth = growing(gimp, image, keep=True)
    growth.show(frame(GREEN, 1), 0)
    monkeypatch.setattr(gimp.canvas, "writable", lambda _layer: False)
    with pytest.raises(gimp.texture_layers.GoneError):
        growth.finish([lace(seed=3)])
    assert everything(image) == before


def test_frames_are_where_the_hole_erases_them_though_the_user_has_moved_them(gimp, image):
    growth = growing(gimp, image, keep=True)
    growth.show(frame(GREEN, 1), 0)
    image.reorder_item(named(image, "Texture Synthesis"), None, 0)
    growth.finish([lace()])
    assert shown_in(image, TOGETHER) == ["Texture, seed 7", "Hole", "Texture Synthesis", "below"]
    assert [layer.name for layer in image.layers] == ["above", TOGETHER]


@pytest.mark.parametrize("made", [texture, lace])
@pytest.mark.parametrize("joins", [False, True])
def test_frames_that_are_kept_are_hidden_and_the_result_is_not(gimp, image, made, joins):
    growth = growing(gimp, image, keep=True, joins=joins)
    for octave in (1, 0):
        growth.show(frame(GREEN, octave), 0)
    growth.finish([made()])
    frames = [named(image, f"Octave {octave}") for octave in (1, 0)]
    assert not any(layer.visible for layer in frames)
    assert "Texture, seed 7" in [layer.name for layer in shown(image)]


@pytest.mark.parametrize("made", [texture, lace])
@pytest.mark.parametrize("keep", [False, True])
def test_of_an_earlier_try_nothing_is_seen_with_frames_kept_or_without(gimp, image, made, keep):
    first = tried(gimp, image, made(seed=1), keep=True)
    before = {id(layer) for layer in shown(image)} - {id(named(image, "below")), id(named(image, "above"))}
    tried(gimp, image, made(seed=2), keep=keep, earlier=first)
    assert not [layer.name for layer in shown(image) if id(layer) in before]
    assert "Texture, seed 2" in [layer.name for layer in shown(image)]


def shown(image):
    """All layers that are no groups, and neither hidden nor in a group that is."""

    def below(layers):
        for layer in layers:
            if layer.visible:
                yield from below(layer.children) if layer.is_group() else [layer]

    return list(below(image.layers))


def test_a_new_texture_with_holes_cuts_nothing(gimp, image):
    growing(gimp, image, joins=False).finish([lace()])
    assert everything(image) == ["above", "Texture, seed 7", "below"]


def test_a_new_texture_is_blended_by_itself(gimp, image, blended):
    (layer,) = growing(gimp, image, joins=False).finish([texture()])
    assert everything(image) == ["above", "Texture, seed 7", "below"]
    assert (layer.look, blended.look) == (PLAIN, LOOK)
