"""Commands for other processes of this Python, with the same import path."""

import os
import sys


def own_python(module: str) -> list[str]:
    """Return the command that runs a module as this Python would import it.

    `-m` would search the working directory first, where another program's `random.py` may be. A new Python also
    need not know the folder that this package was imported from.

    Args:
        module: Name of a module, or of a package with `__main__`.

    Returns:
        The command, to which arguments may be added.
    """
    places = [os.path.abspath(entry) for entry in sys.path]  # noqa: PTH100  # `Path` has no empty path
    run = f"import runpy; runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
    # `sys` is built in, so nothing is searched before the path is set.
    return [sys.executable, "-c", f"import sys; sys.path[:] = {places!r}; {run}"]
