"""What a Factory keeps of one booked method: the method, its outputs on both samples, and the numbers made of them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import numpy as np

from tmvalite.data.info import DataSet, Events
from tmvalite.errors import OptionError
from tmvalite.evaluation import (
    REFERENCE_BACKGROUNDS,
    BandMaker,
    Deviation,
    Efficiencies,
    MeanAndSpread,
    RocBand,
    RocCurve,
    confusion,
    kolmogorov_smirnov,
    one_against_rest,
    regression_deviation,
    roc_curve,
    separation,
    signal_efficiencies,
    significance,
)
from tmvalite.evaluation.binned import histogram_edges
from tmvalite.evaluation.samples import mean_and_rms
from tmvalite.methods.category_events import inputs_of

GETTERS = {"classification": "GetMvaValues", "regression": "GetRegressionValues", "multiclass": "GetMulticlassValues"}


@dataclass
class MethodRecord:
    """One booked method.

    Attributes
    ----------
    persistent : bool
        Whether a weight file is written.
    quiet : bool
        Whether its string says !V, so that no epoch table is printed.
    train_seconds, test_seconds : float
        Without the time in which kernels are compiled; -1 before.
    outputs : dict
        "train" and "test" to (N,) float for a classification, (N, targets) or (N, classes) otherwise.
    call : BookingCall or None
        How it was booked, from which further methods are made.
    """

    title: str
    method: object
    analysis_type: str
    data: DataSet
    weight_file: str
    persistent: bool = True
    quiet: bool = False
    trained: bool = False
    train_seconds: float = -1.0
    test_seconds: float = -1.0
    outputs: dict[str, np.ndarray] = field(default_factory=dict)
    call: object = None

    def sample(self, name: str) -> Events:
        return self.data.train if name == "train" else self.data.test

    @property
    def kind(self) -> str:
        """Whose getter gives the outputs: that of the analysis, but an autoencoder may have anomaly scores only."""
        return self.method.value_kind

    @property
    def chain(self):
        """The method's own transformations, fitted; None for a method that does not tell."""
        return getattr(self.method, "chain", None)

    @property
    def history(self) -> dict[str, list]:
        """The epochs of its training; empty for a method that has none."""
        return getattr(self.method, "history", {})

    @property
    def densities(self):
        """The densities of its output (CreateMVAPdfs), or None."""
        return getattr(self.method, "densities", None)

    def values_of(self, method, x: np.ndarray) -> np.ndarray:
        """The values of kind `kind` that a method gives to events x (N, V)."""
        return np.asarray(getattr(method, GETTERS[self.kind])(x))

    def with_one_sample(self, name: str) -> MethodRecord:
        """The record as it is sent to other processes that look at one sample only: no outputs, and no events of the other."""
        other = "test" if name == "train" else "train"
        data = dataclasses.replace(self.data, **{other: self.sample(other).take(slice(0, 0))})
        return dataclasses.replace(self, data=data, outputs={}, call=None)

    def values_on(self, name: str, x: np.ndarray) -> np.ndarray:
        """The values of the method where the events of a sample have the inputs x (N, columns) instead of their own."""
        return self.values_of(self.method, x)

    def values_of_events(self, events: Events) -> np.ndarray:
        """The values of the method for other events of the same declarations."""
        return self.values_of(self.method, inputs_of(events, self.method.columns))

    def inputs(self, name: str) -> np.ndarray:
        """(N, columns): what the method reads of a sample, its variables and perhaps spectators."""
        return inputs_of(self.sample(name), self.method.columns)

    def evaluate(self, name: str) -> np.ndarray:
        """Run the method over a sample and keep its outputs."""
        self.outputs[name] = self.values_of(self.method, self.inputs(name))
        return self.outputs[name]

    def output(self, name: str) -> np.ndarray:
        """The kept outputs. Raises OptionError naming the call that makes them."""
        if name == "train" and self.trained and name not in self.outputs:
            return self.evaluate(name)  # an interrupted training did not come to it
        if name not in self.outputs:
            done, call = ("tested", "TestAllMethods") if self.trained else ("trained", "TrainAllMethods")
            raise OptionError(f"'{self.title}' has not been {done}", code="call-order", hint=f"call {call} first")
        return self.outputs[name]

    def is_class(self, name: str, index: int) -> np.ndarray:
        return self.sample(name).class_index == index

    def roc(self, name: str = "test", class_index: int = 0) -> RocCurve:
        """The curve on a sample: signal against background, or in a multiclass analysis one class against the rest.

        Raises
        ------
        OptionError
            A regression, a class that does not exist, or outputs that are not there yet.
        """
        if self.analysis_type == "regression":
            raise OptionError(
                "a regression has no ROC curve", code="analysis-type", hint="EvaluateAllMethods prints bias and RMS"
            )
        classes = self.data.info.classes
        if not 0 <= class_index < len(classes):
            raise OptionError(f"there is no class {class_index}", code="class-unknown", expected=f"0 to {len(classes) - 1}")
        outputs, weights = self.output(name), self.sample(name).weight
        if self.analysis_type == "multiclass" and self.kind != "multiclass":
            return roc_curve(outputs, self.is_class(name, class_index), weights)
        if self.analysis_type == "multiclass":
            return roc_curve(outputs[:, class_index], self.is_class(name, class_index), weights)
        return roc_curve(outputs, self.is_class(name, self.data.info.signal_class), weights)

    @property
    def has_errors(self) -> bool:
        """Whether the method has several replicas."""
        return getattr(self.method, "has_errors", False)

    def replica_bands(self, name: str = "test") -> list[RocBand]:
        """The ROC curves of the replicas on a sample, with their spread: of the signal, or of every class against the rest.

        Raises OptionError for a regression and a method without replicas.
        """
        if self.analysis_type == "regression":
            hint = "replica_deviations has the spread of bias and RMS"
            raise OptionError("a regression has no ROC curve", code="analysis-type", hint=hint)
        several = self.analysis_type == "multiclass"
        classes = range(len(self.data.info.classes)) if several else [self.data.info.signal_class]
        makers, weights = [BandMaker() for _ in classes], self.sample(name).weight
        for values in self.method.replica_values(self.inputs(name)):
            for c, maker in zip(classes, makers, strict=True):
                maker.add(roc_curve(values[:, c] if several else values, self.is_class(name, c), weights))
        return [maker.band() for maker in makers]

    def replica_deviations(self, name: str = "test") -> list[tuple[MeanAndSpread, MeanAndSpread]]:
        """Mean and spread over the replicas of the bias and of the RMS of every target."""
        events = self.sample(name)
        found = []
        for values in self.method.replica_values(self.inputs(name)):
            columns = zip(values.T, self.method.truth(events).T, strict=True)
            found.append([mean_and_rms(*_deviations(*pair, events.weight)) for pair in columns])
        numbers = np.array(found)  # (R, T, 2)
        return [tuple(MeanAndSpread.of(column) for column in numbers[:, t].T) for t in range(numbers.shape[1])]

    def efficiencies(self, name: str) -> Efficiencies:
        truth = self.is_class(name, self.data.info.signal_class)
        return signal_efficiencies(self.output(name), truth, self.sample(name).weight)

    def efficiency_at(self, name: str, background: float) -> tuple[float, float]:
        """The signal efficiency at a background efficiency, and its error."""
        truth = self.is_class(name, self.data.info.signal_class)
        found = signal_efficiencies(self.output(name), truth, self.sample(name).weight, (background,))
        return found.at[0], found.errors[0]

    def class_efficiencies(self, name: str) -> list[Efficiencies]:
        events = self.sample(name)
        return one_against_rest(self.output(name), events.class_index, events.weight)

    def confusions(self, name: str) -> list[np.ndarray]:
        events = self.sample(name)
        return [confusion(self.output(name), events.class_index, b, events.weight) for b in REFERENCE_BACKGROUNDS]

    def deviation(self, name: str, target: int = 0) -> Deviation:
        events = self.sample(name)
        return regression_deviation(self.output(name)[:, target], self.method.truth(events)[:, target], events.weight)

    def separation(self, name: str = "test") -> float:
        truth = self.is_class(name, self.data.info.signal_class)
        return separation(self.output(name), truth, self.sample(name).weight)

    def significance(self, name: str = "test") -> float:
        truth = self.is_class(name, self.data.info.signal_class)
        return significance(self.output(name), truth, self.sample(name).weight)

    def kolmogorov_smirnov(self, class_index: int, *, binned: bool = False) -> tuple[float, float]:
        """Distance and probability between the outputs of training and test events of one class (overtraining).

        `binned` puts the outputs into 40 bins first, as TMVA's GetKSTrainingVsTest does.
        """
        parts = []
        for name in ("test", "train"):
            output = self.output(name)
            column = output[:, class_index] if output.ndim == 2 else output
            chosen = self.is_class(name, class_index)
            parts.append((column[chosen], self.sample(name).weight[chosen]))
        (a, weights_a), (b, weights_b) = parts
        edges = histogram_edges(parts) if binned else None
        return kolmogorov_smirnov(a, b, weights_a, weights_b, edges=edges)


def _deviations(prediction, truth, weights) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(prediction, np.float64) - np.asarray(truth, np.float64), np.asarray(weights, np.float64)
