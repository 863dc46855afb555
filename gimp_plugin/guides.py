"""Checks of guides: drawables whose colors say which part of the exemplar belongs where on a new texture."""

from gimp_plugin.plans import PlanError
from gimp_plugin.translation import _


def check_choice(layers: int, *, exemplar: bool, canvas: bool) -> None:
    """Refuse guides that do not go together.

    Args:
        layers: Number of layers that are sampled.
        exemplar: Whether there is a guide of the exemplar.
        canvas: Whether there is one of the canvas.

    Raises:
        PlanError: Says what to choose.
    """
    if exemplar and layers > 1:
        raise PlanError(
            _("{count} layers are selected, and an exemplar guide is for one: select one layer only.").format(
                count=layers
            )
        )
    if exemplar and not canvas:
        raise PlanError(
            _("There is an exemplar guide, and no canvas guide: choose one with the same colors, or no guide.")
        )
    if canvas and not exemplar and layers == 1:
        raise PlanError(
            _(
                "There is a canvas guide, and no exemplar guide: choose one with the same colors, or select several "
                "layers to mix by grays."
            )
        )
