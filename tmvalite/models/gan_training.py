"""The training of a GAN: a discriminator tells real events from generated ones, a generator makes that hard, in turns.

Both losses are means over the events that the network reads in a turn: log 2 for both where nothing can be told apart, with
NONSATURATING.
"""

from __future__ import annotations

import numpy as np

from tmvalite.errors import DataError
from tmvalite.graph.join import alone, block_of
from tmvalite.models.conditions import Condition, conditions_in
from tmvalite.models.gan_losses import gan_loss
from tmvalite.models.gan_networks import DISCRIMINATOR, GENERATOR
from tmvalite.models.gradient_graph import penalty_graph
from tmvalite.string_utils import Prior
from tmvalite.training import streams
from tmvalite.training.alternating import Alternating, Turn
from tmvalite.training.average import MovingAverage
from tmvalite.training.loop import Companion
from tmvalite.training.pulls import Batch, Pull, parts_of
from tmvalite.training.spectral import SpectralNorm
from tmvalite.training.trace import Trace

TERM, PENALTY, R1, ACCURACY = "generator", "gradient_penalty", "r1", "accuracy"  # the generator's loss is that of the whole
OF_DISCRIMINATOR = "discriminator"
SAMPLE = "sample"


def noise(prior: Prior, n: int, size: int, seed: int, who: str, *, epoch: int = 0, step: int = 0) -> np.ndarray:
    """The numbers (n, size) float64 that a generator makes n events of; row i does not depend on n."""
    key = streams.stream_key(seed, "noise", who)
    if prior.kind == "GAUSS":
        numbers = prior.first + prior.second * streams.normals(key, n * size, epoch=epoch, step=step)
    else:
        numbers = prior.first + (prior.second - prior.first) * streams.uniforms(key, n * size, epoch=epoch, step=step)
    return numbers.reshape(n, size)


class Maker:
    """Makes events with a generator: noise and conditions in, whole events out, all in transformed variables.

    generator : a network of the generator's graph; conditions : of the event; width : variables of an event
    """

    def __init__(self, generator, conditions: tuple[Condition, ...], width: int, prior: Prior):
        self.generator, self.prior, self.width = generator, prior, width
        self.conditions = {c.name: slice(c.first, c.first + c.count) for c in conditions}
        given = np.zeros(width, bool)
        for part in self.conditions.values():
            given[part] = True
        self.made = np.flatnonzero(~given)  # neighbours

    def inputs(self, events: np.ndarray, seed: int, who: str, **counter: int) -> np.ndarray:
        """What the generator reads for events (n, V), of which the conditions are taken."""
        graph, n = self.generator.graph, len(events)
        free = sum(value.size for value in graph.inputs if value.name not in self.conditions)
        drawn, at, columns = noise(self.prior, n, free, seed, who, **counter).astype(self.generator.dtype), 0, []
        for value in graph.inputs:
            if value.name in self.conditions:
                columns.append(events[:, self.conditions[value.name]])
            else:
                columns.append(drawn[:, at : at + value.size])
                at += value.size
        return np.ascontiguousarray(columns[0] if len(columns) == 1 else np.concatenate(columns, axis=1), self.generator.dtype)

    def events(self, inputs: np.ndarray, events: np.ndarray) -> np.ndarray:
        """Generated events (n, V) with the conditions of others."""
        made = self.generator.outputs(inputs)
        if not self.conditions:
            return made
        whole = np.array(events, self.generator.dtype)
        whole[:, self.made] = made
        return whole


class Competing(Alternating):
    """Discriminator and generator in turns. The validation loss is the generator's; nothing says which epoch is best.

    booking : of MethodGAN; blueprint, network : as for every method
    """

    def __init__(self, booking, blueprint, network):
        values, blocks = booking.values, blueprint.blocks
        self.values, self.kind = values, gan_loss(booking)
        self.conditions = conditions_in(blocks[GENERATOR], blocks[DISCRIMINATOR])
        generator = network.part(block_of(network.graph, GENERATOR))
        width = blocks[DISCRIMINATOR].input_size
        self.maker = Maker(generator, self.conditions, width, blueprint.prior)
        own = alone(network.graph, blocks[DISCRIMINATOR], DISCRIMINATOR)
        self.judge = network.part(own, losses=(self.kind.objective.loss,), trained=(DISCRIMINATOR,))
        self.deceive = network.part(network.graph, losses=(self.kind.deceives,), trained=(GENERATOR,))
        pulls = []
        if self.kind.penalises:
            made = self.maker.made
            slopes = network.part(penalty_graph(own, int(made[0]), len(made)), losses=("WASSERSTEIN",), trained=(DISCRIMINATOR,))
            # the loss of the discriminator is a mean over real and generated events, half of what the papers write
            pulls.append(Pull(slopes, self.between, factor=values.PenaltyWeight / 2, term=PENALTY))
        if values.R1Weight:
            made = self.maker.made
            slope = penalty_graph(own, int(made[0]), len(made), norm=False)
            # SUMOFSQUARES is a mean over values; gamma / 2 of Mescheder et al., arXiv:1801.04406, equation 9, and half as above
            factor = values.R1Weight * len(made) / 4
            real = network.part(slope, losses=("SUMOFSQUARES",), trained=(DISCRIMINATOR,))
            pulls.append(Pull(real, self.at_real, factor=factor, term=R1))
        self.average = None
        if values.EMA:
            self.average = MovingAverage(network.parameters, parts_of(self.deceive, GENERATOR), values.EMA)
        first = Turn(
            self.judge,
            make=self.real_and_made,
            extra=OF_DISCRIMINATOR,
            pulls=pulls,
            shape=SpectralNorm(self.judge) if values.SpectralNorm == "DISCRIMINATOR" else None,
            after=self.clip if self.kind.clips else None,
            number=0,
        )
        second = Turn(
            self.deceive,
            make=self.anew,
            rate_of=TERM,
            after=self.average,
            every=values.DiscriminatorSteps,
            times=values.GeneratorSteps,
            number=1,
        )
        super().__init__(network, [first, second])
        self.blur = values.InstanceNoise
        self.accuracy = float("nan")

    def generated(self, batch: Batch, who: str) -> np.ndarray:
        """As many events as the batch has, with its conditions."""
        x = batch.x
        inputs = self.maker.inputs(x, batch.seed, who, epoch=batch.epoch, step=batch.step)
        return self.maker.events(inputs, x)

    # ------------------------------------------------------------------------------------- what the turns read

    def real_and_made(self, batch: Batch):
        """Generated events, then real ones, and their targets; real ones have the weights of the sample."""
        made, n = self.generated(batch, OF_DISCRIMINATOR), len(batch.rows)
        inputs = self.blurred(np.concatenate([made, batch.x]), batch)
        targets = np.full((2 * n, 1), self.kind.made, inputs.dtype)
        targets[n:] = self.kind.real - self.values.LabelSmoothing
        weights = np.ones(2 * n, inputs.dtype)
        weights[n:] = batch.weights[batch.rows]
        return inputs, targets, weights

    def anew(self, batch: Batch):
        """What the generator reads; all that it makes shall be taken for real."""
        inputs = self.maker.inputs(batch.x, batch.seed, f"{TERM}{batch.number}", epoch=batch.epoch, step=batch.step)
        return inputs, np.full((len(inputs), 1), self.kind.real, inputs.dtype)

    def between(self, batch: Batch):
        """Events on the lines between real and generated ones, and the number 1; their slope is measured."""
        made, x = self.generated(batch, OF_DISCRIMINATOR), batch.x
        key = streams.stream_key(batch.seed, "between", OF_DISCRIMINATOR)
        part = streams.uniforms(key, len(x), epoch=batch.epoch, step=batch.step)[:, None].astype(x.dtype)
        inputs = np.ones((len(x), x.shape[1] + 1), x.dtype)
        inputs[:, :-1] = part * x + (1 - part) * made
        return inputs, np.full((len(x), 1), -1, x.dtype)

    def at_real(self, batch: Batch):
        """Real events and the number 1; their slope shall be 0."""
        x = batch.x
        inputs = np.concatenate([x, np.ones((len(x), 1), x.dtype)], axis=1)
        return inputs, np.zeros((len(x), len(self.maker.made)), x.dtype), batch.weights[batch.rows]

    def blurred(self, events: np.ndarray, batch: Batch) -> np.ndarray:
        """The events with normal noise on all that is no condition. Source: Sonderby et al., arXiv:1610.04490, section 3."""
        if self.blur:
            key, columns = streams.stream_key(batch.seed, "blur", OF_DISCRIMINATOR), self.maker.made
            drawn = streams.normals(key, len(events) * len(columns), epoch=batch.epoch, step=batch.step)
            events[:, columns] += (self.blur * drawn.reshape(len(events), -1)).astype(events.dtype)
        return events

    def clip(self) -> None:
        """All parameters of the critic into [-c, c]."""
        for start, stop, _ in self.judge.plan.ranges.tolist():
            part = self.judge.parameters.flat[start:stop]
            np.clip(part, -self.values.ClipWeights, self.values.ClipWeights, out=part)

    # ------------------------------------------------------------------------------------- validation

    def loss(self, x, targets, weights, *, seed: int = 0, parts: np.ndarray | None = None) -> float:
        """The generator's loss for noise of its own; in `parts` that of the discriminator too, without instance noise."""
        batch = Batch(x, weights, np.arange(len(x)), seed)
        inputs = self.maker.inputs(x, seed, "validation")
        labels = np.full((len(x), 1), self.kind.real, x.dtype)
        own = np.empty(len(self.deceive.term_names))
        value = self.deceive.loss(inputs, labels, np.ones_like(weights), seed=seed, parts=own)
        if parts is not None:
            parts[:] = np.nan
            parts[: len(own)] = own
            blur, self.blur = self.blur, 0.0
            events, labels, by_event = self.real_and_made(batch)
            self.blur = blur
            parts[self._column[OF_DISCRIMINATOR]] = self.judge.loss(events, labels, by_event, seed=seed)
            if self.kind.border is not None:
                right = (self.judge.outputs(events)[:, 0] > self.kind.border) == (np.arange(len(events)) >= len(x))
                self.accuracy = float(np.average(right, weights=by_event) if by_event.sum() > 0 else np.mean(right))
        return value


class GanRecord(Companion):
    """The history of a GAN: the losses of both networks; the last epoch is kept, and the averages of the generator.

    network : Competing; epochs : of all phases together; trace : steps that a mean of the losses is taken over
    """

    columns = (OF_DISCRIMINATOR,)  # beside the loss, which is that of the generator
    keeps_last = True

    def __init__(self, network: Competing, epochs: int, trace: int = 0):
        self.network, self.epochs = network, epochs
        self._trace = Trace(trace, lambda terms: dict(zip(network.term_names, terms.tolist())))

    def begin_epoch(self, network, epoch, steps):
        network.blur = network.values.InstanceNoise * max(0.0, 1.0 - (epoch - 1) / self.epochs)

    def parts(self, network, terms, valid):
        found = dict(zip(network.term_names, terms.tolist()))
        if valid is not None:
            for name in (TERM, OF_DISCRIMINATOR):
                found[f"valid_{name}"] = float(valid[network.term_names.index(name)])
            if network.kind.border is not None:
                found[f"valid_{ACCURACY}"] = network.accuracy
        return found

    def steps(self, first, terms):
        self._trace.add(first, terms)

    @property
    def traced(self):
        return self._trace.kept

    def state(self):
        return self._trace.state(len(self.network.term_names))

    def restore(self, state):
        self._trace.restore(state)

    def learnt(self, network, train, seed):
        if self.network.average is not None:
            self.network.average.put()
        return {"conditions": self.network.conditions}


def check_weights(weights: np.ndarray) -> None:
    """Raise DataError at a negative weight of a real event: it would ask for events to be taken for generated ones."""
    n = int((weights < 0).sum())
    if n:
        message = f"{n} training event{'s have' if n > 1 else ' has'} a negative weight, which a GAN cannot learn from"
        hint = "write IgnoreNegWeightsInTraining, or make the weights positive by resampling neighbours"
        raise DataError(message, code="data-negative-weights", hint=hint)
