"""The spectators of the events that a Reader is asked about: from its registered arrays, or from a table."""

from __future__ import annotations

import numpy as np

from tmvalite.data.fold_expression import FoldExpression
from tmvalite.data.info import DataSetInfo
from tmvalite.data.sources import is_table
from tmvalite.errors import DataError
from tmvalite.methods.fold_methods import spectators_of
from tmvalite.workflow.slots import VariableSlot


def spectators_for(
    events, info: DataSetInfo, slots: list[VariableSlot | None], expression: FoldExpression
) -> dict[str, np.ndarray] | None:
    """The spectators of events by internal name, of a table those that the expression reads; whole numbers as they are.

    None for an array, which has none. `events` is None for the registered arrays, whose spectators are (1,) each. Raises
    DataError where one has no array.
    """
    if events is not None:
        return spectators_of(events, info, expression) if is_table(events) else None
    missing = ", ".join(repr(v.label) for slot, v in zip(slots, info.spectators, strict=True) if slot is None)
    if missing:
        hint = "give AddSpectator an array('i', [0]), or call EvaluateMVA(table, tag)"
        raise DataError(f"no array is registered for {missing}", code="slot-missing", hint=hint)
    return {v.internal: np.array([slot.read()]) for slot, v in zip(slots, info.spectators, strict=True)}
