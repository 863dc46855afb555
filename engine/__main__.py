"""Run the command line with `python -m engine`."""

from engine.cli import main

main()
