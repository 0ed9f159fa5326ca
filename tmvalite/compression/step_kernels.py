"""Floats as powers within their bound and back: every entry is tested, and what no power brings within the bound is marked."""

from __future__ import annotations

import numpy as np
from numba.core import types

from tmvalite.kernels._jit import entry_point
from tmvalite.kernels.math import log

_WHOLE, _REAL = types.int64, types.float64


def _in(kind):
    return types.Array(kind, 1, "C", readonly=True)


def _out(kind):
    return types.Array(kind, 1, "C")


def _range_signature(element):
    return (_in(element), _out(_REAL))


@entry_point(_range_signature)
def size_range(x, reach):
    """reach: the smallest and the largest |x| that are finite and not zero; 0 and 0 without any."""
    low, high = np.inf, 0.0
    for i in range(len(x)):
        a = abs(np.float64(x[i]))
        b = a if 0.0 < a < np.inf else high
        high = max(high, b)
        low = min(low, b if b > 0.0 else np.inf)
    reach[0], reach[1] = (low, high) if high > 0.0 else (0.0, 0.0)


def _ratio_signature(element):
    return (_in(element), _in(element), _REAL, _REAL, _REAL, _out(_WHOLE), _out(types.uint16))


@entry_point(_ratio_signature)
def ratio_steps(x, powers, log_first, per_log, bound, values, bad):
    """values[i]: sign(v) powers[|v|] is within bound |x| of x; bad[i]: there is none. How many are bad; -0 is.

    powers (largest + 1,), powers[0] = 0, powers[k] = q^(k - 1) exp(log_first); per_log = 1 / log q
    """
    wrong, most = 0, np.float64(len(powers))
    for i in range(len(x)):
        a = abs(np.float64(x[i]))
        t = (log(a if 0.0 < a < np.inf else 1.0) - log_first) * per_log + 1.5
        values[i] = np.int64(t if 1.0 <= t < most else 0.0)
    for i in range(len(x)):
        value = np.float64(x[i])
        a = abs(value)
        v = values[i] if a > 0.0 else 0
        good = abs(np.float64(powers[v]) - a) <= bound * a and a < np.inf and (a > 0.0 or 1.0 / value > 0.0)
        values[i] = -v if value < 0.0 else v
        bad[i] = 0 if good else 1
        wrong += 0 if good else 1
    return wrong


def _check_signature(element):
    return (_in(element), _in(element), _REAL, types.boolean, _out(types.uint16))


@entry_point(_check_signature)
def beyond_bound(x, y, bound, relative, bad):
    """bad[i]: y[i] is not within the bound of x[i], or one of them is not finite. How many are bad."""
    wrong = 0
    for i in range(len(x)):
        a = np.float64(x[i])
        d = abs(np.float64(y[i]) - a)
        good = d <= (bound * abs(a) if relative else bound) and d < np.inf
        bad[i] = 0 if good else 1
        wrong += 0 if good else 1
    return wrong


def _powers_signature(element):
    return (_in(_WHOLE), _in(element), _WHOLE, _in(element), _out(element))


@entry_point(_powers_signature)
def powers_of(values, powers, special, raw, out):
    """out[i] = sign(v) powers[|v|]; where v is special, the next of `raw`. How many of these there were; -1: v out of range."""
    at, n_raw, most = 0, len(raw), len(powers)
    for i in range(len(values)):
        v = values[i]
        if v == special and n_raw > 0:
            if at < n_raw:
                out[i] = raw[at]
            at += 1
            continue
        a = -v if v < 0 else v
        if a >= most or a < 0:
            return -1
        out[i] = -powers[a] if v < 0 else powers[a]
    return at
