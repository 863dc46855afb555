"""What the tests of layers with filters do in GIMP, and what each case is for."""

from filtered import CODE as LAYERS

CODE = (
    LAYERS
    + """

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
"""
)
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
