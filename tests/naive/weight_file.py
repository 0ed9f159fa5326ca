"""Scores of a weight file in float64 and from the XML alone: transformations of the last set, layers, output, and back.

Reads files of MethodDL and of MethodDNN. Everything that is not there raises KeyError.
"""

import math
import xml.etree.ElementTree as ElementTree

import numpy as np

from .transforms import TWINS, table_of
from .weight_layers import LAYERS, numbers, sigmoid, vector


def softmax(a):
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


OUTPUTS = {"I": lambda a: a, "S": sigmoid, "M": softmax}


def parameters(element, n):
    """The name of a transformation in TWINS, and its parameters for all classes together, of n inputs."""
    name = element.get("Name")
    if name == "Normalize":
        ranges = [(float(r.get("Min")), float(r.get("Max"))) for r in element.findall("Class")[-1].find("Ranges")]
        return ("Scale" if element.get("UseOffsetOrNot") == "NoOffset" else name), ranges
    if name == "Decorrelation":
        matrix = numbers(element.findall("Matrix")[-1]).reshape(n, n)
        return name, (matrix.tolist(), np.linalg.inv(matrix).tolist())
    if name == "PCA":
        vectors, mean = numbers(element.findall("Eigenvectors")[-1]), numbers(element.findall("Statistics")[-1])
        return name, (mean.tolist(), vectors.reshape(n, n).T.tolist())
    if name == "Gauss":
        found = []
        for variable in element.findall("Variable"):
            pdf = list(variable)[-1].find("PDF")
            found.append(table_of(numbers(pdf.find("HistogramBinning")).tolist(), numbers(pdf.find("Histogram")).tolist()))
        return ("Uniform" if element.get("FlatOrGauss") == "Flat" else name), found
    raise KeyError(name)


class Transformation:
    """One Transform element: which columns it changes of the variables and of the targets, forward and backward."""

    def __init__(self, element, names):
        inputs = list(element.find("Selection/Input"))
        self.kinds = [one.get("Type") for one in inputs]
        self.at = [
            next(i for i, pair in enumerate(names[one.get("Type")]) if one.get("Label") in pair)
            for one in inputs
        ]  # fmt: skip
        name, self.parameters = parameters(element, len(inputs))
        _, self.apply, self.invert = TWINS[name]
        self.together = name in ("Decorrelation", "PCA")

    def _changed(self, x, kind, change):
        """The columns of one kind; a transformation of single columns has its parameters in the order of its inputs."""
        own = [i for i, of in enumerate(self.kinds) if of == kind]
        at, found = [self.at[i] for i in own], self.parameters
        if not own:
            return x
        if not self.together:
            found = [self.parameters[i] for i in own]
        x = x.copy()
        x[:, at] = np.array([change(event, found) for event in x[:, at]])
        return x

    def forward(self, x):
        return self._changed(x, "Variable", self.apply).astype(np.float32)

    def backward(self, y):
        return self._changed(y, "Target", self.invert)


def names_of(root):
    groups = {"Variable": "Variables", "Target": "Targets", "Spectator": "Spectators"}
    return {
        kind: [(v.get("Label"), v.get("Expression")) for v in (root.find(group) if root.find(group) is not None else [])]
        for kind, group in groups.items()
    }


def scores(path, x):
    """(N, outputs) float64 of (N, V) float32: values of classes, or targets in their own units."""
    root = ElementTree.parse(path).getroot()
    names = names_of(root)
    chain = [Transformation(element, names) for element in root.find("Transformations")]
    for one in chain:
        x = one.forward(x)
    weights = root.find("Weights")
    shape = [int(weights.get(f"Input{side}", 1)) for side in ("Depth", "Height", "Width")]
    h = x.astype(np.float64).reshape(len(x), *shape)
    for layer in weights:
        h = LAYERS[layer.tag](layer, h)
    y = OUTPUTS[weights.get("OutputFunction")](vector(h)[:, 0, 0])
    for one in reversed(chain):
        y = one.backward(y)
    return y


def area(score, is_signal):
    """ROC area of unweighted events, ties counting half."""
    order = np.argsort(score, kind="stable")
    ranks = np.empty(len(score))
    values, start = score[order], 0
    for stop in [*(np.flatnonzero(np.diff(values)) + 1).tolist(), len(values)]:
        ranks[order[start:stop]] = 0.5 * (start + stop - 1)
        start = stop
    n = int(is_signal.sum())
    return float((ranks[is_signal].sum() - n * (n - 1) / 2) / (n * math.fsum(~is_signal)))
