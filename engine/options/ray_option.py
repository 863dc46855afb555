"""The option `--ray` of commands that compute on a Ray cluster too."""

from importlib.util import find_spec
from typing import Any

import typer

from engine.options.failures import fail

NEEDS = "pip install '.[ray]', here and on the nodes of the cluster"


def ray_option(purpose: str) -> Any:  # noqa: ANN401 - Typer gives its options no type
    """Make the option; its value is the address of the cluster, or None."""
    # Brackets are markup to Rich.
    needs = NEEDS.replace("[", "\\[")
    text = (
        f"{purpose} on a Ray cluster: its address, such as 10.0.0.1:6379; without a value, the local one or that of "
        f"RAY_ADDRESS. Needs {needs}."
    )
    return typer.Option(help=text, metavar="ADDRESS", show_default="none")


def check_ray(address: str | None) -> None:
    """Refuse a cluster where Ray is not installed."""
    if address is not None and find_spec("ray") is None:
        fail(f"--ray needs Ray, which is not installed here: {NEEDS}")
