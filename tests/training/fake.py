"""A logistic regression in plain numpy with the interface of Network: for tests of the loop that need to see every call."""

import numpy as np

from tmvalite.training.batches import batch_bounds


class FakeParameters:
    def __init__(self, size):
        self.flat = np.zeros(size)

    def snapshot(self):
        return self.flat.copy()

    def restore(self, snapshot):
        self.flat[:] = snapshot


class FakeOptimizer:
    def __init__(self, settings):
        self.settings, self.learning_rate, self.steps = settings, settings.learning_rate, 0


class FakeNetwork:
    """`losses` replaces the validation losses one by one, `bad_batch` (epoch, batch) gives a NaN, `stop` raises Ctrl-C there."""

    dtype = np.dtype(np.float64)
    term_names = ("output1",)

    def __init__(self, width, *, losses=(), bad_batch=None, stop=None, chunk=3):
        self.parameters = FakeParameters(width + 1)
        self.scripted, self.bad_batch, self.stop, self.chunk = list(losses), bad_batch, stop, chunk
        self.calls, self.optimizers, self.rates, self.seen = [], [], [], []

    def prepare(self):
        self.prepared = True

    def set_dropout(self, rates):
        self.rates.append(rates)

    def result(self):
        return self.parameters.snapshot()

    def new_optimizer(self, settings):
        self.optimizers.append(FakeOptimizer(settings))
        return self.optimizers[-1]

    def steps_per_call(self, batch_size):
        return self.chunk

    def _probability(self, x):
        return 1.0 / (1.0 + np.exp(-(x @ self.parameters.flat[:-1] + self.parameters.flat[-1])))

    def train_steps(self, x, targets, weights, order, *, batch_size, first, count, optimizer, before, epoch, seed, parts):
        self.calls.append((epoch, before + first, count, optimizer.learning_rate, seed))
        losses = []
        for batch, (start, stop) in list(enumerate(batch_bounds(len(order), batch_size)))[first : first + count]:
            if self.stop == (epoch, before + batch):
                raise KeyboardInterrupt
            rows = order[start:stop]
            self.seen.append((epoch, rows.copy()))
            p, y, w = self._probability(x[rows]), targets[rows, 0], weights[rows]
            losses.append(float(np.sum(-w * np.log(np.where(y == 1, p, 1 - p))) / len(rows)))
            if self.bad_batch == (epoch, before + batch):
                losses[-1] = float("nan")
                self.parameters.flat[:] = np.nan
            slope = w * (p - y) / len(rows)
            gradient = np.append(x[rows].T @ slope, slope.sum())
            self.parameters.flat -= optimizer.learning_rate * gradient
            optimizer.steps += 1
        parts[:, 0] = losses
        return np.array(losses)

    def loss(self, x, targets, weights, *, seed, parts):
        if self.scripted:
            return self.scripted.pop(0)
        p, y = self._probability(x), targets[:, 0]
        return float(np.mean(-weights * np.log(np.where(y == 1, p, 1 - p))))

    def penalty(self, regularization, decay):
        return 0.0 if regularization == "NONE" else decay * float(np.sum(self.parameters.flat[:-1] ** 2))
