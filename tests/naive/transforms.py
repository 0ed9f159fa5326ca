"""The variable transformations, value by value: lists of events (lists of numbers) in, lists out.

Every one is a pair of functions: `fit` gives the parameters of one set of events, `apply` and `invert` use them.
float32 stands where TMVA keeps single precision.
"""

import bisect
import math

import numpy as np

f32 = np.float32
TABLE = 10000


# ---- N and S


def fit_range(events, weights):
    return [(min(column), max(column)) for column in zip(*events)]


def apply_normalize(event, ranges):
    out = []
    for v, (low, high) in zip(event, ranges):
        width = f32(f32(high) - f32(low))
        if width == 0:
            out.append(f32(0))
            continue
        out.append(f32(f32(f32(f32(v) - f32(low)) * f32(1.0 / float(width))) * f32(2)) - f32(1))
    return out


def invert_normalize(event, ranges):
    return [low + (float(v) + 1.0) * (float(high) - float(low)) / 2.0 for v, (low, high) in zip(event, ranges)]


def apply_scale(event, ranges):
    sizes = [max(abs(low), abs(high)) for low, high in ranges]
    return [f32(float(v) / float(size)) if size else f32(0) for v, size in zip(event, sizes)]


def invert_scale(event, ranges):
    return [float(v) * float(max(abs(low), abs(high))) for v, (low, high) in zip(event, ranges)]


# ---- D and P


def mean_and_covariance(events, weights):
    k, total = len(events[0]), math.fsum(weights)
    mean = [math.fsum(w * float(e[i]) for e, w in zip(events, weights)) / total for i in range(k)]
    matrix = [
        [
            math.fsum(w * (float(e[i]) - mean[i]) * (float(e[j]) - mean[j]) for e, w in zip(events, weights)) / total
            for j in range(k)
        ]
        for i in range(k)
    ]
    return mean, matrix


def jacobi(matrix):
    """Eigenvalues and eigenvectors (lists) of a symmetric matrix by rotations, until nothing is left beside the diagonal."""
    a, k = [row[:] for row in matrix], len(matrix)
    v = [[float(i == j) for j in range(k)] for i in range(k)]
    for _ in range(60):
        for p in range(k):
            for q in range(p + 1, k):
                if a[p][q] == 0.0:
                    continue
                angle = 0.5 * math.atan2(2 * a[p][q], a[q][q] - a[p][p])
                c, s = math.cos(angle), math.sin(angle)
                for i in range(k):
                    a[i][p], a[i][q] = c * a[i][p] - s * a[i][q], s * a[i][p] + c * a[i][q]
                for i in range(k):
                    a[p][i], a[q][i] = c * a[p][i] - s * a[q][i], s * a[p][i] + c * a[q][i]
                for i in range(k):
                    v[i][p], v[i][q] = c * v[i][p] - s * v[i][q], s * v[i][p] + c * v[i][q]
    order = sorted(range(k), key=lambda i: -a[i][i])
    return [a[i][i] for i in order], [[v[j][i] for j in range(k)] for i in order]


def power(matrix, exponent):
    values, vectors = jacobi(matrix)
    k = len(matrix)
    return [[math.fsum(x**exponent * e[i] * e[j] for x, e in zip(values, vectors)) for j in range(k)] for i in range(k)]


def fit_decorrelate(events, weights):
    _, covariance = mean_and_covariance(events, weights)
    return power(covariance, -0.5), power(covariance, 0.5)


def apply_decorrelate(event, roots):
    return [math.fsum(m * float(x) for m, x in zip(row, event)) for row in roots[0]]


def invert_decorrelate(event, roots):
    return [math.fsum(m * float(x) for m, x in zip(row, event)) for row in roots[1]]


def fit_pca(events, weights):
    """Means and eigenvectors, widest first; the sign of an eigenvector is for the caller to compare up to."""
    mean, covariance = mean_and_covariance(events, [1.0] * len(events))
    return mean, jacobi(covariance)[1]


def apply_pca(event, found):
    mean, vectors = found
    return [math.fsum((float(x) - m) * e for x, m, e in zip(event, mean, vector)) for vector in vectors]


def invert_pca(event, found):
    mean, vectors = found
    return [mean[i] + math.fsum(float(p) * vector[i] for p, vector in zip(event, vectors)) for i in range(len(mean))]


# ---- G and U


def running_median(z, i, half):
    return sorted(z[i - half : i + half + 1])[half]


def middle(*values):
    return sorted(values)[1]


def smooth_once(x):
    n, z = len(x), list(x)
    for i in range(1, n - 1):
        z[i] = running_median(x, i, 1)
    z[0] = middle(z[1], x[0], 3 * z[1] - 2 * z[2])
    z[n - 1] = middle(z[n - 2], x[n - 1], 3 * z[n - 2] - 2 * z[n - 3])
    old = list(z)
    for i in range(2, n - 2):
        z[i] = running_median(old, i, 2)
    z[1], z[n - 2] = middle(*old[:3]), middle(*old[n - 3 :])
    old = list(z)
    for i in range(1, n - 1):
        z[i] = running_median(old, i, 1)
    y = list(z)
    for i in range(2, n - 2):
        if z[i - 1] == z[i] == z[i + 1]:
            a, b = z[i - 2] - z[i], z[i + 2] - z[i]
            if a * b > 0:
                j = -1 if abs(b) > abs(a) else 1
                y[i] = -0.5 * z[i - 2 * j] + z[i] / 0.75 + z[i + 2 * j] / 6.0
                y[i + j] = 0.5 * (z[i + 2 * j] - z[i - 2 * j]) + z[i]
    return [y[0], *[0.25 * y[i - 1] + 0.5 * y[i] + 0.25 * y[i + 1] for i in range(1, n - 1)], y[-1]]


def smooth(x):
    if len(x) < 3:
        return list(x)
    first = smooth_once(x)
    second = smooth_once([a - b for a, b in zip(x, first)])
    total = [a + b for a, b in zip(first, second)]
    return [max(t, 0.0) for t in total] if min(x) >= 0 else total


def distribution(values, weights, least_weight):
    """Edges and cumulative contents of one input."""
    pairs = sorted(zip(values, weights), key=lambda pair: pair[0])
    total = f32(0)
    for w in weights:
        total = f32(total + f32(w))
    least = max(f32(f32(least_weight) * f32(10)), f32(total / f32(2000)))
    edges, running = [f32(pairs[0][0] - f32(1e-4)), f32(pairs[0][0])], f32(0)
    for value, weight in pairs:
        running = f32(running + f32(weight))
        if running >= least and value > edges[-1]:
            edges.append(f32(value))
            running = f32(0)
    if running != 0:
        edges.append(f32(pairs[-1][0]))
    contents = [0.0] * (len(edges) - 1)
    for value, weight in pairs:
        at = bisect.bisect_right(edges, value)
        if 0 < at < len(edges):
            contents[at - 1] += float(f32(weight))
    contents = [float(f32(c)) for c in contents]
    smoothed = [float(f32(c)) for c in smooth(contents)]
    if not max(smoothed) > 0:
        smoothed = contents
    running, sums = 0.0, []
    for c in smoothed:
        running += max(c, 0.0)
        sums.append(running)
    return [float(e) for e in edges], [float(f32(s / running)) if running else 0.0 for s in sums]


def table_of(edges, contents):
    """The contents of TABLE equal bins between the first and the last edge."""
    centres = [a + 0.5 * (b - a) for a, b in zip(edges, edges[1:])]
    width, table = (edges[-1] - edges[0]) / TABLE, []
    for i in range(TABLE):
        x = edges[0] + i * width + 0.5 * width
        at = max(bisect.bisect_right(centres, x) - 1, 0)
        other = at + 1 if (x > centres[at] and at != len(centres) - 1) or at == 0 else at - 1
        y = contents[at] + (x - centres[at]) * (contents[at] - contents[other]) / (centres[at] - centres[other])
        if y <= 1e-12:
            y = contents[max(bisect.bisect_right(edges, x) - 1, 0)]
        table.append(float(f32(max(y, 1e-12))))
    return edges[0], edges[-1], table


def fit_cumulative(events, weights, least_weight=None):
    least = min(weights) if least_weight is None else least_weight
    return [table_of(*distribution(list(column), weights, least)) for column in zip(*events)]


def cumulative(x, found):
    first, last, table = found
    width = (last - first) / TABLE
    at = min(max(math.floor(TABLE * (x - first) / (last - first)), 0), TABLE - 1)
    here = first + at * width + 0.5 * width
    other = at + 1 if (x > here or at == 0) and at != TABLE - 1 else at - 1
    there = first + other * width + 0.5 * width
    value = max(table[at] + (x - here) * (table[at] - table[other]) / (here - there), 1e-12)
    return min(max(value, 1e-9), 1 - 1e-9)


def inverse_erf(y):
    """By halving, to the last digits."""
    low, high = -6.0, 6.0
    for _ in range(120):
        x = 0.5 * (low + high)
        low, high = (x, high) if math.erf(x) < y else (low, x)
    return 0.5 * (low + high)


def apply_uniform(event, found):
    return [cumulative(float(x), one) for x, one in zip(event, found)]


def apply_gauss(event, found):
    arguments = [min(max(2 * c - 1, -0.99999999), 0.99999999) for c in apply_uniform(event, found)]
    return [1.414213562 * inverse_erf(a) for a in arguments]


def invert_uniform(event, found):
    out = []
    for c, (first, last, table) in zip(event, found):
        width, low, high = (last - first) / TABLE, 0, TABLE - 1
        while high > low + 1:
            at = (low + high) // 2
            low, high = (low, at) if c < table[at] else (at, high)
        rise = table[high] - table[low]
        out.append(first + low * width + 0.5 * width + (width * (c - table[low]) / rise if rise > 0 else 0.0))
    return out


def invert_gauss(event, found):
    return invert_uniform([(math.erf(float(y) / 1.414213562) + 1) / 2 for y in event], found)


TWINS = {  # name -> fit(events, weights), apply(event, parameters), invert(event, parameters)
    "Identity": (lambda events, weights: None, lambda event, _: list(event), lambda event, _: list(event)),
    "Normalize": (fit_range, apply_normalize, invert_normalize),
    "Scale": (fit_range, apply_scale, invert_scale),
    "Decorrelation": (fit_decorrelate, apply_decorrelate, invert_decorrelate),
    "PCA": (fit_pca, apply_pca, invert_pca),
    "Gauss": (fit_cumulative, apply_gauss, invert_gauss),
    "Uniform": (fit_cumulative, apply_uniform, invert_uniform),
}
