"""The cross entropy of classes that exclude each other, row by row: -sum_j y_j log softmax(o)_j, without overflow."""

from __future__ import annotations

import math

from ._jit import family, is_null, kernel, number, shift
from .loss import add_term, arguments
from .math import exp


@kernel
def mutual_exclusive(rows, width, o, y, ldy, w, scale, grad, add):
    total = 0.0
    factor = number(o[0], scale)
    for r in range(rows):
        out, target = shift(o, r * width), shift(y, r * ldy)
        top = out[0]
        for j in range(1, width):
            top = out[j] if out[j] > top else top
        norm = exp(out[0] - top)
        for j in range(1, width):
            norm += exp(out[j] - top)
        log_norm = math.log(float(norm)) + float(top)
        loss, targets = 0.0, number(o[0], 0.0)
        for j in range(width):
            loss += float(target[j]) * (log_norm - float(out[j]))
            targets += target[j]
        total += float(w[r]) * loss
        if not is_null(grad):
            g, f = shift(grad, r * width), factor * w[r]
            for j in range(width):
                value = f * (exp(out[j] - top) / norm * targets - target[j])
                g[j] = g[j] + value if add else value
    return total


@family
def mutual_exclusive_loss(d, run, arena, theta, copies, grad):
    return add_term(d[10], run, mutual_exclusive(*arguments(d, run, arena)))
