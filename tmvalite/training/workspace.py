"""What a plan needs to run: arenas, the context that kernels read, and the arrays that it points to."""

from __future__ import annotations

import numpy as np

from tmvalite.kernels.context import COLUMNS, SIZE_OF_CONTEXT
from tmvalite.kernels.execute import execute
from tmvalite.kernels.family import RUN_SIZE
from tmvalite.kernels.jit.compiled import prepare
from tmvalite.kernels.threads import SYNC_SIZE
from tmvalite.plan import Plan

from .parameters import Parameters, aligned

EVALUATION_BLOCK = 1024  # events whose losses are summed together


class Workspace:
    """Arenas of all threads and the context of one plan; keeps alive what the context points to.

    `share_rows` is how many events a share may have, for plans that need all of a share at once; None for tile by tile.
    """

    def __init__(self, plan: Plan, parameters: Parameters, threads: int, share_rows: int | None = None):
        dtype = np.dtype(plan.precision)
        placement = plan.placement if share_rows is None else plan.place(share_rows)
        self.plan, self.placement, self.threads, self.share_rows = plan, placement, threads, share_rows
        if share_rows is None:
            self.arenas = [aligned(placement.size, dtype) for _ in range(threads)]
        else:
            self.arenas = [aligned(placement.size * plan.most_shares, dtype)] * threads
        self.calls = [np.zeros(RUN_SIZE, np.int64) for _ in range(threads)]
        self.context = np.zeros(SIZE_OF_CONTEXT, np.int64)
        self._kept: dict[str, np.ndarray] = {}
        prepare([execute, *(step.kernel for step in plan.steps)], plan.precision)
        self.run = execute.get(plan.precision)
        table = placement.table.copy()
        table[:, 0] = [step.kernel.address(plan.precision) for step in plan.steps]
        segments = np.array(plan.segments, np.int64)
        self.scratch = np.zeros(0)
        self.point(
            STEPS_TABLE=table,
            SPLITS=plan.splits,
            GROUPS=plan.groups,
            SHARED_ARENA=self.arenas[0],
            SEGMENTS=segments,
            THETA=parameters.flat,
            SYNC=np.zeros(SYNC_SIZE, np.int64),
            TRANSPOSES=plan.transposes,
            RANGES=plan.ranges,
            LATE_RANGES=plan.late_ranges,
        )
        given = [placement.offsets[tensor] for tensor in plan.given]
        self.set(**dict(zip(("INPUT", "TARGET_TILE", "WEIGHT_TILE"), given)))
        self.set(
            FORWARD_STEPS=plan.boundary,
            SEGMENT_COUNT=len(segments),
            TILE=plan.tile,
            SIZE=plan.size,
            BLOCK=EVALUATION_BLOCK,
            ARENA_STRIDE=0 if share_rows is None else placement.size,
            TRANSPOSE_COUNT=len(plan.transposes),
            RANGE_COUNT=len(plan.ranges),
            LATE_COUNT=len(plan.late_ranges),
            THREADS=threads,
        )

    def point(self, **arrays: np.ndarray) -> None:
        for name, array in arrays.items():
            self._kept[name] = array
            self.context[COLUMNS[name]] = array.ctypes.data

    def kept(self, name: str) -> np.ndarray:
        """The array that was pointed to last."""
        return self._kept[name]

    def set(self, **numbers: int) -> None:
        for name, number in numbers.items():
            self.context[COLUMNS[name]] = number
