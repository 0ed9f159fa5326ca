"""What is compiled, for one precision, when it is first needed: families, libraries, entry points. code.py says how."""

from __future__ import annotations

import hashlib
import threading
import types as python
import weakref
from collections.abc import Callable, Iterable
from pathlib import Path

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import cgutils, types

from . import machine
from .builtin import python_function
from .code import codes_of
from .translate import translate

_LOCK = threading.RLock()
_PACKAGE = __name__.partition(".jit.")[0] + "."  # tmvalite.kernels.
ALL: weakref.WeakSet[Compiled] = weakref.WeakSet()  # every one that was declared


class Compiled:
    """A function that is compiled for one precision on first use.

    needs : the library functions that it calls, loaded before it; see `uses`
    """

    needs: tuple[Library, ...] = ()
    from_python = False

    def __init__(self, function: python.FunctionType):
        self.function = function
        self._ready: dict[str, object] = {}
        ALL.add(self)

    def signature(self, element):
        """numba's types of the arguments, and of the result, None to be inferred, for float32 or float64."""
        raise NotImplementedError

    def symbol(self, bits: int) -> str:
        """The name of the machine code, for a precision of so many bits."""
        return f"tmvalite.{self.name}.{bits}"

    @property
    def name(self) -> str:
        """What files call it; the sources that folders.KEY does not have are part of it."""
        function = self.function
        outside = "" if function.__module__.startswith(_PACKAGE) else f"-{_fingerprint(function)}"
        words = f"{function.__module__.removeprefix(_PACKAGE)}.{function.__qualname__}{outside}"
        return "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in words)

    def get(self, precision: str):
        """What was compiled for "float32" or "float64"."""
        if precision not in self._ready:
            prepare([self], precision)
        return self._ready[precision]

    def module(self, precision: str) -> llvm.ModuleRef:
        """Compile: the optimised LLVM code."""
        element = getattr(types, precision)
        args, result = self.signature(element)
        return translate(self.function, args, result, self.symbol(element.bitwidth), from_python=self.from_python)

    def load(self, code: bytes, precision: str) -> None:
        """Make this process know the machine code."""
        symbol = self.symbol(getattr(types, precision).bitwidth)
        self._ready[precision] = self.finished(machine.load(code, symbol), symbol)

    def finished(self, address: int, symbol: str):
        """What `get` gives."""
        return address


class Addressed(Compiled):
    """A function with a C signature, called through its address."""

    def address(self, precision: str) -> int:
        """Address of the machine code; valid while the process lives."""
        return self.get(precision)


class Library(Addressed):
    """A function of much explicit code that other kernels call by name: compiled once, not once in every caller.

    The linker finds it under a symbol, so it must be loaded before its callers: `uses`.
    """

    def __init__(self, function, signature):
        super().__init__(function)
        self._signature = signature

    def signature(self, element):
        found = self._signature(element)
        return found.args, found.return_type

    def symbol(self, bits: int) -> str:
        return f"tmvalite_{self.function.__name__}_{bits}"

    def finished(self, address, symbol):
        llvm.add_symbol(symbol, address)
        return address

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
    """A kernel that Python calls; `signature(element)` gives the argument types for float32 or float64.

    Arguments are whole numbers, floats and C-contiguous arrays.
    """

    from_python = True

    def __init__(self, function, signature):
        super().__init__(function)
        self._signature = signature

    def signature(self, element):
        return self._signature(element), None

    def finished(self, address, symbol):
        return python_function(address, self.function.__name__)


def entry_point(signature):
    """Decorator: make the function an EntryPoint with these argument types."""
    return lambda function: EntryPoint(function, signature)


class Family(Addressed):
    """A kernel that steps of a plan call through its address; see kernels/family.py for its arguments.

    columns : what it says of its descriptor (family.Columns), None where it says nothing
    backward, passes, scoring, flops, kind : see `family`
    """

    def __init__(self, function, columns=None, *, backward=(), passes="", scoring=None, flops=None, kind=""):
        super().__init__(function)
        self.columns, self.backward, self.passes, self.scoring = columns, tuple(backward), passes, scoring
        self.flops, self.kind = flops, kind or function.__module__.rpartition(".")[2]

    def signature(self, element):
        numbers, integers = types.CPointer(element), types.CPointer(types.int64)
        return (integers, integers, numbers, numbers, numbers, numbers), types.float64


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


def _fingerprint(function: Callable) -> str:
    """Of a function outside tmvalite: its file, its code, and what it closes over."""
    digest = hashlib.blake2b(digest_size=8)
    code = function.__code__
    try:
        digest.update(Path(code.co_filename).read_bytes())
    except OSError:
        pass
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    digest.update(repr((code.co_code, code.co_names, code.co_consts, cells)).encode())
    return digest.hexdigest()


def prepare(kernels: Iterable[Compiled], precision: str) -> None:
    """Load kernels and what they need."""
    with _LOCK:
        wanted = [k for kernel in kernels for k in (*kernel.needs, kernel) if precision not in k._ready]
        codes = codes_of(dict.fromkeys(wanted), precision)
        for kernel, code in codes.items():
            kernel.load(code, precision)
