"""Errors of the installer; each message is one sentence with the remedy."""


class InstallationError(RuntimeError):
    """An action that failed."""

    status = 1


class MisuseError(InstallationError):
    """A mistake in the command line."""

    status = 2
