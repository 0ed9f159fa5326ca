"""Call one family as a step of a plan does."""

from __future__ import annotations

import numpy as np
from numba.core import types

from tmvalite.kernels import family
from tmvalite.kernels._jit import entry_point, pointer
from tmvalite.kernels.execute import STEP_WIDTH, run_steps


@entry_point(lambda e: (types.int64[::1], types.int64[::1], e[::1], e[::1], e[::1], e[::1]))
def _call(table, run, arena, theta, copies, grad):
    return run_steps(
        pointer(table, 0), 0, 1, pointer(run, 0), pointer(arena, 0), pointer(theta, 0), pointer(copies, 0), pointer(grad, 0)
    )


def call(kernel, operands, extra=(), *, rows, theta=None, copies=None, grad=None, **run):
    """Run `kernel` on flat arrays (changed in place) of one precision; `extra` are the descriptor's columns behind the operands.

    run: columns of the run block by lower-case name. An operand None stands for "not there". Returns the kernel's result.
    """
    dtype = next(a.dtype for a in operands if a is not None)
    arena = np.concatenate([np.ravel(a) for a in operands if a is not None] + [np.zeros(32, dtype)]).astype(dtype)
    table, at, places = np.zeros(STEP_WIDTH, np.int64), 0, []
    columns = []
    for a in operands:
        columns += [-1, 0] if a is None else [at, a.size // rows]
        places.append(at)
        at += 0 if a is None else a.size
    table[0] = kernel.address(str(dtype))
    table[1 : 1 + len(columns) + len(extra)] = [*columns, *extra]
    block = np.zeros(family.RUN_SIZE, np.int64)
    block[family.ROWS] = rows
    for name, value in run.items():
        block[family.COLUMNS.index(name.upper())] = value
    none = np.zeros(1, dtype)
    result = _call.get(str(dtype))(table, block, arena, *(none if a is None else a for a in (theta, copies, grad)))
    for a, place in zip(operands, places):
        if a is not None:
            a.reshape(-1)[:] = arena[place : place + a.size]
    return result
