"""Allowed values of the procedures' arguments.

GIMP's own choices and ranges do not report a wrong value to a script: the value becomes the default before the
plug-in is run, with a warning on stderr. So choices are strings, numbers have wide ranges, and both are checked here.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from gi.repository import Gimp

from gimp_plugin import user_options
from gimp_plugin.translation import _
from protocol.vocabulary import LARGEST_ENLARGEMENT, LARGEST_SIDE, LEAST_ENLARGEMENT, settings

MOST_VARIATIONS = 16
ABSENT: dict[str, Any] = {
    each.argument: user_options.AUTO
    if each.choices
    # A number right below its range, an empty text, or no.
    else each.kind(*((math.floor(each.span.low) - 1,) if each.span is not None and each.kind is not str else ()))
    for each in settings().values()
    if each.label and each.default is None
}
"""What stands for None, which GIMP does not have, in the arguments that have it for their default."""
NEW_ONLY = ("strength", "exemplar_rotation", "exemplar_scale")
"""Settings that only new textures have arguments for."""
RANGES: dict[str, tuple[float, float]] = {
    **{
        each.argument: (each.span.low, min(each.span.high, user_options.LARGEST_WHOLE))
        for name, each in settings().items()
        if (each.label or name in NEW_ONLY) and each.span is not None and each.kind in {int, float}
    },
    "context": (0, LARGEST_SIDE),
    "ratio": (0.1, 64.0),
    "width": (0, LARGEST_SIDE),
    "height": (0, LARGEST_SIDE),
    "variations": (1, MOST_VARIATIONS),
    "factor": (LEAST_ENLARGEMENT, LARGEST_ENLARGEMENT),
    **dict.fromkeys(("top", "right", "bottom", "left"), (0.0, float(LARGEST_SIDE))),
}
"""Minimum and maximum of each number."""


class ValueOutOfRangeError(ValueError):
    """An argument is out of range; the message is one sentence for the user."""


def choices(task: str, name: str) -> dict[str, str]:
    """List the choices of an argument.

    Args:
        task: `fill`, `new`, `seamless`, `extend`, `enlarge` or `engine`.
        name: Of the argument.

    Returns:
        The choices, with their labels in the dialog; empty if the argument has none.
    """
    axes = {user_options.ACROSS: _("Horizontally"), user_options.DOWN: _("Vertically"), user_options.BOTH: _("Both")}
    known = {
        "action": {
            "status": _("Show what the engine is doing"),
            "start": _("Start the engine"),
            "stop": _("Stop the engine"),
        },
        "recipe": {
            "photo": _("Natural: whole shapes, crisp (photo)"),
            "sliced": _("Loose: same colors and grain (sliced)"),
            "gram": _("Classic: the first neural texture model (gram)"),
            "patch": _("Close: patches of the exemplar (patch)"),
        },
        "quality": {
            "draft": _("Draft: for a preview"),
            "normal": _("Normal"),
            "best": _("Best: for the final picture"),
        },
        "encoder": {
            "compact": _("Compact (built in)"),
            "vgg19": _("VGG-19 (downloads 550 MB once)"),
            "vgg16": _("VGG-16 (downloads 530 MB once)"),
            "vgg11": _("VGG-11 (downloads 510 MB once)"),
        },
        "exemplar": {
            user_options.SURROUNDINGS: _("Surroundings of the selection"),
            user_options.DRAWABLE: _("Another layer or image"),
            user_options.FILE: _("A file"),
            user_options.PATTERN: _("A pattern"),
        },
        "sample-from": {
            user_options.ALL: _("All around"),
            user_options.SIDES: _("Left and right"),
            user_options.ABOVE_BELOW: _("Above and below"),
        },
        "seamless": axes if task == user_options.SEAMLESS else {user_options.NONE: _("No"), **axes},
        "unit": {user_options.PERCENT: _("Percent"), user_options.PIXELS: _("Pixels")},
        "content-by": {user_options.BRIGHTNESS: _("Brightness"), user_options.COLOR: _("Brightness and color")},
        "layers-as": {
            user_options.AUTO: _("Automatic, by their names"),
            user_options.MIX: _("A mixture"),
            user_options.MAPS: _("Maps of one texture"),
        },
        "destination": {user_options.IMAGE: _("A new image"), user_options.LAYERS: _("New layers of this image")},
    }
    # A setting that is not above has its own words.
    own = next((each.choices for each in settings().values() if each.label and each.argument == name), ())
    automatic = {ABSENT[name]: _("Automatic")} if own and name in ABSENT else {}
    return known.get(name) or {**automatic, **{choice: choice for choice in own}}


def listed(words: Iterable[str]) -> str:
    """List the choices of an argument at the end of its description, as scripts give them."""
    return f": {', '.join(words)}"


def check(config: Gimp.ProcedureConfig, task: str) -> None:
    """Check every argument of a run.

    Args:
        config: The arguments.
        task: `fill`, `new`, `seamless`, `extend`, `enlarge` or `engine`.

    Raises:
        ValueOutOfRangeError: One has a value that it may not have.
    """
    for _name, sentence in _faults(config, task):
        raise ValueOutOfRangeError(sentence)


def reset_invalid(config: Gimp.ProcedureConfig, task: str) -> None:
    """Reset arguments that are out of range to their defaults."""
    for name, _sentence in list(_faults(config, task)):
        config.set_property(name, config.find_property(name).default_value)


def _faults(config: Gimp.ProcedureConfig, task: str) -> Iterator[tuple[str, str]]:
    for name in (spec.name for spec in config.list_properties()):
        allowed, value = choices(task, name), config.get_property(name)
        if allowed and value not in allowed:
            sentence = _("The argument {name} cannot be “{value}”: choose {choices}.")
            yield name, sentence.format(name=name, value=value, choices=", ".join(allowed))
        elif name in RANGES and value != ABSENT.get(name) and not RANGES[name][0] <= value <= RANGES[name][1]:
            least, most = RANGES[name]
            sentence = _("The argument {name} cannot be {value}: choose {least} to {most}.")
            yield name, sentence.format(name=name, value=value, least=least, most=most)
