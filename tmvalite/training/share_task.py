"""What a worker does of a training step: the gradients of its shares, summed by blocks. Runs in any process.

A worker keeps the network and the events of a training, which it gets with the first task of it: a task that comes without them
to a worker that does not have them is answered with None, and comes again with them. Nothing else is kept between steps, so a
step that was lost with its worker is done again by any other.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from tmvalite.cluster import SharedArrays
from tmvalite.graph.ir import Graph
from tmvalite.training.network import Network
from tmvalite.training.shares import Block, sum_of_block

TRAININGS_KEPT = 2  # by a worker: what one of them trains now, and another that takes turns with it


@dataclass(frozen=True)
class Scene:
    """What all steps of a training have in common: the network, and the events "x", "targets", "weights".

    board : "parameters" (size,), and a row of "sums" (rows, size) for every block, where all see the same files
    """

    graph: Graph
    precision: str
    losses: tuple[str, ...]
    events: SharedArrays
    board: SharedArrays | None = None


@dataclass(frozen=True)
class ShareTask:
    """Some shares of one batch.

    training : names the scene, which the first tasks have with them
    parameters : (size,), unless the board has them
    numbers : weights of the terms of the loss, rates and temperatures
    order : the events of these shares, by position
    rows, shares : of the whole batch
    blocks : what is summed; first_row : of the board, for the first of them
    """

    training: str
    scene: Scene | None
    parameters: np.ndarray | None
    numbers: tuple[np.ndarray, ...]
    order: np.ndarray
    rows: int
    shares: int
    blocks: tuple[Block, ...]
    first_row: int
    step: int
    epoch: int
    seed: int


@dataclass(frozen=True)
class ShareSums:
    """What comes of a task: for every block its gradient, unless the board has it; losses (shares,), terms (shares, terms)."""

    gradients: tuple[np.ndarray, ...]
    losses: np.ndarray
    terms: np.ndarray


class _Stage:
    """A network and its events, in the process of a worker."""

    def __init__(self, scene: Scene):
        self.scene, self.lock = scene, threading.Lock()
        self.network = Network(scene.graph, precision=scene.precision, losses=scene.losses, threads=1)
        self.events = {name: np.require(values, requirements="CAW") for name, values in scene.events.items()}

    def run(self, task: ShareTask) -> ShareSums:
        """Do a task; one at a time, as the threads of a worker share the network."""
        network, events, board = self.network, self.events, self.scene.board
        losses, terms, sums = [], [], []
        first = task.rows * task.blocks[0][0] // task.shares  # of the batch, where `order` begins

        def gradients(block: Block) -> np.ndarray:
            low, high = (task.rows * share // task.shares - first for share in block)
            found, loss, term = network.share_gradients(
                events["x"],
                events["targets"],
                events["weights"],
                np.require(task.order[low:high], np.int64, "CA"),
                rows=task.rows,
                shares=task.shares,
                block=block,
                step=task.step,
                epoch=task.epoch,
                seed=task.seed,
            )
            losses.append(loss)
            terms.append(term)
            return found

        with self.lock:
            network.parameters.restore(board["parameters"] if task.parameters is None else task.parameters)
            network.restore_run_time_numbers(task.numbers)
            for row, block in enumerate(task.blocks, task.first_row):
                total = sum_of_block(block, network.plan.most_shares, gradients)
                if board is None:
                    sums.append(total)
                else:
                    board["sums"][row] = total
        return ShareSums(tuple(sums), np.concatenate(losses), np.concatenate(terms))


_STAGES: OrderedDict[str, _Stage] = OrderedDict()
_LOCK = threading.Lock()


def share_sums(task: ShareTask) -> ShareSums | None:
    """Do a task; None where this worker does not know the training, and the task does not say what it is."""
    with _LOCK:
        stage = _STAGES.get(task.training)
        if stage is None:
            if task.scene is None:
                return None
            stage = _STAGES[task.training] = _Stage(task.scene)
        _STAGES.move_to_end(task.training)
        while len(_STAGES) > TRAININGS_KEPT:
            _STAGES.popitem(last=False)
    return stage.run(task)


def forget(training: str) -> None:
    """Let go of what is kept of a training in this process."""
    with _LOCK:
        _STAGES.pop(training, None)
