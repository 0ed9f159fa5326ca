"""The activations: names, TMVA's codes and formulas. The numbers are the business of the kernels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Activation:
    """One activation function.

    name : as written in a layout
    formula : f(x), and f'(x) where it needs a convention (a kink, TMVA's choice)
    code : number in TMVA's weight file; None for those TMVA lacks
    elementwise : False for SOFTMAX, which mixes the elements of the last axis
    """

    name: str
    formula: str
    code: int | None = None
    elementwise: bool = True


ACTIVATIONS: dict[str, Activation] = {
    a.name: a
    for a in (
        Activation("LINEAR", "x", 0),
        Activation("RELU", "max(0, x); derivative 0 at 0", 1),
        Activation("SIGMOID", "1 / (1 + exp(-x))", 2),
        Activation("TANH", "tanh(x)", 3),
        Activation("SYMMRELU", "|x|; derivative +1 at 0", 4),
        Activation("SOFTSIGN", "x / (1 + |x|)", 5),
        Activation("GAUSS", "exp(-x^2)", 6),
        Activation("FTANH", "tanh(x) by a fast approximation", 7),
        Activation("LEAKYRELU", "x for x >= 0, else 0.01 x; derivative 0.01 at 0"),
        Activation("ELU", "x for x >= 0, else exp(x) - 1"),
        Activation("GELU", "x/2 (1 + erf(x / sqrt(2)))"),
        Activation("SOFTPLUS", "log(1 + exp(x))"),
        Activation("SWISH", "x / (1 + exp(-x))"),
        Activation("SOFTMAX", "exp(x_i) / sum_j exp(x_j) over the features of a vector or step", elementwise=False),
    )
}

BY_CODE: dict[int, str] = {a.code: a.name for a in ACTIVATIONS.values() if a.code is not None}

DEFAULT = "TANH"  # what TMVA uses where none is written, or one it does not know
