"""Reads exemplars, with their masks and guides, and what shapes a new texture."""

from collections.abc import Sequence
from pathlib import Path

from gi.repository import Gimp

from gimp_plugin import canvas, exemplar_sources, marks, plans, samples, user_options
from gimp_plugin.box import Box
from gimp_plugin.plans import ChoiceError, PlanError
from gimp_plugin.translation import _
from gimp_plugin.user_options import Options
from protocol.messages import Canvas, Source
from protocol.raster import Raster


def read_source(
    options: Options, image: Gimp.Image, layer: Gimp.Layer, around: Sequence[Gimp.GroupLayer]
) -> tuple[Source, Box]:
    """Read a layer as a source.

    Args:
        options: Names mask and guide.
        image: Its image.
        layer: The layer.
        around: The groups that will contain the new texture.

    Returns:
        The source, and the part of the image that it is.

    Raises:
        PlanError: Too little of it can be sampled.
        ChoiceError: Mask or guide do not fit.
    """
    box = part_of(image, layer)
    gray, depth = canvas.is_gray(image), canvas.depth_of(image)
    parts, groups = marks.parts_of(layer), own_groups(layer, around)
    sample = canvas.read(layer, box, gray=gray, depth=depth, groups=groups, parts=parts)
    white = read_mask(options, layer, box)
    if canvas.selection(image):
        # Partly selected pixels would bring in colors from outside the selection.
        chosen = samples.above(canvas.read_selection(image, box), samples.OPAQUE)
        white = chosen if white is None else samples.common(white, chosen)
    part = plans.exemplar_part(sample, white)
    read = part.moved(*box.corner)
    if not options.guide:
        return plans.cut_source(sample, part, white), read
    guide = canvas.find(options.guide)
    if guide is None or guide.get_image().get_id() != image.get_id():
        raise ChoiceError(_("The exemplar guide is not in the image of the layer: choose another one, or none."))
    return plans.cut_source(sample, part, white, _read_guide(guide, box)), read


def read_canvas(options: Options) -> Canvas:
    """Read what shapes a new texture: guide, content and maps, all of one size."""
    chosen = (options.canvas_guide, options.content, options.rotation_map, options.scale_map)
    guide, content, rotation, scale = (_shape(each) for each in chosen)
    sizes = {(each.width, each.height) for each in (guide, content, rotation, scale) if each is not None}
    if len(sizes) > 1:
        raise PlanError(
            _(
                "Canvas guide, content and maps have different sizes ({sizes}): choose layers or channels of the "
                "same size."
            ).format(sizes=", ".join(f"{width} × {height} px" for width, height in sorted(sizes)))
        )
    return Canvas(guide=guide, content=content, rotation_map=rotation, scale_map=scale)


def _shape(number: int) -> Raster | None:
    """Read a guide, a content or a map of the canvas; None where none is chosen."""
    if not number:
        return None
    item = canvas.find(number)
    if item is None:
        raise ChoiceError(_("The canvas guide, the content or a map no longer exists: choose another one, or none."))
    return _read_guide(item, canvas.extent(item))


def _read_guide(guide: Gimp.Drawable, box: Box) -> Raster:
    return canvas.read(guide, box, gray=False, depth="u8", groups=canvas.groups_of(guide))


def part_of(image: Gimp.Image, layer: Gimp.Layer) -> Box:
    """Find the part of a layer to work on: within the bounds of the selection, or all of it.

    Args:
        image: The image.
        layer: The layer that is meant.

    Returns:
        In the image.

    Raises:
        PlanError: The selection lies outside of it, or it is a group without layers.
    """
    if layer.is_group() and not layer.get_children():
        raise PlanError(_("The group “{name}” is empty: choose a layer.").format(name=layer.get_name()))
    extent = canvas.extent(layer)
    selected = canvas.selection(image)
    part = extent.common(selected) if selected else extent
    if not part:
        raise PlanError(plans.outside())
    return part


def read_mask(options: Options, item: Gimp.Drawable, box: Box) -> bytes | None:
    """Read the exemplar mask.

    Args:
        options: Names it, or none.
        item: The drawable that is sampled.
        box: In its image.

    Returns:
        255 where the box may be sampled, else 0; None without a mask.

    Raises:
        ChoiceError: It is not there, or has no white pixel.
    """
    if not options.mask:
        return None
    mask = canvas.find(options.mask)
    if mask is None or mask.get_image().get_id() != item.get_image().get_id():
        raise ChoiceError(_("The exemplar mask is not in the image that is sampled: choose another one, or none."))
    found = samples.white(canvas.read(mask, box, gray=True, depth="u8"))
    if not any(found):
        raise ChoiceError(_("The exemplar mask has no white pixel: paint white where to sample, or choose none."))
    return found


def read_exemplar(options: Options, around: Sequence[Gimp.GroupLayer], *, gray: bool, depth: str) -> Raster | None:
    """Read another exemplar than the surroundings, if one was chosen; `around` are the texture's groups."""
    if options.source == user_options.SURROUNDINGS:
        return None
    if options.source == user_options.FILE:
        if not options.file:
            raise PlanError(_("Choose the file to take the texture from."))
        if not Path(options.file).is_absolute():
            raise PlanError(
                _("{file} is not a file on this computer: download it, then choose the copy.").format(
                    file=options.file
                )
            )
        found = exemplar_sources.read_file(Path(options.file), gray=gray, depth=depth)
    elif options.source == user_options.PATTERN:
        found = exemplar_sources.read_pattern(options.pattern, gray=gray, depth=depth)
    else:
        if not options.drawable:
            raise PlanError(_("Choose the layer or image to take the texture from."))
        item = canvas.find(options.drawable)
        if item is None:
            raise ChoiceError(_("The exemplar's layer no longer exists: choose another."))
        box = canvas.extent(item)
        white = read_mask(options, item, box)
        parts = marks.parts_of(item) if item.is_layer() else []
        found = canvas.read(item, box, gray=gray, depth=depth, groups=own_groups(item, around), parts=parts)
        if white is not None:
            found = samples.hidden(found, samples.inverted(white))
    return samples.crop(found, plans.exemplar_part(found, None))


def own_groups(item: Gimp.Drawable, around: Sequence[Gimp.GroupLayer]) -> list[Gimp.GroupLayer]:
    """List the groups that an exemplar is in and its texture will not be in: their filters belong to its look."""
    shared = {group.get_id() for group in around}
    return [group for group in canvas.groups_of(item) if group.get_id() not in shared]
