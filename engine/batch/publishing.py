"""Put finished files in their places, so that a batch that ends at any moment leaves none half written."""

import os
from collections.abc import Sequence
from pathlib import Path

from engine.batch.journal import Entry, Journal
from engine.file_errors import writing_refusal
from engine.options.failures import fail


def publish(
    journal: Journal, entry: Entry, outputs: Sequence[Path], contents: Sequence[bytes], *, force: bool
) -> None:
    """Write the files of a texture, and its entry in the journal.

    A texture is finished if its entry and its files are there. The entry is written before the files get their names,
    so that no moment is left at which a finished one would be made again. Only where a file is replaced does the
    entry come last: the old file would count as the new one.

    Args:
        journal: The journal.
        entry: The entry.
        outputs: The files.
        contents: Their contents.
        force: Replace write-protected files.

    Raises:
        CommandError: A file cannot be written.
    """
    from engine.images import check_unprotected

    replaced = False
    drafts: list[Path] = []
    for path, content in zip(outputs, contents, strict=True):
        if path.exists():
            replaced = True
            if not force:
                check_unprotected(path, "name another with --name, or replace it with --force")
        # Named by the request: the next run of it overwrites what a crash has left.
        drafts.append(path.with_name(f".{entry.request}-{len(drafts)}.part"))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with drafts[-1].open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            for draft in drafts:
                draft.unlink(missing_ok=True)
            fail(writing_refusal(path, error))
    if not replaced:
        journal.add(entry)
    try:
        for draft, path in zip(drafts, outputs, strict=True):
            draft.replace(path)
    except OSError as error:
        fail(writing_refusal(path, error))
    if replaced:
        journal.add(entry)
