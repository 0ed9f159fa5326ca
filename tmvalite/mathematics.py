"""The mathematics that formulas of activations, losses and optimizers are written in, on numpy arrays.

A formula is a plain function whose first argument is a mathematics `m`: `m.larger(x, 0.0) + m.log1p(m.exp(-abs(x)))`. With this
module as `m` it is numpy, in the precision of its arrays; kernels/recording.py has the same names and makes compiled code of it.
Beside these functions a formula has + - * /, the square x**2, comparisons, abs() and Python's numbers; it has no branches.
"""

from __future__ import annotations

import math

import numpy as np

exp, expm1, log, log1p, sqrt, tanh = np.exp, np.expm1, np.log, np.log1p, np.sqrt, np.tanh
log1p_of_fraction = np.log1p  # of 0 <= x <= 1, which compiled code has a shorter series for
larger, smaller = np.maximum, np.minimum
choose = np.where  # choose(condition, yes, no)
with_sign = np.copysign  # size of the first, sign of the second
power = np.power
erf = np.vectorize(math.erf, otypes=[float])


def sigmoid(x):
    """1 / (1 + exp(-x)) without overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e) / (1.0 + e)


def softmax(x):
    """exp(x_i) / sum_j exp(x_j) over the last axis, without overflow; no part of formulas, which see one number at a time."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
