"""Columns of the context, the table of int64 sizes and addresses with which kernels/execute.py is called.

Numba needs module-level integers, Python wants names: `COLUMNS` maps one to the other.
"""

from __future__ import annotations

NAMES = (
    # the plan
    "STEPS_TABLE", "FORWARD_STEPS", "SEGMENTS", "SEGMENT_COUNT", "TILE", "ARENA_STRIDE", "INPUT", "TARGET_TILE", "WEIGHT_TILE",
    # parameters and their gradients
    "THETA", "COPIES", "GRADS", "SIZE", "RANGES", "RANGE_COUNT", "TRANSPOSES", "TRANSPOSE_COUNT",
    # the sample
    "TARGETS", "TARGET_WIDTH", "WEIGHTS", "ORDER", "BATCHES", "BLOCK", "NORMALISE", "MINIMUM", "FACTOR",
    # where training stands
    "STEPS", "FIRST_STEP", "EPOCH", "TIME", "OPTIMIZER", "REGULARIZATION", "FIRST_MOMENT", "SECOND_MOMENT", "SCALARS",
    "KEYS", "SETTINGS", "LOSS_SCALES", "FIRST_ROW",
    # results, batch statistics, threads
    "UNIT_LOSSES", "LOSSES", "UNIT_TERMS", "TERMS", "TERM_COUNT", "STATES", "STATE_SIZE", "BATCH_STATE", "SCRATCH", "SYNC", "THREADS",
)  # fmt: skip
COLUMNS = {name: i for i, name in enumerate(NAMES)}
SIZE_OF_CONTEXT = len(NAMES)
(
    STEPS_TABLE, FORWARD_STEPS, SEGMENTS, SEGMENT_COUNT, TILE, ARENA_STRIDE, INPUT, TARGET_TILE, WEIGHT_TILE,
    THETA, COPIES, GRADS, SIZE, RANGES, RANGE_COUNT, TRANSPOSES, TRANSPOSE_COUNT,
    TARGETS, TARGET_WIDTH, WEIGHTS, ORDER, BATCHES, BLOCK, NORMALISE, MINIMUM, FACTOR,
    STEPS, FIRST_STEP, EPOCH, TIME, OPTIMIZER, REGULARIZATION, FIRST_MOMENT, SECOND_MOMENT, SCALARS,
    KEYS, SETTINGS, LOSS_SCALES, FIRST_ROW,
    UNIT_LOSSES, LOSSES, UNIT_TERMS, TERMS, TERM_COUNT, STATES, STATE_SIZE, BATCH_STATE, SCRATCH, SYNC, THREADS,
) = range(SIZE_OF_CONTEXT)  # fmt: skip
