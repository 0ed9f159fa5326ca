"""Run a PyROOT script as it is: `python -m tmvalite.pyroot script.py ...`, with ROOT where it is installed, else without."""

from __future__ import annotations

import importlib
import os
import runpy
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Run the script, whose `import ROOT` finds a ROOT with TMVA. 0, or 2 without a script."""
    if not arguments or not os.path.isfile(arguments[0]):
        given = f"there is no script '{arguments[0]}'; " if arguments else ""
        print(f"{given}usage: python -m tmvalite.pyroot SCRIPT [ARGUMENT ...]", file=sys.stderr)
        return 2
    pyroot = importlib.import_module("tmvalite.pyroot")
    try:
        pyroot.provide(importlib.import_module("ROOT"))
    except ImportError:
        sys.modules["ROOT"] = pyroot
    sys.argv = list(arguments)
    sys.path.insert(0, os.path.dirname(os.path.abspath(arguments[0])))
    runpy.run_path(arguments[0], run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
