"""Python functions made of machine code; python_call.py emits the code."""

from __future__ import annotations

import ctypes

import llvmlite.binding as llvm
import numpy as np

# of Python's C interface
CALLED = """PyLong_AsLongLong PyFloat_AsDouble PyErr_Occurred PyErr_SetString PyEval_SaveThread PyEval_RestoreThread
PyLong_FromLongLong PyFloat_FromDouble PyBool_FromLong PyObject_IsInstance PyTuple_GetItem Py_IncRef""".split()


class _Method(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("address", ctypes.c_void_p), ("flags", ctypes.c_int), ("text", ctypes.c_char_p)]


_FASTCALL = 0x80
SELF = (np.ndarray, TypeError, None)  # what a function needs to know of Python's objects, handed to it as its `self`
_KEPT: list[_Method] = []  # Python keeps pointers to these


def python_function(address: int, name: str):
    """The Python function whose machine code is at `address`."""
    method = _Method(name.encode(), address, _FASTCALL, None)
    _KEPT.append(method)
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
    return make(ctypes.addressof(method), SELF, None)


def add_symbols() -> None:
    """Tell the linker where Python's functions are."""
    for name in CALLED:
        llvm.add_symbol(name, ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value)
