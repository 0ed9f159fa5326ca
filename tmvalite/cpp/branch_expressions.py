"""Expressions of variables as C++, on doubles, with the meaning that TTreeFormula gives them (data/expression)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tmvalite.cpp.constant_arrays import literal
from tmvalite.data.expression import Expression, parse_expression
from tmvalite.data.expression.functions import FUNCTIONS
from tmvalite.data.info import VariableInfo
from tmvalite.errors import ExpressionError, OptionError, quoted


def _std(names: str) -> dict[str, str]:
    return {name: f"std::{name}" for name in names.split()}


def _ours(names: str) -> dict[str, str]:
    return {name: f"tmvalite::{name}" for name in names.split()}


_STANDARD = _std("abs pow hypot fmod fmin fmax fdim remainder copysign nextafter")
_LOGICAL = _ours("isnan isinf isfinite isnormal signbit")
_SAME = """fabs sqrt cbrt exp2 expm1 log2 log1p sin cos tan sinh cosh tanh atan asinh trunc floor ceil rint nearbyint
erf erfc tgamma lgamma round"""
_TMATH = """Sqrt Log Log10 Log2 Exp Cos Sin Tan ACos ASin ATan CosH SinH TanH ACosH ASinH ATanH Hypot Floor Ceil Erf Erfc Abs"""
CALLS: dict[str, str] = {
    **_std(_SAME), **_STANDARD, **_LOGICAL, **{f"std::{name}": text for name, text in (_STANDARD | _LOGICAL).items()},
    **_ours("sq log log10 asin acos acosh atanh min max sign atan2 ldexp"), "exp": "tmvalite::capped_exp", "int": "std::trunc",
    "lround": "std::round", "llround": "std::round", "std::atan2": "std::atan2",
    **{f"TMath::{name}": f"std::{name.lower()}" for name in _TMATH.split()},
    **{f"TMath::{name}": f"tmvalite::{name.lower()}" for name in "Min Max Sq ATan2 Range Gaus Freq Ldexp".split()},
    "TMath::Power": "std::pow", "TMath::Nint": "std::rint", "TMath::FloorNint": "std::floor", "TMath::CeilNint": "std::ceil",
    "TMath::Sign": "std::copysign", "TMath::SignBit": "tmvalite::signbit", "TMath::IsNaN": "tmvalite::isnan",
    "TMath::Finite": "tmvalite::isfinite", "TMath::BreitWigner": "tmvalite::breit_wigner", "TMath::LnGamma": "std::lgamma",
    "TMath::CauchyDist": "tmvalite::cauchy", "TMath::LaplaceDist": "tmvalite::laplace",
    "TVector2::Phi_mpi_pi": "tmvalite::phi_mpi_pi", "TVector2::Phi_0_2pi": "tmvalite::phi_0_2pi",
    "ROOT::Math::VectorUtil::Phi_mpi_pi": "tmvalite::phi_mpi_pi",
    **{f"ROOT::Math::{name}": f"std::{name}" for name in "erf erfc tgamma lgamma expm1 log1p".split()},
}  # fmt: skip
"""C++'s functions of doubles by the names of expressions; those of tmvalite are in expressions.hpp."""

BINARY = {
    "+": "({} + {})", "-": "({} - {})", "*": "({} * {})", "/": "tmvalite::divide({}, {})", "^": "std::pow({}, {})",
    "%": "tmvalite::remainder({}, {})", "&": "tmvalite::bit_and({}, {})", "|": "tmvalite::bit_or({}, {})",
    "<<": "tmvalite::shift_left({}, {})", ">>": "tmvalite::shift_right({}, {})",
    **{operator: f"({{}} {operator} {{}} ? 1.0 : 0.0)" for operator in ("<", "<=", ">", ">=", "==", "!=")},
    "&&": "({} != 0 && {} != 0 ? 1.0 : 0.0)", "||": "({} != 0 || {} != 0 ? 1.0 : 0.0)",
}  # fmt: skip


@dataclass(frozen=True)
class CppVariables:
    """Variables over branches: `texts` are their expressions in C++, with b[i] for the value of branch i."""

    branches: tuple[str, ...]
    expressions: tuple[str, ...]
    texts: tuple[str, ...]


def cpp_variables(variables: Sequence[VariableInfo]) -> CppVariables:
    """Raises OptionError for an expression that has no form in C++."""
    branches: dict[str, int] = {}

    def branch(name: str) -> str:
        return f"b[{branches.setdefault(name, len(branches))}]"

    texts = [_variable(one, branch) for one in variables]
    names = tuple(one.expression if one.index is None else one.internal for one in variables)
    return CppVariables(tuple(branches), names, tuple(texts))


def _variable(variable: VariableInfo, branch) -> str:
    if variable.index is not None:
        return branch(variable.internal)
    try:
        expression = parse_expression(variable.expression)
    except ExpressionError:  # a name that a file of others has
        return branch(variable.expression)
    return _text(expression, branch)


def _text(expression: Expression, branch) -> str:
    stack: list[str] = []
    for node in expression.nodes:
        operands = [stack.pop() for _ in range(node.arity)][::-1]
        stack.append(_node(expression, node, operands, branch))
    return stack[0]


def _node(expression: Expression, node, operands: list[str], branch) -> str:
    if node.kind == "number":
        return literal(node.value, "double")
    if node.kind == "name" and node.text == "pi":
        return literal(math.pi, "double")
    if node.kind == "name" and not node.text.endswith("$") and node.text != "rndm":
        return branch(node.text)
    if node.kind == "index" and all(one.removesuffix(".0").isdigit() for one in operands):
        return branch(node.text + "".join(f"[{one.removesuffix('.0')}]" for one in operands))
    if node.kind == "cast":
        return operands[0]
    if node.kind == "choice":
        return "({} != 0 ? {} : {})".format(*operands)
    if node.kind == "prefix":
        return f"(-{operands[0]})" if node.text == "-" else f"({operands[0]} == 0 ? 1.0 : 0.0)"
    if node.kind == "binary" and node.text in BINARY:
        return BINARY[node.text].format(*operands)
    if node.kind == "call":
        return _called(expression, node, operands)
    _refuse(expression, node, f"{quoted(node.text)} has no form in C++")


def _called(expression: Expression, node, operands: list[str]) -> str:
    function = FUNCTIONS.get(node.text)
    if function is not None and function.arguments == (0, 0):
        return literal(np.float64(function.evaluate()), "double")
    if node.text not in CALLS:
        _refuse(expression, node, f"the function {node.text} has no form in C++")
    return f"{CALLS[node.text]}({', '.join(operands)})"


def _refuse(expression: Expression, node, message: str):
    raise OptionError(
        message,
        code="cpp-expression",
        source=expression.source,
        span=node.span,
        hint="book the variable under a name that a branch has, or compute it before the class is called",
    )
