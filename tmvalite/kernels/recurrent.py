"""What the kernels of RNN, LSTM and GRU share: products with packed weights, and gradients over whole sequences.

Weights lie in the flat vector as W (features, gates * state) and U (state, gates * state), the gates side by side, so that
one product serves all of them. A product runs once per time step over all events of a tile and reads the same weights
each time; `pack` lays them out in panels as wide as the register tiles of kernels/product.py, each in one piece, since
rows a power of two apart would evict each other from the cache. Which layout is read does not change a bit.

Same bits: an element of a product is one chain over its inputs; a gradient of a weight is one chain over (event, step)
in order, wherever tiles are cut.
"""

from __future__ import annotations

from ._jit import family, kernel, null, number, shift, uses
from .family import FRESH, ROWS, descriptor, operand
from .product import product, product_transposed
from .product_tiles import WIDEST, product_piece
from .transpose import transpose
from .vector import lanes_of

PACKED_FROM = 2  # rows of a tile from which packing pays


@kernel
def panel_width(rows, n, p):
    """Columns of a panel: a register tile; all n when the tile has so few rows that weights are read once anyway."""
    return WIDEST * lanes_of(p) if rows >= PACKED_FROM else n


@kernel
def pack(k, n, b, ldb, width, panels):
    """Panels of `width` columns of B[k, n], one after the other, each (k, width) in one piece."""
    for j in range(0, n, width):
        columns, panel = min(width, n - j), shift(panels, j * k)
        for i in range(k):
            source, target = shift(b, i * ldb + j), shift(panel, i * columns)
            for c in range(columns):
                target[c] = source[c]


@kernel
def pack_transposed(k, n, b, ldb, width, panels):
    """As `pack`, of the transpose of B[n, k]."""
    for j in range(0, n, width):
        columns = min(width, n - j)
        transpose(columns, k, shift(b, j * ldb), ldb, shift(panels, j * k), columns)


@kernel
def packed_product(m, n, k, a, lda, panels, width, c, ldc, init, ldi, start):
    """C[m, n] = start + A[m, k] B[k, n] with B in panels; start 0: zero, 1: `init` with leading dimension ldi."""
    for j in range(0, n, width):
        columns = min(width, n - j)
        begin = shift(init, j) if start else null(init)
        product(m, columns, k, a, lda, shift(panels, j * k), columns, shift(c, j), ldc, begin, ldi)


@kernel
def clear_rows(rows, width, x, ldx):
    """x[r, :width] = 0."""
    zero = number(x[0], 0.0)
    for r in range(rows):
        row = shift(x, r * ldx)
        for i in range(width):
            row[i] = zero


@kernel
def copy_rows(rows, width, x, ldx, y, ldy):
    """y[r, :width] = x[r, :width]."""
    for r in range(rows):
        source, target = shift(x, r * ldx), shift(y, r * ldy)
        for i in range(width):
            target[i] = source[i]


WEIGHTS = descriptor(
    "x grad", "steps features x_step column width apart weights stride biases first_use", gradients="weights biases"
)


@uses(product_piece)
@family(WEIGHTS)
def sequence_weights(d, run, arena, theta, copies, grad):
    """grad_W[:, :n] (+)= sum over (event, step) of x^T g, and grad_b (+)= sum of g:

    x g T m ldx first_column n ldg w ldw b first_use. x is (T, m) per event with rows ldx apart, g likewise from
    first_column on; W has leading dimension ldw; b is -1 for none.
    """
    x, g = operand(d, WEIGHTS.x, run, arena), shift(operand(d, WEIGHTS.grad, run, arena), d[WEIGHTS.column])
    steps, m, ldx, n, ldg = d[WEIGHTS.steps], d[WEIGHTS.features], d[WEIGHTS.x_step], d[WEIGHTS.width], d[WEIGHTS.apart]
    ldw = d[WEIGHTS.stride]
    w, fresh, rows = shift(grad, d[WEIGHTS.weights]), run[FRESH] and d[WEIGHTS.first_use], run[ROWS]
    if d[WEIGHTS.x_size] == steps * ldx and d[WEIGHTS.grad_size] == steps * ldg:
        product_transposed(m, n, rows * steps, x, ldx, g, ldg, w, ldw, null(w) if fresh else w, ldw)
    else:
        for r in range(rows):
            begin = null(w) if fresh and r == 0 else w
            product_transposed(
                m, n, steps, shift(x, r * d[WEIGHTS.x_size]), ldx, shift(g, r * d[WEIGHTS.grad_size]), ldg, w, ldw, begin, ldw
            )
    if d[WEIGHTS.biases] >= 0:
        b = shift(grad, d[WEIGHTS.biases])
        if fresh:
            clear_rows(1, n, b, 0)
        for r in range(rows):
            for t in range(steps):
                row = shift(g, r * d[WEIGHTS.grad_size] + t * ldg)
                for i in range(n):
                    b[i] += row[i]
    return 0.0


DATA = descriptor(
    "grad result packed",
    "steps wide apart features weights accumulate",
    adds={"result": "accumulate"},
    scratch="packed",
    parameters="weights",
)


@uses(product_piece)
@family(DATA)
def sequence_data(d, run, arena, theta, copies, grad):
    """grad_x (+)= g W^T for every step: g grad_x packed T n ldg m w accumulate.

    g is (T, n) per event with rows ldg apart, x (T, m), W (m, n).
    """
    g, x, panels = operand(d, DATA.grad, run, arena), operand(d, DATA.result, run, arena), shift(arena, d[DATA.packed])
    steps, n, ldg, m, rows = d[DATA.steps], d[DATA.wide], d[DATA.apart], d[DATA.features], run[ROWS]
    width = panel_width(rows * steps, m, x)
    pack_transposed(n, m, shift(theta, d[DATA.weights]), n, width, panels)
    if d[DATA.grad_size] == steps * ldg:
        packed_product(rows * steps, m, n, g, ldg, panels, width, x, m, x, m, d[DATA.accumulate])
    else:
        for r in range(rows):
            at = shift(x, r * d[DATA.result_size])
            packed_product(steps, m, n, shift(g, r * d[DATA.grad_size]), ldg, panels, width, at, m, at, m, d[DATA.accumulate])
    return 0.0
