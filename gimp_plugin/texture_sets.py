"""Texture sets: layers that are maps of one texture, recognized by their names and made together; without GIMP."""

import re
from collections.abc import Sequence

from gimp_plugin import user_options
from gimp_plugin.plans import ChoiceError, PlanError
from gimp_plugin.translation import _
from gimp_plugin.user_options import Options
from protocol.map_names import BASE, MapNames, map_names
from protocol.vocabulary import MOST_MAPS, Settings

# Of a layer that was opened from a file, or is a copy: GIMP numbers names that are there already.
_ADDED = re.compile(
    r"(?:\.(?:avif|bmp|exr|gif|hdr|heic|jpe?g|jxl|png|psd|tga|tiff?|webp|xcf))?(?: copy)?(?: #\d+)*", re.IGNORECASE
)


def names_of(layers: Sequence[str]) -> MapNames:
    """Read names of layers as names of maps."""
    return map_names([_bare(name) for name in layers])


def is_set(names: MapNames, how: str) -> bool:
    """Whether layers are maps of one texture.

    Args:
        names: Of the layers.
        how: `mix`, `maps`, or `auto` for what their names say.

    Returns:
        Whether they are; a single layer is none.
    """
    if len(names.names) < 2 or how == user_options.MIX:
        return False
    return how == user_options.MAPS or bool(names.stems)


def check_names(names: MapNames, layers: Sequence[str], how: str) -> None:
    """Refuse layers that are not the maps of one texture.

    Args:
        names: Of the layers.
        layers: Their names as they are shown.
        how: As in `is_set`.

    Raises:
        PlanError: There are too many, or maps of several textures; or the names are to decide, and one is not that of
            a map.
    """
    if len(layers) > MOST_MAPS + 1:
        raise PlanError(
            _("{count} layers are selected as maps: select {most} at most.").format(
                count=len(layers), most=MOST_MAPS + 1
            )
        )
    if len(names.stems) > 1:
        raise PlanError(
            _("The layers are maps of {count} textures ({names}): select the maps of one.").format(
                count=len(names.stems), names=", ".join(names.stems)
            )
        )
    if names.duplicates:
        first, second = (layers[number] for number in names.duplicates[:2])
        raise PlanError(
            _("“{first}” and “{second}” are the same kind of map, {kind}: select one of them.").format(
                first=first, second=second, kind=kind_label(names.kinds[names.duplicates[0]] or BASE)
            )
        )
    if how == user_options.AUTO and names.unrelated:
        raise PlanError(
            _("By its name, “{name}” is not a map of the texture that the other layers belong to: rename it.").format(
                name=layers[names.unrelated[0]]
            )
        )


def check_options(options: Options) -> None:
    """Refuse what maps of one texture cannot have.

    Args:
        options: What is wanted.

    Raises:
        ChoiceError: Says what to change.
    """
    asked, usual = options.settings, Settings()
    if asked.recipe != usual.recipe:
        raise ChoiceError(_("Maps of one texture need the look “Natural”: choose it."))
    turned = (asked.exemplar_rotation, asked.exemplar_scale) != (usual.exemplar_rotation, usual.exemplar_scale)
    if turned or options.content or options.rotation_map or options.scale_map:
        raise ChoiceError(_("Maps of one texture take no content, rotation or scale: reset them."))


def check_sizes(layers: Sequence[str], sizes: Sequence[tuple[int, int]]) -> None:
    """Refuse maps that are not of one size.

    Args:
        layers: Their names, the one that leads first.
        sizes: Width and height of each.

    Raises:
        PlanError: Names the first one of another size.
    """
    for name, size in zip(layers, sizes, strict=True):
        if size != sizes[0]:
            raise PlanError(
                _(
                    "“{name}” is {width} × {height} px, and “{lead}” {wide} × {high} px: select maps of the "
                    "same size."
                ).format(name=name, width=size[0], height=size[1], lead=layers[0], wide=sizes[0][0], high=sizes[0][1])
            )


def described(names: MapNames, layers: Sequence[str]) -> str:
    """Say what each layer is taken for, and which one is shown if there is no base color."""
    kinds = [
        _("{kind} “{name}”").format(kind=kind_label(kind), name=name) if kind else f"“{name}”"
        for kind, name in zip(names.kinds, layers, strict=True)
    ]
    said = _("Maps of one texture: {maps}.").format(maps=", ".join(kinds[number] for number in names.order))
    if BASE in names.kinds:
        return said
    lead = layers[names.order[0]]
    shown = _("No layer is a base color: “{name}” is shown while the maps are made.").format(name=lead)
    return f"{said} {shown}"


def kind_label(kind: str) -> str:
    """Name a kind of map for the user."""
    return {
        "base color": _("base color"),
        "height": _("height"),
        "normal": _("normal"),
        "ambient occlusion": _("ambient occlusion"),
        "roughness": _("roughness"),
        "metalness": _("metalness"),
        "specular": _("specular"),
        "opacity": _("opacity"),
        "emission": _("emission"),
        "packed": _("several in one"),
    }[kind]


def _bare(name: str) -> str:
    """Take away what GIMP has added to a name."""
    end = next(place for place in range(len(name) + 1) if _ADDED.fullmatch(name, place))
    return name[:end]
