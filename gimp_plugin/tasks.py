"""From the user's options to a task: reads from GIMP what the plan needs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gi.repository import Gimp

from gimp_plugin import blending, canvas, guides, map_layers, marks, plans, reading, samples, user_options
from gimp_plugin.box import Box
from gimp_plugin.folding import Area, Folds, find_folds, folded_mask
from gimp_plugin.places import Place, Resize
from gimp_plugin.plans import JobPlan, PlanError
from gimp_plugin.rendering import has_out_of_range_colors
from gimp_plugin.translation import _
from gimp_plugin.user_options import Options
from protocol.vocabulary import MOST_MAPS, MOST_SOURCES


@dataclass(frozen=True)
class Task:
    """A plan, and the place of its result.

    Attributes:
        plan: The jobs for the engine.
        place: Where the result goes.
        fresh: Whether the image was created for it.
        inner: Where the picture lies in the image that was extended; None if the image keeps its size.
        covered: Whether an earlier texture above the layer is a part of the picture that is made to tile.
    """

    plan: JobPlan
    place: Place
    fresh: bool
    inner: Box | None = None
    covered: bool = False


class PaletteError(PlanError):
    """The image has indexed colors, which are too few for a texture."""


def targets(drawables: Sequence[Gimp.Drawable], task: str) -> list[Gimp.Layer]:
    """Find the layers to work on.

    Args:
        drawables: The selected drawables.
        task: `fill`, `new`, `seamless`, `extend` or `enlarge`.

    Returns:
        One layer, or several for a new texture; for a layer mask, its layer. None to extend the image.

    Raises:
        PlanError: There are none, or more than the task allows.
    """
    if task == user_options.EXTEND:
        return []
    most = max(MOST_SOURCES, MOST_MAPS + 1) if task == user_options.NEW else 1
    if not drawables:
        raise PlanError(_("No layer is selected: select one."))
    if len(drawables) > most:
        raise PlanError(_("{count} layers are selected: select one layer only.").format(count=len(drawables)))
    found = []
    for each in drawables:
        layer = Gimp.Layer.from_mask(each) if each.is_layer_mask() else each
        if not layer.is_layer():
            raise PlanError(_("A channel is selected: select a layer, and turn off the quick mask if it is on."))
        found.append(layer)
    return found


def prepare(
    options: Options,
    image: Gimp.Image,
    layers: Sequence[Gimp.Layer],
    inner: Box | None = None,
    earlier: Sequence[Gimp.Layer] = (),
) -> Task:
    """Read what a task needs.

    Args:
        options: What is wanted.
        image: The image.
        layers: The layers that are meant, see `targets`.
        inner: The part of the image that is extended; None for all of it.
        earlier: Results of earlier tries, which the new one takes the place of: they are not sampled.

    Returns:
        The task; the image is not changed.

    Raises:
        PlanError: It cannot be done.
        PaletteError: The image has a palette.
    """
    if not image.is_valid():
        raise PlanError(_("The image was closed."))
    for each in layers:
        if not canvas.attached(each):
            raise PlanError(_("The layer no longer exists."))
        if each.get_image().get_id() != image.get_id():
            raise PlanError(_("The layer belongs to another image: choose a layer of this image."))
    if image.get_floating_sel() is not None:
        raise PlanError(_("There is a floating selection: anchor it first (Layer → Anchor Floating Layer or Mask)."))
    indexed = image.get_base_type() == Gimp.ImageBaseType.INDEXED
    apart = options.task == user_options.NEW and options.destination == user_options.IMAGE
    if indexed and not (apart or options.task == user_options.ENLARGE):
        raise PaletteError(
            _("The image has indexed colors, which are too few for a texture: choose Image → Mode → RGB first.")
        )
    if options.task == user_options.EXTEND:
        return _extend(options, image, inner or Box(0, 0, image.get_width(), image.get_height()))
    if options.task == user_options.NEW:
        return _new(options, image, layers)
    (layer,) = layers
    if options.task == user_options.ENLARGE:
        return _enlarge(options, image, layer)
    make = _fill if options.task == user_options.FILL else _seamless
    return make(options, image, layer, earlier)


def rgb_copy(image: Gimp.Image) -> Gimp.Image:
    """Copy an image with a palette as one with colors; the same layers are selected."""
    copy = image.duplicate()
    copy.convert_rgb()
    return copy


def _fill(options: Options, image: Gimp.Image, layer: Gimp.Layer, earlier: Sequence[Gimp.Layer]) -> Task:
    selected = canvas.selection(image)
    hole = selected or canvas.extent(layer)
    whole = Box(0, 0, image.get_width(), image.get_height()) if selected else hole
    itself = options.source == user_options.DRAWABLE and options.drawable == layer.get_id()
    if selected and itself and not _selects_all(image, canvas.extent(layer).common(whole)):
        # All of the layer but what is selected, which would come back.
        far = max(whole.width, whole.height)
        options = replace(options, source=user_options.SURROUNDINGS, context=far, sample_from=user_options.ALL)
    white = reading.read_mask(options, layer, whole) if options.source == user_options.SURROUNDINGS else None
    marked = samples.marked_box(white, whole.width).moved(*whole.corner) if white is not None else None
    limit = plans.context_of(hole, whole, options.context, marked)
    chosen = canvas.read_selection(image, hole) if selected else None
    area: Area = limit
    if chosen is not None and _fills_each_alone(options, layer):
        area = find_folds(chosen, hole, limit)
    gray, depth = canvas.is_gray(image), canvas.depth_of(image)
    # The texture will be above this item, so it has to match what is displayed of it. The mask of a group says where
    # the texture ends, as it does in a group that is not locked.
    base = canvas.outside_locked(layer)
    parts = marks.parts_of(base, earlier)
    masked = base.get_id() == layer.get_id()
    around = canvas.read(base, area, gray=gray, depth=depth, parts=parts, masked=masked)
    if parts and not selected:
        # What the layer lacks is filled anew, as without the earlier textures.
        lacking = canvas.read(base, area, gray=gray, depth=depth, masked=masked)
        around = samples.faded(around, samples.alpha(lacking))
    extent = canvas.extent(base)
    if options.source == user_options.SURROUNDINGS and not limit.common(extent):
        raise PlanError(plans.outside())
    plan = plans.fill(
        options,
        around,
        area.folded(hole),
        None if chosen is None else folded_mask(chosen, hole, area),
        reading.read_exemplar(options, canvas.groups_of(base), gray=gray, depth=depth),
        depth,
        area.folded(extent),
        samples.crop_mask(white, whole.width, limit.moved(-whole.x, -whole.y)) if white is not None else None,
    )
    place = _place_in(image, layer, limit, hole)
    if isinstance(area, Folds):
        place = replace(place, left=area.whole.x, top=area.whole.y, part=plan.box, folds=area)
    return Task(plan, place, fresh=False)


def _selects_all(image: Gimp.Image, box: Box) -> bool:
    return not any(samples.below(canvas.read_selection(image, box), 255))


def _fills_each_alone(options: Options, layer: Gimp.Layer) -> bool:
    """Whether the engine fills holes far apart each from what is around it, and no mask of a group covers them."""
    everywhere = not options.mask and not options.context and options.sample_from == user_options.ALL
    masked = any(group.get_mask() is not None for group in canvas.groups_of(layer))
    return options.source == user_options.SURROUNDINGS and everywhere and not masked


def _seamless(options: Options, image: Gimp.Image, layer: Gimp.Layer, earlier: Sequence[Gimp.Layer]) -> Task:
    box = reading.part_of(image, layer)
    gray, depth = canvas.is_gray(image), canvas.depth_of(image)
    base = canvas.outside_locked(layer)
    masked = base.get_id() == layer.get_id()
    parts = [part for part in marks.parts_of(base, earlier) if canvas.extent(part).common(box)]
    picture = canvas.read(base, box, gray=gray, depth=depth, parts=parts, masked=masked)
    plan = plans.seamless(options, picture, depth)
    return Task(plan, _place_in(image, layer, box, box), fresh=False, covered=bool(parts))


def _extend(options: Options, image: Gimp.Image, inner: Box) -> Task:
    gray, depth = canvas.is_gray(image), canvas.depth_of(image)
    picture = canvas.read_visible(image, inner, gray=gray, depth=depth)
    plan = plans.extend(options, picture, depth)
    margins = plans.margins_of(options, inner.width, inner.height)
    resize = Resize(plan.width, plan.height, margins.left - inner.x, margins.top - inner.y)
    place = Place(image, None, 0, 0, plan.box, joins=False, resize=resize)
    return Task(plan, place, fresh=False, inner=Box(margins.left, margins.top, inner.width, inner.height))


def _enlarge(options: Options, image: Gimp.Image, layer: Gimp.Layer) -> Task:
    box = reading.part_of(image, layer)
    gray, depth = canvas.is_gray(image), canvas.depth_of(image)
    parts, groups = marks.parts_of(layer), canvas.groups_of(layer)
    picture = canvas.read(layer, box, gray=gray, depth=depth, groups=groups, parts=parts)
    plan = plans.enlarge(options, picture, depth, layer.get_name())
    made = new_image(image, plan.width, plan.height)
    return Task(plan, Place(made, None, 0, 0, plan.box, joins=False), fresh=True)


def _new(options: Options, image: Gimp.Image, layers: Sequence[Gimp.Layer]) -> Task:
    set_of_maps = map_layers.maps_of(image, layers, options.layers_as)
    first, inside = (set_of_maps or layers)[0], options.destination == user_options.LAYERS
    # Below another one of them, the texture might be hidden.
    above = map_layers.common_group(set_of_maps) or map_layers.from_top(image, layers)[0]
    around = canvas.groups_of(canvas.outside_locked(above)) if inside else []
    count = 1 if set_of_maps else len(layers)
    guides.check_choice(count, exemplar=bool(options.guide), canvas=bool(options.canvas_guide))
    if count > MOST_SOURCES:
        raise PlanError(_("{count} layers are selected: mix {most} at most.").format(count=count, most=MOST_SOURCES))
    if set_of_maps:
        source, maps = map_layers.read_maps(options, image, set_of_maps, around)
        sources = [source]
    else:
        sources, maps = [reading.read_source(options, image, layer, around)[0] for layer in layers], []
    plan = plans.new(options, sources, canvas.depth_of(image), reading.read_canvas(options), maps)
    if inside:
        left, top = canvas.extent(first).corner
        return Task(plan, Place(image, above, left, top, plan.box, joins=False), fresh=False)
    made = new_image(image, plan.width, plan.height)
    return Task(plan, Place(made, None, 0, 0, plan.box, joins=False), fresh=True)


def new_image(like: Gimp.Image, width: int, height: int) -> Gimp.Image:
    """Make an empty image with another one's mode, precision, profile and resolution, RGB instead of a palette."""
    kind = Gimp.ImageBaseType.GRAY if canvas.is_gray(like) else Gimp.ImageBaseType.RGB
    made = Gimp.Image.new_with_precision(width, height, kind, like.get_precision())
    profile = like.get_color_profile()
    if profile is not None:
        made.set_color_profile(profile)
    _found, across, down = like.get_resolution()
    made.set_resolution(across, down)
    return made


def _place_in(image: Gimp.Image, layer: Gimp.Layer, box: Box, hole: Box) -> Place:
    """Place a texture that becomes a part of a layer.

    Args:
        image: The image.
        layer: The layer.
        box: Where the engine's canvas is in the image.
        hole: What of the image is to be filled.

    Returns:
        The place.

    Raises:
        PlanError: The texture cannot become a part of the layer without changing the rest of the picture.
    """
    base = canvas.outside_locked(layer)
    kept = _within_masks(base, box)
    seen, around = kept.common(hole), canvas.groups_of(layer)
    # The texture lies above these, and ends where their masks do.
    locked = around[: len(around) - len(canvas.groups_of(base))]
    mask = canvas.read_masks(locked, kept) if seen else b""
    if mask is not None and not any(samples.crop_mask(mask, kept.width, seen.moved(-kept.x, -kept.y))):
        raise PlanError(_("The selection is outside the layer's group, whose mask hides everything there."))
    if not blending.covers(base) and base.get_mode() != Gimp.LayerMode.PASS_THROUGH and has_out_of_range_colors(base):
        raise PlanError(
            _(
                "The filters of “{name}” give colors outside the range of the image's encoding. The layer's "
                "opacity or mode needs a layer group, which would clip these colors in the whole layer. First "
                "choose Image → Encoding → 32-bit floating point, which does not change the picture. Or merge the "
                "filters (Fx in the Layers dialog), which also clips the colors."
            ).format(name=base.get_name())
        )
    return Place(image, layer, kept.x, kept.y, kept.moved(-box.x, -box.y), joins=True, mask=mask)


def _within_masks(base: Gimp.Layer, box: Box) -> Box:
    """Keep what lies within the groups around a layer that have masks; outside of them nothing would be seen."""
    # GIMP 3.0 shifts the mask of a group when a group inside of it makes it grow to the left or to the top.
    for group in canvas.groups_of(base):
        if group.get_mask() is not None:
            box = box.common(canvas.extent(group))
    return box
