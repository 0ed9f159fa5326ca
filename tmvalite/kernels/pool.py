"""MAXPOOL and AVGPOOL: windows over every channel of an image by itself.

A window of fh x fw taps lies with its first tap on pixel (p sh - top, q sw - left). Taps outside the image are left out, or
count as zeros where `framed` is set (a frame of zeros that is not stored). Every window has at least one tap inside.
Additions run over the taps row by row; equal values of MAXPOOL: the first one row by row wins; NaN in a window is its result.

Backward works in two passes over a channel: first what every window gives (for MAXPOOL also the number of its winning tap)
into a small scratch plane with empty columns at both ends, then for every pixel the sum over the windows that cover it. The
winners are found again rather than kept by the forward pass: they cost as many comparisons as reading them back would
save, the input is alive anyway, and a tile in the first caches has no room for another plane per event.
"""

from __future__ import annotations

from ._jit import family, kernel, number, shift
from .combine import copy
from .family import ROWS, operand
from .window import max_row, mean_row, row_lanes, spread_all, spread_chosen, winner_row

# columns of the geometry, which stands behind the operands in a descriptor
GEOMETRY = "channels height width out_height out_width rows columns stride_rows stride_cols top left framed".split()
CHANNELS, HEIGHT, WIDTH, P, Q, FH, FW, SH, SW, TOP, LEFT, FRAMED = range(len(GEOMETRY))


@kernel
def _inside(g, like):
    """First and last + 1 of the windows of a line that lie wholly between the left and the right edge, and lanes for them.

    None (0, 0) where vectors do not fit.
    """
    low = min(g[Q], (g[LEFT] + g[SW] - 1) // g[SW])
    room = g[WIDTH] - g[FW] + g[LEFT]
    high = max(low, min(g[Q], room // g[SW] + 1) if room >= 0 else 0)
    lanes = row_lanes(like, high - low)
    if lanes == 1:
        low = high = 0
    return low, high, lanes


@kernel
def _clipped(g, r):
    """Whether a line of windows from row r on must take plain loops, because its frame has taps."""
    return g[FRAMED] and (r < 0 or r + g[FH] > g[HEIGHT])


@kernel
def _largest(g, x, r, c):
    """Largest tap of the window whose first tap is pixel (r, c); NaN if one is NaN."""
    h0, h1, w0, w1 = max(0, r), min(g[HEIGHT], r + g[FH]), max(0, c), min(g[WIDTH], c + g[FW])
    if h0 >= h1 or w0 >= w1:
        return number(x[0], 0.0)  # all in the frame
    top = x[h0 * g[WIDTH] + w0]
    for h in range(h0, h1):
        for w in range(w0, w1):
            value = x[h * g[WIDTH] + w]
            top = value if (value > top) | (value != value) else top
    if g[FRAMED] and (h1 - h0) * (w1 - w0) < g[FH] * g[FW]:
        zero = number(top, 0.0)
        top = zero if zero > top else top
    return top


@kernel
def _winner(g, x, r, c):
    """Number of the first tap, row by row, that is the largest."""
    zero = number(x[0], 0.0)
    found, best, top = False, 0, zero
    for i in range(g[FH]):
        for j in range(g[FW]):
            h, w = r + i, c + j
            outside = h < 0 or h >= g[HEIGHT] or w < 0 or w >= g[WIDTH]
            if not outside or g[FRAMED]:
                value = zero if outside else x[h * g[WIDTH] + w]
                if not found or value > top:
                    found, best, top = True, i * g[FW] + j, value
    return number(zero, best)


@kernel
def _count(g, r, c, like):
    """Taps that a mean counts."""
    if g[FRAMED]:
        return number(like[0], g[FH] * g[FW])
    return number(like[0], (min(g[HEIGHT], r + g[FH]) - max(0, r)) * (min(g[WIDTH], c + g[FW]) - max(0, c)))


@kernel
def _mean(g, x, r, c):
    """Mean over the taps of a window."""
    total = number(x[0], 0.0)
    for h in range(max(0, r), min(g[HEIGHT], r + g[FH])):
        for w in range(max(0, c), min(g[WIDTH], c + g[FW])):
            total += x[h * g[WIDTH] + w]
    return total / _count(g, r, c, x)


@family
def max_pool(d, run, arena, theta, copies, grad):
    """y = largest value of every window: x y geometry."""
    x, y, g = operand(d, 1, run, arena), operand(d, 3, run, arena), shift(d, 5)
    one = number(x[0], 1.0)
    begin, end, lanes = _inside(g, x)
    for plane in range(run[ROWS] * g[CHANNELS]):
        image, out = shift(x, plane * g[HEIGHT] * g[WIDTH]), shift(y, plane * g[P] * g[Q])
        for p in range(g[P]):
            r, line = p * g[SH] - g[TOP], shift(out, p * g[Q])
            low, high = (0, 0) if _clipped(g, r) else (begin, end)
            if high > low:
                h, stop = max(0, r), min(g[HEIGHT], r + g[FH])
                start = shift(image, h * g[WIDTH] + low * g[SW] - g[LEFT])
                max_row(lanes, high - low, stop - h, g[FW], start, g[WIDTH], shift(line, low), 0, one, g[SW])
            for q in range(low):
                line[q] = _largest(g, image, r, q * g[SW] - g[LEFT])
            for q in range(high, g[Q]):
                line[q] = _largest(g, image, r, q * g[SW] - g[LEFT])
    return 0.0


@family
def mean_pool(d, run, arena, theta, copies, grad):
    """y = mean of every window: x y geometry."""
    x, y, g = operand(d, 1, run, arena), operand(d, 3, run, arena), shift(d, 5)
    begin, end, lanes = _inside(g, x)
    for plane in range(run[ROWS] * g[CHANNELS]):
        image, out = shift(x, plane * g[HEIGHT] * g[WIDTH]), shift(y, plane * g[P] * g[Q])
        for p in range(g[P]):
            r, line = p * g[SH] - g[TOP], shift(out, p * g[Q])
            if end > begin:
                h, stop = max(0, r), min(g[HEIGHT], r + g[FH])
                c = begin * g[SW] - g[LEFT]
                start, count = shift(image, h * g[WIDTH] + c), _count(g, r, c, x)
                mean_row(lanes, end - begin, stop - h, g[FW], start, g[WIDTH], shift(line, begin), 0, count, g[SW])
            for q in range(begin):
                line[q] = _mean(g, image, r, q * g[SW] - g[LEFT])
            for q in range(end, g[Q]):
                line[q] = _mean(g, image, r, q * g[SW] - g[LEFT])
    return 0.0


@kernel
def _pitch(g):
    """Elements of a line of a scratch plane: the windows of a line, and empty columns at both ends."""
    return g[Q] + 2 * g[FW]


@kernel
def _clear_ends(g, plane, value):
    """Set the empty columns of a scratch plane."""
    for p in range(g[P]):
        line = shift(plane, p * _pitch(g))
        for i in range(g[FW]):
            line[i] = value
            line[g[FW] + g[Q] + i] = value


@kernel
def _next_lines(g, h, first, stop):
    """Lines of windows (first, stop) that reach row h of the image, from those of the row above; and h's place in the first."""
    while first < g[P] and first * g[SH] + g[FH] <= h + g[TOP]:
        first += 1
    while stop < g[P] and stop * g[SH] <= h + g[TOP]:
        stop += 1
    return first, stop, h + g[TOP] - first * g[SH]


@kernel
def _spread(g, u, u_pitch, winners, chosen, out):
    """Pixels of one channel: sum over the windows on a pixel, by rising p and falling q; with `chosen` of those that it wins.

    u and winners point at window (0, 0).
    """
    pitch, pixels = _pitch(g), g[WIDTH] // g[SW] if g[SW] <= 2 else 0
    lanes, first, stop = row_lanes(u, pixels), 0, 0
    if lanes == 1:
        pixels = 0
    else:
        for h in range(g[HEIGHT]):
            first, stop, i = _next_lines(g, h, first, stop)
            line, kept, count = shift(out, h * g[WIDTH]), shift(u, first * u_pitch), max(0, stop - first)
            k0, step = i * g[FW], g[SH] * g[FW]
            if chosen:
                best = shift(winners, first * pitch)
                spread_chosen(lanes, g[SW], pixels, count, kept, u_pitch, best, pitch, k0, step, g[FW], g[LEFT], line)
            else:
                spread_all(lanes, g[SW], pixels, count, kept, u_pitch, kept, 0, 0, 0, g[FW], g[LEFT], line)
    if pixels * g[SW] < g[WIDTH]:
        _spread_rest(g, u, u_pitch, winners, chosen, pixels, out)


@kernel
def _spread_rest(g, u, u_pitch, winners, chosen, start, out):
    """`_spread` for the pixels from start * stride on, in the same order, any stride. Pixels of one phase have the same taps."""
    pitch, zero = _pitch(g), number(u[0], 0.0)
    for phase in range(g[SW]):
        j0, back = (phase + g[LEFT]) % g[SW], (phase + g[LEFT]) // g[SW]
        taps = (g[FW] - j0 + g[SW] - 1) // g[SW] if j0 < g[FW] else 0
        pixels = (g[WIDTH] - phase + g[SW] - 1) // g[SW]
        first, stop = 0, 0
        for h in range(g[HEIGHT]):
            first, stop, i = _next_lines(g, h, first, stop)
            line = shift(out, h * g[WIDTH] + phase)
            for v in range(start, pixels):
                total, k = zero, i * g[FW] + j0
                for p in range(first, stop):
                    kept, best = shift(u, p * u_pitch + v + back), shift(winners, p * pitch + v + back)
                    for m in range(taps):
                        if chosen:
                            total += kept[-m] if best[-m] == number(zero, k + m * g[SW]) else zero
                        else:
                            total += kept[-m]
                    k -= g[SH] * g[FW]
                line[v * g[SW]] = total


@family
def max_pool_backward(d, run, arena, theta, copies, grad):
    """grad_x = sum of grad_y of the windows that a pixel wins; overwrites: x grad_y grad_x scratch geometry.

    scratch: the gradient of one channel between two ends of `columns` elements, and a plane of winners.
    """
    x, gradient, result = operand(d, 1, run, arena), operand(d, 3, run, arena), operand(d, 5, run, arena)
    scratch, g = shift(arena, d[7]), shift(d, 9)
    pitch, one = _pitch(g), number(x[0], 1.0)
    u = shift(scratch, g[FW])
    winners = shift(u, g[P] * g[Q] + g[FW])
    for i in range(g[FW]):
        u[-1 - i] = one
        u[g[P] * g[Q] + i] = one
    _clear_ends(g, winners, number(x[0], -1.0))
    begin, end, lanes = _inside(g, x)
    for plane in range(run[ROWS] * g[CHANNELS]):
        image = shift(x, plane * g[HEIGHT] * g[WIDTH])
        for p in range(g[P]):
            r, line = p * g[SH] - g[TOP], shift(winners, p * pitch + g[FW])
            low, high = (0, 0) if _clipped(g, r) else (begin, end)
            if high > low:
                h, stop = max(0, r), min(g[HEIGHT], r + g[FH])
                start = shift(image, h * g[WIDTH] + low * g[SW] - g[LEFT])
                winner_row(lanes, high - low, stop - h, g[FW], start, g[WIDTH], shift(line, low), h - r, one, g[SW])
            for q in range(low):
                line[q] = _winner(g, image, r, q * g[SW] - g[LEFT])
            for q in range(high, g[Q]):
                line[q] = _winner(g, image, r, q * g[SW] - g[LEFT])
        copy(g[P] * g[Q], shift(gradient, plane * g[P] * g[Q]), u)
        _spread(g, u, g[Q], shift(winners, g[FW]), True, shift(result, plane * g[HEIGHT] * g[WIDTH]))
    return 0.0


@family
def mean_pool_backward(d, run, arena, theta, copies, grad):
    """grad_x = sum over the windows on a pixel of grad_y / number of taps; overwrites: grad_y grad_x scratch geometry."""
    gradient, result, u, g = operand(d, 1, run, arena), operand(d, 3, run, arena), shift(arena, d[5]), shift(d, 7)
    pitch, one = _pitch(g), number(u[0], 1.0)
    _clear_ends(g, u, one - one)
    begin, end, _ = _inside(g, u)
    for plane in range(run[ROWS] * g[CHANNELS]):
        given = shift(gradient, plane * g[P] * g[Q])
        for p in range(g[P]):
            r, line, kept = p * g[SH] - g[TOP], shift(given, p * g[Q]), shift(u, p * pitch + g[FW])
            share = one / _count(g, r, begin * g[SW] - g[LEFT], u)
            for q in range(begin, end):
                kept[q] = line[q] * share
            for q in range(begin):
                kept[q] = line[q] * (one / _count(g, r, q * g[SW] - g[LEFT], u))
            for q in range(end, g[Q]):
                kept[q] = line[q] * (one / _count(g, r, q * g[SW] - g[LEFT], u))
        _spread(g, shift(u, g[FW]), pitch, shift(u, g[FW]), False, shift(result, plane * g[HEIGHT] * g[WIDTH]))
    return 0.0
