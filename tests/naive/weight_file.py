"""Scores of a weight file with dense layers, in float64 and from the XML alone: transformations of the last set, layers, output.

Reads files of MethodDL and of MethodDNN. Everything that is not there raises KeyError.
"""

import math
import xml.etree.ElementTree as ElementTree

import numpy as np

from .transforms import apply_gauss, apply_normalize, apply_scale, apply_uniform, table_of

ACTIVATIONS = {
    0: lambda a: a,
    1: lambda a: np.maximum(a, 0.0),
    2: lambda a: 1.0 / (1.0 + np.exp(-a)),
    3: np.tanh,
    4: np.abs,
    5: lambda a: a / (1.0 + np.abs(a)),
    6: lambda a: np.exp(-a * a),
    7: np.tanh,
}


def numbers(element):
    return np.array(element.text.split(), np.float64)


def softmax(a):
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


OUTPUTS = {"I": lambda a: a, "S": lambda a: 1.0 / (1.0 + np.exp(-a)), "M": softmax}


def transformation(element):
    """A function from events (N, K) to events, as TMVA evaluates: with the set of all classes."""
    name, columns = element.get("Name"), None
    labels = [one.get("Label") for one in element.find("Selection/Input")]
    if name == "Normalize":
        ranges = [(float(r.get("Min")), float(r.get("Max"))) for r in element.findall("Class")[-1].find("Ranges")]
        apply, found = (apply_scale if element.get("UseOffsetOrNot") == "NoOffset" else apply_normalize), ranges
    elif name == "Decorrelation":
        matrix = element.findall("Matrix")[-1]
        columns = numbers(matrix).reshape(len(labels), -1).T, np.zeros(len(labels))
    elif name == "PCA":
        vectors, mean = numbers(element.findall("Eigenvectors")[-1]), numbers(element.findall("Statistics")[-1])
        columns = vectors.reshape(len(labels), -1), mean
    elif name == "Gauss":
        apply, found = (apply_uniform if element.get("FlatOrGauss") == "Flat" else apply_gauss), []
        for variable in element.findall("Variable"):
            pdf = list(variable)[-1].find("PDF")
            found.append(table_of(numbers(pdf.find("HistogramBinning")).tolist(), numbers(pdf.find("Histogram")).tolist()))
    else:
        raise KeyError(name)
    if columns is not None:
        matrix, mean = columns
        return labels, lambda x: (x.astype(np.float64) - mean) @ matrix
    return labels, lambda x: np.array([apply(event, found) for event in x])


def scores(path, x):
    """(N, outputs) float64 of (N, V) float32."""
    root = ElementTree.parse(path).getroot()
    names = [(v.get("Label"), v.get("Expression")) for v in root.find("Variables")]
    for element in root.find("Transformations"):
        labels, apply = transformation(element)
        at = [next(i for i, pair in enumerate(names) if label in pair) for label in labels]
        x = x.copy()
        x[:, at] = apply(x[:, at]).astype(np.float32)
    weights = root.find("Weights")
    h = x.astype(np.float64)
    for layer in weights:
        if layer.tag not in ("DenseLayer", "Layer"):
            raise KeyError(layer.tag)
        w, b = numbers(layer.find("Weights")), numbers(layer.find("Biases"))
        h = ACTIVATIONS[int(layer.get("ActivationFunction"))](h @ w.reshape(len(b), -1).T + b)
    return OUTPUTS[weights.get("OutputFunction")](h)


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
