"""Support vector machines."""

from __future__ import annotations

from tmvalite.standins.base import Mapped, StandIn, register


@register
class SupportVectors(StandIn):
    """A Gaussian kernel in variables of equal spread; the value is the distance from the border, not a probability."""

    names = ("SVM",)
    estimators = {"classification": "svm:SVC", "regression": "svm:SVR"}
    mapped = (Mapped("C", float, "C"), Mapped("Gamma", float, "gamma"), Mapped("MaxIter", int, "max_iter"))
    scaled = True
