"""`texture-engine keys`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.standard_output import say
from engine.file_errors import is_missing, reading_fault, writing_refusal
from engine.options.failures import fail
from engine.options.paths import path_option

AUTHORIZED_FILE = "authorized_keys"
FILE_HELP = "File of authorized keys, for `serve --authorized-keys`."


def keys(
    *,
    add: Annotated[str | None, typer.Option(help="Authorize the client with this public key.")] = None,
    name: Annotated[str, typer.Option(help="Name of the key to add.")] = "",
    remove: Annotated[str | None, typer.Option(help="Public key to revoke.")] = None,
    file: Annotated[
        Path | None, path_option(FILE_HELP, default=f"{AUTHORIZED_FILE} beside the connection file")
    ] = None,
) -> None:
    """Show your public key, and the authorized clients on other computers.

    Your key is created if there is none.
    """
    from protocol.errors import UnsafeFileError
    from protocol.keys import CLIENT_KEYS, own_keys, read_authorized
    from protocol.private_files import make_folder, state_folder
    from protocol.z85 import is_key

    path = file or state_folder() / AUTHORIZED_FILE
    if file is not None and not is_missing(file) and (fault := reading_fault(file)):
        fail(fault)
    try:
        if name and add is None:
            fail("--name is the name of a key to add: give --add KEY, too")
        folder = make_folder(state_folder())
        known = read_authorized(path) if not is_missing(path) else {}
        if add is not None:
            if not is_key(add):
                fail(f"{add!r} is not a public key: give the 40 characters that `texture-engine keys` shows there")
            _edit(path, add, f"{add} {' '.join(name.split())}".rstrip())
            known[add] = " ".join(name.split())
        if remove is not None:
            if known.pop(remove, None) is None:
                fail(_unknown(remove, known, path))
            _edit(path, remove, None)
        say(f"your public key, in {folder / CLIENT_KEYS}:\n{own_keys(folder / CLIENT_KEYS).public}")
    except UnsafeFileError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{writing_refusal(path, error)} with --file")
    say(
        f"authorized clients on other computers, in {path}:"
        if known
        else f"no other clients are authorized in {path}"
    )
    for key, owner in known.items():
        say(f"{key} {owner}".rstrip())


def _unknown(key: str, known: Mapping[str, str], path: Path) -> str:
    """Say that no such key is authorized, or that it is the name of one."""
    named = [each for each, owner in known.items() if owner and owner == key]
    if named:
        return f"{key!r} is a name, of {' and '.join(named)}: give the key itself"
    return f"{key!r} is not in {path}: run `texture-engine keys` to list the keys"


def _edit(path: Path, key: str, line: str | None) -> None:
    """Replace, append or (None) remove the line of a key."""
    from protocol.private_files import write_private

    lines = path.read_text().splitlines() if not is_missing(path) else []
    others = [one for one in lines if one.split(" ")[0] != key]
    write_private(path, "".join(f"{one}\n" for one in [*others, *([] if line is None else [line])]).encode())
