"""Options that take a number."""

from typing import Any, get_args

import typer

from protocol.fields import remedy

# Unlike Typer's other errors, one of this class is printed as it is; its module has moved between versions.
USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[2]


def number_option(name: str, hint: Any, description: str, *, default: str | None = None) -> Any:  # noqa: ANN401
    """Describe an option that takes a number.

    Args:
        name: Its name, such as `--seed`.
        hint: Type of the number with its range, such as `Annotated[int, Range(1, 9)]`.
        description: For `--help`.
        default: What an option that is not given means, for `--help`; None for the value of the default.

    Returns:
        The annotation for Typer. Another text, or a number out of range, is refused while the command line is read.
    """
    kind = get_args(hint)[0]

    def parse(text: str) -> object:
        try:
            value = kind(text)
        except ValueError:
            value = text
        if due := remedy(hint, value):
            raise USAGE_ERROR(f"{name} is {value!r}: give {due}")
        return value

    return typer.Option(name, help=description, parser=parse, metavar="NUMBER", show_default=default or True)
