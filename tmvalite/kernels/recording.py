"""Formulas in compiled code: `x * m.sigmoid(x)` is recorded once, operation by operation, and emitted where it is used.

A formula is a plain function of a mathematics `m` and of numbers, such as those that activations, losses and optimizers
declare; tmvalite/mathematics.py has the same functions for numpy. What is emitted is what numba makes of the same
expression: the constants take the type of the numbers, and {contract, nsz} holds as everywhere.

A kernel with a place for a formula is a template: a function that calls the names given to `instance`, which makes a
function with a name of its own. That name ends with a hash of what was recorded, because numba's cache tells functions apart
by name and place, not by the formulas that they call.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from types import FunctionType

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from .math import choose, exp, expm1, larger, log, log1p_of_fraction, sigmoid, smaller, square_root, tanh, with_sign

FUNCTIONS = {
    "exp": exp,
    "expm1": expm1,
    "log": log,
    "log1p": math.log1p,
    "log1p_of_fraction": log1p_of_fraction,
    "sqrt": square_root,
    "tanh": tanh,
    "sigmoid": sigmoid,
    "erf": math.erf,
    "power": math.pow,
    "larger": larger,
    "smaller": smaller,
    "choose": choose,
    "with_sign": with_sign,
    "abs": math.fabs,
}
ARITHMETIC = {"+": "fadd", "-": "fsub", "*": "fmul", "/": "fdiv"}
COMPARISONS = ("<", "<=", ">", ">=")


class Recorded:
    """A number of a formula: where its recording has it."""

    def __init__(self, recording: Recording, place: int):
        self.recording, self.place = recording, place

    def _with(self, operation, first, second):
        return self.recording.add(operation, first, second)

    def __add__(self, other):
        return self._with("+", self, other)

    def __radd__(self, other):
        return self._with("+", other, self)

    def __sub__(self, other):
        return self._with("-", self, other)

    def __rsub__(self, other):
        return self._with("-", other, self)

    def __mul__(self, other):
        return self._with("*", self, other)

    def __rmul__(self, other):
        return self._with("*", other, self)

    def __truediv__(self, other):
        return self._with("/", self, other)

    def __rtruediv__(self, other):
        return self._with("/", other, self)

    def __lt__(self, other):
        return self._with("<", self, other)

    def __le__(self, other):
        return self._with("<=", self, other)

    def __gt__(self, other):
        return self._with(">", self, other)

    def __ge__(self, other):
        return self._with(">=", self, other)

    def __neg__(self):
        return self.recording.add("negative", self)

    def __abs__(self):
        return self.recording.add("abs", self)

    def __pow__(self, exponent):
        if exponent != 2:
            raise TypeError(f"a formula has the square x**2 and no x**{exponent}; write m.power, or products")
        return self * self

    def __bool__(self):
        raise TypeError("a formula cannot branch on its numbers; write m.choose(condition, yes, no)")


class Recording:
    """The mathematics `m` that writes down what a formula does with `arguments` numbers.

    lines : (operation, operands): places of earlier lines, behind the arguments, or for a constant its value
    results : places of what the formula gives
    """

    def __init__(self, formula: Callable, arguments: int):
        self.arguments, self.lines = arguments, []
        given = formula(self, *(Recorded(self, place) for place in range(arguments)))
        self.results = tuple(self._place(value) for value in (given if isinstance(given, tuple) else (given,)))

    def __getattr__(self, name: str):
        if name not in FUNCTIONS:
            raise AttributeError(f"formulas have no function {name}; they have {', '.join(FUNCTIONS)}")
        return lambda *operands: self.add(name, *operands)

    def add(self, operation: str, *operands) -> Recorded:
        places = [self._place(value) for value in operands]
        self.lines.append((operation, *places))
        return Recorded(self, self.arguments + len(self.lines) - 1)

    def _place(self, value) -> int:
        if isinstance(value, Recorded):
            return value.place
        self.lines.append(("constant", float(value)))
        return self.arguments + len(self.lines) - 1

    @property
    def text(self) -> str:
        """All that decides what is emitted."""
        return f"{self.arguments} {self.lines} {self.results}"

    def emit(self, context, builder, kind, given, kinds=None) -> list:
        """The LLVM values of the results; `given` are those of the arguments, of the numba type `kind` (or of `kinds`)."""
        values, of = list(given), list(kinds or [kind] * self.arguments)
        element = context.get_value_type(kind)
        for operation, *operands in self.lines:
            result = kind
            if operation == "constant":
                values.append(ir.Constant(element, operands[0]))
                of.append(kind)
                continue
            args = [values[place] for place in operands]
            if operation in ARITHMETIC:
                values.append(getattr(builder, ARITHMETIC[operation])(*args))
            elif operation in COMPARISONS:
                values.append(builder.fcmp_ordered(operation, *args))
                result = types.boolean
            elif operation == "negative":
                values.append(builder.fneg(args[0]))
            else:
                function = context.typing_context.resolve_value_type(FUNCTIONS[operation])
                wanted = [of[place] for place in operands]
                signature = context.typing_context.resolve_function_type(function, wanted, {})
                values.append(context.get_function(function, signature)(builder, args))
            of.append(result)
        return [values[place] for place in self.results]


def number_function(recording: Recording):
    """A formula of one or two numbers and one result, as numba code calls it."""

    def typed(*kinds):
        def codegen(context, builder, signature, args):
            return recording.emit(context, builder, signature.return_type, args)[0]

        return kinds[0](*kinds), codegen

    if recording.arguments == 1:

        @intrinsic
        def of_one(typingctx, x):
            return typed(x)

        return of_one

    @intrinsic
    def of_two(typingctx, x, y):
        return typed(x, y)

    return of_two


def instance(template: FunctionType, name: str, recordings: tuple[Recording, ...], **functions) -> FunctionType:
    """The function `template`, calling `functions` under these names instead of the module's own, which stand for them."""
    digest = hashlib.blake2b("\n".join(r.text for r in recordings).encode(), digest_size=6).hexdigest()
    unique = f"{name}_{digest}"
    made = FunctionType(template.__code__, {**template.__globals__, **functions}, unique)
    made.__qualname__ = unique
    return made
