"""Convolutions of small images, several events side by side: vectors are full where a line of pixels would not fill one.

The events of a block lie in the lanes. Its images are turned, so that every pixel is a line of 64 bytes on every machine,
one number for each event, with lines of zeros around; the loops of kernels/convolution_tiles.py then see lines for pixels.
Every pixel is the same chain of fused multiply-adds as with one event after the other, so its bits are the same.

Gradients of filters are summed over the pixels of a block, in an order that the block fixes: which layers take this way
is decided by their shape (plan/families/event_blocks.py), and tiles are whole blocks.
"""

from __future__ import annotations

from ._jit import family, integers_at, kernel, null, number, shift
from .convolution import (
    BIAS_PLANE,
    BIAS_PLANES,
    ELEMENTS_AT,
    EVENTS,
    FILTER_ROW,
    FILTERS,
    HALO_SIZE,
    OUTPUT_PLANE,
    OUTPUTS,
    PLACES,
    PLACES_AT,
    SPARE,
    TAPS,
    TAPS_AT,
    copy_line,
    correlate_phases,
    correlate_rows,
    fill_zero,
    pack_phases,
)
from .convolution_tiles import add_sum, correlation_gradient
from .family import FRESH, ROWS, descriptor, operand
from .transpose import transpose

EVENT_BYTES = 64  # of a line: one number of every event of a block


@kernel
def turn_block(rows, n, x, events, places, spare, y):
    """y[places[i] + r] = x[r n + i] for rows r below `rows`, 0 for the others up to `events`. `spare`: a square of events."""
    whole = n // events * events if rows == events else 0
    for i in range(0, whole, events):
        transpose(events, events, shift(x, i), n, spare, events)
        for j in range(events):
            copy_line(events, shift(spare, j * events), shift(y, places[i + j]))
    for i in range(whole, n):
        line = shift(y, places[i])
        for r in range(rows):
            line[r] = x[r * n + i]
        for r in range(rows, events):
            line[r] = number(x[0], 0.0)


CORRELATE = descriptor(
    "x y halo merge packed", "weights bias table blocks", writes="y", scratch="halo merge packed", parameters="weights bias"
)


@family(CORRELATE)
def correlate_blocks(d, run, arena, theta, copies, grad):
    """As convolution.correlate, block by block; a few left over go one by one: x y halo merge packed w b table blocks."""
    x, y, w = operand(d, CORRELATE.x, run, arena), operand(d, CORRELATE.y, run, arena), shift(theta, d[CORRELATE.weights])
    t, b = integers_at(d[CORRELATE.table]), integers_at(d[CORRELATE.blocks])
    halo, merge, packed = shift(arena, d[CORRELATE.halo]), shift(arena, d[CORRELATE.merge]), shift(arena, d[CORRELATE.packed])
    bias = shift(theta, d[CORRELATE.bias]) if d[CORRELATE.bias] >= 0 else null(theta)
    n, out, events = d[CORRELATE.x_size], d[CORRELATE.y_size], b[EVENTS]
    pack_phases(t, w, packed)
    stop = run[ROWS] // events * events
    if 2 * (run[ROWS] - stop) >= events:
        stop = run[ROWS]
    if stop:
        fill_zero(b[HALO_SIZE], halo)
    for first in range(0, stop, events):
        rows = min(events, stop - first)
        turn_block(rows, n, shift(x, first * n), events, shift(b, b[ELEMENTS_AT]), shift(halo, b[SPARE]), halo)
        correlate_phases(b, packed, halo, merge, bias)
        target = shift(y, first * out)
        if rows == events:
            transpose(out, events, merge, events, target, out)
        else:
            for r in range(rows):
                for i in range(out):
                    target[r * out + i] = merge[i * events + r]
    if stop < run[ROWS]:
        correlate_rows(stop, run[ROWS], t, x, n, y, out, halo, merge, packed, bias)
    return 0.0


@family(FILTERS)
def filter_gradient_blocks(d, run, arena, theta, copies, grad):
    """As convolution.filter_gradient, block by block: x g halo lines w b table of-x size first_use."""
    x, g, t = operand(d, FILTERS.image, run, arena), operand(d, FILTERS.small, run, arena), integers_at(d[FILTERS.table])
    halo, lines, w = shift(arena, d[FILTERS.halo]), shift(arena, d[FILTERS.lines]), shift(grad, d[FILTERS.weights])
    has_bias, bias = d[FILTERS.bias] >= 0, shift(grad, max(d[FILTERS.bias], 0))
    n, m, events = d[FILTERS.image_size], d[FILTERS.small_size], t[EVENTS]
    if run[FRESH] and d[FILTERS.first_use]:
        fill_zero(d[FILTERS.size], w)
        if has_bias:
            fill_zero(t[BIAS_PLANES], bias)
    fill_zero(t[HALO_SIZE], halo)
    spare, elements = shift(halo, t[SPARE]), shift(t, t[ELEMENTS_AT])
    for first in range(0, run[ROWS], events):
        rows = min(events, run[ROWS] - first)
        image, small = shift(x, first * n), shift(g, first * m)
        turn_block(rows, n, image, events, elements, spare, halo)
        turn_block(rows, m, small, events, shift(elements, n), spare, lines)
        correlation_gradient(
            t[OUTPUTS],
            t[TAPS],
            t[PLACES],
            shift(t, t[PLACES_AT]),
            lines,
            t[OUTPUT_PLANE],
            halo,
            shift(t, t[TAPS_AT]),
            w,
            t[FILTER_ROW],
        )
        if has_bias:
            for r in range(rows):
                summed = shift(image, r * n) if d[FILTERS.bias_of_image] else shift(small, r * m)
                for c in range(t[BIAS_PLANES]):
                    add_sum(t[BIAS_PLANE], shift(summed, c * t[BIAS_PLANE]), shift(bias, c))
    return 0.0
