"""What goes wrong, told in one sentence with the remedy."""


class InstallationError(RuntimeError):
    """Something that cannot be done."""

    status = 1


class MisuseError(InstallationError):
    """Something that was asked for and makes no sense."""

    status = 2
