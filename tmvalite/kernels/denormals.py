"""Numbers below the normal range count as zero while a network runs.

What has died out, such as the moments of a weight that gets no gradient any more, otherwise passes through the denormal numbers,
where arithmetic is up to a hundred times slower: a variational autoencoder took five times as long after some hundred steps.
The control word is the thread's own; it is put back when the call ends. Machines without such a switch keep denormal numbers.
"""

from __future__ import annotations

import platform

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

_MACHINE = platform.machine().lower()
_X86, _ARM = _MACHINE in ("x86_64", "amd64"), _MACHINE in ("aarch64", "arm64")
FLUSHES = _X86 or _ARM  # whether this machine has the switch
_BITS = 0x8040 if _X86 else 1 << 24  # results and operands flushed to zero: FTZ and DAZ of MXCSR, FZ of FPCR


def _read(builder):
    """The control word of this thread, as int64."""
    if _X86:
        place = cgutils.alloca_once(builder, ir.IntType(32))
        _x86(builder, "stmxcsr", place)
        return builder.zext(builder.load(place), ir.IntType(64))
    function = ir.FunctionType(ir.IntType(64), [])
    return builder.call(cgutils.get_or_insert_function(builder.module, function, "llvm.aarch64.get.fpcr"), [])


def _write(builder, word):
    if _X86:
        place = cgutils.alloca_once(builder, ir.IntType(32))
        builder.store(builder.trunc(word, ir.IntType(32)), place)
        _x86(builder, "ldmxcsr", place)
        return
    function = ir.FunctionType(ir.VoidType(), [ir.IntType(64)])
    builder.call(cgutils.get_or_insert_function(builder.module, function, "llvm.aarch64.set.fpcr"), [word])


def _x86(builder, name, place):
    pointer = ir.IntType(8).as_pointer()
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.VoidType(), [pointer]), f"llvm.x86.sse.{name}")
    builder.call(function, [builder.bitcast(place, pointer)])


@intrinsic
def flush_denormals(typingctx):
    """From now on, in this thread, denormal numbers are zero; returns what `restore_denormals` wants."""

    def codegen(context, builder, signature, args):
        if not (_X86 or _ARM):
            return ir.Constant(ir.IntType(64), 0)
        word = _read(builder)
        _write(builder, builder.or_(word, ir.Constant(ir.IntType(64), _BITS)))
        return word

    return types.int64(), codegen


@intrinsic
def restore_denormals(typingctx, word):
    """Put the control word back."""

    def codegen(context, builder, signature, args):
        if _X86 or _ARM:
            _write(builder, args[0])
        return context.get_dummy_value()

    return types.none(types.int64), codegen
