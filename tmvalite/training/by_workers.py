"""Training steps that several workers do together, by fixed shares: the same bits for any number of workers.

Every step the workers get the parameters and sum the gradients of their shares; the sums come together here, by the same tree,
and the update is done here. A worker that dies loses nothing but its part of a step, which another one does again.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Sequence

import numpy as np

from tmvalite.cluster import Executor, Here, SharedArrays, executor_of, in_order
from tmvalite.cluster.executor import shares_files, shares_memory, workers_of
from tmvalite.errors import OptionError, TmvaliteWarning, warn_user
from tmvalite.string_utils import PhaseSettings
from tmvalite.training.batches import batch_bounds
from tmvalite.training.network import Network
from tmvalite.training.optimizers import OptimizerState
from tmvalite.training.share_task import Scene, ShareTask, forget, share_sums
from tmvalite.training.shares import dealt, rows_of, shares_of, sum_of_all

UNKNOWN_WORKERS = 8  # tasks of a step where an executor does not say how many it runs at a time


class ByWorkers:
    """A network whose training steps are done by workers; all else is the network's own.

    Parameters
    ----------
    network : Network
    executor : Executor
    shares : int
        A power of two; 0 cuts every batch as the network itself does, so that the bits are those of a training without workers.

    Raises OptionError where the network needs all of a batch at once.
    """

    def __init__(self, network: Network, executor: Executor, shares: int):
        check_shares(shares)
        if network.plan.whole_batch or network.plan.state_size:
            raise OptionError(
                "a network with a layer that needs all events of a batch at once is not trained in shares",
                code="shares-method",
                hint="leave out BNORM and losses of whole batches, or train without workers and Shares",
            )
        self.network, self._executor, self._shares = network, executor, shares
        self._training = secrets.token_hex(8)
        self._scene: Scene | None = None
        self._sample: tuple = ()
        self._open = contextlib.ExitStack()

    def __getattr__(self, name: str):
        return getattr(self.network, name)

    def close(self) -> None:
        """Remove the files that the workers map."""
        self._open.close()
        forget(self._training)

    def remark(self, n_events: int, batch_sizes: Sequence[int]) -> None:
        """Say so where no batch has more than one share, so that workers have nothing to do."""
        largest = min(n_events, max(batch_sizes))
        if self._shares or isinstance(self._executor, Here) or self.shares_of_batch(largest) > 1:
            return
        message = f"the workers have nothing to do: a batch of {largest} events is one share of so small a network"
        hint = "write a larger BatchSize, or Shares=8; docs/many-machines.md says from where on it pays"
        warn_user(TmvaliteWarning(message, code="workers-without-effect", hint=hint))

    def shares_of_batch(self, rows: int) -> int:
        """Into how many shares a batch is cut."""
        return shares_of(rows, self._shares) if self._shares else self.network.plan.shares(rows)

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
        """As `Network.train_steps`. A batch of one share is trained here."""
        bounds = batch_bounds(len(order), batch_size)[first : first + count]
        losses = np.zeros(len(bounds))
        parts = np.zeros((len(bounds), len(self.network.term_names))) if parts is None else parts
        for i, (start, stop) in enumerate(bounds):
            shares = self.shares_of_batch(stop - start)
            if shares == 1:
                given = dict(batch_size=batch_size, first=first + i, count=1, optimizer=optimizer)
                given |= dict(before=before, epoch=epoch, seed=seed)
                losses[i] = self.network.train_steps(x, targets, weights, order, parts=parts[i : i + 1], **given)[0]
                continue
            self._show(x, targets, weights)
            rows = np.ascontiguousarray(order[start:stop], np.int64)
            losses[i], parts[i] = self._step(rows, shares, optimizer, before + first + i, epoch, seed)
        return losses

    def _step(self, rows: np.ndarray, shares: int, optimizer: OptimizerState, step: int, epoch: int, seed: int):
        """One step; returns its loss and its terms."""
        network, board, n = self.network, self._scene.board, len(rows)
        if board is not None:
            board["parameters"][:] = network.parameters.flat
        sent = network.parameters.flat if board is None else None
        numbers = network.run_time_numbers()
        tasks, row = [], 0
        for blocks in dealt(shares, workers_of(self._executor) or UNKNOWN_WORKERS):
            low, high = rows_of(n, shares, (blocks[0][0], blocks[-1][1]))
            task = ShareTask(
                self._training, None, sent, numbers, rows[low:high], n, shares, tuple(blocks), row, step, epoch, seed
            )
            tasks.append(task)
            row += len(blocks)
        found = [done for done in self._done(tasks)]
        sums = {}
        for task, done in zip(tasks, found):
            gradients = done.gradients if board is None else board["sums"][task.first_row :]
            sums.update(zip(task.blocks, gradients))
        network.update(sum_of_all(sums, shares), optimizer)
        losses, terms = (np.concatenate([getattr(done, name) for done in found]) for name in ("losses", "terms"))
        total, of_terms = 0.0, np.zeros(terms.shape[1])
        for loss, term in zip(losses.tolist(), terms):  # one after the other, as the kernel does
            total += loss
            of_terms += term
        return total / n, of_terms / n

    def _done(self, tasks: list[ShareTask]) -> Iterator:
        """What comes of the tasks; those whose workers are new to the training are sent again, with the scene."""
        called = "a training step"
        found = list(in_order(self._executor, share_sums, tasks, lambda task: called))
        again = [i for i, done in enumerate(found) if done is None]
        whole = [_with_scene(tasks[i], self._scene) for i in again]
        for i, done in zip(again, in_order(self._executor, share_sums, whole, lambda task: called)):
            found[i] = done
        return iter(found)

    def _show(self, x, targets, weights) -> None:
        """The scene for this sample, made when the first batch is sent; workers do not know it yet."""
        if self._scene is not None and all(a is b for a, b in zip(self._sample, (x, targets, weights))):
            return
        self.close()
        network, size, self._training = self.network, self.network.plan.size, secrets.token_hex(8)
        sample = dict(zip(("x", "targets", "weights"), network.check_sample(x, targets, weights)))
        by_file = shares_files(self._executor)
        events = SharedArrays(sample, by_file, writeable=True)
        board = None
        if shares_memory(self._executor):
            workers = workers_of(self._executor) or UNKNOWN_WORKERS
            most = max(self._shares, network.plan.most_shares)
            rows = max(sum(map(len, dealt(k, workers))) for k in (2**i for i in range(1, most.bit_length())))
            board = SharedArrays.board({"parameters": (size,), "sums": (rows, size)}, network.dtype)
        self._sample = (x, targets, weights)
        self._open.enter_context(events)
        if board is not None:
            self._open.enter_context(board)
        self._scene = Scene(network.graph, network.precision, network.losses, events, board)


@contextlib.contextmanager
def by_workers(learner, workers, shares: int, n_events: int, phases: Sequence[PhaseSettings]) -> Iterator:
    """What trains, for as long as the block lasts: the learner itself where there are neither workers nor shares.

    Parameters
    ----------
    learner : Network
    workers : None, int or an executor
    shares : int
    n_events, phases : what trains, and how: where the workers have nothing to do the user is told

    Raises
    ------
    OptionError
        The learner is no single network, or needs all events of a batch at once; there is no such executor.
    """
    if workers is None and not shares:
        yield learner
        return
    if not isinstance(learner, Network):
        message = "networks that are trained in turns, or averaged by EMA, have no shares and no workers"
        raise OptionError(message, code="shares-method", hint="leave out workers and Shares")
    with executor_of(workers) as executor:
        made = ByWorkers(learner, executor, shares)
        made.remark(n_events, [phase.batch_size for phase in phases])
        try:
            yield made
        finally:
            made.close()


def check_shares(shares: int) -> None:
    """Raises OptionError for a number of shares that is no power of two."""
    if shares and (shares < 2 or shares & (shares - 1)):
        raise OptionError(f"Shares={shares} is no power of two", code="range", where="Shares", expected="2, 4, 8, ... or 0")


def _with_scene(task: ShareTask, scene: Scene) -> ShareTask:
    return ShareTask(**{**vars(task), "scene": scene})
