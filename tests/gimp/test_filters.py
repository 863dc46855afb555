"""Layers with non-destructive filters: what is seen is what is sampled, in a real GIMP."""

import numpy as np
import pytest
from pictures import bricks, save
from plugged import array_of

SIDE = 96
# Off the selection by the widest filter, and the selection itself.
HOLE = (slice(36, 60), slice(36, 60))
INNER = (slice(40, 56), slice(40, 56))
CODE = """
def put(layer, operation, opacity=1.0, mode="REPLACE", shown=True, **settings):
    added = Gimp.DrawableFilter.new(layer, operation, operation)
    for name, value in settings.items():
        added.get_config().set_property(name.replace("_", "-"), value)
    added.set_opacity(opacity)
    added.set_blend_mode(getattr(Gimp.LayerMode, mode))
    added.set_visible(shown)
    layer.append_filter(added)
    added.update()
    return added


def invert(layer, **how):
    put(layer, "gegl:invert-gamma", **how)


def hue(layer, **how):
    put(layer, "gegl:hue-chroma", hue=140.0, **how)


def brightness(layer, **how):
    put(layer, "gegl:brightness-contrast", brightness=0.3, contrast=0.6, **how)


def blur(layer, **how):
    put(layer, "gegl:gaussian-blur", std_dev_x=2.0, std_dev_y=2.0, **how)


def projected(image):
    layer = Gimp.Layer.new_from_visible(image, image, "seen")
    found = kept(layer, "R'G'B'A u16")
    layer.delete()
    return found


def select(image):
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 36, 36, 24, 24)


def wall_in(image=None):
    image = image or opened(wall)
    return image, image.get_layers()[0]


def as_seen(image):
    # The same picture without any filters.
    plain = image.duplicate()
    plain.flatten()
    return plain, plain.get_layers()[0]


def compared(image, drawable, name="fill", selects=True, plain=None, **wishes):
    # What comes of the layer, and what of the same picture without filters.
    if selects:
        select(image)
    plain, layer = plain or as_seen(image)
    if selects:
        select(plain)
    image.clean_all()
    before, look = everything(image), projected(image)
    made_in, made = called(name, image, [drawable], quality="draft", **wishes)
    _image, expected = called(name, plain, [layer], quality="draft", **wishes)
    found = {
        "before": look, "after": projected(made_in), "texture": kept(made, "R'G'B'A u16"),
        "expected": kept(expected, "R'G'B'A u16"), "filters": len(made.get_filters()),
        "parent": made.get_parent().get_name() if made.get_parent() else None,
    }
    if made_in.get_id() == image.get_id():
        image.remove_layer(made)
    found["rest"] = everything(image) == before
    found["images"] = len(Gimp.get_images())
    for gone in {found.get_id(): found for found in (image, plain, made_in)}.values():
        gone.delete()
    found["images"] -= len(Gimp.get_images())
    return found


def with_filters(*filters, name="fill", selects=True, convert=None, **wishes):
    image, layer = wall_in()
    if convert:
        convert(image)
    for add in filters:
        add(layer)
    return compared(image, layer, name, selects, **wishes)


def inverted():
    return with_filters(invert)


def turned():
    return with_filters(hue)


def brighter():
    return with_filters(brightness)


def blurred():
    return with_filters(blur)


def stacked():
    return with_filters(blur, hue, invert, brightness)


def half():
    return with_filters(lambda layer: invert(layer, opacity=0.3))


def multiplied():
    return with_filters(lambda layer: hue(layer, mode="MULTIPLY"))


def hidden():
    return with_filters(lambda layer: invert(layer, shown=False))


def one_of_them_hidden():
    return with_filters(hue, lambda layer: invert(layer, shown=False))


def in_16_bits():
    return with_filters(hue, convert=lambda image: image.convert_precision(Gimp.Precision.U16_LINEAR))


def in_floats():
    return with_filters(hue, convert=lambda image: image.convert_precision(Gimp.Precision.FLOAT_LINEAR))


def in_gray():
    return with_filters(invert, convert=lambda image: image.convert_grayscale())


def in_adobe_rgb():
    def convert(image):
        image.convert_color_profile(Gimp.ColorProfile.new_rgb_adobe(), Gimp.ColorRenderingIntent.PERCEPTUAL, False)
    return with_filters(invert, convert=convert)


def in_a_part():
    # A filter that was put on a selection has an effect in there only.
    image, layer = wall_in()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 96, 48)
    invert(layer)
    return compared(image, layer)


def masked():
    image, layer = wall_in()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 24, 0, 72, 96)
    layer.add_mask(layer.create_mask(Gimp.AddMaskType.SELECTION))
    hue(layer)
    plain = image.duplicate()
    merged = plain.get_layers()[0]
    merged.merge_filters()
    return compared(image, layer, plain=(plain, merged))


def offset():
    image, layer = wall_in()
    image.resize(120, 110, 12, 7)
    layer.set_offsets(12, 7)
    hue(layer)
    plain = image.duplicate()
    plain.get_layers()[0].merge_filters()
    return compared(image, layer, plain=(plain, plain.get_layers()[0]))


def beyond_the_layer():
    # A shadow makes more visible than the layer has.
    image = opened(holed)
    layer = image.get_layers()[0]
    put(layer, "gegl:dropshadow", x=30.0, y=0.0, radius=0.0, opacity=1.0)
    plain = Gimp.Image.new(96, 96, Gimp.ImageBaseType.RGB)
    plain.insert_layer(Gimp.Layer.new_from_visible(image, plain, "seen"), None, 0)
    return compared(image, layer, selects=False, plain=(plain, plain.get_layers()[0]))


def grouped(image, layer):
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, layer.get_parent(), image.get_item_position(layer))
    image.reorder_item(layer, group, 0)
    return group


def group_selected():
    image, layer = wall_in()
    group = grouped(image, layer)
    hue(group)
    return compared(image, group)


def group_and_layer():
    image, layer = wall_in()
    group = grouped(image, layer)
    hue(group)
    brightness(layer)
    return compared(image, group)


def inside_a_group():
    # The group's filter applies to the texture, too.
    image, layer = wall_in()
    group = grouped(image, layer)
    invert(group)
    hue(layer)
    plain = opened(wall)
    hue(plain.get_layers()[0])
    return compared(image, layer, plain=as_seen(plain))


def inside_a_locked_group():
    image, layer = wall_in()
    group = grouped(image, layer)
    invert(group)
    group.set_lock_content(True)
    return compared(image, layer)


def group_that_passes_through():
    image, layer = wall_in()
    group = grouped(image, layer)
    group.set_mode(Gimp.LayerMode.PASS_THROUGH)
    hue(group)
    return compared(image, group)


def with_opacity():
    image, layer = wall_in()
    layer.set_opacity(40)
    invert(layer)
    plain = opened(wall)
    invert(plain.get_layers()[0])
    return compared(image, layer, plain=as_seen(plain))


def seamless():
    return with_filters(invert, name="seamless", selects=False)


def new():
    return with_filters(invert, name="new", ratio=1)


def new_layers():
    return with_filters(hue, name="new", ratio=1, destination="layers")


def new_from_inside_a_group():
    # A new image has no such groups: what their filters do belongs to the look.
    def made():
        image, layer = wall_in()
        outer = grouped(image, grouped(image, layer))
        invert(layer.get_parent())
        hue(outer)
        return image, layer, outer
    image, layer, outer = made()
    image.resize(120, 110, 12, 7)
    other = Gimp.Layer.new(image, "other", 40, 40, Gimp.ImageType.RGB_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(other, outer, 0)
    layer.set_visible(False)
    outer.set_opacity(30)
    return compared(image, layer, "new", False, ratio=1, plain=as_seen(made()[0]))


def exemplar(source):
    made = []
    for exemplar in (source, as_seen(source.get_image())[1]):
        image, layer = wall_in()
        select(image)
        _image, texture = called(
            "fill", image, [layer], quality="draft", exemplar="drawable", exemplar_drawable=exemplar)
        made.append(kept(texture, "R'G'B'A u16"))
    return made


def exemplar_elsewhere():
    layer = opened(wall).get_layers()[0]
    hue(layer)
    return exemplar(layer)


def exemplar_in_a_group():
    image, layer = wall_in()
    hue(grouped(image, layer))
    return exemplar(layer)


def exemplar_mask():
    # Black as it is, white as it is seen.
    image, layer = wall_in()
    mask = Gimp.Layer.new(image, "allowed", 96, 96, Gimp.ImageType.RGB_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(mask, None, 0)
    Gimp.context_set_foreground(Gegl.Color.new("black"))
    mask.fill(Gimp.FillType.FOREGROUND)
    said = {}
    select(image)
    said["black"] = refused("fill", image, [layer], quality="draft", exemplar_mask=mask)
    Gimp.Selection.none(image)
    invert(mask)
    select(image)
    _image, made = called("fill", image, [layer], quality="draft", exemplar_mask=mask)
    return {**said, "texture": kept(made)}


def unsharp(layer):
    put(layer, "gegl:unsharp-mask", std_dev=3.0, scale=2.0)


def exposed(layer):
    put(layer, "gegl:exposure", exposure=2.0)


def half_opaque(layer):
    layer.set_opacity(60)


def in_multiply(layer):
    layer.set_mode(Gimp.LayerMode.MULTIPLY)


def with_a_gray_mask(layer):
    layer.add_mask(layer.create_mask(Gimp.AddMaskType.COPY))


def out_of_range(filtered, blended, floats):
    image, layer = wall_in()
    backdrop = Gimp.Layer.new(image, "backdrop", 96, 96, Gimp.ImageType.RGB_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(backdrop, None, 1)
    Gimp.context_set_foreground(Gegl.Color.new("#ffe0a0"))
    backdrop.fill(Gimp.FillType.FOREGROUND)
    filtered(layer)
    blended(layer)
    if floats:
        image.convert_precision(Gimp.Precision.FLOAT_NON_LINEAR)
    select(image)
    image.clean_all()
    found = {"before": projected(image), "said": "", "parent": None}
    rest, count = everything(image), len(Gimp.get_images())
    try:
        _image, made = called("fill", image, [layer], quality="draft")
        found["parent"] = made.get_parent() is not None
        colors = memoryview(bytes(seen(made, "R'G'B' float"))).cast("f")
        found["range"] = [min(colors), max(colors)]
    except RuntimeError as error:
        found["said"] = str(error)
    return {
        **found, "after": projected(image), "rest": everything(image) == rest, "dirty": image.is_dirty(),
        "images": len(Gimp.get_images()) - count,
    }


def case_of(*how):
    def case():
        return out_of_range(globals()[how[0]], globals()[how[1]], how[2])
    case.__name__ = " ".join(map(str, how))
    return case


def not_on_masks_and_channels():
    image, layer = wall_in()
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    layer.add_mask(mask)
    channel = Gimp.Channel.new(image, "channel", 96, 96, 100, Gegl.Color.new("black"))
    image.insert_channel(channel, None, 0)
    for drawable in (mask, channel, image.get_selection()):
        invert(drawable)
    return [len(drawable.get_filters()) for drawable in (mask, channel, image.get_selection())]


def refused_and_clean():
    image, layer = wall_in()
    hue(layer)
    Gimp.Selection.all(image)
    image.clean_all()
    count = len(Gimp.get_images())
    said = refused("fill", image, [layer], quality="draft")
    return {"said": said, "dirty": image.is_dirty(), "images": len(Gimp.get_images()) - count}


cases = [
    inverted, turned, brighter, blurred, stacked, half, multiplied, hidden, one_of_them_hidden, in_16_bits, in_floats,
    in_gray, in_adobe_rgb, in_a_part, masked, offset, beyond_the_layer, group_selected, group_and_layer,
    inside_a_group, inside_a_locked_group, group_that_passes_through, with_opacity, seamless, new, new_layers,
    new_from_inside_a_group, exemplar_elsewhere, exemplar_in_a_group, exemplar_mask, not_on_masks_and_channels,
    refused_and_clean,
]
cases += [case_of(*how) for how in beyond]
"""
FILLS = (
    "inverted",
    "turned",
    "brighter",
    "blurred",
    "stacked",
    "half",
    "multiplied",
    "hidden",
    "one_of_them_hidden",
    "in_16_bits",
    "in_floats",
    "in_gray",
    "in_adobe_rgb",
    "group_selected",
    "group_and_layer",
    "inside_a_group",
    "inside_a_locked_group",
    "group_that_passes_through",
    "with_opacity",
)
# One looks at what lies around a pixel, one goes above the range and one below it.
STRONG = ("unsharp", "exposed", "hue")
BLENDED = ("half_opaque", "in_multiply")
MASKED = "with_a_gray_mask"
BEYOND = tuple((each, how, floats) for each in STRONG for how in (*BLENDED, MASKED) for floats in (False, True))
FINE = ("in_16_bits", "in_floats")
OTHERS = (
    "in_a_part",
    "masked",
    "offset",
    "beyond_the_layer",
    "seamless",
    "new",
    "new_layers",
    "new_from_inside_a_group",
)


ALLOWED = ("can have non-destructive effects",)


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("filters")
    picture = bricks(SIDE, SIDE)
    save(folder / "wall.png", picture)
    alpha = np.zeros((SIDE, SIDE, 1))
    alpha[10:80, 10:50] = 1
    save(folder / "holed.png", np.concatenate([picture, alpha], axis=2))
    paths = {name: str(folder / f"{name}.png") for name in ("wall", "holed")}
    return plugged.cases(CODE, folder / "run", starts=False, allowed=ALLOWED, beyond=BEYOND, **paths)


def color(picture, part):
    return array_of(picture)[part][..., :3].reshape(-1, 3).mean(axis=0) / 257


@pytest.mark.parametrize("case", [*FILLS, *OTHERS])
def test_the_texture_is_that_of_the_same_picture_without_filters(cases, case):
    texture, expected = (array_of(cases[case][what]).astype(int) for what in ("texture", "expected"))
    if case in FINE:
        # The copy is rounded to the image's samples, and such a trifle may choose another patch.
        assert np.abs(texture - expected).mean() < 64
    else:
        assert np.array_equal(texture, expected)
    assert cases[case]["filters"] == 0


@pytest.mark.parametrize("case", FILLS)
def test_what_is_seen_inside_the_hole_agrees_with_what_is_seen_around_it(cases, case):
    before, after = (array_of(cases[case][when]).copy() for when in ("before", "after"))
    assert np.allclose(color(cases[case]["before"], INNER), color(cases[case]["after"], INNER), atol=14)
    before[HOLE] = after[HOLE] = 0
    assert np.array_equal(before, after)


@pytest.mark.parametrize("case", ["inverted", "turned", "stacked", "group_selected", "with_opacity"])
def test_the_filters_of_these_tests_can_be_seen(cases, case):
    assert np.abs(color(cases[case]["before"], INNER) - color(cases["hidden"]["before"], INNER)).max() > 30


@pytest.mark.parametrize("case", [*FILLS, *OTHERS])
def test_nothing_of_the_image_is_changed_and_no_other_image_is_left(cases, case):
    # A layer that does not cover is in a group then.
    if case != "with_opacity":
        assert cases[case]["rest"]
    assert cases[case]["images"] == 2 + (case in {"new", "new_from_inside_a_group"})


@pytest.mark.parametrize("case", ["exemplar_elsewhere", "exemplar_in_a_group"])
def test_an_exemplar_is_sampled_as_it_is_seen(cases, case):
    texture, expected = (array_of(picture) for picture in cases[case])
    assert np.array_equal(texture, expected)


def test_an_exemplar_mask_is_read_as_it_is_seen(cases):
    assert cases["exemplar_mask"]["black"].startswith("The exemplar mask has no white pixel")
    assert (array_of(cases["exemplar_mask"]["texture"])[..., 3] == 255).all()


def test_gimp_has_no_filters_for_masks_and_channels(cases):
    assert cases["not_on_masks_and_channels"] == [0, 0, 0]


def test_a_layer_that_was_only_read_is_as_clean_as_before(cases):
    found = cases["refused_and_clean"]
    assert found["said"].startswith("Too little is left to sample")
    assert found["dirty"] is False
    assert found["images"] == 0


def around(picture):
    found = array_of(picture).astype(int) / 257
    found[36:60, 36:60] = 0
    return found


@pytest.mark.parametrize("how", BEYOND, ids=lambda how: " ".join(map(str, how)))
def test_colors_out_of_range_are_the_same_around_the_selection(cases, how):
    found = cases[" ".join(map(str, how))]
    assert np.abs(around(found["before"]) - around(found["after"])).max() <= 1
    assert found["images"] == 0


@pytest.mark.parametrize("how", BLENDED)
@pytest.mark.parametrize("each", STRONG)
def test_a_layer_whose_colors_a_group_would_clip_is_refused_before_anything_is_changed(cases, each, how):
    found = cases[f"{each} {how} False"]
    assert "filters of “Background”" in found["said"]
    assert "32-bit floating point" in found["said"]
    assert found["rest"]
    assert not found["dirty"]


@pytest.mark.parametrize("each", STRONG)
def test_what_can_be_seen_through_is_in_no_group_that_would_clip_colors(cases, each):
    found = cases[f"{each} {MASKED} False"]
    assert found["parent"] is False


@pytest.mark.parametrize("how", [*BLENDED, MASKED])
@pytest.mark.parametrize("each", STRONG)
def test_a_group_of_floats_keeps_colors_out_of_range(cases, each, how):
    found = cases[f"{each} {how} True"]
    assert found["parent"] is True
    assert np.abs(array_of(found["before"])[INNER].astype(int) - array_of(found["after"])[INNER]).max() > 257


@pytest.mark.parametrize("how", [*BLENDED, MASKED])
@pytest.mark.parametrize("each", STRONG)
def test_a_texture_of_floats_has_colors_out_of_range_like_its_surroundings(cases, each, how):
    low, high = cases[f"{each} {how} True"]["range"]
    assert max(high - 1, -low) > 0.02
