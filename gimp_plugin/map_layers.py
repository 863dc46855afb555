"""Maps of one texture as layers of GIMP: finds and reads them."""

from collections.abc import Sequence
from dataclasses import replace

from gi.repository import Gimp

from gimp_plugin import canvas, marks, reading, texture_sets
from gimp_plugin.plans import MapLayer
from gimp_plugin.user_options import Options
from protocol.messages import Source


def maps_of(image: Gimp.Image, layers: Sequence[Gimp.Layer], how: str) -> list[Gimp.Layer]:
    """Find the layers that are maps of one texture.

    Args:
        image: Their image.
        layers: The layers that are meant: several, or a group.
        how: What they are: `auto`, `mix` or `maps`.

    Returns:
        The maps, the one that leads first; none if they are no texture set.

    Raises:
        PlanError: They are not the maps of one texture.
    """
    members = members_of(image, layers)
    shown = [each.get_name() for each in members]
    names = texture_sets.names_of(shown)
    if not texture_sets.is_set(names, how):
        return []
    texture_sets.check_names(names, shown, how)
    return [members[number] for number in names.order]


def members_of(image: Gimp.Image, layers: Sequence[Gimp.Layer]) -> list[Gimp.Layer]:
    """List what may be maps of one texture: several layers, or those of a group, from the top."""
    if len(layers) == 1:
        inside = layers[0].get_children() if layers[0].is_group() else []
        return [each for each in inside if not marks.is_made(each)]

    return from_top(image, layers)


def from_top(image: Gimp.Image, layers: Sequence[Gimp.Layer]) -> list[Gimp.Layer]:
    """Sort layers by their places, from the top."""

    def place(layer: Gimp.Layer) -> list[int]:
        return [image.get_item_position(item) for item in reversed([layer, *canvas.groups_of(layer)])]

    return sorted(layers, key=place)


def common_group(layers: Sequence[Gimp.Layer]) -> Gimp.GroupLayer | None:
    """Find the group that all of some layers are in, beside which a set of them belongs."""
    parents = [each.get_parent() for each in layers]
    same = parents and all(each is not None and each.get_id() == parents[0].get_id() for each in parents)
    return parents[0] if same else None


def read_maps(
    options: Options, image: Gimp.Image, maps: Sequence[Gimp.Layer], around: Sequence[Gimp.GroupLayer]
) -> tuple[Source, list[MapLayer]]:
    """Read maps as a source, the first one as its picture, and as what layers are made of, from the top."""
    texture_sets.check_options(options)
    names = [each.get_name() for each in maps]
    texture_sets.check_sizes(names, [(each.get_width(), each.get_height()) for each in maps])
    lead, gray = maps[0], canvas.is_gray(image)
    source, part = reading.read_source(options, image, lead, around)
    left, top = canvas.extent(lead).corner
    compared, exact = [], {}
    for layer in maps:
        x, y = canvas.extent(layer).corner
        # Maps may lie beside each other.
        box = part.moved(x - left, y - top)
        parts, groups = marks.parts_of(layer), reading.own_groups(layer, around)
        exact[layer.get_id()] = canvas.read(
            layer, box, gray=gray, depth="f32", exactly=True, groups=groups, parts=parts
        )
        if layer is not lead:
            compared.append(canvas.read(layer, box, gray=gray, depth="u8", groups=groups, parts=parts))
    ordered = members_of(image, maps)
    made = [MapLayer(each.get_name(), exact[each.get_id()], each.get_id() == lead.get_id()) for each in ordered]
    return replace(source, maps=tuple(compared)), made
