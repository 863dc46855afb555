"""Which protocol this is, and whether another one will do."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version

from protocol.fields import Count

PROTOCOL = (2, 0)
"""Major and minor number; another minor number only adds fields and messages."""

Version = tuple[Count, Count]


def version_problem(engine: Version, client: Version) -> tuple[str, str] | None:
    """Compare two versions of the protocol.

    Args:
        engine: The engine's, major and minor.
        client: The client's.

    Returns:
        None where they understand each other, else a sentence and what to do.
    """
    if engine[0] == client[0]:
        return None
    older = "engine" if engine[0] < client[0] else "client"
    return (
        f"the engine speaks version {engine[0]} of the protocol and the client version {client[0]}",
        f"upgrade the {older}, it is the older one",
    )


@cache
def software_version() -> str:
    """Look up the version of this package; `source` where it is run from its folder."""
    try:
        return version("gimp-texture-synthesis")
    except PackageNotFoundError:
        return "source"
