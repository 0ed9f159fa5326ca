"""D: the inputs multiplied by the inverse square root of their covariance, so that they are uncorrelated and of width 1."""

from __future__ import annotations

import numpy as np

from tmvalite.data.transforms.base import Element, Transform, register
from tmvalite.data.transforms.linear_map import check_matrices, check_number, map_rows, mapping, onnx_map
from tmvalite.data.transforms.moments import mean_and_covariance
from tmvalite.data.transforms.statistics import MomentGathering
from tmvalite.data.transforms.symmetric import eigenvectors

CONSTANT = 1e-14  # a part of the largest eigenvalue: what float32 values leave of a combination that is constant


@register
class Decorrelate(Transform):
    """x' = M x with M = C^(-1/2), the symmetric root, C the weighted covariance. The mean is not subtracted, as in TMVA.

    A combination of the inputs that is constant (a constant input, or one that the others determine) is divided by its size
    instead of its width 0, so that it becomes 1 or -1; TMVA stops there. The inverse is M^-1, which TMVA lacks.

    parameters : "matrices" (S, K, K) float64, M of every set.
    """

    name, words, short = "Decorrelation", ("D", "Deco", "Decorrelate"), "Deco"
    tmva = True
    help = "uncorrelated inputs of width 1"
    element = Element("Decorrelation")
    mixes = True
    least_events = 2
    examples = ("D", "D(a,c)", "D_Signal", "D(_T_)", "N,D")

    def find(self, x, weights, class_index, groups):
        check_number(self.letter, x.shape[1])
        return self._of([mean_and_covariance(x[group], weights[group]) for group in groups])

    def gathering(self, n_classes):
        check_number(self.letter, len(self.inputs))
        return MomentGathering(n_classes, self._of, weighted=True)

    def _of(self, moments: list) -> dict:
        return {"matrices": np.stack([_inverse_root(*one) for one in moments])}

    def prepare(self):
        self.matrix = self.parameters["matrices"][self.use]
        self.nothing = np.zeros(len(self.matrix))
        self._back = None

    def rows(self, source, target, columns, which):
        return mapping(source, target, columns, self.nothing, self.matrix.T, self.nothing)

    def backward(self, source, target, columns, which):
        map_rows(source, target, columns, self.nothing, self._inverse().T, self.nothing)

    def _inverse(self):
        if self._back is None:
            values, vectors = eigenvectors(self.matrix)
            self._back = _sum_of_squares(np.divide(1.0, values, out=np.zeros_like(values), where=values != 0), vectors)
        return self._back

    def onnx(self, forms, x, columns, which, n):
        return onnx_map(forms, x, columns, n, self.nothing, self.matrix.T, self.nothing)

    def onnx_backward(self, forms, x, columns, which, n):
        return onnx_map(forms, x, columns, n, self.nothing, self._inverse().T, self.nothing)

    @classmethod
    def check_parameters(cls, parameters, n_inputs):
        parameters["matrices"] = check_matrices(cls.name, "matrices", parameters.get("matrices", ()), n_inputs)
        return len(parameters["matrices"])

    @classmethod
    def read_parameters(cls, element):
        found = element.by_set("Matrix", "matrices", numbered=False)
        return {"matrices": [element.matrix(child, ("Rows", "Columns")) for child in found]}

    @classmethod
    def write_parameters(cls, writer, parameters):
        for matrix in parameters["matrices"]:
            writer.numbers("Matrix", {"Rows": len(matrix), "Columns": len(matrix)}, matrix, 15, 1, last_blank=False)


def _inverse_root(mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """C^(-1/2) of a sample, (K, K)."""
    values, vectors = eigenvectors(covariance)
    factors = np.zeros(len(values))
    width = values > CONSTANT * max(values[0], 0.0)
    factors[width] = 1.0 / np.sqrt(values[width])
    size = np.abs((vectors * mean[:, None]).sum(axis=0))  # of the combinations
    factors[~width & (size > 0)] = 1.0 / size[~width & (size > 0)]
    return _sum_of_squares(factors, vectors)


def _sum_of_squares(factors: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """sum_k factor_k v_k v_k^T over the columns of `vectors`, one after the other."""
    total = np.zeros_like(vectors)
    for factor, vector in zip(factors, vectors.T):
        total += factor * np.multiply.outer(vector, vector)
    return total
