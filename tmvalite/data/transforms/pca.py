"""P: principal components, the inputs along the eigenvectors of their covariance."""

from __future__ import annotations

import numpy as np

from tmvalite.constants import CLASSES
from tmvalite.data.transforms.base import Element, Transform, register
from tmvalite.data.transforms.linear_map import check_matrices, check_number, map_rows, mapping, onnx_map
from tmvalite.data.transforms.moments import mean_and_covariance
from tmvalite.data.transforms.statistics import MomentGathering
from tmvalite.data.transforms.symmetric import eigenvectors
from tmvalite.errors import DataError


@register
class PrincipalComponents(Transform):
    """p_i = sum_j (x_j - mean_j) E[j, i]: events unweighted, the columns of E by descending eigenvalue, not divided by widths.

    Order and signs are those of ROOT's TPrincipal. The inverse is x_i = mean_i + sum_j p_j E[i, j]; TMVA adds the sum of all
    means to each. A constant input adds nothing to any component, and comes back as itself.

    parameters : "classes", S names; "means" (S, K) and "eigenvectors" (S, K, K) float64.
    """

    name, words, short = "PCA", ("P", "PCA"), "PCA"
    tmva = True
    help = "principal components, the widest first"
    element = Element("PCA")
    mixes = True
    least_inputs = 2
    least_events = 2
    examples = ("P", "P(b,c)", "P_Signal", "N,P")

    def find(self, x, weights, class_index, groups):
        check_number(self.letter, x.shape[1])
        return self._of([mean_and_covariance(x[group]) for group in groups])

    def gathering(self, n_classes):
        check_number(self.letter, len(self.inputs))
        return MomentGathering(n_classes, self._of, weighted=False)

    def _of(self, moments: list) -> dict:
        means, vectors = [], []
        for mean, covariance in moments:
            trace = float(np.trace(covariance))
            means.append(mean)
            vectors.append(eigenvectors(covariance / trace if trace > 0 else covariance)[1])
        return {"classes": _names(len(moments)), "means": np.stack(means), "eigenvectors": np.stack(vectors)}

    def prepare(self):
        self.mean, self.vectors = self.parameters["means"][self.use], self.parameters["eigenvectors"][self.use]
        self.nothing = np.zeros(len(self.mean))

    def rows(self, source, target, columns, which):
        return mapping(source, target, columns, self.mean, self.vectors, self.nothing)

    def backward(self, source, target, columns, which):
        map_rows(source, target, columns, self.nothing, self.vectors.T, self.mean)

    def onnx(self, forms, x, columns, which, n):
        return onnx_map(forms, x, columns, n, self.mean, self.vectors, self.nothing)

    def onnx_backward(self, forms, x, columns, which, n):
        return onnx_map(forms, x, columns, n, self.nothing, self.vectors.T, self.mean)

    @classmethod
    def check_parameters(cls, parameters, n_inputs):
        vectors = check_matrices(cls.name, "eigenvectors", parameters.get("eigenvectors", ()), n_inputs)
        means = np.asarray(parameters.get("means", ()), np.float64)
        if means.shape != vectors.shape[:2] or not np.isfinite(means).all():
            raise DataError(
                f"the means of transformation {cls.name} have the shape {means.shape}, or are not finite",
                code="transform-parameters",
                expected=f"{vectors.shape[:2]}",
            )
        parameters["eigenvectors"], parameters["means"] = vectors, means
        return len(vectors)

    @classmethod
    def read_parameters(cls, element):
        means, vectors = (element.by_set(tag, f"{tag} elements") for tag in ("Statistics", "Eigenvectors"))
        return {
            "classes": [child.string("Class") for child in means],
            "means": [element.vector(child, "NRows", ("Class", "ClassIndex")) for child in means],
            "eigenvectors": [element.matrix(child, ("NRows", "NCols"), ("Class", "ClassIndex")) for child in vectors],
        }

    @classmethod
    def write_parameters(cls, writer, parameters):
        for s, (name, mean) in enumerate(zip(parameters["classes"], parameters["means"])):
            writer.numbers("Statistics", {"Class": name, "ClassIndex": s, "NRows": len(mean)}, mean, 8, 1)
        for s, (name, vectors) in enumerate(zip(parameters["classes"], parameters["eigenvectors"])):
            attributes = {"Class": name, "ClassIndex": s, "NRows": len(vectors), "NCols": len(vectors)}
            writer.numbers("Eigenvectors", attributes, vectors, 8, 1)


def _names(sets: int) -> list[str]:
    """TMVA's names of the sets, whatever the classes are called."""
    return [CLASSES[s] if s < 2 else "Combined" for s in range(sets)]
