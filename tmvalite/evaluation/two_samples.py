"""Whether generated events are like real ones: a classifier that tries to tell them apart, and precision and recall.

Both look at all variables together, where histograms of one variable each see nothing wrong.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from tmvalite.errors import DataError

OPTIONS = (
    "VarTransform=N:Layout=RELU|64,RELU|64,LINEAR:WeightInitialization=HE:"
    "TrainingStrategy=LearningRate=1e-3,Optimizer=ADAM,BatchSize=100,MaxEpochs=40,ConvergenceSteps=8,TestRepetitions=1"
)
NEIGHBOURS = 3
BLOCK = 256  # points whose distances are held at a time


@dataclass(frozen=True)
class TwoSampleArea:
    """The ROC area of a classifier on events that it was not trained on.

    area : 0.5 where it cannot tell the samples apart, 1 where it always can
    error : its standard deviation where nothing can be told apart
    """

    area: float
    error: float

    def __str__(self):
        return f"{self.area:.3f} +- {self.error:.3f}"


def two_sample_area(real, made, *, options: str = OPTIONS, seed: int = 1) -> TwoSampleArea:
    """Train a MethodDL on halves of two samples (N, V), (M, V) to tell them apart, and measure it on the other halves.

    Source: Lopez-Paz and Oquab, arXiv:1610.06545, with the area in place of the accuracy.

    Parameters
    ----------
    options : str
        Of the classifier; a stronger one finds more.
    seed : int
        Draws the halves, and is the classifier's RandomSeed.

    Raises
    ------
    DataError
        Arrays of other shapes, or fewer than 40 events in one of them.
    """
    from tmvalite.methods import MethodDL  # brings the engine with it
    from tmvalite.models.weighting import roc_area

    real, made = _samples(real, made, 40)
    rng = np.random.default_rng(seed)
    parts = []
    for sample in (real, made):
        order = rng.permutation(len(sample))
        parts.append((sample[order[: len(sample) // 2]], sample[order[len(sample) // 2 :]]))
    train, test = (np.concatenate(halves) for halves in zip(*parts))
    labels = [np.concatenate([np.ones(len(a)), np.zeros(len(b))]) for a, b in zip(*parts)]
    # the same prior for both, whatever their numbers
    method = MethodDL(options, norm="EqualNumEvents", RandomSeed=seed)
    with warnings.catch_warnings():  # that it learns nothing is the best that can happen
        warnings.simplefilter("ignore")
        method.fit(train, labels[0].astype(int), progress="silent")
    area, error = roc_area(np.asarray(method.GetMvaValues(test)), labels[1] == 1, np.ones(len(test)))
    return TwoSampleArea(area, error)


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
    real, made = _samples(real, made, neighbours + 1)
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


def _samples(real, made, least: int) -> tuple[np.ndarray, np.ndarray]:
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
