"""The plug-in for GIMP 3."""
