"""Cuts on single variables."""

from __future__ import annotations

from tmvalite.standins.base import StandIn, register


@register
class RectangularCuts(StandIn):
    """A small tree: cuts one after the other, with a value in every box."""

    names = ("Cuts",)
    estimators = {"classification": "tree:DecisionTreeClassifier"}
    fixed = {"max_depth": 4, "min_samples_leaf": 20}
