"""MethodAE: an encoder, a decoder, perhaps a head; their training, the values they give, their weight files."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tmvalite.data.info import DataSetInfo
from tmvalite.errors import OptionError, ShapeError
from tmvalite.graph import Graph, check_batch_sizes, describe_all, variables_of
from tmvalite.io.weights_xml import write_weights
from tmvalite.layers.formula import depends_on_variables
from tmvalite.methods import ae_file
from tmvalite.methods.ae_blocks import DECODER, ENCODER, HEAD
from tmvalite.methods.ae_network import Blueprint, make_blueprint
from tmvalite.methods.ae_options import check_numbers, remark_without_effect
from tmvalite.methods.ae_prior import sampled_codes
from tmvalite.methods.ae_training import train_autoencoder
from tmvalite.methods.base import Method
from tmvalite.methods.batch_layout import check_batch_layout
from tmvalite.methods.booking import read_options, silent, unnamed
from tmvalite.methods.options import AE_OPTIONS
from tmvalite.string_utils import parse_prior
from tmvalite.training import streams

ASSUMED_VARIABLES = 64  # for a first look at a layout before the number of variables is known


class MethodAE(Method):
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
    **keywords
        The same options as Python arguments.

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

    method_type = "AE"
    file_types = ("AE",)
    table = AE_OPTIONS
    _trace: dict | None = None

    def _book(self) -> None:
        read_options(self)
        self.prior = parse_prior(*self.bound.place("Prior"), self.diagnostics)
        check_numbers(self.bound)
        n_variables = variables_of(self.input_layout)
        if n_variables is not None and (self.analysis_type == "classification" or not self.needs_truth):
            self.blueprint(unnamed(n_variables))
        else:
            self._look_at_layout(n_variables)

    def _look_at_layout(self, n_variables: int | None) -> None:
        """Raise what is wrong whatever the data will be; the warnings come with the data, when all numbers are known."""
        kept, self.diagnostics = self.diagnostics, silent(self.bound.source)
        known = n_variables is not None
        layout, self.input_layout = self.input_layout, self.input_layout if known else None
        try:
            self._check_batches(make_blueprint(self, unnamed(n_variables or ASSUMED_VARIABLES, n_targets=1)))
        except OptionError as error:
            text = error.source.text[error.span.start : error.span.stop] if error.source and error.span else ""
            depends = error.code == "network-size" or (error.code == "width" and depends_on_variables(text))
            if not isinstance(error, ShapeError) and (known or not depends):
                raise
        finally:
            self.diagnostics, self.input_layout = kept, layout

    def _check_batches(self, blueprint: Blueprint) -> None:
        for graph in blueprint.blocks.values():
            check_batch_sizes(graph, [phase.batch_size for phase in self.phases])

    @property
    def needs_truth(self) -> bool:
        """Whether a training needs classes or targets: a Head does."""
        return any(block.name is not None and block.name.text == HEAD for block in self.layout.parts)

    def blueprint(self, info: DataSetInfo) -> Blueprint:
        """The network for these variables, classes and targets, not made yet. Raises OptionError and ShapeError."""
        blueprint = make_blueprint(self, info)
        self._check_batches(blueprint)
        source, span = self.bound.place("BatchLayout")
        check_batch_layout(
            self.batch_layout,
            tuple(v.shape for v in blueprint.graph.inputs),
            [p.batch_size for p in self.phases],
            source=source,
            span=span,
            phases=self.phases,
        )
        remark_without_effect(self.bound, blueprint, self.diagnostics)
        return blueprint

    # ------------------------------------------------------------------------------------- training

    def fit(
        self,
        X,
        y=None,
        sample_weight=None,
        *,
        targets=None,
        norm: str | None = "EqualNumEvents",
        signal=None,
        progress: str = "auto",
        on_interrupt: str = "raise",
        trace: int = 0,
    ):
        """Train on arrays. The validation events are drawn.

        Parameters
        ----------
        X, sample_weight, targets, norm, signal, progress, on_interrupt
            As for `Method.fit`.
        y : optional
            What a Head learns: (N,) classes, or (N,) or (N, T) targets of a regression. Without a Head it only groups the
            events for `norm` and for transformations of one class.
        trace : int
            Keep the means of the loss and its parts over so many optimisation steps in `trace`; 0 keeps none.

        Returns
        -------
        self

        Raises
        ------
        DataError, OptionError, ShapeError, TrainingError
            As for `Method.fit`; DataError also for variables that CROSSENTROPY cannot reconstruct, since they are not in [0, 1].
        """
        trace = _whole("trace", trace)
        events, info, labels, flat = self._declared(X, y, sample_weight, targets, norm, signal)
        self._train(
            events,
            info,
            drawn=True,
            labels=labels,
            flat=flat,
            progress=progress,
            write=print,
            on_interrupt=on_interrupt,
            trace=trace,
        )
        return self

    def _train(self, events, info, *, drawn, labels, flat, progress, write, on_interrupt, trace=0):
        train_autoencoder(
            self,
            events,
            info,
            drawn=drawn,
            labels=labels,
            flat=flat,
            progress=progress,
            write=write,
            on_interrupt=on_interrupt,
            trace=trace,
        )

    @property
    def trace(self) -> dict[str, list]:
        """The means that `fit(trace=n)` kept: "iteration" counts optimisation steps from 1, then a list per part of the loss."""
        return dict(self._trace or {})

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
        n, seed = _whole("n", n), None if seed is None else _whole("seed", seed)
        model = self._trained()
        model.part(DECODER)
        if ENCODER not in model.blocks:
            raise OptionError(
                "a decoder alone does not know how its codes are distributed",
                code="no-prior",
                hint="call decode with codes of your own, or load the file of the whole",
            )
        seed = streams.drawn_seed() if seed is None else seed
        return model.decode(sampled_codes(model.blocks[ENCODER], model.latent, model.prior, n, model.dtype, seed))

    def transform(self, X) -> np.ndarray:
        """scikit-learn's name of `encode`."""
        return self.encode(X)

    def fit_transform(self, X, y=None, **keywords) -> np.ndarray:
        """The codes of the events that it was trained on, as scikit-learn has it; keywords as for `fit`."""
        return self.fit(X, y, **keywords).encode(X)

    def inverse_transform(self, Z) -> np.ndarray:
        """scikit-learn's name of `decode`."""
        return self.decode(Z)

    def discriminate(self, Z) -> np.ndarray:
        """How probable it is that codes (N, Q) are drawn from the prior, as the Discriminator of LatentLoss=ADV sees it: (N,)."""
        return self._trained().discriminate(Z)

    # ------------------------------------------------------------------------------------- values

    def mva_values(self, X):
        """The anomaly score of every event, (N,), or a float for one event: larger is more anomalous.

        It is the reconstruction error in nats without constants, sum_j (x_j - y_j)^2 / (2 sigma^2) in the transformed
        variables or the cross entropy, plus the KL divergence of the code at its mean where the training had it.
        """
        return self._trained().anomaly(X)

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
            raise OptionError(
                f"this method is a {self.analysis_type}, not multiclass",
                code="analysis-type",
                hint="use predict for what the Head learned" if HEAD in model.blocks else "use GetMvaValues",
            )
        return model.classes(X)

    # ------------------------------------------------------------------------------------- files

    def save(self, path: str | os.PathLike) -> None:
        """Write the weight file, whole or not at all. Raises NotFittedError, FileError."""
        write_weights(path, ae_file.weight_file(self.title, self._trained()))

    def save_encoder(self, path: str | os.PathLike) -> None:
        """Write the encoder with its transformations alone; `tmvalite.load` gives a method that can `encode`."""
        write_weights(path, ae_file.weight_file(self.title, self._trained(), (ENCODER,)))

    def save_decoder(self, path: str | os.PathLike) -> None:
        """Write the decoder with its transformations alone; `tmvalite.load` gives a method that can `decode`."""
        write_weights(path, ae_file.weight_file(self.title, self._trained(), (DECODER,)))

    @classmethod
    def _model_of(cls, file, analysis_type):
        return ae_file.model(file, analysis_type)

    # ------------------------------------------------------------------------------------- workflow, print

    @property
    def value_kind(self) -> str:
        has_classes = self.analysis_type == "multiclass" and self.needs_truth
        return "multiclass" if has_classes else "regression" if self.analysis_type == "regression" else "classification"

    def truth(self, events) -> np.ndarray:
        return events.x

    def value_names(self, info: DataSetInfo) -> list[str]:
        return [v.internal for v in info.variables] if self.value_kind == "regression" else super().value_names(info)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if not self.needs_truth:
            from sklearn.utils import TransformerTags

            tags.estimator_type = tags.classifier_tags = tags.regressor_tags = None
            tags.transformer_tags, tags.target_tags.required = TransformerTags(), False
        return tags

    @property
    def graph(self) -> Graph:
        """The layers of encoder, decoder and head as one graph."""
        return self._trained().network.graph

    @property
    def plan(self) -> Any:
        """The steps of the whole network; prints as a table."""
        return self._trained().network.plan

    @property
    def latent_size(self) -> int:
        """How many numbers a code has."""
        return self._trained().latent_size

    def __str__(self):
        head = f"MethodAE '{self.title}', {self.analysis_type}, {'trained' if self.is_trained else 'not trained'}"
        n_variables = variables_of(self.input_layout)
        if self.is_trained:
            model = self._trained()
            names = ", ".join(v.label for v in self.info.variables[:8]) + (", ..." if self.info.n_variables > 8 else "")
            blocks, size, latent, prior = model.blocks, model.latent_size, model.latent, model.prior
            head += f"\nvariables: {names}"
        elif n_variables is not None and (self.analysis_type == "classification" or not self.needs_truth):
            blueprint = self.blueprint(unnamed(n_variables))
            blocks, size, latent, prior = blueprint.blocks, blueprint.code.size, blueprint.latent, blueprint.prior
        else:
            return f"{head}\nLayout={self.bound.values.Layout}"
        code = f"code: {size} value{'s' * (size != 1)}" + (f", {latent} with prior {prior}" if latent != "NONE" else "")
        return f"{head}\n{code}\n{describe_all(blocks)}"


def _whole(name: str, value) -> int:
    """Raises OptionError unless the value is a whole number from 0 on."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
        raise OptionError(f"{name}={value!r} is no number that can be", code=name, expected="a whole number from 0 on")
    return int(value)
