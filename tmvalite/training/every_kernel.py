"""All kernels of tmvalite, for who compiles them before they are needed."""

from __future__ import annotations

import importlib
import pkgutil

import tmvalite.kernels
from tmvalite.kernels.jit.compiled import ALL, Compiled


def every_kernel() -> list[Compiled]:
    """Every family, library and entry point of the package, sorted by name."""
    importlib.import_module("tmvalite.training.network")  # with all that a network may be made of
    for module in pkgutil.iter_modules(tmvalite.kernels.__path__, "tmvalite.kernels."):
        importlib.import_module(module.name)
    names = {kernel.name: kernel for kernel in ALL if kernel.function.__module__.startswith("tmvalite.")}
    return [names[name] for name in sorted(names)]
