"""A call of a procedure, and its outcome."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gimp_plugin.installation import Installation


@dataclass(frozen=True)
class Call:
    """A call of a procedure.

    Attributes:
        procedure: The procedure.
        mode: Whether to ask the user.
        image: The image.
        drawables: The selected drawables.
        config: The arguments.
        command: One of `COMMANDS`.
        installation: Where things are.
    """

    procedure: Any
    mode: Any
    image: Any
    drawables: list[Any]
    config: Any
    command: str
    installation: "Installation"


@dataclass(frozen=True)
class Outcome:
    """How it ended.

    Attributes:
        problem: What went wrong, for the user, or nothing.
        misused: Whether that is how the procedure was called.
        cancelled: Whether the user wanted no result.
        image: The image with the result.
        layers: The layers of the result.
        text: The result of a procedure, for people.
    """

    problem: str = ""
    misused: bool = False
    cancelled: bool = False
    image: Any = None
    layers: tuple[Any, ...] = ()
    text: str = ""
