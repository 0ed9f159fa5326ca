"""Histograms, profiles and scatter plots as ROOT fills them: event by event, with under- and overflow."""

import math


def bin_of(x, edges):
    """0 below, len(edges) above and for NaN; the last edge belongs to the last bin."""
    n = len(edges) - 1
    if math.isnan(x) or x > edges[n]:
        return n + 1
    if x == edges[n]:
        return n
    b = 0
    while b <= n and edges[b] <= x:
        b += 1
    return b


def axis_sums(x, weights, edges):
    """For every bin: sums of w, w^2, w x, w x^2."""
    sums = [[0.0] * 4 for _ in range(len(edges) + 1)]
    for value, w in zip(x, weights):
        for k, term in enumerate((w, w * w, w * value, w * value * value)):
            sums[bin_of(value, edges)][k] += term
    return sums


def profile(x, y, weights, edges):
    """For every bin of x: sums of w y, w y^2, w, w^2."""
    sums = [[0.0] * 4 for _ in range(len(edges) + 1)]
    for at, value, w in zip(x, y, weights):
        for k, term in enumerate((w * value, w * value * value, w, w * w)):
            sums[bin_of(at, edges)][k] += term
    return sums


def scatter(x, y, weights, x_edges, y_edges):
    """Weights by bin of y, then of x."""
    sums = [[0.0] * (len(x_edges) + 1) for _ in range(len(y_edges) + 1)]
    for a, b, w in zip(x, y, weights):
        sums[bin_of(b, y_edges)][bin_of(a, x_edges)] += w
    return sums
