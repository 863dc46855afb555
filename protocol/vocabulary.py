"""The vocabulary of a request: names, and every setting with its type, range, default and one line of help.

Messages, the engine's settings, the options of the command line and the arguments of the plug-in are made from it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from protocol.fields import Choice, Range, Word, remedy, without_none

RECIPES = ("photo", "sliced", "gram", "patch")
QUALITIES = ("draft", "normal", "best")
ENCODERS = ("compact", "vgg19", "vgg16", "vgg11")
POOLINGS = ("average", "max")
DEPTHS = ("u8", "u16", "f32")
CONTENT_BY = ("brightness", "color")
SAMPLE_FROM = ("all", "sides", "above-below")
AXES: Mapping[str, tuple[bool, bool]] = MappingProxyType(
    {"none": (False, False), "x": (True, False), "y": (False, True), "both": (True, True)}
)
"""How a texture tiles: from left to right, and from top to bottom."""

PIXELS = "pixels"
LAYERS: Mapping[str, int] = MappingProxyType(
    {PIXELS: 1}
    | {
        f"relu{block}_{number}": 2 ** (block - 1)
        for block in range(1, 6)
        for number in range(1, 3 if block < 3 else 5)
    }
)
"""Layers of the critics, and the stride of each in pixels."""

SMALLEST_SIDE, LARGEST_SIDE = 8, 16384
LEAST_ENLARGEMENT, LARGEST_ENLARGEMENT = 1.1, 8
LARGEST_CONTEXT = 2**20
FRINGE = 2
"""Width of the fringe around a cut-out, whose pixels are mixed with it."""
SMALLEST_EXEMPLAR = 8
"""Minimum side of an exemplar, pixels."""
LEAST_MEMORY = 64 * 2**20
LARGEST_SEED = 2**63 - 1

CanvasSide = Annotated[int, Range(SMALLEST_SIDE, LARGEST_SIDE)]
Context = Annotated[int, Range(1, LARGEST_CONTEXT)]
Margin = Annotated[int, Range(0, LARGEST_SIDE)]
SampleFrom = Annotated[str, Choice(SAMPLE_FROM)]
Depth = Annotated[str, Choice(DEPTHS)]
Layer = tuple[Annotated[str, Choice(tuple(LAYERS))], Annotated[float, Range(0, 10**6)]]
Scale = Annotated[float, Range(0.25, 4)]
LayerWeights = tuple[tuple[str, float], ...]
LEAST_SHARE, LARGEST_SHARE = 0.001, 1000
Share = Annotated[float, Range(LEAST_SHARE, LARGEST_SHARE)]
# A fill may repeat itself if fewer pixels may be sampled for each new one.
LITTLE_SAMPLED = 1 / 2
MOST_SOURCES = 16
MOST_MAPS = 16


class VocabularyError(ValueError):
    """A setting that is out of its range.

    Attributes:
        name: Name of the setting.
        value: The wrong value.
        remedy: What to give instead.
    """

    def __init__(self, name: str, value: object, remedy: str) -> None:
        super().__init__(f"{name} is {value!r}: give {remedy}")
        self.name = name
        self.value = value
        self.remedy = remedy


@dataclass(frozen=True)
class Margins:
    """Widths along each border of a picture, pixels: what is added there, or lies outside of its layer."""

    top: Margin = 0
    right: Margin = 0
    bottom: Margin = 0
    left: Margin = 0

    def __bool__(self) -> bool:
        return any((self.top, self.right, self.bottom, self.left))

    def around(self, width: int, height: int) -> tuple[int, int]:
        """Return width and height of a picture with its margins, pixels."""
        return self.left + width + self.right, self.top + height + self.bottom


@dataclass(frozen=True)
class About:
    """Texts about a setting.

    Attributes:
        help: What it sets, one line.
        label: Label in GIMP's dialogs, with `_` before the letter of its shortcut; empty if it is not in them.
        absent: What None means, for the terminal and the protocol's page.
        note: What else the protocol's page says.
    """

    help: str
    label: str = ""
    absent: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a texture is made."""

    recipe: Annotated[str, Choice(RECIPES), About("How the texture is made.", "Loo_k")] = "photo"
    quality: Annotated[str, Choice(QUALITIES), About("Quality and computing time.", "_Quality")] = "normal"
    encoder: Annotated[str, Choice(ENCODERS), About("Network whose features the critics compare.", "_Network")] = (
        "compact"
    )
    weights: Annotated[
        str | None,
        Range(1, 200, name=True),
        About(
            "File with the weights of a VGG of any width, used instead of the encoder.",
            note="Its name in the folder `encoders` beside the connection file.",
        ),
    ] = None
    pooling: Annotated[str, Choice(POOLINGS), About("Pooling of the encoder.")] = "average"
    layers: Annotated[
        tuple[Layer, ...] | None,
        About(
            "Layers whose features the critics compare, with weights.",
            absent="the recipe's",
            note="Each is a name and a weight.",
        ),
    ] = None
    octaves: Annotated[
        int,
        Range(1, 12),
        About("Maximum number of octaves (scales, each half the size of the next) for the critics."),
    ] = 5
    steps: Annotated[
        int | None,
        Range(1, 100_000),
        About("Number of steps of the critics at full size.", absent="the quality's"),
    ] = None
    seed: Annotated[
        int, Range(0, LARGEST_SEED), About("Random seed; another one gives another texture.", "See_d")
    ] = 0
    preview: Annotated[
        bool,
        About(
            "End after the coarse octaves: a quick look at the layout of a seed.",
            note="The result is coarse, and as large as the finished one; the same job without `preview` continues "
            "from there.",
        ),
    ] = False
    seamless: Annotated[
        str,
        Choice(tuple(AXES)),
        About(
            "Axes along which the texture tiles.",
            note="`x` is left to right, `y` top to bottom. A canvas wraps around: what is new at one border fits the "
            "opposite border.",
        ),
    ] = "none"
    flatten: Annotated[
        bool, About("Sample opaque pixels only, and make an opaque texture, without alpha.", "Opaq_ue texture")
    ] = False
    enlarge: Annotated[
        float | None,
        Range(LEAST_ENLARGEMENT, LARGEST_ENLARGEMENT),
        About(
            "Instead of a new texture, enlarge the exemplar by this factor.",
            note="Only with one source; of the settings, `seed`, `seamless` and `flatten` apply.",
        ),
    ] = None
    exemplar_rotation: Annotated[
        float,
        Range(-360, 360),
        About("Rotation of the exemplar in degrees, counterclockwise.", note="Only for a new texture of one source."),
    ] = 0.0
    exemplar_scale: Annotated[
        float,
        Range(0.25, 4),
        About("Scale of the exemplar.", note="0.5 halves its size. Only for a new texture of one source."),
    ] = 1.0
    flips: Annotated[bool, About("Also match mirrored patches of the exemplar.")] = False
    rotations: Annotated[bool, About("Also match patches of the exemplar rotated by 90°, 180° and 270°.")] = False
    scales: Annotated[tuple[Scale, ...], About("Also match patches of the exemplar at these relative sizes.")] = ()
    noise: Annotated[float, Range(0, 2), About("Noise added to features before matching, for variety.")] = 0.0
    repetition_penalty: Annotated[
        float | None,
        Range(0, 1),
        About("Penalty on patches that the critics match too often.", absent="the recipe's"),
    ] = None
    strength: Annotated[
        float | None,
        Range(0, 1),
        About(
            "How closely the texture follows the content.", absent="0.5", note="0: not at all. Only with a content."
        ),
    ] = None
    content_by: Annotated[
        str,
        Choice(CONTENT_BY),
        About("What the texture follows in the content.", note="`color`: its hues, too. Only with a content."),
    ] = "brightness"
    memory: Annotated[
        int | None,
        Range(LEAST_MEMORY, 2**63 - 1),
        About(
            "Memory that synthesis may use.",
            absent="half of the computer's memory, or four fifths of a GPU's free memory",
            note="In bytes.",
        ),
    ] = None
    device: Annotated[
        Word,
        About(
            "Device: auto, cpu, cuda, cuda:1, mps or xpu.",
            note="One of the `devices` in `welcome`, its kind, such as `cuda`, or `auto` for any.",
        ),
    ] = "auto"

    def __post_init__(self) -> None:
        """Check conditions other than ranges.

        Raises:
            VocabularyError: Layers are missing, repeated, or all without weight.
        """
        if self.layers is None:
            return
        names = [name for name, _ in self.layers]
        if not names or len(set(names)) < len(names) or not any(weight for _, weight in self.layers):
            raise VocabularyError("layers", ", ".join(names), "each layer once, and at least one a weight above 0")


@dataclass(frozen=True)
class Setting:
    """The declaration of a setting.

    Attributes:
        name: Name of the field.
        kind: `int`, `float`, `str`, `bool` or `tuple`.
        hint: Type of the value, or of the items of a tuple, with its range or choices.
        optional: Whether it may be None.
        default: The default.
        about: Texts about it.
    """

    name: str
    kind: type
    hint: Any
    optional: bool
    default: Any
    about: About

    @property
    def argument(self) -> str:
        """Name of its option in the terminal, and of its argument in GIMP."""
        return self.name.replace("_", "-")

    @property
    def help(self) -> str:
        """What it sets, one line."""
        return self.about.help

    @property
    def label(self) -> str:
        """Label in GIMP's dialogs; empty if it is not in them."""
        return self.about.label

    @property
    def choices(self) -> tuple[str, ...]:
        """The allowed texts; empty for other settings."""
        return next((part.options for part in self._limits() if isinstance(part, Choice)), ())

    @property
    def span(self) -> Range | None:
        """The range of a number, or of the length of a text; None for other settings."""
        return next((part for part in self._limits() if isinstance(part, Range)), None)

    def check(self, value: object) -> None:
        """Check a value.

        Args:
            value: The value.

        Raises:
            VocabularyError: It has another type, or is out of range.
        """
        if value is None and self.optional:
            return
        for item in _leaves(value, self.hint) if self.kind is tuple else [(value, self.hint)]:
            due = "a list" if item is None else remedy(item[1], item[0])
            if due is not None:
                raise VocabularyError(self.name, value if item is None else item[0], due)

    def _limits(self) -> tuple[Any, ...]:
        return get_args(self.hint)[1:] if get_origin(self.hint) is Annotated else ()


def _leaves(value: object, hint: Any) -> Iterator[tuple[Any, Any] | None]:  # noqa: ANN401
    """Yield the values of a tuple's items with their types; None for what is not a tuple."""
    if not isinstance(value, tuple):
        yield None
        return
    parts = get_args(hint) if get_origin(hint) is tuple else None
    for item in value:
        if parts is None:
            yield item, hint
        elif not isinstance(item, tuple) or len(item) != len(parts):
            yield None
        else:
            yield from zip(item, parts, strict=True)


@cache
def settings() -> Mapping[str, Setting]:
    """Return every setting by its name."""
    hints = get_type_hints(Settings, include_extras=True)
    found = {}
    for each in fields(Settings):
        hint, optional = without_none(hints[each.name])
        base, *limits = get_args(hint)
        kind = tuple if get_origin(base) is tuple else base
        inner = get_args(base)[0] if kind is tuple else hint
        (about,) = (part for part in limits if isinstance(part, About))
        found[each.name] = Setting(each.name, kind, inner, optional, each.default, about)
    return MappingProxyType(found)


def checked(values: Mapping[str, Any]) -> Settings:
    """Check values, and build the settings from them.

    Args:
        values: Values by name; missing ones have their defaults.

    Returns:
        The settings.

    Raises:
        VocabularyError: A value is out of its range.
    """
    for name, value in values.items():
        settings()[name].check(value)
    return Settings(**values)
