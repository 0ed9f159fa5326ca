"""Functions that Python calls: their arguments are taken apart by code of our own, faster than numba does.

An argument is a truth value, a whole number, a float or a numpy array of one or two dimensions, C-contiguous and writeable
unless its type says otherwise. The function is a CPython METH_FASTCALL function whose `self` is builtin.SELF; it lets go of
the interpreter lock while the kernel runs.
Arrays are read through numpy's C structure, the one that all extension modules are compiled against.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.np.arrayobj import make_array, populate_array

I8, I32, I64 = (ir.IntType(bits) for bits in (8, 32, 64))
PLACE = I8.as_pointer()
HEAD = object.__basicsize__  # bytes of the head of every Python object
# numpy's structure of an array: data, dimensions, shape, strides, base, type, flags; and of a type: byte order, number
DATA, RANK, SHAPE, STRIDES, TYPE, FLAGS = HEAD, HEAD + 8, HEAD + 16, HEAD + 24, HEAD + 40, HEAD + 48
ORDER, NUMBER = HEAD + 10, HEAD + 12
CONTIGUOUS, ALIGNED, WRITEABLE = 0x1, 0x100, 0x400  # flags
API = {  # Python's functions that are called, and what they give and take; builtin.py has their addresses
    "PyLong_AsLongLong": (I64, PLACE),
    "PyFloat_AsDouble": (ir.DoubleType(), PLACE),
    "PyErr_Occurred": (PLACE,),
    "PyErr_SetString": (ir.VoidType(), PLACE, PLACE),
    "PyEval_SaveThread": (PLACE,),
    "PyEval_RestoreThread": (ir.VoidType(), PLACE),
    "PyLong_FromLongLong": (PLACE, I64),
    "PyFloat_FromDouble": (PLACE, ir.DoubleType()),
    "PyBool_FromLong": (PLACE, I64),
    "PyObject_IsInstance": (I32, PLACE, PLACE),
    "PyTuple_GetItem": (PLACE, PLACE, I64),
    "Py_IncRef": (ir.VoidType(), PLACE),
}


def emit_python_call(context, module, inside, signature, symbol: str) -> None:
    """Add the function `symbol` to a module: it calls `inside`, which has numba's calling convention and this signature."""
    _Emitter(context, module).emit(inside, signature, symbol)


class _Emitter:
    def __init__(self, context, module):
        self.context, self.module = context, module

    def call(self, name, *args):
        result, *kinds = API[name]
        return self.builder.call(cgutils.get_or_insert_function(self.module, ir.FunctionType(result, kinds), name), args)

    def field(self, place, offset, kind):
        return self.builder.load(self.builder.bitcast(self.builder.gep(place, [ir.Constant(I64, offset)]), kind.as_pointer()))

    def item(self, place):
        return self.call("PyTuple_GetItem", self.owner, ir.Constant(I64, place))

    def emit(self, inside, signature, symbol) -> None:
        function = ir.Function(self.module, ir.FunctionType(PLACE, [PLACE, PLACE.as_pointer(), I64]), symbol)
        self.builder = builder = ir.IRBuilder(function.append_basic_block())
        self.owner, given, count = function.args  # builtin.SELF, arguments, how many
        self.ndarray = self.item(0)
        self.require(
            builder.icmp_signed("==", count, ir.Constant(I64, len(signature.args))),
            f"{symbol} takes {len(signature.args)} arguments",
        )
        values = []
        for i, kind in enumerate(signature.args):
            argument = builder.load(builder.gep(given, [ir.Constant(I64, i)]))
            take = self.array if isinstance(kind, types.Array) else self.number
            values.append(take(argument, kind, f"{symbol}: argument {i + 1} must be"))
        state = self.call("PyEval_SaveThread")
        _, value = self.context.call_conv.call_function(builder, inside, signature.return_type, signature.args, values)
        self.call("PyEval_RestoreThread", state)
        builder.ret(self.result(value, signature.return_type))

    def require(self, condition, message) -> None:
        """Raise unless the condition holds."""
        builder = self.builder
        with builder.if_then(builder.not_(condition), likely=False):
            text = self.context.insert_const_string(self.module, message)
            self.call("PyErr_SetString", self.item(1), text)
            builder.ret(ir.Constant(PLACE, None))

    def number(self, argument, kind, _):
        builder, whole = self.builder, isinstance(kind, (types.Integer, types.Boolean))
        value = self.call("PyLong_AsLongLong" if whole else "PyFloat_AsDouble", argument)
        minus_one = ir.Constant(value.type, -1 if whole else -1.0)
        compare = builder.icmp_signed if whole else builder.fcmp_ordered
        with builder.if_then(compare("==", value, minus_one), likely=False):
            with builder.if_then(cgutils.is_not_null(builder, self.call("PyErr_Occurred")), likely=False):
                builder.ret(ir.Constant(PLACE, None))
        if isinstance(kind, types.Boolean):
            return builder.icmp_signed("!=", value, ir.Constant(I64, 0))
        return self.context.cast(builder, value, types.int64 if whole else types.float64, kind)

    def array(self, argument, kind, words):
        builder, context = self.builder, self.context
        dtype = np.dtype(str(kind.dtype))
        needed = {"C-contiguous": CONTIGUOUS * (kind.layout == "C"), "writeable": WRITEABLE * kind.mutable}
        said = ", ".join(word for word, flag in needed.items() if flag)
        words += f" a {said}{' ' * bool(said)}array of {dtype.name} with {kind.ndim} dimension{'s' * (kind.ndim > 1)}"
        wanted = ir.Constant(I32, ALIGNED | sum(needed.values()))
        is_array = self.call("PyObject_IsInstance", argument, self.ndarray)
        self.require(builder.icmp_signed("==", is_array, ir.Constant(I32, 1)), words)
        described = self.field(argument, TYPE, PLACE)
        number = self.field(described, NUMBER, I32)
        numbers = {dtype.num} | ({np.dtype("longlong").num} if dtype == np.dtype("longlong") else set())
        right = [builder.icmp_signed("==", number, ir.Constant(I32, n)) for n in sorted(numbers)]
        fits = right[0] if len(right) == 1 else builder.or_(*right)
        flags = builder.and_(self.field(argument, FLAGS, I32), wanted)
        for condition in (
            builder.icmp_signed("==", self.field(described, ORDER, I8), ir.Constant(I8, ord("="))),
            builder.icmp_signed("==", self.field(argument, RANK, I32), ir.Constant(I32, kind.ndim)),
            builder.icmp_signed("==", flags, wanted),
        ):
            fits = builder.and_(fits, condition)
        self.require(fits, words)
        lengths = self.field(argument, SHAPE, I64.as_pointer())
        shape = [builder.load(builder.gep(lengths, [ir.Constant(I64, k)])) for k in range(kind.ndim)]
        strides, step = [], ir.Constant(I64, dtype.itemsize)
        if kind.layout == "C":
            for length in reversed(shape):
                strides.insert(0, step)
                step = builder.mul(step, length)
        else:
            steps = self.field(argument, STRIDES, I64.as_pointer())
            strides = [builder.load(builder.gep(steps, [ir.Constant(I64, k)])) for k in range(kind.ndim)]
        array = make_array(kind)(context, builder)
        data = self.field(argument, DATA, array.data.type)
        populate_array(array, data=data, shape=shape, strides=strides, itemsize=ir.Constant(I64, dtype.itemsize), meminfo=None)
        return array._getvalue()

    def result(self, value, kind):
        if kind == types.none:
            nothing = self.item(2)
            self.call("Py_IncRef", nothing)
            return nothing
        if isinstance(kind, types.Boolean):
            return self.call("PyBool_FromLong", self.builder.zext(value, I64))
        whole = isinstance(kind, types.Integer)
        wide = self.context.cast(self.builder, value, kind, types.int64 if whole else types.float64)
        return self.call("PyLong_FromLongLong" if whole else "PyFloat_FromDouble", wide)
