"""Whether generated events are like real ones: precision and recall; methods/two_sample_area.py has a classifier's view.

Both look at all variables together, where histograms of one variable each see nothing wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tmvalite.errors import DataError

NEIGHBOURS = 3
BLOCK = 256  # points whose distances are held at a time


@dataclass(frozen=True)
class PrecisionRecall:
    """precision : the part of generated events that lie among real ones; recall : of real ones among generated ones."""

    precision: float
    recall: float

    def __str__(self):
        return f"precision {self.precision:.3f}, recall {self.recall:.3f}"


def precision_recall(real, made, *, neighbours: int = NEIGHBOURS) -> PrecisionRecall:
    """How much of what is made could be real, and how much of what is real could be made.

    An event lies among a sample if it is nearer to one of its events than that event's k-th neighbour in the sample. The
    variables are scaled to the width that they have in `real`. Samples of one size compare best. Source: Kynkaanniemi et al.,
    arXiv:1904.06991, section 2.

    Parameters
    ----------
    neighbours : int
        k; more make the manifolds larger.

    Raises
    ------
    DataError
        Arrays of other shapes, or not more events than `neighbours`.
    """
    real, made = checked_samples(real, made, neighbours + 1)
    width = real.std(axis=0)
    width[width == 0] = 1.0
    real, made = real / width, made / width
    return PrecisionRecall(_covered(made, real, neighbours), _covered(real, made, neighbours))


def _covered(points: np.ndarray, sample: np.ndarray, k: int) -> float:
    """The part of the points that lie among a sample."""
    squares = np.concatenate([np.sort(d, axis=1)[:, k] for d in _distances(sample, sample)])  # 0 is the event itself
    return float(np.mean(np.concatenate([(d <= squares).any(axis=1) for d in _distances(points, sample)])))


def _distances(points: np.ndarray, sample: np.ndarray):
    """Squared distances (block, M) of some points at a time."""
    for start in range(0, len(points), BLOCK):
        block = points[start : start + BLOCK]
        total = np.zeros((len(block), len(sample)))
        for column in range(points.shape[1]):
            total += (block[:, None, column] - sample[None, :, column]) ** 2
        yield total


def checked_samples(real, made, least: int) -> tuple[np.ndarray, np.ndarray]:
    found = []
    for name, sample in (("real", real), ("generated", made)):
        sample = np.asarray(sample, np.float64)
        if sample.ndim != 2 or len(sample) < least:
            message = f"the {name} events have shape {sample.shape}"
            raise DataError(message, code="data-shape", expected=f"(N, V), at least {least} events")
        found.append(sample)
    if found[0].shape[1] != found[1].shape[1]:
        message = f"real events have {found[0].shape[1]} variables and generated ones {found[1].shape[1]}"
        raise DataError(message, code="data-shape")
    return found[0], found[1]
