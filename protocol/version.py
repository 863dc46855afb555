"""The version of the protocol, and its compatibility."""

from functools import cache

from protocol.fields import Count

PROTOCOL = (2, 1)
"""Major and minor version; a minor version only adds fields and messages."""

Version = tuple[Count, Count]


def version_problem(engine: Version, client: Version) -> tuple[str, str] | None:
    """Compare two versions of the protocol.

    Args:
        engine: The engine's version, major and minor.
        client: The client's version.

    Returns:
        None if they are compatible, else a sentence and the remedy.
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
    """Return the version of this package; `source` if it is not installed."""
    # Not at the top: GIMP waits for the plug-in and its relay, which need none of it.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("gimp-texture-synthesis")
    except PackageNotFoundError:
        return "source"
