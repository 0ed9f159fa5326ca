"""TMVA's PDF of a histogram, with loops: parabolas between the bins, a table of 10000 bins, look-up and integral."""

import math


def parabola(x, points):
    """Lagrange's form through three points (x, y)."""
    total = 0.0
    for i, (xi, yi) in enumerate(points):
        term = yi
        for j, (xj, _) in enumerate(points):
            if j != i:
                term *= (x - xj) / (xi - xj)
        total += term
    return total


def curve(x, centres, contents):
    n = len(centres)
    i = 0
    while i + 1 < n and centres[i + 1] <= x:
        i += 1
    points = list(zip(centres, contents))
    if i == 0:
        return parabola(x, points[:3])
    if i >= n - 2:
        return parabola(x, points[-3:])
    return 0.5 * (parabola(x, points[i - 1 : i + 2]) + parabola(x, points[i : i + 3]))


def table(low, high, contents, bins=10000):
    n = len(contents)
    width, fine = (high - low) / n, (high - low) / bins
    centres = [low + (i + 0.5) * width for i in range(n)]
    found = []
    for k in range(bins):
        x = low + (k + 0.5) * fine
        y = curve(x, centres, contents)
        if y <= 1e-12:
            y = contents[min(n - 1, int((x - low) / width))]
        found.append(max(y, 1e-12))
    area = sum(found) * fine
    return [y / area for y in found]


def value(x, low, high, values):
    bins, fine = len(values), (high - low) / len(values)
    i = min(bins - 1, max(0, math.floor((x - low) / fine)))
    centre = low + (i + 0.5) * fine
    other = i + 1 if (x > centre and i != bins - 1) or i == 0 else i - 1
    slope = (values[other] - values[i]) / ((other - i) * fine)
    return max(1e-12, values[i] + (x - centre) * slope)


def below(x, low, high, values):
    """The exact integral of the steps of the table."""
    fine = (high - low) / len(values)
    return sum(y * min(fine, max(0.0, x - low - k * fine)) for k, y in enumerate(values))
