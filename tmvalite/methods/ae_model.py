"""A trained autoencoder with what surrounds it: events to codes, codes to events, scores. Either half may be missing."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tmvalite.data.info import DataSetInfo
from tmvalite.data.tables import scored_events
from tmvalite.data.transforms import TransformChain
from tmvalite.errors import DataError, OptionError
from tmvalite.graph import Graph
from tmvalite.graph.join import block_of
from tmvalite.io.weight_file import OptionRecord
from tmvalite.losses import AUTOENCODER, Objective, usual
from tmvalite.methods.ae_blocks import DECODER, DISCRIMINATOR, ENCODER, HEAD
from tmvalite.string_utils import Prior
from tmvalite.training.network import Network

_HINTS = {
    ENCODER: "load the file of the whole",
    DECODER: "load the file of the whole",
    HEAD: "Head={DENSE|1|LINEAR} behind the Decoder learns classes or targets from the code",
    DISCRIMINATOR: "LatentLoss=ADV trains one",
}


@dataclass(eq=False)
class AutoencoderModel:
    """What a training leaves behind, or a weight file holds.

    Attributes
    ----------
    blocks : dict of str to Graph
        The blocks that are there, as written.
    network : Network
        All of them as one; a half alone is a network of that block only.
    objectives : tuple of Objective
        One per output of the network.
    chain : TransformChain
        Before the encoder, and backwards behind the decoder.
    info, analysis_type, labels, flat
        As in `methods.model.Model`.
    head_classes : int
        Outputs of the Head that belong to classes.
    latent : str
        KL, MMD, SWD, ADV or NONE.
    prior : Prior
        Of the code, where `latent` is not NONE.
    sigma : float
        Width of a Gaussian decoder in the transformed variables.
    facts, options, settings, pdfs
        As in `methods.model.Model`.
    """

    blocks: dict[str, Graph]
    network: Network
    objectives: tuple[Objective, ...]
    chain: TransformChain
    info: DataSetInfo
    analysis_type: str
    labels: tuple = ()
    flat: bool = True
    head_classes: int = 0
    latent: str = "NONE"
    prior: Prior = field(default_factory=Prior)
    sigma: float = 1.0
    facts: dict[str, str] = field(default_factory=dict)
    options: list[OptionRecord] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    pdfs: list = field(default_factory=list)

    def __post_init__(self):
        self.dtype = self.network.dtype
        self._parts: dict[tuple[str, ...], Network] = {}

    # --------------------------------------------------------------------------- parts

    def part(self, *blocks: str) -> Network:
        """The network of some blocks, over the common parameters. Raises OptionError where one is missing."""
        if blocks not in self._parts:
            missing = [name for name in blocks if name not in self.blocks]
            if missing:
                have = " and ".join(self.blocks)
                raise OptionError(
                    f"this autoencoder has no {missing[0]}; it has {have}", code="block-missing", hint=_HINTS[missing[0]]
                )
            graph = block_of(self.network.graph, *blocks)
            names = [output.name for output in self.network.graph.outputs]
            known = dict(zip(names, self.objectives))
            objectives = [known.get(output.name, usual(AUTOENCODER)) for output in graph.outputs]
            self._parts[blocks] = self.network.part(
                graph, losses=tuple(o.loss for o in objectives), output_functions=tuple(o.function for o in objectives)
            )
        return self._parts[blocks]

    @property
    def latent_size(self) -> int:
        """Numbers in a code."""
        if ENCODER in self.blocks:
            return self.blocks[ENCODER].outputs[-1].value.size
        return self.blocks[DECODER].input_size

    # --------------------------------------------------------------------------- events, codes

    def transformed(self, X) -> tuple[np.ndarray, bool]:
        """Events (N, V) as the encoder reads them, and whether X was a single one."""
        x, single = scored_events(X, self.info.variables, self.dtype)
        if self.chain.transforms_variables:
            with np.errstate(over="ignore", invalid="ignore"):
                x = np.ascontiguousarray(self.chain.apply_variables(x), self.dtype)
        return x, single

    def encode(self, X) -> np.ndarray:
        """The codes (N, Q), or (Q,) for one event."""
        encoder = self.part(ENCODER)
        x, single = self.transformed(X)
        z = encoder.outputs(x)
        return z[0] if single else z

    def decode(self, Z) -> np.ndarray:
        """Events in original units, (N, V), or (V,) for one code."""
        decoder = self.part(DECODER)
        z, single = self._codes(Z)
        x = decoder.values(z)
        if self.chain.transforms_variables:
            x = np.asarray(self.chain.invert_variables(x), self.dtype)
        return x[0] if single else x

    def _codes(self, Z) -> tuple[np.ndarray, bool]:
        """Codes as (N, Q) in the network's precision, and whether Z was a single one."""
        try:
            z = np.asarray(Z, self.dtype)
        except (TypeError, ValueError):
            raise DataError("the codes hold values that are no numbers", code="data-type") from None
        single, shape = z.ndim < 2, z.shape
        z = np.ascontiguousarray(z.reshape(1, -1) if single else z)
        if z.ndim != 2 or z.shape[1] != self.latent_size:
            q = self.latent_size
            raise DataError(
                f"the codes have shape {shape}, this autoencoder has {q} latent variable{'s' * (q != 1)}",
                code="data-shape",
                expected=f"(codes, {q}), or ({q},) for one code",
            )
        return z, single

    # --------------------------------------------------------------------------- scores

    def anomaly(self, X):
        """Reconstruction error in nats without constants, plus the KL divergence at the mean code: (N,), or a float."""
        x, single = self.transformed(X)
        encoder = self.part(ENCODER)
        score = self._reconstruction_error(x, self.part(DECODER).outputs(encoder.outputs(x)))
        if self.latent == "KL":
            names = encoder.event_term_names
            terms = encoder.event_terms(x).astype(np.float64)
            for column in (i for i, name in enumerate(names) if name == "kl"):
                score = score + terms[:, column]
        score = score.astype(self.dtype)
        return float(score[0]) if single else score

    def _decoder_objectives(self) -> tuple[Objective, ...]:
        """Those of the Decoder's outputs, which come first."""
        return self.objectives[: len(self.blocks[DECODER].outputs)]

    def _reconstruction_error(self, x: np.ndarray, raw: np.ndarray) -> np.ndarray:
        """-ln p(x | code) without constants, (N,) float64; raw (N, V) are outputs before the output function."""
        total, start = np.zeros(len(x)), 0
        decoder = self.part(DECODER)
        for output, objective in zip(decoder.graph.outputs, self._decoder_objectives(), strict=True):
            stop = start + output.value.size
            t, o = x[:, start:stop].astype(np.float64), raw[:, start:stop].astype(np.float64)
            with np.errstate(over="ignore", invalid="ignore"):
                each = objective.declared.errors(o, t, self.sigma)
            total += output.weight * each.sum(axis=1)
            start = stop
        return total

    def head(self, X) -> tuple[np.ndarray, bool]:
        """The values of the Head (N, width), targets in original units, and whether X was a single event."""
        network = self.part(ENCODER, HEAD)
        x, single = self.transformed(X)
        values = network.values(x)
        if self.chain.transforms_targets and values.shape[1] > self.head_classes:
            targets = self.chain.invert_targets(np.ascontiguousarray(values[:, self.head_classes :]))
            values[:, self.head_classes :] = np.asarray(targets, self.dtype)
        return values, single

    # What the Head learned, under the names that `Method.predict` uses.

    def mva(self, X):
        """The signal output of a Head, (N,), or a float for one event."""
        values, single = self.head(X)
        return float(values[0, 0]) if single else values[:, 0]

    def classes(self, X) -> np.ndarray:
        """The Head's values of all classes, (N, C), or (C,) for one event."""
        values, single = self.head(X)
        return values[0, : self.head_classes] if single else values[:, : self.head_classes]

    def targets(self, X) -> np.ndarray:
        """The Head's targets in original units, (N, T), or (T,) for one event."""
        values, single = self.head(X)
        return values[0, self.head_classes :] if single else values[:, self.head_classes :]

    def discriminate(self, Z) -> np.ndarray:
        """The probability that codes (N, Q) come from the prior, as the Discriminator sees it: (N,)."""
        z, _ = self._codes(Z)
        return self.part(DISCRIMINATOR).values(z)[:, 0]
