#!/usr/bin/env python3
"""Set up Texture Synthesis: the engine in an environment of its own, and the plug-in in every GIMP 3.

python3 install.py                in the user's data folder
python3 install.py --here         in `.venv`, beside this file
python3 install.py --check        what is installed, what is wrong and the command that mends it
python3 install.py --upgrade      newer packages, and everything copied anew
python3 install.py --uninstall    remove it all
"""

import sys

# An old Python reads this far, so nothing above may be newer than it is.
if sys.version_info < (3, 10):  # noqa: UP036
    sys.stderr.write("Python " + sys.version.split()[0] + " is too old: run this with Python 3.10 or newer\n")
    sys.exit(2)

# The folder of this file may be another's, and `--dry-run` writes nothing.
sys.dont_write_bytecode = True

from installation.main import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(__doc__, sys.argv[1:]))
