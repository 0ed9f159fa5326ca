"""MethodAE: an encoder, a decoder, perhaps a head, and the values they give; its options are in ae_form.py."""

from __future__ import annotations

import os

import numpy as np

from tmvalite.data.checks import events_without_value
from tmvalite.data.info import DataSetInfo
from tmvalite.errors import OptionError
from tmvalite.methods.ae_form import Autoencoder
from tmvalite.methods.base import Method
from tmvalite.methods.without_truth import WithoutTruth, whole_number
from tmvalite.models.blocks import DECODER, DISCRIMINATOR, ENCODER, HEAD
from tmvalite.models.form import FORMS, register
from tmvalite.models.latent import LATENT_TERMS
from tmvalite.models.prior import sampled_codes
from tmvalite.models.reconstruction import error_of_events
from tmvalite.training import streams

register(Autoencoder)


class MethodAE(WithoutTruth, Method):
    """An autoencoder: TMVA's MethodAE, which reconstructs its input whatever the analysis is.

    Parameters
    ----------
    options : str
        TMVA's option string: "Layout=Encoder={DENSE|64|RELU,DENSE|2|LINEAR}Decoder={DENSE|64|RELU,DENSE|N|LINEAR}:...".
        LATENT|Q at the end of the Encoder makes it variational; Head={..} reads the code and learns classes or targets.
        `tmvalite check --method AE "..."` on the command line lists all options with their values.
    analysis_type : str
        "classification", "regression" or "multiclass": what a Head learns, and how the data are declared.
    title : str, optional
        Name of the method in files and tables.
    norm, progress, verbose : optional
        How `fit` weighs the classes and what it shows, see `Method`.
    **keywords
        The same options, and the keys of TrainingStrategy, as Python arguments.

    Raises
    ------
    OptionError, ShapeError
        An option that cannot be understood, or layers that do not fit, with the place.

    Examples
    --------
    >>> import numpy as np
    >>> t = np.linspace(-1, 1, 300)
    >>> X = np.stack([t, 2 * t, -t], axis=1)
    >>> method = MethodAE("Layout=Encoder={DENSE|1|LINEAR}Decoder={DENSE|N|LINEAR}:RandomSeed=1:"
    ...                   "TrainingStrategy=LearningRate=1e-2,MaxEpochs=60,BatchSize=30,TestRepetitions=5")
    >>> codes = method.fit(X, progress="silent").encode(X)
    >>> codes.shape, bool(np.abs(method.decode(codes) - X).max() < 0.1)
    ((300, 1), True)
    """

    form = FORMS[Autoencoder.name]

    # ------------------------------------------------------------------------------------- codes and events

    def encode(self, X) -> np.ndarray:
        """The codes of events, (N, Q), or (Q,) for one event: the mean of a Gaussian code, one-hot values of categories."""
        return self._trained().encode(X)

    def decode(self, Z) -> np.ndarray:
        """The events that codes (N, Q) stand for, (N, V) in original units, or (V,) for one code (Q,)."""
        return self._trained().decode(Z)

    def reconstruct(self, X) -> np.ndarray:
        """decode(encode(X)): the events as they come back, (N, V) in original units."""
        return self.decode(self.encode(X))

    def sample(self, n: int, seed: int | None = None) -> np.ndarray:
        """n new events (n, V) in original units, decoded from codes drawn from the prior; a seed gives the same ones again.

        Raises
        ------
        OptionError
            A plain autoencoder: nothing made its codes follow a prior. Or n or seed is no whole number from 0 on.
        """
        n, seed = whole_number("n", n), None if seed is None else whole_number("seed", seed)
        model = self._trained()
        model.part(DECODER)
        if ENCODER not in model.blocks:
            hint = "call decode with codes of your own, or load the file of the whole"
            raise OptionError("a decoder alone does not know how its codes are distributed", code="no-prior", hint=hint)
        seed = streams.drawn_seed() if seed is None else seed
        return model.decode(sampled_codes(model, n, seed))

    def transform(self, X, *, not_finite: str = "raise") -> np.ndarray:
        """scikit-learn's name of `encode`, for several events.

        not_finite : "raise" or "mark"
            What an event with a NaN or an infinity gives: a DataError, or NaN.
        """
        self._trained()
        codes = self.encode(self._rows(X))
        events_without_value(codes, not_finite)
        return codes

    def fit_transform(self, X, y=None, **keywords) -> np.ndarray:
        """The codes of the events that it was trained on, as scikit-learn has it; keywords as for `fit`."""
        return self.fit(X, y, **keywords).transform(X)

    def get_feature_names_out(self, input_features=None) -> np.ndarray:
        """The names of what `transform` gives, (Q,): methodae0, methodae1, ...

        input_features : optional
            As scikit-learn hands them on: they must be the variables of the training.
        """
        size = self.latent_size
        if input_features is not None:
            self._check_features([str(name) for name in input_features])
        return np.array([f"{type(self).__name__.lower()}{i}" for i in range(size)], object)

    def inverse_transform(self, Z) -> np.ndarray:
        """scikit-learn's name of `decode`."""
        return self.decode(Z)

    def discriminate(self, Z) -> np.ndarray:
        """How probable it is that codes (N, Q) are drawn from the prior, as the Discriminator of LatentLoss=ADV sees it: (N,).

        With Features: how probable it is that events (N, V) are real.
        """
        model = self._trained()
        if model.form.sources(model.blocks):
            x, _ = model.transformed(Z)
            return model.part(DISCRIMINATOR).values(x)[:, 0]
        return model.discriminate(Z)

    # ------------------------------------------------------------------------------------- values

    def mva_values(self, X):
        """The anomaly score of every event, (N,), or a float for one event: larger is more anomalous.

        It is the reconstruction error in nats without constants, sum_j (x_j - y_j)^2 / (2 sigma^2) in the transformed
        variables or the cross entropy, plus the KL divergence of the code at its mean where the training had it.
        """
        model = self._trained()
        encoder = model.part(ENCODER)
        x, single = model.transformed(X)
        decoder = model.part(DECODER)
        raw = decoder.outputs(encoder.outputs(x))
        score = error_of_events(decoder.graph.outputs, model.objectives[: len(decoder.graph.outputs)], x, raw, model.sigma)
        if model.latent == "KL":
            terms = encoder.event_terms(x).astype(np.float64)
            for column in (i for i, name in enumerate(encoder.event_term_names) if name == LATENT_TERMS["KL"]):
                score = score + terms[:, column]
        score = score.astype(model.dtype)
        return float(score[0]) if single else score

    def regression_values(self, X) -> np.ndarray:
        """The reconstruction in original units, (N, V), or (V,) for one event."""
        return self.reconstruct(X)

    def multiclass_values(self, X) -> np.ndarray:
        """The Head's values of all classes in declared order, (N, C), or (C,) for one event.

        Raises
        ------
        OptionError
            There is no Head, or it does not learn several classes.
        """
        model = self._trained()
        if self.analysis_type != "multiclass":
            hint = "use predict for what the Head learned" if HEAD in model.blocks else "use GetMvaValues"
            raise OptionError(f"this method is a {self.analysis_type}, not multiclass", code="analysis-type", hint=hint)
        return model.classes(X)

    # ------------------------------------------------------------------------------------- files

    def save_encoder(self, path: str | os.PathLike) -> None:
        """Write the encoder with its transformations alone; `tmvalite.load` gives a method that can `encode`."""
        self._save(path, (ENCODER,))

    def save_decoder(self, path: str | os.PathLike) -> None:
        """Write the decoder with its transformations alone; `tmvalite.load` gives a method that can `decode`."""
        self._save(path, (DECODER,))

    # ------------------------------------------------------------------------------------- workflow, print

    @property
    def value_kind(self) -> str:
        """Which results the Factory shows; "classification" also for the anomaly score of one without classes and targets."""
        has_classes = self.analysis_type == "multiclass" and self.needs_truth
        return "multiclass" if has_classes else "regression" if self.analysis_type == "regression" else "classification"

    def truth(self, events) -> np.ndarray:
        """What the reconstruction (N, V) is compared with: the variables themselves."""
        return events.x

    def value_names(self, info: DataSetInfo) -> list[str]:
        """The names of the columns of the values; those of a reconstruction are the variables'."""
        return [v.internal for v in info.variables] if self.value_kind == "regression" else super().value_names(info)

    @property
    def latent_size(self) -> int:
        """How many numbers a code has."""
        return self._trained().code_size

    def _remarkable(self, shown):
        code = shown.blocks[ENCODER].outputs[-1].value.size if ENCODER in shown.blocks else shown.code_size
        prior = f", {shown.latent} with prior {shown.prior}" if shown.latent != "NONE" else ""
        return [f"code: {code} value{'s' * (code != 1)}{prior}"]
