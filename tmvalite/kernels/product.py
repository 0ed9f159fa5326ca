"""Matrix products: C = init + A B in three forms, all row-major with leading dimensions, all without a library.

Every element of C is one chain of fused multiply-adds over k in increasing order, started from `init` (null: zero; a
row with leading dimension 0: a bias; C itself: accumulate). Which tile computes it does not matter, so its bits depend
neither on the number of rows nor on how a batch was cut. `product_dot` (few columns) uses 16 fixed chains and a fixed
tree instead; the caller chooses between the forms by the layer's shape alone, never by the number of rows.

The tiles themselves are in kernels/product_tiles.py.
"""

from __future__ import annotations

from ._jit import VECTOR_BYTES, family, integers_at, is_null, kernel, null, number, shift, stack, uses
from .family import CONTEXT, COPIED, EARLY, FRESH, PART, ROWS, TIME, descriptor, operand, part_of
from .optimizer import update_range
from .product_tiles import DOT1, DOT2, DOT3, DOT4, ROWS3, WIDEST, dot_tile, piece, product_dots, product_piece, sum_rows
from .transpose import transpose
from .vector import copy_vector, lanes_of

# Where the operands of a product do not fit the first cache (the bits do not depend on any of these)
STEP = 256  # terms that are summed for all rows before the next ones
DEPTH = 128  # the same where B is transposed on the way
PANEL = DEPTH * WIDEST * VECTOR_BYTES  # bytes of so many rows of a tile
GATHER_COLUMNS = 512  # columns from which rows are far apart
LARGE = 2**16  # elements of a matrix from which a transposed copy may cost more than it saves
PART_COLUMNS, PART_ROWS = 4 * WIDEST * VECTOR_BYTES // 4, 24  # a thread's part of a product is a multiple of so many
GATHER_TERMS, GATHER_VECTORS = 64, 8  # terms and vectors of a row of A that are copied together; twice as many terms of half
FEW_TERMS = 32  # of so few, the lines of a cache that a part needs do not push each other out
GATHERED = GATHER_TERMS * GATHER_VECTORS * VECTOR_BYTES  # their bytes


@kernel
def product(m, n, k, a, lda, b, ldb, c, ldc, init, ldi):
    """C[m, n] = init + A[m, k] B[k, n]. `init` null for zero; ldi 0 repeats one row (a bias). Overwrites C."""
    # A tile that walked down a long B would load every row of it from another page: a piece of B serves all rows of A
    # first, while C waits for the next piece.
    step = STEP if k > STEP and m > ROWS3 else k
    start, ld = init, ldi
    for first in range(0, k, step):
        piece(m, n, min(step, k - first), shift(a, first), lda, 1, shift(b, first * ldb), ldb, c, ldc, start, ld)
        start, ld = c, ldc


@kernel
def product_of_transpose(m, n, k, a, lda, b, ldb, c, ldc, init, ldi):
    """C[m, n] = init + A[m, k] B[n, k]^T, B being transposed panel by panel on the way. Otherwise as `product`, same bits."""
    columns, kept = WIDEST * lanes_of(a), stack(PANEL, a)
    for j in range(0, n, columns):
        wide, target = min(columns, n - j), shift(c, j)
        start, ld = init if is_null(init) else shift(init, j), ldi
        for first in range(0, k, DEPTH):
            depth = min(DEPTH, k - first)
            transpose(wide, depth, shift(b, j * ldb + first), ldb, kept, wide)
            piece(m, wide, depth, shift(a, first), lda, 1, kept, wide, target, ldc, start, ld)
            start, ld = target, ldc


@kernel
def gather(count, k, a, lda, kept, ldk):
    """kept[k, count] = A[k, count], whole vectors."""
    for i in range(k):
        for v in range(0, count, lanes_of(a)):
            copy_vector(shift(a, i * lda + v), shift(kept, i * ldk + v))


@kernel
def product_transposed(m, n, k, a, lda, b, ldb, c, ldc, init, ldi):
    """C[m, n] = init + A[k, m]^T B[k, n]: weight gradients, k being the events. Otherwise as `product`."""
    # Rows of a wide A lie in few sets of the cache: then some of its columns at a time are copied together, and C, which
    # is larger than the cache, is gone through once.
    if m <= GATHER_COLUMNS or k > 2 * GATHER_TERMS:
        piece(m, n, k, a, 1, lda, b, ldb, c, ldc, init, ldi)
        return
    wide = (GATHER_VECTORS if k <= GATHER_TERMS else GATHER_VECTORS // 2) * lanes_of(a)
    kept = stack(GATHERED, a)
    for column in range(0, m, wide):
        count = min(wide, m - column)
        gather(count, k, shift(a, column), lda, kept, wide)
        start = init if is_null(init) else shift(init, column * ldi)
        piece(count, n, k, kept, 1, wide, b, ldb, shift(c, column * ldc), ldc, start, ldi)


@kernel
def product_dot(m, n, k, a, lda, b, ldb, c, ldc, bias):
    """C[m, n] = A[m, k] B[n, k]^T + bias[n] (null for none): few columns, both operands read along k. Overwrites C."""
    zero = is_null(bias)
    for j in range(0, n, 4):
        columns = min(4, n - j)
        most = DOT1 if columns == 1 else DOT2 if columns == 2 else DOT3 if columns == 3 else DOT4
        row = bias if zero else shift(bias, j)
        for i in range(0, m, most):
            dot_tile(
                min(most, m - i), columns, k, shift(a, i * lda), lda, shift(b, j * ldb), ldb, shift(c, i * ldc + j), ldc, row
            )


PRODUCT = descriptor("x y", "weights bias", writes="y", parameters="weights bias")


@uses(product_piece)
@family(PRODUCT)
def product_forward(d, run, arena, theta, copies, grad):
    """y = x W + b: x y w b. W is (in, out). Split by columns of y."""
    low, high = part_of(d[PRODUCT.y_size], PART_COLUMNS, run)
    x, y = operand(d, PRODUCT.x, run, arena), shift(operand(d, PRODUCT.y, run, arena), low)
    w = shift(theta, d[PRODUCT.weights] + low)
    bias = shift(theta, d[PRODUCT.bias] + low) if d[PRODUCT.bias] >= 0 else null(theta)
    product(run[ROWS], high - low, d[PRODUCT.x_size], x, d[PRODUCT.x_size], w, d[PRODUCT.y_size], y, d[PRODUCT.y_size], bias, 0)
    return 0.0


@uses(product_dots)
@family(PRODUCT)
def narrow_forward(d, run, arena, theta, copies, grad):
    """y = x W^T + b for few outputs: x y w b. W is (out, in)."""
    x, y, w = operand(d, PRODUCT.x, run, arena), operand(d, PRODUCT.y, run, arena), shift(theta, d[PRODUCT.weights])
    bias = shift(theta, d[PRODUCT.bias]) if d[PRODUCT.bias] >= 0 else null(theta)
    product_dot(
        run[ROWS], d[PRODUCT.y_size], d[PRODUCT.x_size], x, d[PRODUCT.x_size], w, d[PRODUCT.x_size], y, d[PRODUCT.y_size], bias
    )
    return 0.0


DATA = descriptor("grad result", "weights narrow accumulate large", adds={"result": "accumulate"}, parameters="weights")


@uses(product_piece)
@family(DATA)
def product_backward_data(d, run, arena, theta, copies, grad):
    """grad_x (+)= grad_y W: grad_y grad_x w narrow accumulate spare.

    W (out, in) is theta itself when narrow, else a copy; where the copy is spare and there is none, W is transposed on
    the way. Split by columns of grad_x.
    """
    low, high = part_of(d[DATA.result_size], PART_COLUMNS, run)
    g, result = operand(d, DATA.grad, run, arena), shift(operand(d, DATA.result, run, arena), low)
    init = result if d[DATA.accumulate] else null(result)
    if d[DATA.large] and not run[COPIED]:
        w = shift(theta, d[DATA.weights] + low * d[DATA.grad_size])
        product_of_transpose(
            run[ROWS],
            high - low,
            d[DATA.grad_size],
            g,
            d[DATA.grad_size],
            w,
            d[DATA.grad_size],
            result,
            d[DATA.result_size],
            init,
            d[DATA.result_size],
        )
    else:
        w = shift(theta if d[DATA.narrow] else copies, d[DATA.weights] + low)
        product(
            run[ROWS],
            high - low,
            d[DATA.grad_size],
            g,
            d[DATA.grad_size],
            w,
            d[DATA.result_size],
            result,
            d[DATA.result_size],
            init,
            d[DATA.result_size],
        )
    return 0.0


WEIGHTS = descriptor("x grad", "weights bias narrow first_use early decays", gradients="weights bias")


@kernel
def _update_weights(d, run, low, high, x, g, theta, w):
    """The rows `low` to `high` of W after one step. Their gradient lives in the first cache only, in the memory of w."""
    context, wide, out, k = integers_at(run[CONTEXT]), d[WEIGHTS.x_size], d[WEIGHTS.grad_size], run[ROWS]
    lanes, kept = lanes_of(x), stack(GATHERED, x)
    # columns of x are copied together as in `product_transposed`, some parts at a time
    together = GATHER_TERMS * GATHER_VECTORS * lanes // k // PART_ROWS * PART_ROWS if k > FEW_TERMS else 0
    for row in range(low, high, PART_ROWS):
        rows, source, ld = min(PART_ROWS, high - row), shift(x, row), wide
        if together:
            at = (row - low) % together
            if at == 0:
                gather(min(together, high - row), k, source, wide, kept, together)
            source, ld = shift(kept, at), together
        product_transposed(rows, out, k, source, ld, g, out, w, out, null(w), out)
        update_range(context, run[TIME] + 1, d[WEIGHTS.weights] + row * out, rows * out, d[WEIGHTS.decays], w, theta)


@uses(product_piece)
@family(WEIGHTS)
def product_backward_weights(d, run, arena, theta, copies, grad):
    """grad_W (+)= x^T grad_y, grad_b (+)= sum grad_y: x grad_y w b narrow first_use early decays.

    Split by rows of W unless narrow. Where `early` is set, and run[EARLY], W is updated instead.
    """
    x, g, w = operand(d, WEIGHTS.x, run, arena), operand(d, WEIGHTS.grad, run, arena), shift(grad, d[WEIGHTS.weights])
    wide, out = d[WEIGHTS.x_size], d[WEIGHTS.grad_size]
    fresh = run[FRESH] and d[WEIGHTS.first_use]
    low, high = part_of(wide, PART_ROWS, run)
    if d[WEIGHTS.narrow]:
        product_transposed(out, wide, run[ROWS], g, out, x, wide, w, wide, null(w) if fresh else w, wide)
    elif d[WEIGHTS.early] and run[EARLY]:
        _update_weights(d, run, low, high, x, g, theta, shift(w, low * out))
    else:
        x, w = shift(x, low), shift(w, low * out)
        product_transposed(high - low, out, run[ROWS], x, wide, g, out, w, out, null(w) if fresh else w, out)
    if d[WEIGHTS.bias] >= 0 and run[PART] == 0:
        b = shift(grad, d[WEIGHTS.bias])
        if fresh:
            zero = number(b[0], 0.0)
            for i in range(out):
                b[i] = zero
        sum_rows(run[ROWS], out, g, b)
    return 0.0
