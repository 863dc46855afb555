"""`texture-engine install-plugin` and `texture-engine uninstall-plugin`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from engine.options.failures import CommandError

Profiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--gimp",
        metavar="DIR",
        help="Profile folder of a GIMP 3, such as ~/.config/GIMP/3.0, instead of those found; may be repeated.",
        show_default=False,
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be done, without doing it.")]


def install_plugin(
    *,
    gimp: Profiles = None,
    service: Annotated[
        bool,
        typer.Option(
            "--service",
            help="Also start the engine whenever you log in: for a GIMP that cannot start programs, such as one "
            "from Flatpak or Snap.",
        ),
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Show what is installed and what is wrong.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Install the plug-in, which starts this engine, into every GIMP 3 of this user."""
    _run("check" if check else "install", gimp, service=service, dry=dry_run)


def uninstall_plugin(*, gimp: Profiles = None, dry_run: DryRun = False) -> None:
    """Remove the plug-in, keys, logs and compiled functions; the engine itself stays."""
    _run("uninstall", gimp, service=False, dry=dry_run)


def _run(
    what: Literal["check", "install", "uninstall"], gimp: list[Path] | None, *, service: bool, dry: bool
) -> None:
    # Imported late, as other commands have no use for it.
    from installation.checking import check
    from installation.installing import install
    from installation.problems import InstallationError
    from installation.removing import uninstall
    from installation.setup_run import plugin_run_of, refuse_sudo

    do = {"check": check, "install": install, "uninstall": uninstall}[what]
    try:
        refuse_sudo("texture-engine")
        status = do(plugin_run_of(gimp or [], service=service, dry=dry))
    except InstallationError as error:
        raise CommandError(str(error), error.status) from None
    if status:
        raise typer.Exit(status)
