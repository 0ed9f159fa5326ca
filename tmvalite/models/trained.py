"""A trained network with what surrounds it: transformations, names, the meaning of its outputs. Events in, values out.

It is a value: nothing changes it, and another process gets it as arrays and names and gives the same bits.
"""

from __future__ import annotations

import dataclasses
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tmvalite.data.checks import events_without_value
from tmvalite.data.info import DataSetInfo
from tmvalite.data.tables import scored_events
from tmvalite.data.transforms import TransformChain
from tmvalite.errors import DataError, OptionError
from tmvalite.graph import Graph
from tmvalite.io.weight_file import OptionRecord, PdfRecord
from tmvalite.losses import AUTOENCODER, Objective, usual
from tmvalite.models.blueprint import joined, network_of
from tmvalite.models.conditions import Condition
from tmvalite.models.form import ORIGIN, TRUTH, VARIABLES, Form, lacking
from tmvalite.models.output_densities import OutputDensities
from tmvalite.models.replica_set import ReplicaSet
from tmvalite.string_utils import Prior
from tmvalite.training.network import Network


@dataclass(frozen=True)
class Description:
    """What a weight file says beside the network.

    facts : its GeneralInfo
    options : the booking options
    header : the attributes of <Weights>, for a network that ROOT can run
    pdfs : MVAPdfs, the densities of the output for signal and background, or none
    """

    facts: dict[str, str] = field(default_factory=dict)
    options: tuple[OptionRecord, ...] = ()
    header: dict = field(default_factory=dict)
    pdfs: tuple[PdfRecord, ...] = ()


@dataclass(eq=False)
class Trained:
    """What a training leaves behind, or a weight file holds.

    Attributes
    ----------
    form : Form
        Of the method.
    blocks : dict of str to Graph
        The blocks that are there, as written.
    network : Network
        All of them as one. A half alone is a network of that block only.
    objectives : tuple of Objective
        One per output of the network.
    chain : TransformChain
        Of the variables and targets, before the first block and backwards behind the others; may be empty.
    info : DataSetInfo
    analysis_type : str
    labels : tuple
        What y called the classes, in the order of info.classes.
    flat : bool
        Whether `predict` gives the one target of a regression as (N,).
    class_width : int
        Outputs of the block that learns the truth that belong to classes; the others are targets.
    latent, prior
        What the code was trained for (KL, MMD, SWD, ADV or NONE), and its prior.
    sigma : float
        Width of a Gaussian decoder in the transformed variables.
    conditions : tuple of Condition
        Variables that a generator is given, not asked for.
    description : Description
        For the weight file.
    replicas : ReplicaSet or None
        The trainings whose mean its values are; the network has the parameters of the first one.
    direct : bool
        Whether the network takes events as they are, without a detour over `chain`.
    pack : function
        Puts numbers, one a variable, into the memory of `one_event`.
    fast : bool
        Whether column 0 of the network's values is what `mva` gives.
    quick : bool
        Whether it is for transformed variables.
    """

    form: Form
    blocks: dict[str, Graph]
    network: Network
    objectives: tuple[Objective, ...]
    chain: TransformChain
    info: DataSetInfo
    analysis_type: str
    labels: tuple = ()
    flat: bool = True
    class_width: int = 0
    latent: str = "NONE"
    prior: Prior = Prior()
    sigma: float = 1.0
    conditions: tuple[Condition, ...] = ()
    description: Description = Description()
    replicas: ReplicaSet | None = None

    def __post_init__(self):
        self.dtype, self.event_shape = self.network.dtype, (self.info.n_variables,)
        self._parts: dict[tuple[str, ...], Network] = {}
        single = "" in self.blocks
        self.direct = not self.chain.transforms_variables
        folded = self.chain.as_scaling() if single and not self.direct and self.network.precision == "float32" else None
        if folded is not None:
            self.network.set_normalisation(*folded)
            self.direct = True
        single_precision = self.dtype == np.float32 or not self.direct  # as a chain reads
        self.pack = struct.Struct(f"{self.info.n_variables}{'f' if single_precision else 'd'}").pack_into
        self.quick = (
            single and self.replicas is None and not (self.analysis_type == "regression" and self.chain.transforms_targets)
        )
        self.fast = self.quick and self.direct
        self._of_thread = threading.local()

    def __reduce__(self):
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "network"}
        return _restored, (fields, self.network.precision, self.network.parameters.snapshot())

    @cached_property
    def densities(self) -> OutputDensities | None:
        """The densities of its output for signal and background, where it was trained with CreateMVAPdfs."""
        return OutputDensities(self.description.pdfs) if self.description.pdfs else None

    def with_densities(self, pdfs: tuple[PdfRecord, ...]) -> Trained:
        """The same with these densities of its output."""
        return dataclasses.replace(self, description=dataclasses.replace(self.description, pdfs=pdfs))

    # --------------------------------------------------------------------------- parts

    def part(self, *blocks: str) -> Network:
        """The network of some blocks, over the common parameters. Raises OptionError where one is missing."""
        if blocks not in self._parts:
            missing = next((name for name in blocks if name not in self.blocks), None)
            if missing is not None:
                raise lacking(self.form, missing, self.blocks)
            self._parts[blocks] = self.network if blocks == ("",) else self._new_part(blocks)
        return self._parts[blocks]

    def _new_part(self, blocks: tuple[str, ...]) -> Network:
        graph = self.form.part(self.network.graph, self.blocks, blocks)
        known = dict(zip((output.name for output in self.network.graph.outputs), self.objectives))
        objectives = [known.get(output.name, usual(AUTOENCODER)) for output in graph.outputs]
        return self.network.part(
            graph, losses=tuple(o.loss for o in objectives), output_functions=tuple(o.function for o in objectives)
        )

    def lacks(self, block: str) -> OptionError:
        """The error that a block is not there."""
        return lacking(self.form, block, self.blocks)

    @property
    def code_size(self) -> int:
        """Numbers in a code: what the first block gives, or what the others read."""
        first = self.blocks.get(self.form.roles[0].name)
        return first.outputs[-1].value.size if first is not None else next(iter(self.blocks.values())).input_size

    # --------------------------------------------------------------------------- events to what was learnt from y

    def values(self, X) -> tuple[np.ndarray, bool]:
        """The values of the block that learnt the truth (N, outputs), targets transformed, and whether X was a single event.

        Rows that are not finite give NaN.
        """
        x, single = self.transformed(X)
        return self._learnt.values(x), single

    @property
    def _learnt(self) -> Network:
        """The network that learnt the truth."""
        return self.part(*dict.fromkeys((self.form.roles[0].name, self.form.role(TRUTH))))

    def _given(self, X, column: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """What `column` makes of the values (N, outputs), their mean where there are replicas; one row for a single event."""
        x, single = self.transformed(X)
        values = column(self._learnt.values(x)) if self.replicas is None else self.replicas.mean(self._learnt, x, column)
        return values[0] if single else values

    def with_spread(self, X) -> tuple[np.ndarray, np.ndarray]:
        """The signal, all classes or all targets (N, outputs), and their spread over the replicas; rows for one event.

        Raises OptionError where there are not several replicas.
        """
        if self.replicas is None:
            message, hint = (
                "this method was trained once, so that its values have no spread",
                "train it with Replicas=100|bootstrap",
            )
            raise OptionError(message, code="replicas-none", hint=hint)
        x, single = self.transformed(X)
        found = self.replicas.mean_and_spread(self._learnt, x, self._column)
        return tuple(values[0] for values in found) if single else found

    def each_replica(self, X) -> Iterator[np.ndarray]:
        """As the first of `with_spread`, of one replica after the other."""
        x, _ = self.transformed(X)
        return self.replicas.each(self._learnt, x, self._column)

    @property
    def _column(self) -> Callable[[np.ndarray], np.ndarray]:
        return {"regression": self._targets, "multiclass": self._classes}.get(self.analysis_type, _signal)

    def one_event(self) -> tuple[np.ndarray, Callable[[], float]] | None:
        """(x, score): memory (V,) for one event, and a call that gives `mva` of what is there; both of this thread.

        None where the value takes more than the transformations and the network.
        """
        if self.fast:
            return self.network.one_event()
        if not self.quick:
            return None
        try:
            return self._of_thread.one
        except AttributeError:
            self._of_thread.one = self._one_event()
            return self._of_thread.one

    def _one_event(self):
        inputs, value = self.network.one_event()
        x, transform = self.chain.one_event(inputs.reshape(1, -1))

        def score():
            transform()
            return value()

        return x, score

    def mva(self, X):
        """Value 0 of every event, (N,), or a float for one event; of a regression: target 0 in its original units."""
        if self.analysis_type == "regression":
            values = self.targets(X)
            return values[..., 0] if values.ndim > 1 else float(values[0])
        values = self._given(X, _signal)
        return float(values[0]) if values.ndim == 1 else values[:, 0]

    def targets(self, X) -> np.ndarray:
        """Targets in their original units, (N, T), or (T,) for one event."""
        return self._given(X, self._targets)

    def _targets(self, values: np.ndarray) -> np.ndarray:
        values = values[:, self.class_width :]
        if self.chain.transforms_targets:
            values = np.asarray(self.chain.invert_targets(np.ascontiguousarray(values)), self.dtype)
        return values

    def classes(self, X) -> np.ndarray:
        """Values of all classes in declared order, (N, C), or (C,) for one event."""
        return self._given(X, self._classes)

    def _classes(self, values: np.ndarray) -> np.ndarray:
        return values[:, : self.class_width]

    def predictions(self, X, not_finite: str = "raise") -> np.ndarray:
        """The class of every event as y called it (a value of 0.5 or more is signal), or the targets of a regression.

        not_finite : "raise" or "mark", what becomes of events without a value; see `Method.predict`
        """
        if self.analysis_type == "regression":
            values = self.targets(X).astype(np.float64)
            events_without_value(values, not_finite)
            return values[..., 0] if self.flat and values.shape[-1] == 1 else values
        labels, signal = np.array(self.labels), self.info.signal_class
        if self.analysis_type == "multiclass":
            scores = self.classes(X)
            found = labels[np.argmax(scores, axis=-1)]
        else:
            scores = np.asarray(self.mva(X))[..., None]
            found = np.where(scores[..., 0] >= 0.5, labels[signal], labels[1 - signal])
        bad = events_without_value(scores, not_finite)
        return np.where(bad, "" if labels.dtype.kind == "U" else -1, found) if bad.any() else found

    def probabilities(self, X, not_finite: str = "raise") -> np.ndarray:
        """The values of the classes, (N, C), in declared order; `not_finite` as for `predictions`."""
        if self.analysis_type == "multiclass":
            values = np.atleast_2d(self.classes(X))
        else:
            signal = np.atleast_1d(self.mva(X))
            values = np.stack([signal, 1.0 - signal], axis=1)
            values = values[:, ::-1] if self.info.signal_class == 1 else values
        events_without_value(values, not_finite)
        return values

    # --------------------------------------------------------------------------- codes

    def encode(self, X) -> np.ndarray:
        """The codes (N, Q) that the first block gives, or (Q,) for one event."""
        encoder = self.part(self.form.roles[0].name)
        x, single = self.transformed(X)
        z = encoder.outputs(x)
        return z[0] if single else z

    def decode(self, Z) -> np.ndarray:
        """Events in original units, (N, V), or (V,) for one code."""
        decoder = self.part(self.form.role(VARIABLES))
        z, single = self.codes(Z)
        x = decoder.values(z)
        if self.chain.transforms_variables:
            x = np.asarray(self.chain.invert_variables(x), self.dtype)
        return x[0] if single else x

    def discriminate(self, Z) -> np.ndarray:
        """The probability that codes (N, Q) are the real thing, drawn from the prior: (N,)."""
        z, _ = self.codes(Z)
        return self.part(self.form.role(ORIGIN)).values(z)[:, 0]

    # --------------------------------------------------------------------------- what users give

    def transformed(self, X) -> tuple[np.ndarray, bool]:
        """Events (N, V) as the network reads them, and whether X was a single one (V,)."""
        x, single = scored_events(X, self.info.variables, self.dtype)
        if not self.direct:
            with np.errstate(over="ignore", invalid="ignore"):
                x = np.ascontiguousarray(self.chain.apply_variables(x), self.dtype)
        return x, single

    def codes(self, Z) -> tuple[np.ndarray, bool]:
        """Codes as (N, Q) in the network's precision, and whether Z was a single one."""
        try:
            z = np.asarray(Z, self.dtype)
        except (TypeError, ValueError):
            raise DataError("the codes hold values that are no numbers", code="data-type") from None
        single, shape = z.ndim < 2, z.shape
        z = np.ascontiguousarray(z.reshape(1, -1) if single else z)
        if z.ndim != 2 or z.shape[1] != self.code_size:
            q = self.code_size
            raise DataError(
                f"the codes have shape {shape}, this {self.form.noun} has {q} latent variable{'s' * (q != 1)}",
                code="data-shape",
                expected=f"(codes, {q}), or ({q},) for one code",
            )
        return z, single


def _signal(values: np.ndarray) -> np.ndarray:
    return values[:, :1]


def _restored(fields: dict, precision: str, numbers: np.ndarray) -> Trained:
    """A Trained from what travels between processes; `numbers` are all its parameters (P,)."""
    network = network_of(joined(fields["form"], fields["blocks"]), fields["objectives"], precision=precision)
    network.parameters.restore(numbers)
    return Trained(network=network, **fields)
