"""Densities from the events that are near."""

from __future__ import annotations

from tmvalite.standins.base import Mapped, StandIn, register


@register
class NearestNeighbours(StandIn):
    """The nearest events in variables of equal spread."""

    names = ("KNN",)
    estimators = {"classification": "neighbors:KNeighborsClassifier", "regression": "neighbors:KNeighborsRegressor"}
    mapped = (Mapped("nkNN", int, "n_neighbors"),)
    fixed = {"n_neighbors": 20}
    scaled = True

    def parameters(self, n_events, n_variables):
        found = super().parameters(n_events, n_variables)
        return {**found, "n_neighbors": min(found["n_neighbors"], n_events)}


@register
class RangeSearch(NearestNeighbours):
    """Events in a volume around the point."""

    names = ("PDERS",)
    mapped = (Mapped("NEventsMin", int, "n_neighbors"),)
    fixed = {"n_neighbors": 100}
