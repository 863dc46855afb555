"""One texture, from the options of a command to its pictures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.counting import counted
from engine.device_names import unknown_device
from engine.file_errors import reading_fault
from engine.options.extending import check_extension, grown, margins_of
from engine.options.failures import INTERRUPTED, NOTHING_WRITTEN, fail
from engine.options.parsing import parse_context, parse_shares
from engine.options.paths import STANDARD
from engine.options.requests import made_of, numbered_name, request_for
from engine.options.setting_options import checked_sample_from, checked_size, read_settings
from engine.options.texture_options import TextureOptions
from engine.options.texture_sets import TextureSet, check_set, check_sizes, find_set, made_set
from protocol.messages import Done, Failed, Synthesize
from protocol.vocabulary import MOST_SOURCES, Margins, Settings

if TYPE_CHECKING:
    from engine.images import Picture
    from protocol.messages import Cancelled, JobEnd

CHANNELS = ("red", "green", "blue", "alpha")


@dataclass(frozen=True)
class TextureSpec:
    """A texture as its options describe it, before any of its files is read.

    Attributes:
        options: The options, as given.
        settings: The settings.
        weights: File with the weights of an encoder, or None.
        together: The maps that are read and written together, or None.
        exemplars: What is sampled; of a set, the map that leads.
        shares: A share for each exemplar.
        size: Width and height, or None for both.
        context: Distance from the hole within which the canvas is sampled, pixels, or None.
        sample_from: The sides of the hole that are sampled.
        inputs: The files to read, by their names as inputs, see `request_for`.
    """

    options: TextureOptions
    settings: Settings
    weights: Path | None
    together: TextureSet | None
    exemplars: tuple[Path, ...]
    shares: tuple[float, ...]
    size: tuple[int | None, int | None]
    context: int | None
    sample_from: str
    inputs: Mapping[str, Path | None]

    @property
    def files(self) -> list[Path]:
        """The files to read."""
        return [path for path in self.inputs.values() if path is not None]


@dataclass(frozen=True)
class Texture:
    """A texture whose files have been read.

    Attributes:
        spec: What its options say.
        pictures: Its pictures, by their names as inputs.
        margins: What is added to its canvas.
        request: The job that makes it.
    """

    spec: TextureSpec
    pictures: "Mapping[str, Picture | None]"
    margins: Margins
    request: Synthesize

    @property
    def remarks(self) -> list[str]:
        """What reading its files has lost or changed, a sentence each."""
        found = [remark for each in filter(None, self.pictures.values()) for remark in each.remarks]
        canvas = self.pictures["canvas"]
        if canvas is not None and canvas.gray and self._is_colored:
            found.append(f"{_shown_name(self.spec.inputs['canvas'])} is gray, so what fills it becomes gray, too")
        return found

    @property
    def canvas(self) -> "Picture | None":
        """The canvas, as large as its result."""
        return grown(self.pictures["canvas"], self.margins)

    @property
    def pattern(self) -> "Picture | None":
        """The picture whose bit depth, profile and metadata the result gets."""
        lead = self.pictures["exemplar"]
        if self.canvas is None and lead is not None:
            lead = replace(lead, bits=max(each.bits for each in self._exemplars))
            if lead.gray and self._is_colored:
                # The profile is one for grays.
                lead = replace(lead, gray=False, profile=None)
        return self.canvas or lead

    @property
    def _exemplars(self) -> "list[Picture]":
        given = self.pictures.items()
        return [each for name, each in given if each and name.startswith("exemplar") and "mask" not in name]

    @property
    def _is_colored(self) -> bool:
        """Whether there is an exemplar with colors."""
        return not all(each.gray for each in self._exemplars)


def texture_spec(values: Mapping[str, Any]) -> TextureSpec:
    """Check the options of a texture.

    Args:
        values: The fields of `TextureOptions` and the settings, as Typer gives them.

    Returns:
        The texture.

    Raises:
        ParsingError: A value cannot be parsed, or is out of range.
        VocabularyError: A setting is out of its range.
    """
    own = {each.name for each in fields(TextureOptions)}
    given = TextureOptions(**{name: value for name, value in values.items() if name in own})
    rest = {name: value for name, value in values.items() if name not in own}
    masks, exemplars = given.exemplar_mask or [], given.exemplars or []
    together = find_set(exemplars, given.maps or [])
    check_set(together, preview=rest["preview"], canvas=given.canvas, init=given.init)
    if given.mask_channel is not None and not any((given.mask, *masks)):
        fail("--mask-channel needs a mask: name one with --mask or --exemplar-mask")
    check_extension(given.extend, given.canvas, given.mask)
    weights: Path | None = rest.pop("weights")
    asked = read_settings(rest)
    if problem := unknown_device(asked.device) or (weights is not None and reading_fault(weights)):
        fail(problem)
    exemplars = exemplars if together is None else [together.lead]
    shares = parse_shares(given.share, len(exemplars), guided=given.canvas_guide is not None)
    inputs = numbered_inputs(exemplars, masks, given.guide or [])
    height, width = (None, None) if given.size is None else checked_size(given.size)
    reach = None if given.context is None else parse_context(given.context)
    named = ("canvas", "mask", "init", "canvas_guide", "rotation_map", "scale_map", "content")
    inputs |= {name: getattr(given, name) for name in named}
    inputs.update({} if together is None else together.more)
    check_one_stream(inputs)
    side = checked_sample_from(given.sample_from)
    return TextureSpec(
        given, asked, weights, together, tuple(exemplars), shares, (width, height), reach, side, inputs
    )


def read_texture(spec: TextureSpec, read: "Callable[[Path], Picture]") -> Texture:
    """Read the files of a texture, and make its request.

    Args:
        spec: The texture.
        read: Reads a picture.

    Returns:
        The texture.

    Raises:
        ParsingError: A margin does not suit the canvas.
    """
    pictures = {name: None if path is None else read(path) for name, path in spec.inputs.items()}
    channel = spec.options.mask_channel
    pictures.update({n: channel_of(pictures[n], channel, spec.inputs[n]) for n in pictures if "mask" in n})
    check_sizes(spec.together, pictures)
    margins = margins_of(spec.options.extend, pictures["canvas"])
    request = request_for(pictures, spec.shares, spec.settings, spec.size, spec.context, spec.sample_from, margins)
    return Texture(spec, pictures, margins, request)


def unchanged(texture: Texture, end: "JobEnd") -> "Done | None":
    """Return a canvas that was to tile, and does so already, as its result; None for any other end."""
    canvas = texture.request.canvas.picture
    if canvas is None or not isinstance(end, Failed) or end.code != "tiles-already":
        return None
    return Done(texture.request.job, canvas)


def pictures_of(texture: Texture, end: "Done | Cancelled") -> "list[Picture]":
    """Convert the result of a texture to its pictures, one or those of a set; without a result, fail."""
    spec, pattern = texture.spec, texture.pattern
    if end.raster is None or pattern is None:
        fail(NOTHING_WRITTEN, INTERRUPTED)
    if spec.together is None:
        return [made_of(end.raster, pattern, keeps=texture.pictures["canvas"] is not None)]
    return made_set(end, spec.together, texture.pictures, flatten=spec.settings.flatten)


def channel_of(mask: "Picture | None", channel: str | None, path: Path | None) -> "Picture | None":
    """Return a mask made from one channel of a mask, if one is named; a mask without it is refused."""
    if channel not in {None, *CHANNELS}:
        fail(f"--mask-channel is {channel!r}: choose {', '.join(CHANNELS)}")
    if mask is None:
        return mask
    import numpy as np

    from engine.preparation.masks import has_black_shape, is_colored

    if channel is None:
        if is_colored(mask):
            fail(f"{_shown_name(path)} has colors: choose one of its channels with --mask-channel, or make it gray")
        if has_black_shape(mask):
            fail(
                f"{_shown_name(path)} is black where it is not transparent, and only white counts: paint it white, "
                "or choose --mask-channel alpha"
            )
        return mask
    found = mask.alpha if channel == "alpha" else mask.pixels[..., CHANNELS.index(channel)]
    if found is None:
        # All of it would count as white, and nothing of the canvas would be kept.
        fail(f"{_shown_name(path)} has no alpha channel: choose red, green or blue, or omit --mask-channel")
    return replace(mask, pixels=np.repeat(found[..., None], 3, axis=2), alpha=None, gray=True)


def _shown_name(path: Path | None) -> str:
    return "standard input" if path == STANDARD else str(path)


def numbered_inputs(
    exemplars: Sequence[Path], masks: Sequence[Path], guides: Sequence[Path]
) -> dict[str, Path | None]:
    """Return exemplars, their masks and guides by name: `exemplar`, `exemplar_mask`, `guide`, `exemplar 2`, …."""
    if len(exemplars) > MOST_SOURCES:
        fail(
            f"{len(exemplars)} exemplars are given: give {MOST_SOURCES} at most, or make one texture of each "
            "with `texture-engine batch`"
        )
    for kind, paths in (("exemplar mask", masks), ("guide", guides)):
        if paths and len(paths) != max(1, len(exemplars)):
            are = "is" if len(paths) == 1 else "are"
            given = f"{counted(len(paths), kind)} {are} given for {counted(len(exemplars), 'exemplar')}"
            fail(f"{given}: give one for each, in order")
    if guides and not exemplars:
        fail("--guide is for an EXEMPLAR, and none is given: name one")
    found: dict[str, Path | None] = {"exemplar": None, "exemplar_mask": None, "guide": None}
    for name, paths in (("exemplar", exemplars), ("exemplar_mask", masks), ("guide", guides)):
        found.update({numbered_name(name, number): path for number, path in enumerate(paths, 1)})
    return found


def check_one_stream(read: Mapping[str, Path | None]) -> None:
    """Refuse to read more than one picture from standard input."""
    named = [name.replace("_", " ") for name, path in read.items() if path == STANDARD]
    if len(named) > 1:
        fail(f"standard input has one picture, and {' and '.join(named)} would read it: name files for all but one")
