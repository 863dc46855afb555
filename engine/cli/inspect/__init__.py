"""`texture-engine inspect …`: one file for each command."""

import typer

from engine.cli.inspect.features import features
from engine.cli.inspect.grams import grams
from engine.cli.inspect.layers import layers
from engine.cli.inspect.losses import losses
from engine.cli.inspect.matches import matches
from engine.cli.inspect.recipes import recipes


def inspect_app() -> typer.Typer:
    """Build the commands."""
    app = typer.Typer(no_args_is_help=True, help="Draw what the encoder detects, and how a texture is made.")
    app.callback()(_common)
    for command in (features, grams, layers, losses, matches, recipes):
        app.command()(command)
    return app


def _common() -> None:
    """Draw what the encoder detects, and how a texture is made."""
