"""The step of a kernel that a layer emits itself: what the planner must know of it stands beside the kernel.

Names say how it differentiates. Let the kernel read operands x and parameters p, and write y. A kernel of its `backward` has
columns of the same names, which hold the same tensors and numbers, and of these:

grad_y      the gradient of the output; if the kernel changes it, it becomes that of the first operand
grad_x      the gradient of x: written, or added to where the kernel can (`adds`); absent (-1) if nobody wants it, and the
            kernel is left out where it has nothing to do
p           under `gradients`, the place of the gradient of p, which is that of p; `first_use` says that it begins from zero
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from tmvalite.kernels._jit import Family
from tmvalite.plan.step import Slot, Step, Tape, Tensor


@dataclass(frozen=True, eq=False)
class Operation(Step):
    """A kernel and what belongs into its columns: tensors, slots, numbers; under "geometry" the numbers of its block."""

    kernel: Family
    values: Mapping[str, Any]
    detail: str = ""
    first_use: bool = True

    @property
    def family(self):
        return self.kernel.kind

    @property
    def identity_when_scoring(self):
        return self.kernel.scoring == "identity"

    # the names by which the planner replaces an output by an input
    x = property(lambda self: self.values[self.columns.operands[0]])
    y = property(lambda self: self.writes[0])

    def fields(self, names):
        try:
            return tuple([self.first_use if name == "first_use" else self.values[name] for name in names])
        except KeyError as error:
            raise LookupError(f"nothing was given for {error}, a column of {self.kernel.function.__name__}") from None

    def flops(self):
        if self.kernel.flops is None:
            return super().flops()
        work, name = self.kernel.flops
        return work * self.values[name].size

    def text(self):
        return self.detail

    def for_scoring(self):
        other = self.kernel.scoring
        return replace(self, kernel=other) if isinstance(other, Family) else self

    def substitute(self, mapping):
        values = {name: mapping.get(v, v) if isinstance(v, Tensor) else v for name, v in self.values.items()}
        return replace(self, values=values)

    def differentiate(self, tape):
        self._complain_of_missing(tape)
        for kernel in self.kernel.backward:
            self._append(kernel, tape)
        passes = self.kernel.passes
        if passes and self.values[passes] in tape.wanted:
            tape.hand_over(self.values[passes], tape.gradient(self.y))

    def _complain_of_missing(self, tape: Tape) -> None:
        """Every gradient that somebody needs must come from somewhere."""
        wanted = [name for name in self.columns.read if self.values[name] in tape.wanted]
        wanted += [name for name in self.columns.parameters if self.values[name].trained]
        for name in wanted:
            if name not in _gradients_of(self.kernel):
                raise LookupError(f"no backward kernel of {self.kernel.function.__name__} gives the gradient of '{name}'")

    def _append(self, kernel: Family, tape: Tape) -> None:
        """The step of one backward kernel, if there is anything for it to do."""
        columns, values, made = kernel.columns, {}, []
        written = {f"grad_{name}" for name, value in self.values.items() if isinstance(value, Tensor) and value in self.writes}
        results = [name for name in columns.operands if name.startswith("grad_") and name not in written]
        turned = [self.x] if written.intersection(columns.changes) else []
        wanted = [t for t in (*turned, *(self.values[name[5:]] for name in results)) if t in tape.wanted]
        if not wanted and not any(self.values[name].trained for name in columns.gradients):
            return
        for name in columns.operands:
            if name in written:
                values[name] = tape.gradient(self.values[name[5:]])
            elif name in results:
                x, add = self.values[name[5:]], False
                values[name] = None
                if x in wanted and name in columns.adds:
                    values[name], add = tape.target(x)
                elif x in wanted:
                    values[name] = Tensor(x.size, f"d {x.label}", x.shape)
                    made.append((x, values[name]))
                if name in columns.adds:
                    values[columns.adds[name]] = add
            elif name in columns.scratch:
                values[name] = replace(self.values[name])
        step = Operation(kernel=kernel, values={**self.values, **values}, detail=primed(self.detail))
        tape.steps.append(step)
        for x, gradient in (*made, *((x, values[columns.changes[0]]) for x in turned)):
            tape.hand_over(x, gradient)


def missing_columns(kernel: Family, values: Mapping[str, Any]) -> None:
    """Complain where the values for a kernel are not those of its columns and of what its backward kernels need besides."""
    if kernel.columns is None:
        raise LookupError(f"{kernel.function.__name__} has no columns: write @family(descriptor(...)) above it")
    if not kernel.columns.overwritten:
        raise LookupError(f"{kernel.function.__name__} says of no operand that it writes it: descriptor(..., writes=...)")
    needed, known = _names_for(kernel)
    missing, unknown = sorted(needed - set(values)), sorted(set(values) - known)
    if missing or unknown:
        what = [f"nothing was given for '{name}'" for name in missing] + [f"it has no column '{name}'" for name in unknown]
        raise LookupError(f"{kernel.function.__name__}: {', '.join(what)}")
    for name in kernel.columns.numbers:
        if isinstance(values.get(name), Slot) and name not in (*kernel.columns.parameters, *kernel.columns.gradients):
            raise LookupError(
                f"{kernel.function.__name__} is given a parameter for '{name}': descriptor(..., parameters='{name}')"
            )


@cache
def _names_for(kernel: Family) -> tuple[frozenset[str], frozenset[str]]:
    """Names of what must be given for a kernel, and of all that may be."""
    needed = _needs(kernel) - {"first_use"}
    for other in kernel.backward:
        for name in other.columns.operands:
            if name.startswith("grad_") and name[5:] not in kernel.columns.operands:
                named = f"{other.function.__name__} has a column '{name}', but {kernel.function.__name__} no operand '{name[5:]}'"
                raise LookupError(named)
    others = (_needs(other) for other in (*kernel.backward, kernel.scoring) if isinstance(other, Family))
    return frozenset(needed), frozenset(needed.union(*others))


def _needs(kernel: Family) -> set[str]:
    columns = kernel.columns
    return {*columns.operands, *columns.numbers, *(("geometry",) if columns.geometry else ())}


@cache
def _gradients_of(kernel: Family) -> frozenset[str]:
    """Names of the operands and parameters whose gradients the backward kernels give."""
    given = {kernel.passes}
    for other in kernel.backward:
        given |= {name.removeprefix("grad_") for name in other.columns.overwritten} | set(other.columns.gradients)
        given |= {kernel.columns.operands[0]} if other.columns.changes else set()
    return frozenset(given)


def primed(text: str) -> str:
    """The text of a step for its gradient: a prime behind the first word."""
    return re.sub(r"^[^ ,]+", r"\g<0>'", text)
