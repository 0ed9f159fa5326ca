"""An autoencoder whose Discriminator reads events: what is compared is not pixels but what the Discriminator sees in them.

Three losses and three routes, with x~ the reconstruction, x_p what is decoded from the prior, and D_l a hidden layer:

    Encoder         KLWeight KL + |D_l(x) - D_l(x~)|^2 / (2 FeatureSigma^2)
    Decoder         (FeatureWeight 1/2 |D_l(x) - D_l(x~)|^2 - log D(x~) - log D(x_p)) / FeatureSigma^2
    Discriminator   the mean of -log D(x), -log(1 - D(x~)), -log(1 - D(x_p))

The Discriminator has no gradient from the features, so that it cannot make them small. Source: Larsen et al., arXiv:1512.09300,
algorithm 1, with FeatureSigma=1; the decoder deceives by -log D, whose gradient does not vanish, with the codes that the
Discriminator was shown. FeatureSigma=0 follows the training as DecoderSigma does: models/likelihood.py has the source. It is
no part of what the Decoder shall become, but optimizers that normalise their steps take larger ones as it falls, as those of a
variational autoencoder do. An adversary that begins later than the rest: Esser, Rombach, Ommer, arXiv:2012.09841, section 3.1
and their program.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from tmvalite.graph import Graph, Output
from tmvalite.graph.join import SEPARATOR, block_of
from tmvalite.models.blocks import DECODER, DISCRIMINATOR, ENCODER
from tmvalite.models.latent import ADVERSARY, DECEPTION, RECONSTRUCTION
from tmvalite.models.likelihood import SMALLEST_VARIANCE, AutoencoderLoss
from tmvalite.models.prior import prior_draws
from tmvalite.training import streams
from tmvalite.training.alternating import Alternating, Turn
from tmvalite.training.pulls import Batch, Pull
from tmvalite.training.spectral import SpectralNorm

FEATURES = "features"  # a further term of the loss


class FeatureLearning(Alternating):
    """The two turns of a step: the Discriminator; then Encoder and Decoder together, each with its own losses."""

    def __init__(self, booking, blueprint, network):
        self.values, self.prior = booking.values, blueprint.prior
        graph, has_prior = network.graph, blueprint.latent != "NONE"
        of_loss = dict(zip((output.name for output in graph.outputs), (o.loss for o in blueprint.objectives)))
        seen = features_graph(graph, self.values.Features)
        self.width = seen.outputs[0].value.size
        losses = ("SUMOFSQUARES", of_loss[RECONSTRUCTION])
        self.seen = network.part(seen, losses=losses, trained=(ENCODER, DECODER))
        self.eye = network.part(_up_to_features(block_of(graph, DISCRIMINATOR), self.values.Features))
        self.judge = network.part(block_of(graph, DISCRIMINATOR), losses=("CROSSENTROPY",), trained=(DISCRIMINATOR,))
        behind = _with_output(block_of(graph, DECODER, DISCRIMINATOR), DECEPTION)
        deceive = network.part(behind, losses=("CROSSENTROPY",), trained=(DECODER,))
        self.encoder = network.part(_distribution(block_of(graph, ENCODER)))
        self.decoder = network.part(block_of(graph, DECODER))
        self.has_prior = has_prior
        self._shown: tuple = (None, None)  # the codes of the last turn of the Discriminator: no Encoder changes in it
        self.deceit, self._deceives = Pull(deceive, self.deceiving, term=DECEPTION), True
        pulls = [self.deceit]
        shape = SpectralNorm(self.judge) if self.values.SpectralNorm == "DISCRIMINATOR" else None
        first = Turn(self.judge, make=self.real_and_made, extra=ADVERSARY, shape=shape)
        self.variance = self.values.FeatureSigma**2 or 1.0
        factor = {ENCODER: 1.0, DECODER: self.values.FeatureWeight}
        second = Turn(self.seen, make=self.seeing, extra=FEATURES, factor=factor, pulls=pulls)
        super().__init__(network, [first, second])
        self.follow(self.variance)
        self.seen.set_weight(RECONSTRUCTION, 0.0)  # reported only
        for name in self.seen.weighted_terms[2:]:
            self.seen.set_weight(name, 1.0)

    def begin_to_deceive(self, begins: bool) -> None:
        """Whether the Decoder's loss has its part of deceit."""
        self._deceives = begins
        self.follow(self.variance)

    def follow(self, variance: float) -> None:
        """Take a variance of the features for that of their likelihood, which is a sum over features, not a mean."""
        self.variance = variance
        self.seen.set_weight(FEATURES, self.width / (2 * variance))
        # the sum of two means, over reconstructions and over inventions
        self.deceit.factor = (2.0 if self.has_prior else 1.0) / variance if self._deceives else 0.0

    def set_weight(self, term: str, weight: float) -> None:
        """As `Network.set_weight`; the terms that layers of the Encoder add are those of its own route."""
        super().set_weight(term, weight)
        if term in self.seen.weighted_terms[2:]:
            self.seen.set_weight(term, weight)

    # ------------------------------------------------------------------------------------- what the turns read

    def real_and_made(self, batch: Batch):
        """Reconstructions and inventions, then the events themselves, and which of them are real."""
        x, codes = batch.x, self.both_codes(batch)
        self._shown = (batch.seed, batch.epoch, batch.step), codes
        inputs = np.concatenate([self.decoder.values(codes), x])
        targets, weights = np.zeros((len(inputs), 1), x.dtype), np.ones(len(inputs), x.dtype)
        targets[-len(x) :], weights[-len(x) :] = 1, batch.weights[batch.rows]
        return inputs, targets, weights

    def seeing(self, batch: Batch):
        """The events, and what the Discriminator sees in them, which their reconstructions shall show too."""
        x = batch.x
        return x, np.ascontiguousarray(np.concatenate([self.eye.outputs(x), x], axis=1)), batch.weights[batch.rows]

    def deceiving(self, batch: Batch):
        """The codes of the turn before, all of which shall stand for events that are taken for real."""
        key, codes = self._shown
        codes = codes if key == (batch.seed, batch.epoch, batch.step) else self.both_codes(batch)
        weights = np.ones(len(codes), codes.dtype)
        weights[: len(batch.rows)] = batch.weights[batch.rows]
        return codes, np.ones((len(codes), 1), codes.dtype), weights

    def both_codes(self, batch: Batch) -> np.ndarray:
        """Codes of the events, then of inventions."""
        codes = [self.codes(batch.x, batch), *([self.drawn(batch)] if self.has_prior else [])]
        return np.ascontiguousarray(np.concatenate(codes))

    def drawn(self, batch: Batch) -> np.ndarray:
        """Codes from the prior, as many as the batch has events."""
        counter = {"seed": batch.seed, "epoch": batch.epoch, "step": batch.step}
        return prior_draws(self.prior, len(batch.rows), self.decoder.n_inputs, self.decoder.dtype, **counter)

    def codes(self, x: np.ndarray, batch: Batch) -> np.ndarray:
        """Codes of events: drawn where the Encoder ends with a Gaussian, else as it gives them."""
        given = self.encoder.outputs(x)
        if len(self.encoder.graph.outputs) == 1:
            return given
        mean, log_variance = np.split(given.astype(np.float64), 2, axis=1)
        key = streams.stream_key(batch.seed, "noise", ADVERSARY)
        drawn = streams.normals(key, mean.size, epoch=batch.epoch, step=batch.step).reshape(mean.shape)
        return np.ascontiguousarray(mean + np.exp(log_variance / 2) * drawn, given.dtype)


class FeatureLoss(AutoencoderLoss):
    """As `AutoencoderLoss`, with the width of the features, and an adversary that may begin later.

    network : FeatureLearning
    """

    def begin_epoch(self, network, epoch, steps):
        super().begin_epoch(network, epoch, steps)
        network.begin_to_deceive(epoch > self.values.AdversaryStart)

    def parts(self, network, terms, valid):
        found = super().parts(network, terms, valid)
        if self.values.FeatureSigma == 0:
            found["feature_sigma"] = math.sqrt(network.variance)
            error = float(terms[network.term_names.index(FEATURES)])
            network.follow(max(error, SMALLEST_VARIANCE))
        return found

    def state(self):
        return {**super().state(), "feature_variance": self.network.variance}

    def restore(self, state):
        super().restore(state)
        self.network.follow(state["feature_variance"])


def _with_output(graph: Graph, name: str) -> Graph:
    """The graph with one of its outputs."""
    return dataclasses.replace(graph, outputs=tuple(output for output in graph.outputs if output.name == name))


def _needed(graph: Graph, value) -> tuple:
    """The nodes on which a value depends, in order."""
    wanted, nodes = {value}, []
    for node in reversed(graph.nodes):
        if node.output in wanted:
            nodes.append(node)
            wanted.update(node.inputs)
    return tuple(nodes[::-1])


def _feature(graph: Graph, name: str):
    return next(node for node in graph.nodes if node.name == f"{DISCRIMINATOR}{SEPARATOR}{name}")


def _up_to_features(graph: Graph, name: str) -> Graph:
    node = _feature(graph, name)
    return dataclasses.replace(graph, nodes=_needed(graph, node.output), outputs=(Output(node.output, name=FEATURES),))


def features_graph(graph: Graph, name: str) -> Graph:
    """Encoder, Decoder and the Discriminator up to its features, which are the first output; the reconstruction is the second."""
    node = _feature(graph, name)
    needed = {*_needed(graph, node.output)}
    nodes = tuple(n for n in graph.nodes if n in needed or n.block in (ENCODER, DECODER))
    reconstruction = next(output for output in graph.outputs if output.name == RECONSTRUCTION)
    return dataclasses.replace(graph, nodes=nodes, outputs=(Output(node.output, name=FEATURES), reconstruction))


def _distribution(encoder: Graph) -> Graph:
    """The Encoder with mean and log-variance as its outputs, if its code is drawn from them; itself otherwise."""
    last = encoder.outputs[-1].value.producer
    if last.layer.draws() == ("noise",) and len(last.inputs) == 2:
        return dataclasses.replace(encoder, outputs=tuple(Output(value) for value in last.inputs))
    return encoder
