"""MAXPOOL and AVGPOOL: windows over every channel of an image by itself.

A window of fh x fw taps lies with its first tap on pixel (p sh - top, q sw - left). Taps outside the image are left out, or
count as zeros where `framed` is set (a frame of zeros that is not stored). Every window has at least one tap inside.
Additions run over the taps row by row; equal values of MAXPOOL: the first one row by row wins, NaN wins over all.

Backward works in two passes over a channel: first what every window gives (for MAXPOOL also the number of its winning tap)
into a small scratch plane with empty columns at both ends, then for every pixel the sum over the windows that cover it. The
winners are found again rather than kept by the forward pass: they cost as many comparisons as reading them back would
save, the input is alive anyway, and a tile in the first caches has no room for another plane per event.
"""

from __future__ import annotations

from ._jit import family, kernel, number, shift
from .family import ROWS, operand
from .window import max_row, mean_row, row_lanes, spread_all, spread_chosen, winner_row

# columns of the geometry, which stands behind the operands in a descriptor
GEOMETRY = "channels height width out_height out_width rows columns stride_rows stride_cols top left framed".split()
CHANNELS, HEIGHT, WIDTH, P, Q, FH, FW, SH, SW, TOP, LEFT, FRAMED = range(len(GEOMETRY))


@kernel
def _is_larger(value, top):
    """Whether `value` takes over from `top`: larger, or NaN."""
    return (value > top) | (value != value)


@kernel
def _inside(g):
    """First and last + 1 of the window columns that lie wholly inside the image."""
    low = min(g[Q], (g[LEFT] + g[SW] - 1) // g[SW])
    room = g[WIDTH] - g[FW] + g[LEFT]
    high = min(g[Q], room // g[SW] + 1) if room >= 0 else 0
    return low, max(low, high)


@kernel
def _winner(g, x, r, c):
    """Number and value of the largest tap of the window whose first tap is pixel (r, c), any of them outside."""
    zero = number(x[0], 0.0)
    found, best, top = False, 0, zero
    for i in range(g[FH]):
        for j in range(g[FW]):
            h, w = r + i, c + j
            outside = h < 0 or h >= g[HEIGHT] or w < 0 or w >= g[WIDTH]
            if not outside or g[FRAMED]:
                value = zero if outside else x[h * g[WIDTH] + w]
                if not found or _is_larger(value, top):
                    found, best, top = True, i * g[FW] + j, value
    return best, top


@kernel
def _count(g, r, c):
    """Taps that a mean counts."""
    if g[FRAMED]:
        return g[FH] * g[FW]
    return (min(g[HEIGHT], r + g[FH]) - max(0, r)) * (min(g[WIDTH], c + g[FW]) - max(0, c))


@kernel
def _mean(g, x, r, c):
    """Mean over the taps of a window."""
    total = number(x[0], 0.0)
    for h in range(max(0, r), min(g[HEIGHT], r + g[FH])):
        for w in range(max(0, c), min(g[WIDTH], c + g[FW])):
            total += x[h * g[WIDTH] + w]
    return total / number(x[0], _count(g, r, c))


@kernel
def _vector_columns(g, r, like):
    """Columns (low, high) of a line of windows that vectors work on, and their lanes; the others take plain loops."""
    low, high = _inside(g)
    lanes = row_lanes(like, high - low)
    clipped = r < 0 or r + g[FH] > g[HEIGHT]
    if lanes == 1 or g[SW] > 2 or (g[FRAMED] and clipped):
        low = high = 0
    return low, high, lanes


@family
def max_pool(d, run, arena, theta, copies, grad):
    """y = largest value of every window: x y geometry."""
    x, y, g = operand(d, 1, run, arena), operand(d, 3, run, arena), shift(d, 5)
    one = number(x[0], 1.0)
    for plane in range(run[ROWS] * g[CHANNELS]):
        image, out = shift(x, plane * g[HEIGHT] * g[WIDTH]), shift(y, plane * g[P] * g[Q])
        for p in range(g[P]):
            r, line = p * g[SH] - g[TOP], shift(out, p * g[Q])
            low, high, lanes = _vector_columns(g, r, x)
            if high > low:
                h, stop = max(0, r), min(g[HEIGHT], r + g[FH])
                start = shift(image, h * g[WIDTH] + low * g[SW] - g[LEFT])
                max_row(lanes, g[SW], high - low, stop - h, g[FW], start, g[WIDTH], shift(line, low), 0, one)
            for q in range(low):
                line[q] = _winner(g, image, r, q * g[SW] - g[LEFT])[1]
            for q in range(high, g[Q]):
                line[q] = _winner(g, image, r, q * g[SW] - g[LEFT])[1]
    return 0.0


@family
def mean_pool(d, run, arena, theta, copies, grad):
    """y = mean of every window: x y geometry."""
    x, y, g = operand(d, 1, run, arena), operand(d, 3, run, arena), shift(d, 5)
    for plane in range(run[ROWS] * g[CHANNELS]):
        image, out = shift(x, plane * g[HEIGHT] * g[WIDTH]), shift(y, plane * g[P] * g[Q])
        for p in range(g[P]):
            r, line = p * g[SH] - g[TOP], shift(out, p * g[Q])
            low, high, lanes = _vector_columns(g, r, x)
            if high > low:
                h, stop = max(0, r), min(g[HEIGHT], r + g[FH])
                start = shift(image, h * g[WIDTH] + low * g[SW] - g[LEFT])
                count = number(x[0], _count(g, r, low * g[SW] - g[LEFT]))
                mean_row(lanes, g[SW], high - low, stop - h, g[FW], start, g[WIDTH], shift(line, low), 0, count)
            for q in range(low):
                line[q] = _mean(g, image, r, q * g[SW] - g[LEFT])
            for q in range(high, g[Q]):
                line[q] = _mean(g, image, r, q * g[SW] - g[LEFT])
    return 0.0


@kernel
def _clear_ends(g, plane, value):
    """Set the empty columns at both ends of a scratch plane."""
    pitch = g[Q] + 2 * g[FW]
    for p in range(g[P]):
        line = shift(plane, p * pitch)
        for i in range(g[FW]):
            line[i] = value
            line[g[FW] + g[Q] + i] = value


@kernel
def _lines_over(g, h):
    """The lines of windows that reach row h of the image: the first one, how many, and the first one's tap row there."""
    first = max(0, (h + g[TOP] - g[FH]) // g[SH] + 1)
    last = min(g[P] - 1, (h + g[TOP]) // g[SH])
    return first, max(0, last - first + 1), h + g[TOP] - first * g[SH]


@kernel
def _spread_pixel(g, count, u, winners, chosen, k0, w):
    """What `spread_row` gives for one pixel w, in the same order, for any stride."""
    zero = number(u[0], 0.0)
    total, pitch = zero, g[Q] + 2 * g[FW]
    for t in range(count):
        k = k0 - t * g[SH] * g[FW]
        for j in range((w + g[LEFT]) % g[SW], g[FW], g[SW]):
            at = t * pitch + (w + g[LEFT] - j) // g[SW]
            hit = not chosen or winners[at] == number(total, k + j)
            total += u[at] if hit else zero
    return total


@kernel
def _vector_pixels(g, like):
    """Vectors of `stride` pixels in a line of the image, and their lanes."""
    n = g[WIDTH] // g[SW] if g[SW] <= 2 else 0
    lanes = row_lanes(like, n)
    return (n if lanes > 1 else 0), lanes


@family
def max_pool_backward(d, run, arena, theta, copies, grad):
    """grad_x = sum of grad_y of the windows that a pixel wins; overwrites: x grad_y grad_x scratch geometry."""
    x, gradient, result = operand(d, 1, run, arena), operand(d, 3, run, arena), operand(d, 5, run, arena)
    g = shift(d, 9)
    pitch, one = g[Q] + 2 * g[FW], number(x[0], 1.0)
    u = operand(d, 7, run, arena)
    winners = shift(u, g[P] * pitch)
    _clear_ends(g, u, number(x[0], 0.0))
    _clear_ends(g, winners, number(x[0], -1.0))
    pixels, wide = _vector_pixels(g, x)
    for plane in range(run[ROWS] * g[CHANNELS]):
        image, given = shift(x, plane * g[HEIGHT] * g[WIDTH]), shift(gradient, plane * g[P] * g[Q])
        for p in range(g[P]):
            r, at = p * g[SH] - g[TOP], p * pitch + g[FW]
            line, kept = shift(winners, at), shift(u, at)
            low, high, lanes = _vector_columns(g, r, x)
            if high > low:
                h, stop = max(0, r), min(g[HEIGHT], r + g[FH])
                start = shift(image, h * g[WIDTH] + low * g[SW] - g[LEFT])
                winner_row(lanes, g[SW], high - low, stop - h, g[FW], start, g[WIDTH], shift(line, low), h - r, one)
            for q in range(low):
                line[q] = number(one, _winner(g, image, r, q * g[SW] - g[LEFT])[0])
            for q in range(high, g[Q]):
                line[q] = number(one, _winner(g, image, r, q * g[SW] - g[LEFT])[0])
            for q in range(g[Q]):
                kept[q] = given[p * g[Q] + q]
        out = shift(result, plane * g[HEIGHT] * g[WIDTH])
        for h in range(g[HEIGHT]):
            first, count, i = _lines_over(g, h)
            k0, line, at = i * g[FW], shift(out, h * g[WIDTH]), first * pitch + g[FW]
            if pixels:
                spread_chosen(
                    wide, g[SW], pixels, count, pitch, shift(u, at), shift(winners, at), k0, g[SH] * g[FW], g[FW], g[LEFT], line
                )
            for w in range(pixels * g[SW], g[WIDTH]):
                line[w] = _spread_pixel(g, count, shift(u, at), shift(winners, at), True, k0, w)
    return 0.0


@family
def mean_pool_backward(d, run, arena, theta, copies, grad):
    """grad_x = sum over the windows on a pixel of grad_y / number of taps; overwrites: grad_y grad_x scratch geometry."""
    gradient, result, u, g = operand(d, 1, run, arena), operand(d, 3, run, arena), operand(d, 5, run, arena), shift(d, 7)
    pitch = g[Q] + 2 * g[FW]
    _clear_ends(g, u, number(u[0], 0.0))
    pixels, wide = _vector_pixels(g, u)
    low, high = _inside(g)
    for plane in range(run[ROWS] * g[CHANNELS]):
        given = shift(gradient, plane * g[P] * g[Q])
        for p in range(g[P]):
            r, line, kept = p * g[SH] - g[TOP], shift(given, p * g[Q]), shift(u, p * pitch + g[FW])
            whole = number(u[0], _count(g, r, low * g[SW] - g[LEFT]))
            for q in range(low):
                kept[q] = line[q] / number(u[0], _count(g, r, q * g[SW] - g[LEFT]))
            for q in range(low, high):
                kept[q] = line[q] / whole
            for q in range(high, g[Q]):
                kept[q] = line[q] / number(u[0], _count(g, r, q * g[SW] - g[LEFT]))
        out = shift(result, plane * g[HEIGHT] * g[WIDTH])
        for h in range(g[HEIGHT]):
            first, count, i = _lines_over(g, h)
            line, at = shift(out, h * g[WIDTH]), first * pitch + g[FW]
            if pixels:
                spread_all(wide, g[SW], pixels, count, pitch, shift(u, at), u, 0, 0, g[FW], g[LEFT], line)
            for w in range(pixels * g[SW], g[WIDTH]):
                line[w] = _spread_pixel(g, count, shift(u, at), u, False, 0, w)
    return 0.0
