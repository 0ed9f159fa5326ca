"""Machine code: made of LLVM code for this processor, and loaded into this process. Needs LLVM, not numba."""

from __future__ import annotations

import os
import platform
from functools import cache

import llvmlite.binding as llvm

from .builtin import add_symbols


@cache
def processor() -> tuple[str, str]:
    """Name and features of the processor that code is made for: this one, unless numba's variables name another."""
    name = os.environ.get("NUMBA_CPU_NAME") or llvm.get_host_cpu_name()
    return name, os.environ.get("NUMBA_CPU_FEATURES") or llvm.get_host_cpu_features().flatten()


def _new_machine() -> llvm.TargetMachine:
    """As numba's own, so that its code and ours are the same."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    name, features = processor()
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    target = llvm.Target.from_triple(llvm.get_process_triple())
    return target.create_target_machine(
        cpu=name, features=features, opt=3, reloc="static" if x86 else "default", codemodel="jitdefault", jit=True
    )


@cache
def _machine() -> llvm.TargetMachine:
    return _new_machine()


@cache
def _engine() -> llvm.ExecutionEngine:
    add_symbols()
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), _new_machine())


def emit(module: llvm.ModuleRef) -> bytes:
    """The object file of an optimised module."""
    return _machine().emit_object(module)


def emit_bitcode(bitcode: bytes) -> bytes:
    """The object file of the bitcode of an optimised module."""
    _machine()  # LLVM knows this processor now
    return emit(llvm.parse_bitcode(bitcode))


def load(code: bytes, symbol: str) -> int:
    """Load an object file that is known to be whole; the address of its symbol, valid while the process lives."""
    engine = _engine()
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine.get_function_address(symbol)
