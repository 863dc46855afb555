#!/usr/bin/python3
"""GIMP starts this file. Its folder, with `gimp_plugin` and `protocol` in it, is where Python looks first."""

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("GimpUi", "3.0")
gi.require_version("Gegl", "0.4")

from gimp_plugin.plugin import main  # noqa: E402

main()
