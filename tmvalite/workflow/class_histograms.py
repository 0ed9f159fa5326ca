"""What TMVA's output file has of a method with an output for every class: distributions and ROC graphs."""

from __future__ import annotations

import numpy as np

from tmvalite.evaluation import RocCurve
from tmvalite.io import root_names
from tmvalite.io.histograms import Histogram, PointGraph
from tmvalite.workflow.classifier_histograms import Named, curve_or_none
from tmvalite.workflow.config import gConfig
from tmvalite.workflow.results import MethodRecord

MARGIN = 0.0002  # of the range of outputs from 0 to 1
POINTS = 1000  # of a graph, along its length


def class_histograms(record: MethodRecord) -> Named:
    """(name in the method's folder, content): the output for every class of the events of every class; every class against the
    others and against one other."""
    classes, title = record.data.info.classes, record.title
    edges = np.linspace(-MARGIN, 1.0 + MARGIN, gConfig().GetVariablePlotting().fNbinsMVAoutput + 1)
    for sample in ("train", "test"):
        train, prefix = sample == "train", f"MVA_{title}_{sample.capitalize()}"
        outputs, events = np.asarray(record.output(sample), np.float64), record.sample(sample)
        of_class = [events.class_index == index for index in range(len(classes))]
        for true_class, chosen in zip(classes, of_class):
            for column, name in zip(outputs.T, classes):
                path = root_names.class_output(title, name, true_class, train=train)
                yield path, Histogram.of(column[chosen], events.weight[chosen], edges, title=path).of_area()
        for name, column, chosen in zip(classes, outputs.T, of_class):
            curve = curve_or_none(column, chosen, events.weight)
            if curve is not None:
                yield root_names.class_curve(title, name, train=train), roc_graph(curve, f"{prefix}_{name}")
        for name, column, chosen in zip(classes, outputs.T, of_class):
            for other, others in zip(classes, of_class):
                two = chosen | others
                curve = curve_or_none(column[two], chosen[two], events.weight[two]) if other != name else None
                if curve is not None:
                    path = root_names.class_curve(title, name, other, train=train)
                    yield path, roc_graph(curve, f"{prefix}_{name}_vs_{other}")


def roc_graph(curve: RocCurve, title: str) -> PointGraph:
    """Background rejection against signal efficiency, in at most so many points."""
    x, y = curve.signal_efficiency, curve.background_rejection
    if len(x) > POINTS:
        along = np.cumsum(np.abs(np.diff(x, prepend=x[0])) + np.abs(np.diff(y, prepend=y[0])))
        kept = np.unique(np.searchsorted(along, np.linspace(0.0, along[-1], POINTS)))
        kept = np.union1d(kept, [0, len(x) - 1])
        x, y = x[kept], y[kept]
    return PointGraph(x, y, title, ("Signal efficiency (Sensitivity)", "Background rejection (Specificity)"))
