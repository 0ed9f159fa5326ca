"""Which training events validate: the last ones, as in TMVA, or a drawn sample with its share of every class."""

from __future__ import annotations

import numpy as np

from tmvalite.errors import OptionError, Source
from tmvalite.string_utils.syntax import ValidationSize
from tmvalite.training import streams


def validation_count(size: ValidationSize, n_events: int, *, source: Source | None = None) -> int:
    """How many of `n_events` training events validate: a fraction is rounded down, as in TMVA.

    Raises
    ------
    OptionError
        If no event would validate, or none would train.
    """
    count = int(size.value) if size.kind == "count" else int(size.value * n_events + 1e-9)
    if 0 < count < n_events:
        return count
    what = f"{size.value:g}" if size.kind == "count" else f"{100 * size.value:g} %"
    if count <= 0:
        message = f"ValidationSize leaves no event for validation: {what} of {n_events} training events is {count}"
        hint = "give more training events or a larger ValidationSize"
    else:
        message = f"ValidationSize leaves no event for training: {count} of {n_events} training events would validate"
        hint = "ValidationSize=20% takes a fifth of them"
    raise OptionError(
        message,
        code="validation-size",
        source=source,
        span=size.span if source is not None else None,
        expected=f"a number of events between 1 and {n_events - 1}" if n_events > 1 else (),
        hint=hint,
    )


def last_events(n_events: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """TMVA's split: (training, validation) positions, the last `count` events validate."""
    positions = np.arange(n_events)
    return positions[: n_events - count], positions[n_events - count :]


def drawn_events(class_index: np.ndarray | None, n_events: int, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A drawn split: (training, validation) positions, both in increasing order.

    Every class gives its share of the `count` validation events, rounded so that the shares add up (largest remainders
    first); a class with at least two events has one on either side where `count` allows it.

    Parameters
    ----------
    class_index : (n_events,) int or None
        None where there are no classes.
    """
    key = streams.stream_key(seed, streams.SPLIT)
    order = streams.permutation(key, n_events)
    if class_index is None:
        chosen = order[:count]
    else:
        classes, sizes = np.unique(class_index, return_counts=True)
        shares = _shares(sizes, count)
        chosen = np.concatenate([order[class_index[order] == c][:k] for c, k in zip(classes, shares)])
    validates = np.zeros(n_events, dtype=bool)
    validates[chosen] = True
    return np.flatnonzero(~validates), np.flatnonzero(validates)


def _shares(sizes: np.ndarray, count: int) -> np.ndarray:
    exact = sizes * (count / sizes.sum())
    shares = np.floor(exact).astype(int)
    remainders = np.argsort(-(exact - shares), kind="stable")
    shares[remainders[: count - shares.sum()]] += 1
    for c in np.flatnonzero((shares == 0) & (sizes > 1)):  # a small class must not be missing: the richest one gives
        donor = int(np.argmax(shares))
        if shares[donor] > 1:
            shares[donor] -= 1
            shares[c] += 1
    for c in np.flatnonzero((shares == sizes) & (sizes > 1)):
        room = np.flatnonzero(sizes - shares > 1)
        if room.size:
            shares[c] -= 1
            shares[room[np.argmax((sizes - shares)[room])]] += 1
    return shares
