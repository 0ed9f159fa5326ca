"""The loss of an autoencoder along its training: weights of its terms in nats, their schedules, and what is reported.

loss = reconstruction + HeadWeight * head + KLWeight * latent + SparsityWeight * sparsity, in nats per event.

A Gaussian decoder (SUMOFSQUARES) has a width sigma. With KL and DecoderSigma=0 it follows the training: it begins with the
mean variance of the transformed variables and is then the root of the mean squared error of the epoch before, for which the
likelihood is largest. Source: Rybkin, Daniilidis, Levine, arXiv:2006.13202, section 3. While sigma is still large a latent
variable costs more than it brings, and one that has fallen asleep stays so: by default the weight of KL grows meanwhile.
"""

from __future__ import annotations

import math

import numpy as np

from tmvalite.models.blueprint import Blueprint
from tmvalite.models.latent import HEAD_LOSS, LATENT_TERMS, RECONSTRUCTION
from tmvalite.models.reconstruction import gaussian_constant
from tmvalite.training.loop import Companion
from tmvalite.training.trace import Trace

SMALLEST_VARIANCE = 1e-6  # of sigma^2, as a part of where it begins: data that are reproduced exactly have no width
TEMPERATURE_STEPS = 1000  # after so many optimisation steps the temperature is set anew within an epoch
ANNEALING_EPOCHS = 10  # of KL where sigma follows the training, but at most a quarter of all epochs
ANNEALED = tuple(LATENT_TERMS.values())
SPARSITY = "sparsity"


class AutoencoderLoss(Companion):
    """Sets the weights of the terms before every epoch and makes the history's columns of the terms.

    Parameters
    ----------
    blueprint : Blueprint
    values : OptionValues
        Of the booking.
    network : Network
        The whole autoencoder, or an alternation over it.
    variance : float
        Mean variance of the transformed variables.
    epochs : int
        Largest number of epochs of the first phase.
    trace : int
        Means over so many optimisation steps are kept in `traced`; 0 for none.

    Attributes
    ----------
    sigma : float
        Width of a Gaussian decoder as it is now.
    estimated : bool
        Whether it follows the training.
    columns : tuple of str
        The terms that the epoch table shows.
    """

    def __init__(self, blueprint: Blueprint, values, network, *, variance: float, epochs: int, trace: int = 0):
        self.blueprint, self.values, self.network = blueprint, values, network
        objectives = blueprint.objectives
        outputs = dict(zip((output.name for output in blueprint.graph.outputs), zip(blueprint.graph.outputs, objectives)))
        self._outputs = {name: pair for name, pair in outputs.items() if name in network.term_names}
        self._gaussian = sum(
            o.value.size
            for name, (o, objective) in self._outputs.items()
            if _is(name, RECONSTRUCTION) and objective.declared.gaussian
        )
        self.estimated = blueprint.latent == "KL" and values.DecoderSigma == 0 and self._gaussian > 0
        self.sigma = values.DecoderSigma or (math.sqrt(variance) if self.estimated and variance > 0 else 1.0)
        automatic = min(ANNEALING_EPOCHS, epochs // 4) if self.estimated else 0
        self.annealing = values.KLAnnealing if values.KLAnnealing >= 0 else automatic
        self._least = SMALLEST_VARIANCE * self.sigma**2
        self._temperatures = {d.node: network.setting("temperature", d.node) for d in network.draws if d.setting == "temperature"}
        self.latent_weight = self._trained_weight = values.KLWeight
        self.keeps_last = bool(values.Features)  # what is trained is no part of the loss of the validation
        self.batch_terms = set(network.batch_terms)
        self.training_only = self.batch_terms | set(network.extras)
        self.columns = self._table_columns()
        self._trace = Trace(trace, self.reported)
        self._epoch_terms, self._validating = np.zeros((0, len(network.term_names))), False
        self.set_weights()

    # ------------------------------------------------------------------------------------- weights

    def factor(self, name: str) -> float:
        """What the unweighted term `name` is multiplied with to be reported in nats."""
        if name in self._outputs:
            output, objective = self._outputs[name]
            sigma = self.sigma if _is(name, RECONSTRUCTION) else 1.0
            return output.weight * objective.declared.nats(output.value.size, sigma)
        return 1.0

    def weight(self, name: str) -> float:
        """The weight of a term, as it is reported, in the loss."""
        if name in ANNEALED:
            return self.latent_weight if LATENT_TERMS.get(self.blueprint.latent) == name else 0.0
        if _is(name, HEAD_LOSS):
            return self.values.HeadWeight
        return self.values.SparsityWeight if name == SPARSITY else 1.0

    def set_weights(self) -> None:
        for name in self.network.weighted_terms:
            self.network.set_weight(name, self.weight(name) * self.factor(name))

    def constant(self) -> float:
        """The normalisation of the Gaussian decoder, counted where sigma changes; behind it what validation cannot measure.

        Terms of the whole batch (MMD, SWD, Sparsity=KL) exist in training only. Their means over the last epoch stand in the
        loss of the validation too, so that epochs are compared by the loss that is meant.
        """
        constant = gaussian_constant(self._gaussian, self.sigma) if self.estimated else 0.0
        if self._validating and len(self._epoch_terms):
            means = self._epoch_terms.mean(axis=0)
            names = zip(self.network.term_names, means.tolist())
            constant += sum(self.weight(name) * value for name, value in names if name in self.batch_terms)
        return constant

    # ------------------------------------------------------------------------------------- schedules

    def begin_epoch(self, network, epoch, steps):
        grown = min(1.0, (epoch - 1) / self.annealing) if self.annealing else 1.0
        self.latent_weight = self._trained_weight = self.values.KLWeight * grown
        self.set_weights()
        self._cool(steps)
        self._epoch_terms, self._validating = self._epoch_terms[:0], False

    @property
    def settled(self):
        return self._trained_weight == self.values.KLWeight

    def begin_validation(self, network):
        self._validating = True
        self.latent_weight = self.values.KLWeight  # epochs are compared by the loss that is meant in the end
        self.set_weights()

    def _cool(self, steps: int) -> None:
        """tau = max(TemperatureMinimum, tau0 exp(-TemperatureRate * steps)), never above tau0."""
        rate, least = self.values.TemperatureRate, self.values.TemperatureMinimum
        for node, first in self._temperatures.items() if rate else ():
            self.network.set_setting("temperature", max(min(first, least), first * math.exp(-rate * steps)), node)

    def steps(self, first, terms):
        self._epoch_terms = np.concatenate([self._epoch_terms, terms]) if self.batch_terms else self._epoch_terms
        last = first + len(terms) - 1
        if last // TEMPERATURE_STEPS > (first - 1) // TEMPERATURE_STEPS:
            self._cool(last)
        self._trace.add(first, terms)

    @property
    def traced(self):
        return self._trace.kept

    def state(self):
        own = {"sigma": self.sigma, "epoch_terms": self._epoch_terms}
        return own | self._trace.state(len(self.network.term_names))

    def restore(self, state):
        self.sigma, self._epoch_terms = state["sigma"], np.array(state["epoch_terms"])
        self._trace.restore(state)
        self.set_weights()

    # ------------------------------------------------------------------------------------- reports

    def parts(self, network, terms, valid):
        found = self.reported(terms)
        if valid is not None:
            found |= {f"valid_{name}": value for name, value in self.reported(valid).items() if name not in self.training_only}
        if self.estimated:
            found["decoder_sigma"] = self.sigma
            self.sigma = self.sigma_of(terms)
        return found

    def learnt(self, network, train, seed):
        if not self.estimated:
            return {"sigma": self.sigma}
        terms = np.empty(len(network.term_names))
        network.loss(train.x, train.targets, train.weights, seed=seed, parts=terms)
        return {"sigma": self.sigma_of(terms)}

    def sigma_of(self, terms: np.ndarray) -> float:
        """The width for which the likelihood of these terms is largest."""
        return math.sqrt(max(self.mean_squared_error(terms), self._least))

    def mean_squared_error(self, terms: np.ndarray) -> float:
        """Over the values of the Gaussian outputs, from the unweighted terms."""
        found = zip(self.network.term_names, terms.tolist())
        return (
            sum(
                value * self._outputs[name][0].value.size
                for name, value in found
                if _is(name, RECONSTRUCTION) and self._outputs[name][1].declared.gaussian
            )
            / self._gaussian
        )

    def reported(self, terms: np.ndarray) -> dict[str, float]:
        """The terms in nats by name: outputs of one kind and terms of equal names added up, weights of options not applied."""
        found: dict[str, float] = {}
        for name, value in zip(self.network.term_names, terms.tolist()):
            kind = name.partition(".")[0]
            found[kind] = found.get(kind, 0.0) + value * self.factor(name)
        if self.estimated:
            found[RECONSTRUCTION] += self.constant()
        square = found.pop("latent_log_variance_square", None)
        if square is not None:
            found["latent_log_variance_spread"] = math.sqrt(max(0.0, square - found["latent_log_variance"] ** 2))
        return found

    def _table_columns(self) -> tuple[str, ...]:
        terms = [name.partition(".")[0] for name in self.network.weighted_terms]
        shown = (RECONSTRUCTION, HEAD_LOSS, *ANNEALED, SPARSITY)
        found = [name for name in shown if name in terms and (name not in ANNEALED or self.weight(name) or name == "kl")]
        if len(found) < 2:
            return ()
        return tuple(name if name in self.training_only else f"valid_{name}" for name in found)


def _is(name: str, kind: str) -> bool:
    return name.partition(".")[0] == kind
