"""What a Factory found, as one HTML page with the pictures that TMVAGui shows."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tmvalite.data.info import DataSet
from tmvalite.data.transforms import TransformChain
from tmvalite.errors import DataError, OptionError
from tmvalite.evaluation import MeanAndSpread, correlation_matrix, optimal_cuts
from tmvalite.evaluation.result_tables import elapsed
from tmvalite.io.atomic import write_atomic
from tmvalite.plots.html_page import HtmlPage
from tmvalite.plots.style import with_unit
from tmvalite.workflow.results import MethodRecord

MOST_EVENTS = 200_000  # of a picture of inputs or targets


def write_report(
    path: str | os.PathLike,
    job: str,
    by_dataset: Mapping[str, Sequence[MethodRecord]],
    chains: Mapping[str, Sequence[TransformChain]],
    importance: Callable | None = None,
) -> None:
    """Write the page; `importance` gives a figure and a caption of a record.

    Raises OptionError where nothing was tested, FileError, MissingExtraError without matplotlib.
    """
    if not any(by_dataset.values()):
        raise OptionError("there is nothing to report", code="call-order", hint="call TrainAllMethods and TestAllMethods first")
    page = HtmlPage(f"{job}: trained and tested methods")
    for name, records in by_dataset.items():
        _Report(page, name, records, chains.get(name, ()), importance).write()
    write_atomic(path, page.html().encode("utf-8"))


class _Report:
    """The sections of one data set."""

    def __init__(self, page: HtmlPage, name: str, records: Sequence[MethodRecord], chains, importance):
        self.page, self.name, self.records, self.chains, self.importance = page, name, records, chains, importance
        self.data: DataSet = records[0].data
        self.kind = records[0].analysis_type
        self.classes = list(self.data.info.classes)
        self.order = list(range(len(self.classes)))
        if self.kind == "classification" and self.data.info.signal_class:  # the signal first
            self.order = self.order[::-1]
        self.replicated = [record for record in records if record.has_errors]
        self.bands = {r.title: r.replica_bands() for r in self.replicated if self.kind != "regression"}

    def write(self) -> None:
        self._overview()
        self._inputs()
        if self.kind != "regression":
            self._curves()
        for record in self.records:
            self._method(record)

    def _overview(self) -> None:
        self.page.section(f"Results of {self.name}")
        columns, rows = {
            "classification": self._classification_table,
            "multiclass": self._multiclass_table,
            "regression": self._regression_table,
        }[self.kind]()
        self.page.table(columns, rows)
        self.page.heading("Events")
        rows = []
        for index, name in enumerate(self.classes):
            counts = [name]
            for sample in (self.data.train, self.data.test):
                chosen = sample.class_index == index
                counts += [f"{int(chosen.sum())}", f"{float(sample.weight[chosen].sum()):.6g}"]
            rows.append(counts)
        self.page.table(["class", "training", "sum of weights", "test", "sum of weights"], rows)
        self.page.heading("Variables and targets")
        groups = (("variable", self.data.info.variables), ("target", self.data.info.targets))
        rows = [
            [v.label if v.index is None else v.internal, what, v.expression, v.unit, f"{v.minimum:.6g}", f"{v.maximum:.6g}"]
            for what, group in groups
            for v in group
        ]
        self.page.table(["label", "", "expression", "unit", "smallest", "largest"], rows)

    def _classification_table(self):
        kept = ("signal at B = 0.01", "0.10", "0.30")
        columns = ["method", "ROC area, test", "training", *kept, "KS signal", "KS background", "trained in"]
        rows = []
        for record in self.records:
            test, train = record.efficiencies("test"), record.efficiencies("train")
            at = [f"{e:.3f} ± {error:.3f}" for e, error in zip(test.at, test.errors)]
            tests = [f"{record.kolmogorov_smirnov(index)[1]:.3g}" for index in self.order]
            rows.append([record.title, f"{test.area:.4f}", f"{train.area:.4f}", *at, *tests, elapsed(record.train_seconds)])
        return columns, rows

    def _multiclass_table(self):
        rows = []
        for record in self._with_classes():
            test, train = (record.class_efficiencies(sample) for sample in ("test", "train"))
            areas = [f"{a.area:.4f} ({b.area:.4f})" for a, b in zip(test, train)]
            rows.append([record.title, *areas, elapsed(record.train_seconds)])
        return ["ROC area against the rest, test (training)", *self.classes, "trained in"], rows

    def _regression_table(self):
        rows = []
        for record in self.records:
            for t, target in enumerate(self.data.info.targets):
                test, train = (record.deviation(sample, t) for sample in ("test", "train"))
                values = [f"{v:.4g}" for v in (test.bias, test.rms, test.rms_truncated, train.rms, test.correlation)]
                rows.append([record.title, target.label, *values, elapsed(record.train_seconds)])
        return ["method", "target", "bias, test", "RMS", "RMS of 90 %", "RMS, training", "correlation", "trained in"], rows

    def _with_classes(self) -> list[MethodRecord]:
        return [record for record in self.records if record.kind == "multiclass"]

    # ---- the data

    def _inputs(self) -> None:
        from tmvalite.plots import correlation_figure, variables_figure

        self.page.section(f"Inputs of {self.name}")
        info, events = self.data.info, self.data.train
        step = max(1, -(-len(events) // MOST_EVENTS))
        x, index, weight = events.x[::step], events.class_index[::step], events.weight[::step]
        names = [with_unit(v.label if v.index is None else v.internal, v.unit) for v in info.variables]
        plain = [chain for chain in self.chains if not len(chain)] or [None]
        for chain in [plain[0], *(chain for chain in self.chains if len(chain))]:
            title = "as they are" if chain is None or not len(chain) else f"after {chain.short_name}"
            values = x if chain is None else chain.apply_variables(x)
            labels = names if title == "as they are" else [name.split(" [")[0] for name in names]
            self.page.heading(f"Training variables {title}")
            classes = self.classes if self.kind != "regression" else []
            self.page.figures((variables_figure(values, index, weight, names=labels, classes=classes), f"Variables {title}"))
        if 1 < len(names) <= 60:
            self.page.heading("Linear correlations")
            figures = []
            for c, name in enumerate(self.classes):
                chosen = index == c
                if chosen.sum() > 1:
                    matrix = correlation_matrix(x[chosen], weight[chosen])
                    bare = [n.split(" [")[0] for n in names]
                    figures.append((correlation_figure(matrix, bare, title=name), f"Correlations, {name}"))
            self.page.figures(*figures)

    # ---- methods together

    def _curves(self) -> None:
        from tmvalite.evaluation.plots import roc_figure

        self.page.section(f"ROC curves of {self.name}")
        figures = []
        if self.kind == "classification":
            for sample in ("test", "train"):
                title = {"test": "test events", "train": "training events"}[sample]
                curves = [(record.title, record.roc(sample)) for record in self.records]
                bands = {title: found[0] for title, found in self.bands.items()} if sample == "test" else {}
                said = f"ROC curves of {title}" + (", with the spread of the replicas" if bands else "")
                figures.append((roc_figure(curves, title, bands=bands), said))
            self.page.figures(*figures)
            self.page.heading("Optimal cuts")
            self.page.preformatted(optimal_cuts({record.title: record.roc() for record in self.records}))
            return
        for c, name in enumerate(self.classes):
            curves = [(record.title, record.roc("test", c)) for record in self._with_classes()]
            bands = {title: found[c] for title, found in self.bands.items()}
            if curves:
                figures.append(
                    (roc_figure(curves, f"{name} against the rest", bands=bands), f"ROC curves of {name} against the rest, test")
                )
        self.page.figures(*figures)

    # ---- one method

    def _method(self, record: MethodRecord) -> None:
        from tmvalite.plots import loss_figure, network_figure, weights_figure

        self.page.section(record.title)
        self.page.text(f"{record.method.method_type}, trained in {elapsed(record.train_seconds)}: {record.weight_file}")
        self._values(record)
        if record in self.replicated:
            self._replicas(record)
        self.page.heading("Training and network")
        for name, method in record.method.networks():
            of = f" of {name}" if name else ""
            figures = [(loss_figure(method.history), f"Losses{of}")] if method.history.get("epoch") else []
            parameters = method.network.parameters
            matrices = {f"{node}.{name}": parameters.get(node, name) for node, name in parameters.names()}
            if 0 < len(matrices) <= 60:
                figures.append((weights_figure(matrices), f"Parameters{of}"))
            try:
                figures.append((network_figure(dict(method.blueprint(method.info).blocks)), f"Network{of}"))
            except DataError:  # too many layers for a drawing; the table has them
                pass
            self.page.figures(*figures)
        self.page.preformatted(str(record.method))
        picture = self.importance(record) if self.importance is not None else None
        if picture is not None:
            self.page.heading("Importance of the variables")
            self.page.figures(picture)

    def _replicas(self, record: MethodRecord) -> None:
        """What its trainings say one by one: mean and spread."""
        replicas = record.method.replicas
        first, last = replicas.seeds[0], replicas.seeds[-1]
        self.page.heading("Replicas")
        self.page.text(f"The outputs are the mean of {len(replicas)} trainings ({replicas.kind}), RandomSeed {first} to {last}.")
        rows = []
        if self.kind == "regression":
            for target, (bias, rms) in zip(self.data.info.targets, record.replica_deviations()):
                rows += [[f"bias of {target.label}", *_pair(bias)], [f"RMS of {target.label}", *_pair(rms)]]
        else:
            names = [""] if self.kind == "classification" else [f"{name} against the rest: " for name in self.classes]
            for name, band in zip(names, self.bands[record.title], strict=True):
                rows.append([f"{name}ROC area", *_pair(band.area)])
                rows += [[f"{name}signal efficiency at B = {b:g}", *_pair(band.at(b))] for b in band.backgrounds]
        losses = [loss for loss in replicas.losses if loss == loss]
        if len(losses) > 1:
            rows.append(["validation error", *_pair(MeanAndSpread.of(losses))])
        rows.append(["epochs", *_pair(MeanAndSpread.of(replicas.epochs))])
        self.page.table(["one training, test", "mean", "spread"], rows)

    def _values(self, record: MethodRecord) -> None:
        from tmvalite.plots import confusion_figure, cuts_figure, score_figure, target_figure

        test, train = self.data.test, self.data.train
        if self.kind == "regression":
            predicted, truth = record.output("test"), record.method.truth(test)
            step = max(1, -(-len(test) // MOST_EVENTS))
            for t, target in enumerate(self.data.info.targets):
                name = with_unit(target.label, target.unit)
                columns = predicted[::step, t], truth[::step, t], test.weight[::step]
                self.page.figures((target_figure(*columns, name=name), f"Deviations of {target.label}, test"))
            return
        if record.kind == "multiclass":
            figures = []
            for c, name in enumerate(self.classes):
                samples = [
                    (record.output(key)[:, c], events.class_index, events.weight)
                    for key, events in (("test", test), ("train", train))
                ]
                figures.append((score_figure(*samples, classes=self.classes, name=f"output of {name}"), f"Output of {name}"))
            taken = np.argmax(record.output("test"), axis=1)
            sums = np.zeros((len(self.classes), len(self.classes)))
            np.add.at(sums, (test.class_index, taken), test.weight)
            with np.errstate(divide="ignore", invalid="ignore"):
                matrix = sums / sums.sum(axis=1, keepdims=True)
            figures.append((confusion_figure(matrix, self.classes, title="largest output"), "Who is taken for whom, test"))
            self.page.figures(*figures)
            return
        place = np.argsort(self.order)  # of a class among those shown, the signal first
        both = (("test", test), ("train", train))
        samples = [(record.output(key), place[events.class_index], events.weight) for key, events in both]
        classes = [self.classes[c] for c in self.order]
        figures = [(score_figure(*samples, classes=classes), "Outputs in training and test, with Kolmogorov's probabilities")]
        figures.append((score_figure(*samples, classes=classes, log=True), "The same, logarithmic"))
        if self.kind == "classification":
            figures.append((cuts_figure(record.roc()), "What cuts keep"))
        self.page.figures(*figures)


def _pair(number: MeanAndSpread) -> list[str]:
    return [f"{number.value:.4g}", f"{number.error:.2g}"]
