"""All kernels of tmvalite, for who compiles them before they are needed."""

from __future__ import annotations

import importlib
import pkgutil

import tmvalite.kernels
from tmvalite.activations import ACTIVATIONS
from tmvalite.kernels.jit.compiled import ALL, Compiled
from tmvalite.losses import trained, trained_kinds
from tmvalite.optimizers import OPTIMIZERS


def every_kernel() -> list[Compiled]:
    """Every family, library and entry point of the package, sorted by name."""
    importlib.import_module("tmvalite.training.network")  # with all that a network may be made of
    for module in pkgutil.iter_modules(tmvalite.kernels.__path__, "tmvalite.kernels."):
        importlib.import_module(module.name)
    # kernels that are made of formulas when they are first asked for
    made = [optimizer.kernel for optimizer in OPTIMIZERS.values()]
    made += [kernel for one in ACTIVATIONS.values() if one.elementwise for kernel in one.kernels]
    slopes = [one.slope_kernel for one in ACTIVATIONS.values() if one.curved]
    made += [kernel for slope in slopes for kernel in (slope, *slope.backward)]
    for kind in trained_kinds():
        loss, function = trained(kind)
        made.append(loss.kernel(function))
    names = {kernel.name: kernel for kernel in (*made, *ALL) if kernel.function.__module__.startswith("tmvalite.")}
    return [names[name] for name in sorted(names)]
