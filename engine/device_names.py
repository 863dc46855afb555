"""Names of devices, without PyTorch."""

DEVICES = ("auto", "cpu", "cuda", "mps", "xpu")

RESTART = "run `texture-engine stop`, then `texture-engine serve`, which chooses a device that works"
"""Remedy for an engine whose device does not work."""


def unknown_device(name: str) -> str:
    """Return what is wrong with the name of a device, whether or not this computer has it.

    Args:
        name: In lower case, such as `cuda:1`.

    Returns:
        A sentence, or an empty string.
    """
    kind, _, number = name.partition(":")
    if name != "auto" and (kind not in DEVICES[1:] or (number and not number.isdigit())):
        return f"device {name!r} is not known: choose {', '.join(DEVICES)}, or one by number such as cuda:1"
    return ""
