"""Another process of this very Python, with what this one has imported from and nothing else."""

import os
import sys


def own_python(module: str) -> list[str]:
    """Give the command that runs a module as this Python would import it.

    `-m` would look into the working directory first, where anybody's `random.py` may be; and what this package was
    imported from, its folder perhaps, need not be known to a new Python at all.

    Args:
        module: Name of a module, or of a package with `__main__`.

    Returns:
        The words of the command, which others may follow.
    """
    places = [os.path.abspath(entry) for entry in sys.path]  # noqa: PTH100  # `Path` knows no empty one
    run = f"import runpy; runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
    # `sys` is built in: nothing is looked for before it is known where.
    return [sys.executable, "-c", f"import sys; sys.path[:] = {places!r}; {run}"]
