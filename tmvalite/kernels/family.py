"""What every step of a plan is called with, and how it finds its operands.

    family(d, run, arena, theta, copies, grad) -> float64

d: the step's descriptor, int64; d[0] is the family's address, the rest is the family's own. run: what is true for this
call, int64 (columns below). arena: memory of the planned tensors. theta: parameters; copies: transposed weights, laid
out alike; grad: this share's gradient, laid out alike. Returns a contribution to the loss, 0 for most.

An operand takes two columns of a descriptor: its offset in the arena and its elements per event. Events begin at row
run[ROW0] of the tensor, so the same step runs over a tile in an arena of its own or over a part of a whole batch.
"""

from __future__ import annotations

from ._jit import kernel, shift

COLUMNS = ("ROWS ROW0 FIRST FRESH TRAINING STEP EPOCH COUNT DROPS DROP_SCALES LOSS_SCALES OUT OUT_WIDTH").split()
RUN_SIZE = 16
# rows of this call; first row in the arena; place of that row in its batch; whether gradients of parameters start from
# zero; 1 in training; step of the epoch; epoch; events of the batch; addresses of the dropout table (int64: two key
# words and a threshold per slot), of the dropout scales and the loss weights (float64), of the results and their width
(ROWS, ROW0, FIRST, FRESH, TRAINING, STEP, EPOCH, COUNT, DROPS, DROP_SCALES, LOSS_SCALES, OUT, OUT_WIDTH) = range(len(COLUMNS))


@kernel
def operand(d, column, run, arena):
    """Pointer to the first event of the operand whose offset and size stand at `column`."""
    return shift(arena, d[column] + run[ROW0] * d[column + 1])
