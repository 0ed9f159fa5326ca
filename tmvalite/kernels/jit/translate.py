"""From a Python function to optimised LLVM code with one symbol: the only place where numba's compiler runs.

What comes out depends on no Python: a function with a C signature, or one that Python can call (python_call.py) which knows
Python by its stable C interface alone. So it can be kept as bitcode or machine code in a file of our own.
"""

from __future__ import annotations

import re

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Flags, compile_extra
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target

from .flags import FLAGS
from .python_call import emit_python_call


class _Library(JITCodeLibrary):
    """LLVM code that is optimised, but not loaded into numba's engine."""

    def _finalize_final_module(self):
        self._finalized = True

    @property
    def module(self):
        return self._final_module


@global_compiler_lock
def translate(function, args, result, symbol: str, *, from_python: bool = False) -> llvm.ModuleRef:
    """The optimised LLVM module of a function.

    Parameters
    ----------
    args, result : numba types
    symbol : the one name that the module defines
    from_python : whether Python calls it, else C
    """
    flags = Flags()
    cpu_target.options.parse_as_flags(flags, dict(FLAGS, nopython=True, _nrt=False, nogil=True))
    flags.no_compile = True
    context = cpu_target.target_context
    library = _Library(context.codegen(), symbol)
    compiled = compile_extra(cpu_target.typing_context, context, function, args, result, flags, {}, library=library)
    outside = library.create_ir_module(symbol)
    inside = context.declare_function(outside, compiled.fndesc)
    emit = emit_python_call if from_python else _emit_c_call
    emit(context, outside, inside, compiled.signature, symbol)
    library.add_ir_module(outside)
    library.finalize()
    _keep_only(library.module, symbol)
    return library.module


def _emit_c_call(context, module, inside, signature, symbol: str) -> None:
    """A function with the C signature that calls the one with numba's; kernels raise nothing, so its status is dropped."""
    nothing = signature.return_type == types.none
    result = ir.VoidType() if nothing else context.get_value_type(signature.return_type)
    function = ir.Function(module, ir.FunctionType(result, [context.get_value_type(a) for a in signature.args]), symbol)
    builder = ir.IRBuilder(function.append_basic_block())
    _, value = context.call_conv.call_function(builder, inside, signature.return_type, signature.args, function.args)
    if nothing:
        builder.ret_void()
    else:
        builder.ret(value)


def _keep_only(module: llvm.ModuleRef, symbol: str) -> None:
    """Drop all that `symbol` does not need, and the names of what remains, which differ from process to process."""
    for value in (*module.functions, *module.global_variables):
        if not value.is_declaration and value.name != symbol:
            value.linkage = "internal"
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.add_strip_symbols_pass()
    passes.add_strip_dead_prototype_pass()
    machine = cpu_target.target_context.codegen()._tm
    passes.run(module, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options()))


def portable(module: llvm.ModuleRef) -> bytes:
    """The bitcode of an optimised module, the same in every process: without labels of alias scopes, which count functions."""
    return llvm.parse_assembly(re.sub(r', !"_Z[^"]*"', "", str(module))).as_bitcode()
