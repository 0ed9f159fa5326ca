"""Inner kernels: compiled as far as their callers need them, and no further.

numba makes of every function machine code and two wrappers for Python, then links its LLVM code into each caller and optimises
that again. An inner kernel is only ever called by kernels, so here it stays unoptimised LLVM code: its callers optimise it.
That is a quarter less to do, for the same bits.
"""

from __future__ import annotations

import numba
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering

from .flags import FLAGS


class InnerLibrary(JITCodeLibrary):
    """LLVM code for its callers alone: no passes over the module, no machine code."""

    def _optimize_final_module(self):
        pass

    def _finalize_final_module(self):
        self._finalize_dynamic_globals()
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class InnerLowering(NativeLowering):
    """numba's lowering into an InnerLibrary, without an executable."""

    _name = "tmvalite_inner_lowering"

    def run_pass(self, state):
        state.library = InnerLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = True
        super().run_pass(state)
        # numba finds the functions that it may call by their entry points, so each needs one that equals no other's. A call
        # from Python ends in an error.
        entry = [].index
        state.targetctx.insert_user_function(entry, state.cr.fndesc, [state.library])
        state.cr = state.cr._replace(cfunc=entry)
        return True


class InnerCompiler(CompilerBase):
    """numba's pipeline with that lowering."""

    def define_pipelines(self):
        pipeline = DefaultPassBuilder.define_nopython_pipeline(self.state)
        pipeline.passes = [(InnerLowering if p is NativeLowering else p, words) for p, words in pipeline.passes]
        pipeline.finalize()
        return [pipeline]


OPTIONS = dict(FLAGS, pipeline_class=InnerCompiler)

kernel = numba.njit(**OPTIONS)
