"""A barrier for threads that run the same kernel without the interpreter lock.

Spins briefly, then yields the core, so that a competing process costs a time slice and not a hang. Nothing waits
after a call returns: threads sleep in Python between calls.
"""

from __future__ import annotations

import platform
import sys

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from ._jit import kernel, shift

COUNT, GENERATION = 0, 8  # one cache line each, in int64 elements
SYNC_SIZE = 16
_SPINS = 2000


@intrinsic
def atomic_add(typingctx, p, value):
    """Add to an int64 in memory; returns the value before."""

    def codegen(context, builder, signature, args):
        return builder.atomic_rmw("add", args[0], args[1], "seq_cst")

    return types.int64(p, types.int64), codegen


@intrinsic
def atomic_load(typingctx, p):
    def codegen(context, builder, signature, args):
        return builder.load_atomic(args[0], "acquire", 8)

    return types.int64(p), codegen


@intrinsic
def atomic_store(typingctx, p, value):
    def codegen(context, builder, signature, args):
        builder.store_atomic(args[1], args[0], "release", 8)
        return context.get_dummy_value()

    return types.none(p, types.int64), codegen


@intrinsic
def _pause(typingctx):
    def codegen(context, builder, signature, args):
        if platform.machine().lower() in ("x86_64", "amd64"):
            function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.VoidType(), []), "llvm.x86.sse2.pause")
            builder.call(function, [])
        return context.get_dummy_value()

    return types.none(), codegen


@intrinsic
def _yield_core(typingctx):
    def codegen(context, builder, signature, args):
        if sys.platform != "win32":
            function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.IntType(32), []), "sched_yield")
            builder.call(function, [])
        return context.get_dummy_value()

    return types.none(), codegen


@kernel
def barrier(threads, sync):
    """Wait until `threads` threads are here; everything written before is visible after."""
    if threads == 1:
        return
    generation = atomic_load(shift(sync, GENERATION))
    if atomic_add(shift(sync, COUNT), 1) == threads - 1:
        atomic_store(shift(sync, COUNT), 0)
        atomic_store(shift(sync, GENERATION), generation + 1)
        return
    spins = 0
    while atomic_load(shift(sync, GENERATION)) == generation:
        spins += 1
        if spins < _SPINS:
            _pause()
        else:
            _yield_core()
