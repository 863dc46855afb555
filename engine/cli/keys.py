"""`texture-engine keys`."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.failures import fail
from engine.cli.paths import path_option
from engine.file_errors import is_missing, reading_fault, writing_refusal

AUTHORIZED_FILE = "authorized_keys"
FILE_HELP = "File of the clients that may come in, for `serve --authorized-keys`."


def keys(
    *,
    add: Annotated[str | None, typer.Option(help="Let a client with this public key come in.")] = None,
    name: Annotated[str, typer.Option(help="Name for the key that is added.")] = "",
    remove: Annotated[str | None, typer.Option(help="Let it come in no more.")] = None,
    file: Annotated[Path | None, path_option(FILE_HELP)] = None,
) -> None:
    """Show this user's own key, made if there is none, and the clients that may come in from elsewhere."""
    from protocol.errors import UnsafeFileError
    from protocol.keys import CLIENT_KEYS, is_key, own_keys, read_authorized
    from protocol.private_files import make_folder, state_folder

    path = file or state_folder() / AUTHORIZED_FILE
    if file is not None and not is_missing(file) and (fault := reading_fault(file)):
        fail(fault)
    try:
        if name and add is None:
            fail("a name is for a key that is added: give --add KEY too")
        folder = make_folder(state_folder())
        known = read_authorized(path) if not is_missing(path) else {}
        if add is not None:
            if not is_key(add):
                fail(f"{add!r} is no public key: give the 40 characters that `texture-engine keys` shows there")
            _edit(path, add, f"{add} {' '.join(name.split())}".rstrip())
            known[add] = " ".join(name.split())
        if remove is not None:
            if known.pop(remove, None) is None:
                fail(f"{remove!r} is not in {path}: `texture-engine keys` lists those that are")
            _edit(path, remove, None)
        print(f"this user's public key, in {folder / CLIENT_KEYS}:\n{own_keys(folder / CLIENT_KEYS).public}")
    except UnsafeFileError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{writing_refusal(path, error)} with --file")
    print(f"clients that may come in from elsewhere, in {path}:" if known else f"{path} lets in nobody else")
    for key, owner in known.items():
        print(f"{key} {owner}".rstrip())


def _edit(path: Path, key: str, line: str | None) -> None:
    """Put a line in place of that of a key, at the end where there is none yet, or leave the key out."""
    from protocol.private_files import write_private

    lines = path.read_text().splitlines() if not is_missing(path) else []
    others = [one for one in lines if one.split(" ")[0] != key]
    write_private(path, "".join(f"{one}\n" for one in [*others, *([] if line is None else [line])]).encode())
