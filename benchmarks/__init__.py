"""Comparisons of speed and of physics results; see README.md in this folder. Not part of the package."""
