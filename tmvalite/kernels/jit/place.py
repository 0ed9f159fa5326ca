"""Relative cache folders become absolute when tmvalite is imported: they move neither with chdir nor with later processes."""

from __future__ import annotations

import os


def fix_folders() -> None:
    """Write the variables of this process back with absolute paths."""
    for name in ("TMVALITE_CACHE_DIR", "TMVALITE_CACHE_PATH"):
        text = os.environ.get(name, "")
        parts = text.split(os.pathsep) if name.endswith("PATH") else [text]
        if any(part and not os.path.isabs(part) for part in parts):
            os.environ[name] = os.pathsep.join(os.path.abspath(part) for part in parts if part)
