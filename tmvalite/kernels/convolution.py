"""Convolutions, forward and backward, plain and transposed: planes with a halo, correlated by tables of offsets.

`correlate` gathers (every small pixel reads its window of the large image: CONV forward, TRANSCONV's gradient of its
input) or spreads (every large pixel reads the small pixels whose windows hold it: TRANSCONV forward, CONV's gradient of
its input); which one is in the tables of plan/families/windows.py. Both work event by event: the input's planes are
copied into a scratch with a zero halo if there is one, and split into phases where the column stride is not 1, so that
neighbouring output pixels read neighbouring numbers. Nothing is stretched with zeros, nothing is computed to be cropped.

A table holds, after a header (columns below), phases of PHASE_WIDTH numbers each, and the pairs they refer to.
"""

from __future__ import annotations

from ._jit import family, integers_at, is_null, kernel, null, number, shift
from .convolution_tiles import add_sum, correlate_planes, correlation_gradient, pack_filters
from .family import FRESH, ROWS, descriptor, operand
from .vector import copy_vector, lanes_of

_HEADER = (
    # the planes that are read with a halo: planes, rows and columns of one event; whether they are copied, elements of
    # the scratch, of one of its rows and planes, rows above and columns left of the image, phases of a row and their size
    "PLANES IMAGE_ROWS IMAGE_COLUMNS COPIED HALO_SIZE PITCH HALO_PLANE TOP LEFT SPLIT SEGMENT "
    # groups; elements between them in the planes read and in the filters; planes written per group, elements between
    # their filters and between the planes themselves
    "GROUPS GROUP_SOURCE GROUP_FILTERS OUTPUTS FILTER_ROW OUTPUT_PLANE "
    # phases of the output and where they stand; whether they are merged from a scratch, and its geometry: rows and
    # columns of an output plane, column stride, elements of a row of the scratch and of one phase in it, where the first
    # column and the count of every phase stand
    "PHASES PHASES_AT MERGED OUT_ROWS OUT_COLUMNS STRIDE MERGE_PITCH MERGE_SEGMENT MERGE_AT "
    # for gradients: number and place of the taps, and of the groups of pixels; whether the other operand is copied into
    # lines with zeros behind, how many lines, elements of one in the operand and in the scratch; planes and pixels that
    # the gradient of the bias sums
    "TAPS TAPS_AT PLACES PLACES_AT PADDED LINES LINE LINE_PITCH LINES_SIZE BIAS_PLANES BIAS_PLANE "
    # of kernels/event_blocks.py: events of a block, where the places of the elements that are read stand, where the scratch
    # has room for one square of elements and events
    "EVENTS ELEMENTS_AT SPARE"
).split()
HEADER = {name: i for i, name in enumerate(_HEADER)}
HEADER_SIZE = len(_HEADER)
# columns of a phase: terms, where their offsets in the image and in the filters stand, vectors of output, where they stand,
# pixels in the last one, where the phase's packed filters begin
TERMS, IMAGE_AT, FILTERS_AT, VECTORS, VECTORS_AT, LAST, PACKED_AT = range(7)
PHASE_WIDTH = 7
(
    PLANES,
    IMAGE_ROWS,
    IMAGE_COLUMNS,
    COPIED,
    HALO_SIZE,
    PITCH,
    HALO_PLANE,
    TOP,
    LEFT,
    SPLIT,
    SEGMENT,
    GROUPS,
    GROUP_SOURCE,
    GROUP_FILTERS,
    OUTPUTS,
    FILTER_ROW,
    OUTPUT_PLANE,
    PHASES,
    PHASES_AT,
    MERGED,
    OUT_ROWS,
    OUT_COLUMNS,
    STRIDE,
    MERGE_PITCH,
    MERGE_SEGMENT,
    MERGE_AT,
    TAPS,
    TAPS_AT,
    PLACES,
    PLACES_AT,
    PADDED,
    LINES,
    LINE,
    LINE_PITCH,
    LINES_SIZE,
    BIAS_PLANES,
    BIAS_PLANE,
    EVENTS,
    ELEMENTS_AT,
    SPARE,
) = range(HEADER_SIZE)


@kernel
def fill_zero(n, y):
    """y[:n] = 0."""
    zero = number(y[0], 0.0)
    for i in range(n):
        y[i] = zero


@kernel
def copy_line(n, x, y):
    """y[:n] = x[:n] for short lines: whole vectors, the last one overlapping the one before."""
    lanes = lanes_of(x)
    if n < lanes:
        for i in range(n):
            y[i] = x[i]
        return
    for i in range(0, n - lanes + 1, lanes):
        copy_vector(shift(x, i), shift(y, i))
    if n % lanes:
        copy_vector(shift(x, n - lanes), shift(y, n - lanes))


@kernel
def split_line(n, x, left, split, segment, y):
    """Column j of a line goes to place (left + j) // split of phase (left + j) % split; phases are `segment` apart."""
    if split == 2:
        # two columns at a time: the one that falls into the first phase and its neighbour
        odd = left % 2
        even, other = shift(y, (left + odd) // 2), shift(y, segment + (left + odd) // 2)
        source = shift(x, odd)
        if odd:
            y[segment + left // 2] = x[0]
        for i in range((n - odd) // 2):
            even[i] = source[2 * i]
            other[i] = source[2 * i + 1]
        if (n - odd) % 2:
            even[(n - odd) // 2] = x[n - 1]
        return
    for phase in range(split):
        first = (phase - left) % split
        target = shift(y, phase * segment + (left + first) // split)
        for i in range((n - first + split - 1) // split):
            target[i] = x[first + i * split]


@kernel
def fill_halo(t, image, halo):
    """The planes of one event into the scratch; its halo is zero already."""
    columns, left, split, segment = t[IMAGE_COLUMNS], t[LEFT], t[SPLIT], t[SEGMENT]
    for c in range(t[PLANES]):
        source, target = shift(image, c * t[IMAGE_ROWS] * columns), shift(halo, c * t[HALO_PLANE] + t[TOP] * t[PITCH])
        for i in range(t[IMAGE_ROWS]):
            if split == 1:
                copy_line(columns, shift(source, i * columns), shift(target, i * t[PITCH] + left))
            else:
                split_line(columns, shift(source, i * columns), left, split, segment, shift(target, i * t[PITCH]))


@kernel
def merge_line(n, x, segment, stride, phases, y):
    """Columns first, first + stride, ... of a line of n from each phase; `phases` holds (first, count) pairs."""
    if stride == 2 and phases[1] > 0 and phases[3] > 0:
        low = 0 if phases[0] == 0 else 1  # the phase that holds column 0
        even, odd = shift(x, low * segment), shift(x, (1 - low) * segment)
        for i in range(n // 2):
            y[2 * i] = even[i]
            y[2 * i + 1] = odd[i]
        if n % 2:
            y[n - 1] = even[n // 2]
        return
    for phase in range(stride):
        first, source = phases[2 * phase], shift(x, phase * segment)
        for i in range(phases[2 * phase + 1]):
            y[first + i * stride] = source[i]


CORRELATE = descriptor(
    "x y halo merge packed", "weights bias table", writes="y", scratch="halo merge packed", parameters="weights bias"
)


@kernel
def pack_phases(t, w, packed):
    """The filters of all groups and phases as tiles read them."""
    for g in range(t[GROUPS]):
        for p in range(t[PHASES]):
            phase, at = shift(t, t[PHASES_AT] + p * PHASE_WIDTH), g * t[GROUP_FILTERS]
            pack_filters(
                t[OUTPUTS],
                phase[TERMS],
                shift(t, phase[FILTERS_AT]),
                shift(w, at),
                t[FILTER_ROW],
                shift(packed, at + phase[PACKED_AT]),
            )


@kernel
def correlate_phases(t, packed, source, target, bias):
    """All groups and phases of planes that lie as the table says."""
    for g in range(t[GROUPS]):
        start = bias if is_null(bias) else shift(bias, g * t[OUTPUTS])
        for p in range(t[PHASES]):
            phase = shift(t, t[PHASES_AT] + p * PHASE_WIDTH)
            correlate_planes(
                t[OUTPUTS],
                phase[TERMS],
                shift(t, phase[IMAGE_AT]),
                shift(packed, g * t[GROUP_FILTERS] + phase[PACKED_AT]),
                shift(source, g * t[GROUP_SOURCE]),
                shift(t, phase[VECTORS_AT]),
                phase[VECTORS],
                phase[LAST],
                shift(target, g * t[OUTPUTS] * t[OUTPUT_PLANE]),
                t[OUTPUT_PLANE],
                start,
            )


@kernel
def correlate_rows(first, stop, t, x, x_size, y, y_size, halo, merge, packed, bias):
    """Events `first` to `stop`, one after the other."""
    if t[COPIED]:
        fill_zero(t[HALO_SIZE], halo)
    for r in range(first, stop):
        image, out = shift(x, r * x_size), shift(y, r * y_size)
        source, target = image, out
        if t[COPIED]:
            fill_halo(t, image, halo)
            source = halo
        if t[MERGED]:
            target = merge
        correlate_phases(t, packed, source, target, bias)
        if t[MERGED]:
            columns = t[OUT_COLUMNS]
            for line in range(t[GROUPS] * t[OUTPUTS] * t[OUT_ROWS]):
                merge_line(
                    columns,
                    shift(merge, line * t[MERGE_PITCH]),
                    t[MERGE_SEGMENT],
                    t[STRIDE],
                    shift(t, t[MERGE_AT]),
                    shift(out, line * columns),
                )


@family(CORRELATE)
def correlate(d, run, arena, theta, copies, grad):
    """y = b + w correlated with x, see the module: x y halo merge packed w b table. No b, halo or merge is -1."""
    x, y, w = operand(d, CORRELATE.x, run, arena), operand(d, CORRELATE.y, run, arena), shift(theta, d[CORRELATE.weights])
    t = integers_at(d[CORRELATE.table])
    halo, merge, packed = shift(arena, d[CORRELATE.halo]), shift(arena, d[CORRELATE.merge]), shift(arena, d[CORRELATE.packed])
    bias = shift(theta, d[CORRELATE.bias]) if d[CORRELATE.bias] >= 0 else null(theta)
    pack_phases(t, w, packed)
    correlate_rows(0, run[ROWS], t, x, d[CORRELATE.x_size], y, d[CORRELATE.y_size], halo, merge, packed, bias)
    return 0.0


FILTERS = descriptor(
    "image small halo lines", "weights bias table bias_of_image size first_use", scratch="halo lines", gradients="weights bias"
)


@family(FILTERS)
def filter_gradient(d, run, arena, theta, copies, grad):
    """grad_w += windows of x times g, grad_b += sums: x g halo lines w b table of-x size first_use.

    x are the large images, g the small ones. `of-x`: the bias belongs to x. `size`: elements of w. One event after the
    other adds its own sums, so the result does not depend on how a share is cut into tiles.
    """
    x, g, t = operand(d, FILTERS.image, run, arena), operand(d, FILTERS.small, run, arena), integers_at(d[FILTERS.table])
    halo, lines, w = shift(arena, d[FILTERS.halo]), shift(arena, d[FILTERS.lines]), shift(grad, d[FILTERS.weights])
    has_bias, bias = d[FILTERS.bias] >= 0, shift(grad, max(d[FILTERS.bias], 0))
    if run[FRESH] and d[FILTERS.first_use]:
        fill_zero(d[FILTERS.size], w)
        if has_bias:
            fill_zero(t[BIAS_PLANES], bias)
    if t[COPIED]:
        fill_zero(t[HALO_SIZE], halo)
    if t[PADDED]:
        fill_zero(t[LINES_SIZE], lines)
    for r in range(run[ROWS]):
        image, small = shift(x, r * d[FILTERS.image_size]), shift(g, r * d[FILTERS.small_size])
        source, planes = image, small
        if t[COPIED]:
            fill_halo(t, image, halo)
            source = halo
        if t[PADDED]:
            for line in range(t[LINES]):
                copy_line(t[LINE], shift(small, line * t[LINE]), shift(lines, line * t[LINE_PITCH]))
            planes = lines
        for group in range(t[GROUPS]):
            correlation_gradient(
                t[OUTPUTS],
                t[TAPS],
                t[PLACES],
                shift(t, t[PLACES_AT]),
                shift(planes, group * t[OUTPUTS] * t[OUTPUT_PLANE]),
                t[OUTPUT_PLANE],
                shift(source, group * t[GROUP_SOURCE]),
                shift(t, t[TAPS_AT]),
                shift(w, group * t[GROUP_FILTERS]),
                t[FILTER_ROW],
            )
        if has_bias:
            summed = image if d[FILTERS.bias_of_image] else small
            for c in range(t[BIAS_PLANES]):
                add_sum(t[BIAS_PLANE], shift(summed, c * t[BIAS_PLANE]), shift(bias, c))
    return 0.0
