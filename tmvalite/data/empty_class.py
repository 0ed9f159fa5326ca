"""The error that a class of a data set has no events."""

from __future__ import annotations

from tmvalite.errors import DataError


def class_without_events(name: str, n: int, cut: str, counted: str = "") -> DataError:
    """Why a class has no events.

    Parameters
    ----------
    n : int
        Of the entries that its trees have.
    cut : str
        Of the class; "" where its trees have cuts of their own.
    counted : str
        What n counts, where the message says so.
    """
    if n == 0:
        return DataError(f"class '{name}' has no events: its trees are empty", code="data-empty-class")
    which = f" '{cut}'" if cut else " of its trees"
    return DataError(
        f"class '{name}' has no events: none of {n}{counted} passes the cut{which}",
        code="data-empty-class",
        hint="check the names, units and signs in the cut",
    )
