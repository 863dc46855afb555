"""`texture-engine inspect …`: one file for each command."""

import typer

from engine.cli.inspect.matches import matches
from engine.cli.inspect.recipes import recipes


def inspect_app() -> typer.Typer:
    """Put the commands together."""
    app = typer.Typer(no_args_is_help=True, help="Look inside: what the networks see, and how a texture grows.")
    app.callback()(_common)
    app.command()(matches)
    app.command()(recipes)
    return app


def _common() -> None:
    """Look inside: what the networks see, and how a texture grows."""
