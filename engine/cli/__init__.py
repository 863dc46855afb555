"""The command line `texture-engine`."""

import errno
import io
import logging
import os
import sys
from typing import Annotated, Any

import typer

from engine.cli.batch import batch
from engine.cli.doctor import doctor
from engine.cli.engines import status, stop
from engine.cli.inspect import inspect_app
from engine.cli.keys import keys
from engine.cli.plugin import install_plugin, uninstall_plugin
from engine.cli.serve import serve
from engine.cli.standard_output import drop_output, flush_output, lose_messages, say
from engine.cli.synthesize import synthesize
from engine.file_errors import is_working_folder_gone
from engine.options.failures import INTERRUPTED, CommandError, interruptible, sentence_of
from engine.options.numbers import USAGE_ERROR
from engine.options.parsing import complete_options
from engine.packages import NAME, version_of
from engine.threads import share_cores


def build_app() -> typer.Typer:
    """Build the command line."""
    app = typer.Typer(
        name="texture-engine",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(common)
    app.command()(interruptible(synthesize))
    app.command()(interruptible(batch))
    app.add_typer(inspect_app(), name="inspect")
    for command in (serve, status, stop, keys, doctor, install_plugin, uninstall_plugin):
        app.command()(interruptible(command))
    return app


def show_no_types(command: Any, parent: typer.Context | None = None) -> None:  # noqa: ANN401 - Typer's own click
    """Show no types of Python in the help, such as `<bool>` beside an option that takes no value."""
    context = typer.Context(command, parent=parent, **command.context_settings)
    for each in command.get_params(context):
        if each.param_type_name == "argument":
            each.display_type_rich = lambda ctx: None  # noqa: ARG005
        elif each.metavar is None:
            each.metavar = "" if each.is_flag else "TEXT"
    for each in getattr(command, "commands", {}).values():
        show_no_types(each, context)


def show_version(wanted: bool) -> None:  # noqa: FBT001
    """Print the version and exit."""
    if wanted:
        say(version_of(NAME) or "not installed, run from its folder")
        raise typer.Exit


def common(
    *,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=show_version, help="Print the version.")
    ] = False,
) -> None:
    """Make textures from a sample picture, and fill, extend, redraw or enlarge pictures."""


def _allow_any_text() -> None:
    """Print file names that are not valid text byte for byte, as other commands do, and escape what has no code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="surrogateescape" if stream.encoding.lower() == "utf-8" else "backslashreplace")


def main() -> None:
    """Run the command line; a mistake in it is one line on stderr and exit status 2."""
    share_cores(os.environ)
    # Jupyter sets a backend that Matplotlib may not find here; figures are only written to files.
    os.environ.pop("MPLBACKEND", None)
    if logging.lastResort is not None:
        # Warnings look like the other messages on stderr.
        logging.lastResort.setFormatter(logging.Formatter("texture-engine: %(message)s"))
    # The first figure of a user has Matplotlib look for fonts, which it warns of.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    _allow_any_text()
    lose_messages()
    try:
        if is_working_folder_gone():
            # Libraries of PyTorch would end the process.
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        command = typer.main.get_command(build_app())
        show_no_types(command)
        words = complete_options(sys.argv[1:])
        status = command.main(words, prog_name="texture-engine", standalone_mode=False)
        # A full disk is reported here; when the interpreter exits it would be a traceback.
        flush_output()
    except USAGE_ERROR as error:
        message = " ".join(error.format_message().split())  # type: ignore[attr-defined]
        # Without a command, Typer has printed the help, and there is no message.
        if message:
            print(f"texture-engine: {message}", file=sys.stderr)
        sys.exit(2)
    except typer.Exit as ended:
        sys.exit(ended.exit_code)
    except CommandError as error:
        print(f"texture-engine: {error}", file=sys.stderr)
        sys.exit(error.status)
    except OSError as error:
        # The last resort: errors about known files are reported where they occur.
        drop_output()
        print(f"texture-engine: {sentence_of(error)}", file=sys.stderr)
        sys.exit(2)
    except (typer.Abort, KeyboardInterrupt):
        print("texture-engine: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    sys.exit(status if isinstance(status, int) else 0)
