"""Where the process stood when tmvalite was imported: relative cache folders do not move with chdir."""

from __future__ import annotations

import os

try:
    START = os.getcwd()
except OSError:  # the folder is gone
    START = os.path.sep
