"""A network that computes: a graph with its parameters, plans, workspaces and threads.

All parameters are views into one flat vector, gradients and moments lie alike. Every size is checked here, before a
kernel sees it.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tmvalite.constants import PRECISIONS
from tmvalite.errors import DataError
from tmvalite.graph.ir import Graph
from tmvalite.kernels.execute import EVALUATE, TRAIN
from tmvalite.losses import trained_kinds
from tmvalite.optimizers import REGULARIZATIONS
from tmvalite.plan import make_plan
from tmvalite.plan.plan import MOST_SHARES

from .batches import batch_bounds
from .network_scores import Scores
from .optimizers import OptimizerSettings, OptimizerState
from .parameters import Parameters, aligned
from .streams import stream_key
from .thread_count import CALL_SECONDS, FLOPS_PER_SECOND, THREAD_FLOPS, available_threads
from .workspace import EVALUATION_BLOCK, Workspace

TOGETHER_ROWS = 8  # events of a batch from which several threads may share its steps


class Network(Scores):
    """A graph that can be trained and applied.

    Parameters
    ----------
    graph : Graph
    precision : "float32" or "float64", of everything
    losses : one of losses.trained_kinds() per output of the graph, such as CROSSENTROPY or SUMOFSQUARES_SIGMOID
    output_functions : identity, sigmoid or softmax per output, what `values` applies; identity by default
    threads : None for what the process may use
    within : a network over whose parameters this one works; see `part`
    trained : names of the blocks whose parameters are trained, the others stay as they are; None for all

    Attributes
    ----------
    term_names : tuple of str
        The terms of the loss: one per output, then what layers add, then what they only report.
    extras : tuple of str
        Terms that exist in training only, because just a part of the network has them; none here.
    """

    extras: tuple[str, ...] = ()

    def __init__(
        self,
        graph: Graph,
        *,
        precision: str = "float32",
        losses: tuple[str, ...] = ("CROSSENTROPY",),
        output_functions: tuple[str, ...] | None = None,
        threads: int | None = None,
        within: Network | None = None,
        trained: tuple[str, ...] | None = None,
    ):
        if precision not in PRECISIONS:
            raise ValueError(f"precision {precision!r} is neither {' nor '.join(PRECISIONS)}")
        known = trained_kinds()
        if len(losses) != len(graph.outputs) or any(kind not in known for kind in losses):
            raise ValueError(f"{len(graph.outputs)} outputs need as many losses out of {', '.join(known)}, not {losses}")
        self.graph, self.precision, self.dtype = graph, precision, np.dtype(precision)
        self.losses = tuple(losses)
        self.output_functions = tuple(output_functions or ("identity",) * len(losses))
        self.threads = threads or available_threads()
        self.n_inputs = graph.input_size
        self.n_outputs = sum(out.value.size for out in graph.outputs)
        self._whole = self if within is None else within._whole
        self.plan = make_plan(
            graph,
            precision=precision,
            purpose="train",
            losses=self.losses,
            trained=trained,
            within=None if within is None else self._whole.plan,
        )
        self.parameters = Parameters(self.plan.slots, self.plan.size, self.dtype) if within is None else within.parameters
        self.term_names = (
            *(out.name or f"output{i}" for i, out in enumerate(graph.outputs, 1)),
            *(term.name for term in self.plan.terms),
        )
        self._weights = np.array([out.weight for out in graph.outputs] + [float(not t.reported) for t in self.plan.terms])
        self._settings = np.array([draw.value for draw in self.plan.draws] or [0.0])
        self._normalisation: tuple[np.ndarray, np.ndarray] | None = None
        self._training: Workspace | None = None
        self._evaluation: Workspace | None = None
        self._scoring = threading.local()  # workspaces by whether values are finished: a network scores in any thread
        self._buffers: tuple[np.ndarray, np.ndarray] | None = None  # of the whole: transposed copies, gradients
        self._no_output = np.zeros((1, 1), self.dtype)
        self._pool: tuple[int, ThreadPoolExecutor] | None = None  # of which process, since a child by fork has no threads

    def prepare(self) -> None:
        """Have every kernel of a training ready; takes some seconds where they are not in the cache."""
        self._evaluation_workspace()

    def part(
        self,
        graph: Graph,
        *,
        losses: tuple[str, ...] | None = None,
        output_functions: tuple[str, ...] | None = None,
        trained: tuple[str, ...] | None = None,
    ) -> Network:
        """Another network over the same parameters.

        Parameters
        ----------
        graph : its nodes must be nodes of this network by name and parameters, wherever they read from
        losses : one per output; SUMOFSQUARES by default
        trained : names of the blocks that its training changes; None for all
        """
        losses = losses if losses is not None else ("SUMOFSQUARES",) * len(graph.outputs)
        return Network(
            graph,
            precision=self.precision,
            losses=losses,
            output_functions=output_functions,
            threads=self.threads,
            within=self,
            trained=trained,
        )

    # ------------------------------------------------------------------------------------------- applying

    def set_normalisation(self, minimum, factor) -> None:
        """Fold TMVA's N into `values`: x -> (x - minimum) * factor * 2 - 1 in the network's precision, factor = 1/(max - min)."""
        low, high = (np.ascontiguousarray(a, self.dtype) for a in (minimum, factor))
        if low.shape != (self.n_inputs,) or high.shape != (self.n_inputs,):
            raise DataError(f"normalisation of {self.n_inputs} inputs, got {low.shape} and {high.shape}")
        self._normalisation = (low, high)
        self._scoring = threading.local()

    # ------------------------------------------------------------------------------------------- training

    def new_optimizer(self, settings: OptimizerSettings) -> OptimizerState:
        """A fresh optimizer for this network, all moments zero."""
        return OptimizerState(settings, self.plan.size, self.dtype)

    def set_dropout(self, rates: dict[str, float]) -> None:
        """Rates by node name, for the nodes that have dropout at all; the others keep theirs."""
        for node, rate in rates.items():
            if not 0 <= rate < 1:
                raise ValueError(f"dropout rate {rate} of {node} is not in [0, 1)")
            self.set_setting("dropout", rate, node)

    def set_setting(self, setting: str, value: float, node: str | None = None) -> None:
        """Set the run-time number ("dropout", "temperature", "corruption") of one node, or of all that have it.

        Raises KeyError when the node has none.
        """
        draws = self.plan.draws
        chosen = [i for i, draw in enumerate(draws) if draw.setting == setting and node in (None, draw.node)]
        if node is not None and not chosen:
            raise KeyError(f"{node} has no {setting}")
        self._settings[chosen] = value

    def setting(self, setting: str, node: str) -> float:
        """The run-time number of a node as it is now."""
        return next(v for v, d in zip(self._settings.tolist(), self.plan.draws) if (d.setting, d.node) == (setting, node))

    def set_weight(self, term: str, weight: float) -> None:
        """Set the weight of a term in the loss. Raises KeyError when there is none of that name, or it is only reported."""
        reported = [False] * len(self.graph.outputs) + [t.reported for t in self.plan.terms]
        chosen = [i for i, name in enumerate(self.term_names) if name == term and not reported[i]]
        if not chosen:
            raise KeyError(f"the loss has no term {term}")
        self._weights[chosen] = weight

    def result(self) -> np.ndarray:
        """The parameters (P,) that a training which ended here would keep."""
        return self.parameters.snapshot()

    def run_time_numbers(self) -> tuple[np.ndarray, ...]:
        """Copies of all numbers that may change while it trains: weights of terms, rates, temperatures."""
        return self._weights.copy(), self._settings.copy()

    def restore_run_time_numbers(self, numbers: Sequence[np.ndarray]) -> None:
        """Take over what `run_time_numbers` gave."""
        self._weights[:], self._settings[:] = numbers

    @property
    def weighted_terms(self) -> tuple[str, ...]:
        """The names of the terms that the loss consists of, each once; the others are only reported."""
        reported = [t.name for t in self.plan.terms if t.reported]
        return tuple(dict.fromkeys(name for name in self.term_names if name not in reported))

    @property
    def batch_terms(self) -> tuple[str, ...]:
        """The names of the terms that need a whole batch and exist in training only."""
        return tuple(term.name for term in self.plan.terms if term.x is None)

    def total(self, terms: np.ndarray) -> np.ndarray:
        """The loss (...) that terms (..., terms) add up to with their weights as they are now."""
        return terms @ self._weights

    @property
    def draws(self) -> tuple:
        """Where random numbers are drawn: node, number, setting and its value at the start."""
        return tuple(self.plan.draws)

    def steps_per_call(self, batch_size: int) -> int:
        """Training steps that stay below CALL_SECONDS."""
        seconds = batch_size * self.plan.flops / FLOPS_PER_SECOND + self.plan.size * 20 / FLOPS_PER_SECOND
        return max(1, int(CALL_SECONDS / max(seconds, 1e-6)))

    def train_steps(
        self,
        x,
        targets,
        weights,
        order,
        *,
        batch_size: int,
        first: int,
        count: int,
        optimizer: OptimizerState,
        before: int = 0,
        epoch: int = 0,
        seed: int = 0,
        parts: np.ndarray | None = None,
    ) -> np.ndarray:
        """Run batches `first` to `first + count` of one epoch, or of a piece of it.

        Parameters
        ----------
        x (N, n_inputs), targets (N, n_outputs), weights (N,) : C-contiguous, of the network's precision
        order : (M,) integer, the rows in the order in which they are trained
        before : batches of the epoch that stand before those of `order`
        seed, epoch : with the number of the step in the epoch they fix all random numbers, such as dropout masks
        parts : (count, terms) float64, filled with the terms of the loss, see `term_names`; without their weights

        Returns
        -------
        (count,) float64 : sum of w_b l_b over the events of each batch over their number, before its update.
        """
        x, targets, weights = self.check_sample(x, targets, weights)
        order = np.ascontiguousarray(order, np.int64)
        if order.ndim != 1 or (order.size and (order.min() < 0 or order.max() >= len(x))):
            raise DataError(f"the order of training names rows outside the {len(x)} events")
        bounds = batch_bounds(len(order), batch_size)[first : first + count]
        if not bounds:
            return np.zeros(0)
        batches = np.array([(a, b, self.plan.shares(b - a), 0, self.plan.shares(b - a)) for a, b in bounds], np.int64)
        work = self._training_workspace(batches)
        losses, parts = np.zeros(len(bounds)), self._parts(parts, len(bounds))
        work.point(
            TARGETS=targets,
            WEIGHTS=weights,
            ORDER=order,
            BATCHES=batches,
            LOSSES=losses,
            TERMS=parts,
            MOMENTS=optimizer.memory,
            SCALARS=optimizer.scalars(),
            KEYS=self._keys(seed),
        )
        most_shares = batches[:, 2].max()
        together = most_shares == 1 and work.threads > 1 and self.plan.pays_to_split and batch_size >= TOGETHER_ROWS
        alone = batch_size * self.plan.flops < THREAD_FLOPS or (most_shares == 1 and not together)
        copied = self.plan.transposes_for(batches)
        work.set(TRANSPOSE_COUNT=len(copied), COPIED=len(copied) == len(self.plan.transposes))
        work.set(
            STEPS=len(bounds),
            FIRST_STEP=before + first,
            EPOCH=epoch,
            TIME=optimizer.steps,
            OPTIMIZER=optimizer.kernel(self.precision),
            MOMENT_STRIDE=optimizer.stride,
            REGULARIZATION=optimizer.regularization,
        )
        self._refresh_copies(copied)
        self._run(work, TRAIN, x, self._no_output, 1 if alone else work.threads)
        optimizer.steps += len(bounds)
        return losses

    def loss(self, x, targets, weights, *, seed: int = 0, parts: np.ndarray | None = None) -> float:
        """1/N sum of w_b l_b over all events, without dropout and regularisation.

        Latent variables are drawn, with the numbers that `seed` gives to each row. parts : (terms,) float64, filled with
        the terms of the loss, without their weights.
        """
        return self.loss_of([(x, targets, weights)], seed=seed, parts=parts)

    def loss_of(self, blocks: Iterable[tuple], *, seed: int = 0, parts: np.ndarray | None = None) -> float:
        """`loss` over events that come in blocks (x, targets, weights).

        Every block but the last has a multiple of EVALUATION_BLOCK events; the bits do not depend on how many.
        """
        work = self._evaluation_workspace()
        rows = (
            max(1, int(CALL_SECONDS * FLOPS_PER_SECOND * work.threads / max(self.plan.flops, 1)) // EVALUATION_BLOCK)
            * EVALUATION_BLOCK
        )
        sums: list[float] = []
        totals, n = np.zeros(len(self.term_names)), 0
        work.point(KEYS=self._keys(seed))
        for x, targets, weights in blocks:
            x, targets, weights = self.check_sample(x, targets, weights)
            for start in range(0, len(x), rows):
                block = np.zeros(-(-min(rows, len(x) - start) // EVALUATION_BLOCK))
                terms = np.zeros((len(block), len(totals)))
                work.point(
                    TARGETS=targets[start : start + rows],
                    WEIGHTS=weights[start : start + rows],
                    UNIT_LOSSES=block,
                    UNIT_TERMS=terms,
                )
                work.set(FIRST_ROW=n + start)
                threads = work.threads if len(x) * self.plan.flops > THREAD_FLOPS else 1
                self._run(work, EVALUATE, x[start : start + rows], self._no_output, threads)
                sums += block.tolist()
                for row in terms:  # one after the other, so that the sums do not depend on `rows`
                    totals += row
            n += len(x)
        if parts is not None:
            self._parts(parts[None], 1)[0] = totals / n
        return math.fsum(sums) / n if all(map(math.isfinite, sums)) else math.nan

    def penalty(self, regularization: str, decay: float) -> float:
        """decay * sum over all weight matrices of |w| (L1) or w^2 (L2), every matrix once; 0 for NONE."""
        if regularization == "NONE":
            return 0.0
        size, total = REGULARIZATIONS[regularization].size, 0.0
        for slot in self.plan.slots:
            if slot.decays:
                total += size(slot.view(self.parameters.flat).astype(np.float64))
        return decay * total

    def gradient(self, x, targets, weights) -> np.ndarray:
        """Gradient of `loss` with respect to the flat parameters, (size,) in the network's precision; for tests and tools.

        One step of plain SGD with rate 1 on a copy of the parameters, so that it is what training uses.
        """
        before = self.parameters.snapshot()
        state = self.new_optimizer(OptimizerSettings("SGD", learning_rate=1.0, momentum=0.0))
        kept = self._settings.copy()
        self.set_setting("dropout", 0.0)
        try:
            self.train_steps(x, targets, weights, np.arange(len(x)), batch_size=len(x), first=0, count=1, optimizer=state)
        finally:
            self._settings[:] = kept
            self.parameters.restore(before)
        return state.moments[0]  # V = g after the first step

    def share_gradients(
        self, x, targets, weights, order, *, rows: int, shares: int, block: tuple[int, int], step: int, epoch: int, seed: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The gradients of some shares of one batch, and their losses; nothing is updated.

        Parameters
        ----------
        order : (M,) integer, the rows of x that belong to these shares only
        rows : events of the whole batch
        block : the first of the shares and the last + 1, at most `plan.most_shares` of the `shares`, of which there are several
        step : number of the batch in its epoch

        Returns
        -------
        gradients (block, size), which the next call overwrites; losses (block,) and terms (block, terms), sums over the events
        """
        low, count = rows * block[0] // shares, block[1] - block[0]
        batches = np.array([(-low, rows - low, shares, *block)], np.int64)  # `order` begins with the first of these shares
        work = self._training_workspace(batches)
        work.point(TARGETS=targets, WEIGHTS=weights, ORDER=order, BATCHES=batches, KEYS=self._keys(seed))
        work.point(LOSSES=np.zeros(1), TERMS=np.zeros((1, len(self.term_names))))
        copied = self.plan.transposes_for(batches)
        self._refresh_copies(copied)
        work.set(TRANSPOSE_COUNT=0, COPIED=len(copied) == len(self.plan.transposes), RANGE_COUNT=0, LATE_COUNT=0)
        work.set(STEPS=1, FIRST_STEP=step, EPOCH=epoch, TIME=0)
        try:
            self._run(work, TRAIN, x, self._no_output, min(count, work.threads))
        finally:
            work.set(RANGE_COUNT=len(self.plan.ranges), LATE_COUNT=len(self.plan.late_ranges))
        gradients = self._shared_buffers()[1][: count * self.plan.size].reshape(count, self.plan.size)
        losses, terms = work.kept("UNIT_LOSSES"), work.kept("UNIT_TERMS")
        return gradients, losses[:count].copy(), terms[:count].copy()

    def update(self, gradient: np.ndarray, optimizer: OptimizerState) -> None:
        """One step of the optimizer with a gradient (size,) of the loss."""
        batches = np.array([(0, self.plan.tile + 1, 1, 0, 0)], np.int64)  # a batch of which nothing is done here
        work = self._training_workspace(batches)
        self._shared_buffers()[1][: self.plan.size] = gradient
        work.point(ORDER=np.zeros(1, np.int64), BATCHES=batches, LOSSES=np.zeros(1), TERMS=np.zeros((1, len(self.term_names))))
        work.point(MOMENTS=optimizer.memory, SCALARS=optimizer.scalars())
        work.set(STEPS=1, TRANSPOSE_COUNT=0, TIME=optimizer.steps, REGULARIZATION=optimizer.regularization)
        work.set(OPTIMIZER=optimizer.kernel(self.precision), MOMENT_STRIDE=optimizer.stride)
        threads = 1 if self.plan.size * 20 < THREAD_FLOPS else work.threads
        self._run(work, TRAIN, np.zeros((1, self.n_inputs), self.dtype), self._no_output, threads)
        optimizer.steps += 1

    def _training_workspace(self, batches) -> Workspace:
        """The workspace for these batches (start, stop, shares); a new one only where a share has more rows than before."""
        rows = int(max(-(-(stop - start) // shares) for start, stop, shares in batches[:, :3]))
        work = self._training
        if work is None or (work.share_rows is not None and work.share_rows < rows):
            work = self._training = self._new_workspace(rows if self.plan.whole_batch else None)
        if self.plan.whole_batch:
            most = int((batches[:, 1] - batches[:, 0]).max())
            scratch = max(step.batch_scratch(most) for step in self.plan.steps)
            if scratch > work.scratch.size:
                work.scratch = np.zeros(scratch)
                work.point(SCRATCH=work.scratch)
        return work

    def _evaluation_workspace(self) -> Workspace:
        if self._evaluation is None:
            self._evaluation = self._new_workspace(None)
        return self._evaluation

    def _new_workspace(self, share_rows) -> Workspace:
        work = Workspace(self.plan, self.parameters, self.threads, share_rows)
        copies, grads = self._shared_buffers()
        work.point(
            COPIES=copies,
            GRADS=grads,
            LOSS_SCALES=self._weights,
            UNIT_LOSSES=np.zeros(MOST_SHARES),
            UNIT_TERMS=np.zeros((MOST_SHARES, len(self.term_names))),
            SETTINGS=self._settings,
            STATES=np.zeros((MOST_SHARES, self.plan.state_size)),
            BATCH_STATE=np.zeros(self.plan.state_size),
        )
        work.set(TARGET_WIDTH=self.n_outputs, STATE_SIZE=self.plan.state_size, TERM_COUNT=len(self.term_names))
        return work

    def _shared_buffers(self) -> tuple[np.ndarray, np.ndarray]:
        """Transposed copies of the parameters and gradients, one pair for all networks over the same parameters."""
        whole = self._whole
        if whole._buffers is None:
            size = whole.plan.size
            whole._buffers = aligned(size, self.dtype), aligned(size * whole.plan.most_shares, self.dtype)
        return whole._buffers

    def _refresh_copies(self, transposes):
        copies, _ = self._shared_buffers()
        for source, target, rows, columns in transposes:
            block = self.parameters.flat[source : source + rows * columns].reshape(rows, columns)
            copies[target : target + rows * columns].reshape(columns, rows)[:] = block.T

    def _keys(self, seed) -> np.ndarray:
        """Two key words for every draw."""
        keys = [stream_key(seed, draw.setting, f"{draw.node}#{draw.number}") for draw in self.plan.draws]
        return np.array(keys or [(0, 0)], np.int64)

    def _parts(self, parts, steps: int) -> np.ndarray:
        """The array for the terms of the loss, checked, or one that nobody reads."""
        shape = (steps, len(self.term_names))
        if parts is None:
            return np.zeros(shape)
        if parts.shape != shape or parts.dtype != np.float64 or not parts.flags.c_contiguous:
            raise ValueError(f"parts must be contiguous float64 of shape {shape}")
        return parts

    # ------------------------------------------------------------------------------------------- running

    def _run(self, work, task, x, out, threads) -> None:
        work.set(THREADS=threads)
        if threads > 1 and (self._pool is None or self._pool[0] != os.getpid()):
            self._pool = os.getpid(), ThreadPoolExecutor(self.threads - 1, thread_name_prefix="tmvalite")
        others = [
            self._pool[1].submit(work.run, task, t, work.context, work.calls[t], work.arenas[t], x, out)
            for t in range(1, threads)
        ]
        work.run(task, 0, work.context, work.calls[0], work.arenas[0], x, out)
        for other in others:
            other.result()

    def _check(self, array, width, what):
        # kernels are compiled for arrays that may be written and are aligned: memory maps, and what Dask sends, are copied
        array = np.require(array, self.dtype, "CAW")
        if array.ndim != 2 or array.shape[1] != width:
            raise DataError(f"{what} have shape {array.shape}, this network needs (N, {width})", code="data-shape")
        return array

    def check_sample(self, x, targets, weights) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A sample as the kernels read it. Raises DataError where its shapes do not fit."""
        x = self._check(x, self.n_inputs, "events")
        targets = self._check(targets, self.n_outputs, "targets")
        weights = np.require(weights, self.dtype, "CAW")
        if weights.shape != (len(x),) or len(targets) != len(x) or not len(x):
            raise DataError(
                f"{len(x)} events with {len(targets)} targets and weights of shape {weights.shape}", code="data-shape"
            )
        return x, targets, weights

    def __getstate__(self):
        raise TypeError("a Network is not pickled; save the method that owns it")
