"""Names of devices, for those who check them without PyTorch."""

DEVICES = ("auto", "cpu", "cuda", "mps", "xpu")

RESTART = "`texture-engine stop`, then `texture-engine serve`, starts an engine on a device that works"
"""What helps against an engine whose device does not."""


def unknown_device(name: str) -> str:
    """Tell what is wrong with the name of a device, whether or not this computer has it.

    Args:
        name: Lower case, such as `cuda:1`.

    Returns:
        A sentence; nothing where such a device could be.
    """
    kind, _, number = name.partition(":")
    if name != "auto" and (kind not in DEVICES[1:] or (number and not number.isdigit())):
        return f"device {name!r} is not known: choose {', '.join(DEVICES)}, or one by number such as cuda:1"
    return ""
