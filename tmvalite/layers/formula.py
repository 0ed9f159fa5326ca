"""Width formulas of dense layers, such as `(N+100)*2`: arithmetic in N, evaluated without recursion and without eval.

    formula : term (("+"|"-") term)*        term : factor (("*"|"/") factor)*
    factor  : ("+"|"-") factor | power      power : atom ["^" factor]
    atom    : NUMBER | "N" | "n" | FUNCTION "(" formula ("," formula)* ")" | "(" formula ")"

TMVA reads these as formulas of ROOT with N replaced by the number of input variables, and truncates the result.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from tmvalite.errors import quoted

LARGEST_WIDTH = 2**31 - 1  # TMVA's int

FUNCTIONS: dict[str, tuple[int, Callable[..., float]]] = {
    "sqrt": (1, math.sqrt),
    "exp": (1, math.exp),
    "log": (1, math.log),
    "log10": (1, math.log10),
    "log2": (1, math.log2),
    "abs": (1, abs),
    "floor": (1, math.floor),
    "ceil": (1, math.ceil),
    "pow": (2, math.pow),
    "max": (2, max),
    "min": (2, min),
}

_VARIABLES = re.compile(r"(?<![A-Za-z0-9_])[Nn](?![A-Za-z0-9_])")
_TOKEN = re.compile(r"\s*(?:([0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)|([A-Za-z_]\w*)|(.))", re.DOTALL)

# binding strength, right-to-left; "neg" is the sign in front of a factor
_OPERATORS: dict[str, tuple[int, bool, int, Callable[..., float]]] = {
    "+": (1, False, 2, lambda a, b: a + b),
    "-": (1, False, 2, lambda a, b: a - b),
    "*": (2, False, 2, lambda a, b: a * b),
    "/": (2, False, 2, lambda a, b: a / b),
    "neg": (3, True, 1, lambda a: -a),
    "^": (4, True, 2, math.pow),
}


class FormulaError(ValueError):
    """A formula that cannot be read or has no value; `start`, `stop` are the place inside its text."""

    def __init__(self, message: str, start: int, stop: int):
        super().__init__(message)
        self.start, self.stop = start, stop


def depends_on_variables(text: str) -> bool:
    """Whether N stands in a formula, so that its value is not known before the data are."""
    return _VARIABLES.search(text) is not None


def evaluate_width(text: str, n_variables: int) -> int:
    """Value of a width formula, truncated towards zero as TMVA does.

    Raises
    ------
    FormulaError
        If the text is no formula, or its value is negative, not finite or too large for a width.

    Examples
    --------
    >>> evaluate_width("(N+100)*2", 4)
    208
    >>> evaluate_width("N/2", 5)
    2
    """
    value = evaluate(text, n_variables)
    if not math.isfinite(value) or not 0 <= value <= LARGEST_WIDTH:
        raise FormulaError(f"a width cannot be {value:g}", 0, len(text))
    return int(value)


def evaluate(text: str, n_variables: int) -> float:
    """Value of a formula by two stacks (shunting-yard), so that nesting costs no recursion."""
    values: list[float] = []
    pending: list[tuple[str, int, int]] = []  # operators, "(" and function names with their place
    arguments: list[int] = []  # for every open "(": arguments seen so far
    wants_value = True
    end = len(text)

    def fail(message: str, start: int, stop: int):
        raise FormulaError(message, start, max(stop, start + 1))

    def apply(count: int, function: Callable[..., float], start: int, stop: int) -> None:
        operands = values[-count:]
        del values[-count:]
        try:
            values.append(float(function(*operands)))
        except (ArithmeticError, ValueError):
            fail(f"{quoted(text[start:stop])} has no value here", start, stop)

    def reduce(strength: int, right: bool) -> None:
        """Apply what stands on the stack and binds at least as strongly."""
        while pending and pending[-1][0] in _OPERATORS:
            name, start, stop = pending[-1]
            other, _, count, function = _OPERATORS[name]
            if other < strength or (other == strength and right):
                return
            pending.pop()
            apply(count, function, start, stop)

    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        number, name, symbol = match.groups()
        start, stop = match.start(match.lastindex), match.end()
        position = stop
        if wants_value:
            if number:
                values.append(float(number))
                wants_value = False
            elif name in ("N", "n"):
                values.append(float(n_variables))
                wants_value = False
            elif name in FUNCTIONS and text[stop:].lstrip().startswith("("):
                pending.append((name, start, stop))
            elif symbol == "(":
                pending.append(("(", start, stop))
                arguments.append(1)
            elif symbol == "-":
                pending.append(("neg", start, stop))
            elif symbol == "+":
                continue
            else:
                fail(f"{quoted(text[start:stop])} is no number", start, stop)
        elif symbol in _OPERATORS:
            strength, right, _, _ = _OPERATORS[symbol]
            reduce(strength, right)
            pending.append((symbol, start, stop))
            wants_value = True
        elif symbol == "," and arguments:
            reduce(0, False)
            arguments[-1] += 1
            wants_value = True
        elif symbol == ")" and arguments:
            reduce(0, False)
            pending.pop()
            count = arguments.pop()
            called = pending.pop() if pending and pending[-1][0] in FUNCTIONS else None
            wanted = FUNCTIONS[called[0]][0] if called else 1
            if count != wanted:
                fail(f"{wanted} argument{'s' * (wanted > 1)} expected here, found {count}", start, stop)
            if called:
                apply(count, FUNCTIONS[called[0]][1], called[1], called[2])
        else:
            fail(f"{quoted(text[start:stop])} cannot stand here", start, stop)
    if wants_value:
        fail("the formula is not finished", max(0, end - 1), end)
    reduce(0, False)
    if pending:
        fail("a bracket is not closed", pending[-1][1], pending[-1][2])
    return values[0]
