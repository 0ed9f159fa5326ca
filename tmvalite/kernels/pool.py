"""MAXPOOL and AVGPOOL: windows over every channel of an image by itself.

A window of fh x fw taps lies with its first tap on pixel (p sh - top, q sw - left). Taps outside the image are left out, or
count as zeros where `framed` is set (a frame of zeros that is not stored). Every window has at least one tap inside.
Additions run over the taps row by row; equal values of MAXPOOL: the first one row by row wins; NaN in a window is its result.

The backward pass of MAXPOOL finds the winners again rather than have the forward pass keep them: the input is alive anyway,
and a tile in the first caches has no room for another plane per event. The usual windows have explicit vectors
(kernels/pool_plane.py), any other plain loops. -infinity in an image with padding cannot be told from it and gets nothing.
"""

from __future__ import annotations

import numpy as np

from ._jit import family, kernel, number, shift
from .combine import add
from .family import ROWS, descriptor, operand
from .pool_plane import MARGIN, copy_lines, gather, share_out
from .vector import lanes_of
from .window import max_row, mean_row, row_lanes

# columns of the geometry, which stands behind the operands in a descriptor
GEOMETRY = "channels height width out_height out_width rows columns stride_rows stride_cols top left framed".split()
CHANNELS, HEIGHT, WIDTH, P, Q, FH, FW, SH, SW, TOP, LEFT, FRAMED = range(len(GEOMETRY))
SLACK = 64  # elements behind a plane that vectors may read
MOST_LANES = 16


def scratch_size(kind: str, geometry) -> int:
    """Elements that the gradient of a "max" or "mean" pool needs beside its operands, on any machine."""
    g = geometry
    if kind == "mean":
        return g[WIDTH] + 2 * g[Q]
    rows, groups = (g[P] - 1) * g[SH] + g[FH], max(MOST_LANES, g[Q] + g[FW])
    shares = MARGIN + g[FW] * rows * (max(MOST_LANES, g[Q]) + MARGIN)
    return max(2 * g[HEIGHT] * g[Q], shares + 2 * (rows * groups * g[SW] + SLACK))


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


POOL = descriptor("x y", geometry=GEOMETRY, writes="y")


@family(POOL)
def max_pool(d, run, arena, theta, copies, grad):
    """y = largest value of every window: x y geometry."""
    x, y, g = operand(d, POOL.x, run, arena), operand(d, POOL.y, run, arena), shift(d, POOL.geometry)
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
                max_row(lanes, high - low, stop - h, g[FW], start, g[WIDTH], shift(line, low), one, g[SW])
            for q in range(low):
                line[q] = _largest(g, image, r, q * g[SW] - g[LEFT])
            for q in range(high, g[Q]):
                line[q] = _largest(g, image, r, q * g[SW] - g[LEFT])
    return 0.0


@family(POOL)
def mean_pool(d, run, arena, theta, copies, grad):
    """y = mean of every window: x y geometry."""
    x, y, g = operand(d, POOL.x, run, arena), operand(d, POOL.y, run, arena), shift(d, POOL.geometry)
    begin, end, lanes = _inside(g, x)
    for plane in range(run[ROWS] * g[CHANNELS]):
        image, out = shift(x, plane * g[HEIGHT] * g[WIDTH]), shift(y, plane * g[P] * g[Q])
        for p in range(g[P]):
            r, line = p * g[SH] - g[TOP], shift(out, p * g[Q])
            if end > begin:
                h, stop = max(0, r), min(g[HEIGHT], r + g[FH])
                c = begin * g[SW] - g[LEFT]
                start, count = shift(image, h * g[WIDTH] + c), _count(g, r, c, x)
                mean_row(lanes, end - begin, stop - h, g[FW], start, g[WIDTH], shift(line, begin), count, g[SW])
            for q in range(begin):
                line[q] = _mean(g, image, r, q * g[SW] - g[LEFT])
            for q in range(end, g[Q]):
                line[q] = _mean(g, image, r, q * g[SW] - g[LEFT])
    return 0.0


@kernel
def _row_winners(g, x, tops, taps):
    """Of every row of a channel and every column of windows: the largest tap and its column, the first of equal ones.

    Columns outside the image count as zeros when framed, else not at all.
    """
    zero = number(x[0], 0.0)
    for h in range(g[HEIGHT]):
        row, top, tap = shift(x, h * g[WIDTH]), shift(tops, h * g[Q]), shift(taps, h * g[Q])
        for q in range(g[Q]):
            c = q * g[SW] - g[LEFT]
            first, stop = max(0, c), min(g[WIDTH], c + g[FW])
            best, at = (row[first], first) if first < stop else (zero, -1)
            for w in range(first + 1, stop):
                if row[w] > best:
                    best, at = row[w], w
            if g[FRAMED] and stop - first < g[FW] and (zero > best or (zero == best and c < 0)):
                best, at = zero, -1
            top[q], tap[q] = best, number(zero, at)


@kernel
def _any_window(g, x, u, tops, taps, out):
    """Gradient of one channel for any window: every window adds to its winner, p by p and q by q."""
    zero = number(x[0], 0.0)
    for i in range(g[HEIGHT] * g[WIDTH]):
        out[i] = zero
    _row_winners(g, x, tops, taps)
    for p in range(g[P]):
        r = p * g[SH] - g[TOP]
        first, stop = max(0, r), min(g[HEIGHT], r + g[FH])
        framed = g[FRAMED] and stop - first < g[FH]
        for q in range(g[Q]):
            best, at = zero, -1
            if first < stop:
                best, at = tops[first * g[Q] + q], first
                for h in range(first + 1, stop):
                    if tops[h * g[Q] + q] > best:
                        best, at = tops[h * g[Q] + q], h
                if framed and (zero > best or (zero == best and r < 0)):
                    at = -1
            if at >= 0:
                w = int(taps[at * g[Q] + q])
                if w >= 0:
                    out[at * g[WIDTH] + w] += u[p * g[Q] + q]


@kernel
def _window_code(g):
    """The window as kernels/pool_plane.py numbers it; 0 for one that has no code of its own."""
    usual = g[FH] == g[FW] and g[SH] == g[SW] and 2 <= g[FH] <= 3 and g[SH] <= 2
    return 4 * g[FH] + g[SH] if usual else 0


@kernel
def _fill(n, y, value):
    for i in range(n):
        y[i] = value


MAX_BACK = descriptor("saved grad result scratch", geometry=GEOMETRY, writes="result", scratch="scratch")


@family(MAX_BACK)
def max_pool_backward(d, run, arena, theta, copies, grad):
    """grad_x = sum of grad_y of the windows that a pixel wins; overwrites: x grad_y grad_x scratch geometry.

    scratch: as `scratch_size` says. A channel with padding, or narrower than a vector, is worked on as a copy in a frame.
    """
    x, gradient = operand(d, MAX_BACK.saved, run, arena), operand(d, MAX_BACK.grad, run, arena)
    result = operand(d, MAX_BACK.result, run, arena)
    scratch, g = shift(arena, d[MAX_BACK.scratch]), shift(d, MAX_BACK.geometry)
    h, w, p, q, code = g[HEIGHT], g[WIDTH], g[P], g[Q], _window_code(g)
    pixels, windows, zero = h * w, p * q, number(x[0], 0.0)
    if not code:
        for plane in range(run[ROWS] * g[CHANNELS]):
            image, u = shift(x, plane * pixels), shift(gradient, plane * windows)
            _any_window(g, image, u, scratch, shift(scratch, h * q), shift(result, plane * pixels))
        return 0.0

    lanes = lanes_of(x)
    rows, columns = (p - 1) * g[SH] + g[FH], (q - 1) * g[SW] + g[FW]  # under windows, padding included
    inner_rows, inner_columns = min(h, rows - g[TOP]), min(w, columns - g[LEFT])  # of the image
    overlap = g[FH] > g[SH]
    plain = g[TOP] + g[LEFT] == 0 and rows <= h and columns <= w and q >= lanes  # windows may read the image itself
    line = max(lanes, q) + MARGIN
    across = w // g[SW]  # groups of pixels of a line
    # whether what windows give may go to the image itself
    direct = plain if not overlap else across >= lanes and w % g[SW] == 0 and (w - 1 + g[LEFT]) // g[SW] < line
    groups = max(lanes, (columns + g[SW] - 1) // g[SW])
    pitch, share_plane = groups * g[SW], rows * line
    shares = shift(scratch, MARGIN)
    framed, made = shift(shares, g[FW] * share_plane), shift(shares, g[FW] * share_plane + rows * pitch + SLACK)
    corner = g[TOP] * pitch + g[LEFT]
    if overlap:
        _fill(g[FW] * share_plane + MARGIN, scratch, zero)
    if not plain:
        _fill(rows * pitch, framed, zero if g[FRAMED] else number(zero, -np.inf))
    for plane in range(run[ROWS] * g[CHANNELS]):
        image, out, u = shift(x, plane * pixels), shift(result, plane * pixels), shift(gradient, plane * windows)
        if inner_rows < h or inner_columns < w and not (direct and overlap):
            _fill(pixels, out, zero)
        source, source_pitch = image, w
        if not plain:
            copy_lines(inner_rows, inner_columns, image, w, shift(framed, corner), pitch)
            source, source_pitch = framed, pitch
        target, target_pitch = (out, w) if direct else (made, pitch)
        share_out(code, p, q, source, source_pitch, u, shares, line, share_plane, target, target_pitch)
        if overlap and direct:
            gather(code, g[LEFT], inner_rows, across, shift(shares, g[TOP] * line), line, share_plane, out, w)
        elif overlap:
            gather(code, 0, rows, groups, shares, line, share_plane, made, pitch)
        if not direct:
            copy_lines(inner_rows, inner_columns, shift(made, corner), pitch, out, w)
    return 0.0


@kernel
def _columns_of_tap(g, j):
    """First and last + 1 of the windows of a line whose tap j lies inside the image."""
    low = max(0, (g[LEFT] - j + g[SW] - 1) // g[SW])
    room = g[WIDTH] - 1 + g[LEFT] - j
    return low, min(g[Q], room // g[SW] + 1) if room >= 0 else 0


MEAN_BACK = descriptor("grad result scratch", geometry=GEOMETRY, writes="result", scratch="scratch")


@family(MEAN_BACK)
def mean_pool_backward(d, run, arena, theta, copies, grad):
    """grad_x = sum over the windows on a pixel of grad_y / number of taps; overwrites: grad_y grad_x scratch geometry.

    Every line of windows is spread over a line of pixels (scratch) by rising j, and the lines are added by rising p.
    """
    gradient, result = operand(d, MEAN_BACK.grad, run, arena), operand(d, MEAN_BACK.result, run, arena)
    line, g = shift(arena, d[MEAN_BACK.scratch]), shift(d, MEAN_BACK.geometry)
    h, w, q = g[HEIGHT], g[WIDTH], g[Q]
    zero, one = number(line[0], 0.0), number(line[0], 1.0)
    counts, shares, pixels = shift(line, w), shift(line, w + q), h * w
    for k in range(q):
        c = k * g[SW] - g[LEFT]
        counts[k] = number(zero, g[FW] if g[FRAMED] else min(w, c + g[FW]) - max(0, c))
    for plane in range(run[ROWS] * g[CHANNELS]):
        out = shift(result, plane * pixels)
        _fill(pixels, out, zero)
        for p in range(g[P]):
            u, r = shift(gradient, (plane * g[P] + p) * q), p * g[SH] - g[TOP]
            first, stop = max(0, r), min(h, r + g[FH])
            count = number(zero, g[FH] if g[FRAMED] else stop - first)
            for k in range(q):
                shares[k] = u[k] * (one / (count * counts[k]))
            _fill(w, line, zero)
            for j in range(g[FW]):
                low, high = _columns_of_tap(g, j)
                target = shift(line, j - g[LEFT])
                if g[SW] == 1:
                    for k in range(low, high):
                        target[k] += shares[k]
                else:
                    for k in range(low, high):
                        target[k * g[SW]] += shares[k]
            for i in range(first, stop):
                add(w, line, shift(out, i * w))
    return 0.0
