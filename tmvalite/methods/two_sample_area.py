"""Whether a network can tell two samples apart: real events and generated ones."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from tmvalite.evaluation.two_samples import checked_samples
from tmvalite.methods.dl import MethodDL
from tmvalite.models.weighting import roc_area

OPTIONS = (
    "VarTransform=N:Layout=RELU|64,RELU|64,LINEAR:WeightInitialization=HE:"
    "TrainingStrategy=LearningRate=1e-3,Optimizer=ADAM,BatchSize=100,MaxEpochs=40,ConvergenceSteps=8,TestRepetitions=1"
)


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
    real, made = checked_samples(real, made, 40)
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
