"""What several trainings of one method say of its ROC curve: the mean curve, its area and efficiencies, each with a spread.

The spread is the sample standard deviation of one training, sqrt(sum_r (v_r - <v>)^2 / (R - 1)): for bootstrap replicas Efron's
standard error (Ann. Statist. 7 (1979) 1). It is about the training; the errors of working points are about the events that are
looked at, and the two are independent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from tmvalite.errors import DataError, OptionError
from tmvalite.evaluation.efficiency import REFERENCE_BACKGROUNDS
from tmvalite.evaluation.roc import RocCurve, roc_curve

POINTS = 201  # of a band


@dataclass(frozen=True)
class MeanAndSpread:
    """A number of several trainings."""

    value: float
    error: float

    @classmethod
    def of(cls, values) -> MeanAndSpread:
        """Of the numbers (R,) of the trainings, of which there are at least two."""
        values = np.asarray(values, np.float64)
        return cls(float(np.mean(values)), float(np.std(values, ddof=1)))

    def __str__(self):
        return f"{self.value:.4f} +- {self.error:.4f}"


@dataclass(frozen=True, eq=False)
class RocBand:
    """ROC curves of several trainings on one sample.

    Attributes
    ----------
    signal_efficiency : (G,) float64
        Where the curves are compared, from 0 to 1.
    background_rejection, rejection_error : (G,) float64
        Mean and spread of the curves there.
    areas : (R,) float64
        The exact area of each curve.
    backgrounds : (K,) tuple of float
    efficiencies : (R, K) float64
        The signal efficiency of each curve at each of these background efficiencies.
    """

    signal_efficiency: np.ndarray
    background_rejection: np.ndarray
    rejection_error: np.ndarray
    areas: np.ndarray = field(repr=False)
    backgrounds: tuple[float, ...] = REFERENCE_BACKGROUNDS
    efficiencies: np.ndarray = field(default_factory=lambda: np.empty((0, 0)), repr=False)

    def __len__(self):
        return len(self.areas)

    @property
    def area(self) -> MeanAndSpread:
        """Mean and spread of the areas."""
        return MeanAndSpread.of(self.areas)

    def at(self, background: float) -> MeanAndSpread:
        """Mean and spread of the signal efficiencies where each curve has this background efficiency.

        Raises OptionError for another one than `backgrounds`.
        """
        if background not in self.backgrounds:
            hint = f"roc_band(..., backgrounds=({background},)) looks there"
            raise OptionError(
                f"the band was not made at a background efficiency of {background}",
                code="argument",
                expected=", ".join(map(str, self.backgrounds)),
                hint=hint,
            )
        return MeanAndSpread.of(self.efficiencies[:, self.backgrounds.index(background)])

    def __str__(self):
        at = ", ".join(f"{self.at(b)} at B={b:g}" for b in self.backgrounds)
        return f"{len(self)} replicas: area {self.area}; signal efficiency {at}"


class BandMaker:
    """Takes curves one after the other and keeps what a band needs of them."""

    def __init__(self, points: int = POINTS, backgrounds: tuple[float, ...] = REFERENCE_BACKGROUNDS):
        self.grid, self.backgrounds = np.linspace(0.0, 1.0, points), tuple(backgrounds)
        self.areas, self.efficiencies, self.rejections = [], [], []

    def add(self, curve: RocCurve) -> None:
        """Take the curve of one training."""
        self.areas.append(curve.area)
        self.efficiencies.append([curve.signal_efficiency_at(b) for b in self.backgrounds])
        rising = np.maximum.accumulate(curve.signal_efficiency)  # negative weights may turn it back
        self.rejections.append(np.interp(self.grid, rising, curve.background_rejection))

    def band(self) -> RocBand:
        """Raises DataError for fewer than two curves."""
        if len(self.areas) < 2:
            raise DataError(f"a spread needs at least 2 replicas, there are {len(self.areas)}", code="data-too-few-events")
        rejections = np.stack(self.rejections)
        mean, spread = rejections.mean(axis=0), rejections.std(axis=0, ddof=1)
        return RocBand(self.grid, mean, spread, np.array(self.areas), self.backgrounds, np.array(self.efficiencies))


def roc_band(
    outputs: Iterable[np.ndarray], is_signal, weights=None, *, points: int = POINTS, backgrounds=REFERENCE_BACKGROUNDS
) -> RocBand:
    """The band of the outputs (N,) of several trainings for the same events.

    Parameters
    ----------
    outputs : iterable of (N,) float
        Such as `method.replica_values(X)`.
    is_signal : (N,) bool
    weights : (N,) float or None
    points : int
        Signal efficiencies at which the curves are compared.
    backgrounds : tuple of float
        Background efficiencies at which the signal efficiency of each is kept.

    Raises
    ------
    DataError
        Fewer than two trainings, or what `roc_curve` raises.

    Examples
    --------
    >>> str(roc_band([[0.9, 0.6, 0.4], [0.9, 0.4, 0.6]], [True, True, False]).area)
    '0.7500 +- 0.3536'
    """
    maker = BandMaker(points, backgrounds)
    for values in outputs:
        maker.add(roc_curve(values, is_signal, weights))
    return maker.band()
