"""Events that many tasks read, sent to other processes once; see cluster.SharedArrays."""

from __future__ import annotations

from tmvalite.cluster import SharedArrays
from tmvalite.data.info import Events

_FIELDS = ("x", "targets", "weight", "class_index", "original_weight")
_SPECTATOR = "spectator "


def shared(events: Events, by_file: bool) -> SharedArrays:
    """The arrays of events by name."""
    arrays = {name: getattr(events, name) for name in _FIELDS}
    return SharedArrays(arrays | {_SPECTATOR + name: values for name, values in events.spectators.items()}, by_file)


def events_of(arrays: SharedArrays) -> Events:
    """The events again."""
    names = [name.removeprefix(_SPECTATOR) for name in arrays if name.startswith(_SPECTATOR)]
    spectators = {name: arrays[_SPECTATOR + name] for name in names}
    x, targets, weight, class_index, original = (arrays[name] for name in _FIELDS)
    return Events(x, targets, spectators, weight, class_index, original)
