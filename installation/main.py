"""The command line of `install.py`."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from io import TextIOWrapper

from installation.checking import check
from installation.installing import install
from installation.problems import InstallationError
from installation.removing import uninstall
from installation.setup_run import read_options, refuse_sudo, setup_run_of

FAILED = 1
INTERRUPTED = 130


def main(description: str, words: Sequence[str]) -> int:
    """Run the command line.

    Args:
        description: The text of `--help`.
        words: The command line.

    Returns:
        The exit status.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal may not be able to show an arrow.
            stream.reconfigure(errors="replace")
    options = read_options(words, description)
    try:
        return _do(options)
    except InstallationError as error:
        return _fail(str(error), error.status)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _fail(f"{place}{error.strerror or error}: solve that, then run this again", FAILED)
    except KeyboardInterrupt:
        return _fail("interrupted: run this again to finish", INTERRUPTED)


def _do(options: Namespace) -> int:
    refuse_sudo("install.py")
    task = setup_run_of(options)
    if options.check:
        return check(task)
    return uninstall(task) if options.uninstall else install(task)


def _fail(sentence: str, status: int) -> int:
    print(f"install.py: {sentence}", file=sys.stderr)
    return status
