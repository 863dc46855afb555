#!/usr/bin/env python3
"""Set up Texture Synthesis: the engine in an environment of its own, and the plug-in in every GIMP 3.

python3 install.py                install into the user's data folder
python3 install.py --here         install the engine into `.venv`, beside this file
python3 install.py --check        show what is installed, what is wrong, and the command that repairs it
python3 install.py --upgrade      install newer packages, and copy everything again
python3 install.py --uninstall    remove everything
"""

import sys

# Python 2 and old Python 3 have to parse this file up to here.
if sys.version_info < (3, 10):  # noqa: UP036
    sys.stderr.write("Python " + sys.version.split()[0] + " is too old: run this with Python 3.10 or newer\n")
    sys.exit(2)

# The folder of this file may belong to another user, and `--dry-run` writes nothing.
sys.dont_write_bytecode = True

from installation.main import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(__doc__, sys.argv[1:]))
