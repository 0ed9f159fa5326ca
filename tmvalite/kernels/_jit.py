"""The one way in which tmvalite compiles: flags, pointers, and a cache that mends itself.

Inner kernels are marked `@kernel`; they take C-like pointers and sizes and are compiled into whatever calls them.
Library functions (`@library`) are called by name: large pieces of explicit code that several kernels share.
Families (`@family`, kernels/family.py) are what the steps of a plan call, through a pointer and with one signature;
entry points (`@entry_point`) are what Python calls. Both are compiled on first use, for one precision, and kept on
disk, so that a network compiles the families it needs and nothing else.

Flags: {contract, nsz} only. `contract` lets a*b+c become one rounding, which does not depend on where in an array an
element lies; `reassoc`, `arcp` and `afn` would make bits depend on array lengths. error_model="numpy" drops the
division check that stops vectorisation.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import stat
import sys
import tempfile
import threading
import warnings
from pathlib import Path

import llvmlite
import llvmlite.binding as llvm
import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, overload

FASTMATH = {"contract", "nsz"}
_OPTIONS = dict(nogil=True, fastmath=FASTMATH, error_model="numpy", boundscheck=False)
_CFUNC_OPTIONS = {name: value for name, value in _OPTIONS.items() if name not in ("nogil", "boundscheck")}

kernel = numba.njit(**_OPTIONS)


def vector_bytes() -> int:
    """Width of the vectors that explicit kernels use: 64, 32 or 16 bytes, from the host or TMVALITE_VECTOR_BYTES."""
    forced = os.environ.get("TMVALITE_VECTOR_BYTES")
    if forced:
        if forced not in ("16", "32", "64"):
            raise ValueError(f"TMVALITE_VECTOR_BYTES is {forced!r}; it may be 16, 32 or 64")
        return int(forced)
    features = llvm.get_host_cpu_features()
    if features.get("avx512f") and features.get("avx512vl"):
        return 64
    if features.get("avx2") and features.get("fma"):
        return 32
    return 16


VECTOR_BYTES = vector_bytes()


# ---------------------------------------------------------------------------------------------------- pointers


@intrinsic
def pointer(typingctx, array, offset):
    """Typed pointer to element `offset` of the data of an array."""

    def codegen(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.gep(data, [args[1]])

    return types.CPointer(array.dtype)(array, types.int64), codegen


@intrinsic
def shift(typingctx, base, offset):
    """Pointer `offset` elements behind `base`."""

    def codegen(context, builder, signature, args):
        return builder.gep(args[0], [args[1]])

    return base(base, types.int64), codegen


@intrinsic
def null(typingctx, like):
    """The null pointer of the type of `like`."""

    def codegen(context, builder, signature, args):
        return ir.Constant(args[0].type, None)

    return like(like), codegen


@intrinsic
def address_of(typingctx, p):
    """Address (int64) of a pointer."""

    def codegen(context, builder, signature, args):
        return builder.ptrtoint(args[0], ir.IntType(64))

    return types.int64(p), codegen


@intrinsic
def is_null(typingctx, p):
    """Whether the pointer is null."""

    def codegen(context, builder, signature, args):
        return builder.icmp_unsigned("==", args[0], ir.Constant(args[0].type, None))

    return types.boolean(p), codegen


@intrinsic
def pointer_at(typingctx, address, like):
    """Typed pointer to an address (int64); `like` is a pointer of the type that is wanted."""

    def codegen(context, builder, signature, args):
        return builder.inttoptr(args[0], args[1].type)

    return like(types.int64, like), codegen


def _address_of(kind):
    @intrinsic
    def at(typingctx, address):
        def codegen(context, builder, signature, args):
            element = ir.IntType(64) if kind == types.int64 else ir.DoubleType()
            return builder.inttoptr(args[0], element.as_pointer())

        return types.CPointer(kind)(types.int64), codegen

    return at


integers_at = _address_of(types.int64)  # pointer to int64 at an address
doubles_at = _address_of(types.float64)  # pointer to float64 at an address


@intrinsic
def stack(typingctx, size, like):
    """Memory of `size` bytes, a constant, in the frame of the function, for elements like those of a pointer."""
    if not isinstance(size, types.IntegerLiteral):
        return None  # numba then asks with the constant
    count = size.literal_value

    def codegen(context, builder, signature, args):
        with builder.goto_entry_block():  # not numba's alloca_once, which stores a zero into every byte
            block = builder.alloca(ir.ArrayType(ir.IntType(8), count))
        block.align = VECTOR_BYTES
        return builder.bitcast(block, args[1].type)

    return like(size, like), codegen


def number(like, value):
    """A Python constant in the type of `like`, so that float32 code stays float32."""
    raise NotImplementedError


@overload(number, jit_options=_OPTIONS)
def _number(like, value):
    if like == types.float32:
        return lambda like, value: np.float32(value)
    return lambda like, value: np.float64(value)


# ---------------------------------------------------------------------------------------------------- the cache


def _source_key() -> str:
    """Hash of everything that compiled code depends on: kernel sources, versions, CPU, vector width."""
    digest = hashlib.blake2b(digest_size=12)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    cpu = llvm.get_host_cpu_name() + llvm.get_host_cpu_features().flatten()
    for part in (
        numba.__version__,
        llvmlite.__version__,
        sys.version,
        platform.machine(),
        cpu,
        str(VECTOR_BYTES),
        os.environ.get("NUMBA_CPU_NAME", ""),
        os.environ.get("NUMBA_CPU_FEATURES", ""),
    ):
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()


KEY = _source_key()  # of what is being imported now, not of what the files may become


def cache_folder() -> Path | None:
    """The folder for compiled kernels, made with mode 0700 if needed; None when there is no safe place.

    TMVALITE_CACHE_DIR, else the user's cache folder. A folder that others may write to is refused, since
    compiled code is loaded from it.
    """
    chosen = os.environ.get("TMVALITE_CACHE_DIR")
    if chosen:
        base = Path(chosen)
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home())) / "tmvalite" / "cache"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches" / "tmvalite"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tmvalite"
    folder = base / f"kernels-{KEY}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
        if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
            raise PermissionError(f"{folder} may be written by others")
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, RuntimeError) as error:
        warnings.warn(f"kernels are compiled anew in every process: no cache folder ({error})", RuntimeWarning, stacklevel=4)
        return None
    return folder


_FOLDER: list = []


def _folder() -> Path | None:
    """`cache_folder`, looked for once in a process."""
    if not _FOLDER:
        _FOLDER.append(cache_folder())
    return _FOLDER[0]


_LOCK = threading.RLock()


class Compiled:
    """A function compiled for one precision on first use. A damaged cache is deleted and rebuilt, with one warning.

    `needs` are the library functions that it calls, loaded before it; see `uses`.
    """

    needs: tuple[Library, ...] = ()

    def __init__(self, function):
        self.function = function
        self._ready: dict[str, object] = {}

    def get(self, precision: str):
        """What was compiled for "float32" or "float64"."""
        ready = self._ready.get(precision)
        if ready is None:
            with _LOCK:
                ready = self._ready.get(precision)
                if ready is None:
                    for library in self.needs:
                        library.get(precision)
                    ready = self._ready[precision] = self._load(getattr(types, precision))
        return ready

    def is_ready(self, precision: str) -> bool:
        """Whether `get` returns at once or nearly so: compiled in this process, or some kernels are in the cache."""
        folder = _folder()
        return precision in self._ready or (folder is not None and any(folder.rglob("*.nbi")))

    def compile(self, element, cached: bool):
        raise NotImplementedError

    def _load(self, element):
        folder = _folder()
        if folder is None:
            return self.compile(element, False)
        try:
            return self._compile_into(element, folder)
        except (numba.core.errors.NumbaError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001  whatever a damaged cache file raises while numba reads it back
            warnings.warn(f"rebuilding the damaged kernel cache {folder} ({type(error).__name__})", RuntimeWarning, stacklevel=5)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return self._compile_into(element, folder)

    def _compile_into(self, element, folder):
        # numba reads the folder from its global configuration when a function is decorated; put back at once.
        kept = numba.config.CACHE_DIR
        try:
            numba.config.CACHE_DIR = str(folder)
            return self.compile(element, True)
        finally:
            numba.config.CACHE_DIR = kept


class Library(Compiled):
    """A function of much explicit code that other kernels call by name: compiled once, not once in every caller.

    The linker finds it under a symbol, also when a caller comes from the cache, so it must be loaded before: `uses`.
    """

    def __init__(self, function, signature):
        super().__init__(function)
        self.signature = signature

    def compile(self, element, cached):
        compiled = numba.cfunc(self.signature(element), cache=cached, nopython=True, **_CFUNC_OPTIONS)(self.function)
        llvm.add_symbol(self.symbol(element.bitwidth), compiled.address)
        return compiled

    def symbol(self, bits: int) -> str:
        return f"tmvalite_{self.function.__name__}_{bits}"

    def call(self, builder, element: ir.Type, args):
        """Emit the call, for numbers of the LLVM type `element`."""
        name = self.symbol(32 if isinstance(element, ir.FloatType) else 64)
        function_type = ir.FunctionType(ir.VoidType(), [a.type for a in args])
        builder.call(cgutils.get_or_insert_function(builder.module, function_type, name), args)


def library(signature):
    """Decorator: make the function a Library; `signature(element)` gives its type for float32 or float64."""
    return lambda function: Library(function, signature)


def uses(*libraries: Library):
    """Decorator above `family` and `entry_point`: the library functions that the kernel calls, itself or through others."""

    def mark(compiled: Compiled) -> Compiled:
        compiled.needs = libraries
        return compiled

    return mark


class EntryPoint(Compiled):
    """A kernel that Python calls; `signature(element)` gives the argument types for float32 or float64."""

    def __init__(self, function, signature):
        super().__init__(function)
        self.signature = signature

    def compile(self, element, cached):
        compiled = numba.njit(cache=cached, **_OPTIONS)(self.function)
        compiled.compile(self.signature(element))
        compiled.disable_compile()
        return compiled


def entry_point(signature):
    """Decorator: make the function an EntryPoint with these argument types."""
    return lambda function: EntryPoint(function, signature)


class Family(Compiled):
    """A kernel that steps of a plan call through its address; see kernels/family.py for its arguments.

    columns : what it says of its descriptor (family.Columns), None where it says nothing
    backward, passes, scoring, flops, kind : see `family`
    """

    def __init__(self, function, columns=None, *, backward=(), passes="", scoring=None, flops=None, kind=""):
        super().__init__(function)
        self.columns, self.backward, self.passes, self.scoring = columns, tuple(backward), passes, scoring
        self.flops, self.kind = flops, kind or function.__module__.rpartition(".")[2]

    def compile(self, element, cached):
        pointer_type, integers = types.CPointer(element), types.CPointer(types.int64)
        signature = types.float64(integers, integers, pointer_type, pointer_type, pointer_type, pointer_type)
        return numba.cfunc(signature, cache=cached, nopython=True, **_CFUNC_OPTIONS)(self.function)

    def address(self, precision: str) -> int:
        """Address of the machine code; valid while the process lives."""
        return self.get(precision).address


def family(named, **facts):
    """Decorator: make the function a Family. `named`: its columns (family.descriptor), or the function where it has none.

    facts, for a kernel that a layer emits itself (plan/families/operation.py), none of which need be given:
    backward : the families that compute its gradients; the gradient of an operand or parameter x is called grad_x there
    passes : the operand to which the gradient of the output is handed on as it is
    scoring : the family that takes its place when scoring, or "identity": there the first operand stands for the output
    flops : arithmetic per element of an operand, and which one: (30, "y")
    kind : the word for it in a printed plan
    """
    if callable(named):
        return Family(named)
    return lambda function: Family(function, named.of, **facts)
