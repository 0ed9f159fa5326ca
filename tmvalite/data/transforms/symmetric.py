"""Eigenvectors of a symmetric matrix, with the order and the signs of ROOT's TMatrixDSymEigen.

Householder's reduction to tridiagonal form, then the QL method with implicit shifts: tred2 and tql2 of Bowdler, Martin,
Reinsch and Wilkinson, Numerische Mathematik 11 (1968) 181 and 293, as EISPACK has them. The sign of an eigenvector is
whatever these steps give; another method gives others, and with them another sign of a principal component.
"""

from __future__ import annotations

import math

import numpy as np

MOST_TURNS = 60  # of the QL method for one eigenvalue; a few are usual


def eigenvectors(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(K,) eigenvalues, largest first, and (K, K) eigenvectors as columns.

    No library of linear algebra takes part, so the bits do not depend on the machine's.
    """
    vectors, diagonal, beside = _tridiagonal(np.array(matrix, np.float64))
    _diagonalise(vectors, diagonal, beside)
    order = _descending(diagonal)
    return diagonal[order], np.ascontiguousarray(vectors[:, order])


def _tridiagonal(v: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = len(v)
    d, e = v[n - 1].copy(), np.zeros(n)
    for i in range(n - 1, 0, -1):
        scale, h = float(np.abs(d[:i]).sum()), 0.0
        if scale == 0.0:
            e[i] = d[i - 1]
            d[:i] = v[i - 1, :i]
            v[i, :i] = 0.0
            v[:i, i] = 0.0
        else:
            d[:i] /= scale
            h = _sum(d[:i] * d[:i])
            f = d[i - 1]
            g = -math.sqrt(h) if f > 0 else math.sqrt(h)
            e[i] = scale * g
            h -= f * g
            d[i - 1] = f - g
            e[:i] = 0.0
            for j in range(i):
                f = d[j]
                v[j, i] = f
                below = v[j + 1 : i, j]
                e[j] += v[j, j] * f + _sum(below * d[j + 1 : i])
                e[j + 1 : i] += below * f
            e[:i] /= h
            hh = _sum(e[:i] * d[:i]) / (h + h)
            e[:i] -= hh * d[:i]
            for j in range(i):
                v[j:i, j] -= d[j] * e[j:i] + e[j] * d[j:i]
                d[j] = v[i - 1, j]
                v[i, j] = 0.0
        d[i] = h
    for i in range(n - 1):
        v[n - 1, i] = v[i, i]
        v[i, i] = 1.0
        h = d[i + 1]
        if h != 0.0:
            d[: i + 1] = v[: i + 1, i + 1] / h
            for j in range(i + 1):
                v[: i + 1, j] -= _sum(v[: i + 1, i + 1] * v[: i + 1, j]) * d[: i + 1]
        v[: i + 1, i + 1] = 0.0
    d[:] = v[n - 1]
    v[n - 1] = 0.0
    v[n - 1, n - 1] = 1.0
    return v, d, e


def _diagonalise(v: np.ndarray, d: np.ndarray, e: np.ndarray) -> None:
    """d becomes the eigenvalues, the columns of v the eigenvectors."""
    n = len(d)
    e[:-1] = e[1:]
    e[-1] = 0.0
    shift, size, least = 0.0, 0.0, 2.0**-52
    for low in range(n):
        size = max(size, abs(d[low]) + abs(e[low]))
        m = low
        while m < n - 1 and abs(e[m]) > least * size:
            m += 1
        for _ in range(MOST_TURNS if m > low else 0):
            g = d[low]
            p = (d[low + 1] - g) / (2.0 * e[low])
            r = math.hypot(p, 1.0)
            r = -r if p < 0 else r
            d[low] = e[low] / (p + r)
            d[low + 1] = e[low] * (p + r)
            next_diagonal, h = d[low + 1], g - d[low]
            d[low + 2 :] -= h
            shift += h
            p, c, c2, c3 = d[m], 1.0, 1.0, 1.0
            next_beside, s, s2 = e[low + 1], 0.0, 0.0
            for i in range(m - 1, low - 1, -1):
                c3, c2, s2 = c2, c, s
                g, h = c * e[i], c * p
                r = math.hypot(p, e[i])
                e[i + 1] = s * r
                s, c = e[i] / r, p / r
                p = c * d[i] - s * g
                d[i + 1] = h + s * (c * g + s * d[i])
                after = v[:, i + 1].copy()
                v[:, i + 1] = s * v[:, i] + c * after
                v[:, i] = c * v[:, i] - s * after
            p = -s * s2 * c3 * next_beside * e[low] / next_diagonal
            e[low], d[low] = s * p, c * p
            if abs(e[low]) <= least * size:
                break
        d[low] += shift
        e[low] = 0.0


def _descending(values: np.ndarray) -> np.ndarray:
    """The order of a selection sort that swaps: eigenvalues that are equal come as ROOT leaves them."""
    values, order = values.copy(), np.arange(len(values))
    for i in range(len(values) - 1):
        k = i + int(np.argmax(values[i:]))
        if values[k] > values[i]:
            values[[i, k]], order[[i, k]] = values[[k, i]], order[[k, i]]
    return order


def _sum(values: np.ndarray) -> float:
    """One after the other, as a plain loop adds."""
    return float(np.add.accumulate(values)[-1]) if len(values) else 0.0
