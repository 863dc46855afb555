"""What was tried in one dialog, and which of it another try takes the place of."""

from collections.abc import Sequence
from dataclasses import dataclass

from gi.repository import Gimp

from gimp_plugin import canvas, samples, user_options
from gimp_plugin.box import Box

# A try takes the place of an earlier one of whose selection it covers so much: of the rest, what the earlier one
# has removed would come back.
MOST = 0.9


@dataclass(frozen=True)
class Target:
    """What was selected for a try.

    Attributes:
        box: Bounds of the selection in the image; None where nothing was selected, or where it does not matter.
        selected: How much each of their pixels was selected, a byte each.
    """

    box: Box | None = None
    selected: bytes = b""


@dataclass(frozen=True)
class Try:
    """A try that has made layers."""

    target: Target
    layers: tuple[Gimp.Layer, ...]


def target_of(image: Gimp.Image, task: str) -> Target:
    """Read what is selected for a task: `fill` and `seamless` change a part of a layer, others make a new picture."""
    if task not in {user_options.FILL, user_options.SEAMLESS}:
        return Target()
    box = canvas.selection(image)
    return Target() if box is None else Target(box, canvas.read_selection(image, box))


def replaced(tries: Sequence[Try], target: Target) -> tuple[Gimp.Layer, ...]:
    """List the layers of the tries whose place another one takes, from the earliest on."""
    return tuple(layer for each in tries if takes_place(each.target, target) for layer in each.layers)


def takes_place(earlier: Target, later: Target) -> bool:
    """Tell whether a later try takes the place of an earlier one: it covers nearly all of what was selected then."""
    if earlier.box is None or later.box is None:
        return earlier.box is later.box
    before = samples.touched(earlier.selected)
    common = earlier.box.common(later.box)
    if not common:
        return False
    parts = (
        samples.crop_mask(samples.touched(each.selected), each.box.width, common.moved(-each.box.x, -each.box.y))
        for each in (earlier, later)
        if each.box is not None
    )
    return samples.common(*parts).count(0xFF) >= MOST * before.count(0xFF)
