"""What is drawn for one of several trainings of the same network: its seed, its sample of the events, its fold.

Sources: B. Efron, "Bootstrap methods: another look at the jackknife", Ann. Statist. 7 (1979) 1, doi:10.1214/aos/1176344552,
section 2, for samples of N events drawn from N with replacement; B. Efron and R. Tibshirani, "An Introduction to the
Bootstrap" (1993), section 8.3, for a draw of its own from each class.
"""

from __future__ import annotations

import numpy as np

from tmvalite.training import streams

BOOTSTRAP, FOLDS = "bootstrap", "folds"  # names of streams


def replica_seed(first: int, number: int) -> int:
    """The seed of replica `number`, from 0: first + number, and behind the largest seed 1 again, since 0 is none.

    >>> replica_seed(5, 2), replica_seed(2**32 - 1, 1)
    (7, 1)
    """
    return (first - 1 + number) % streams.MAX_SEED + 1


def drawn_multiplicities(class_index: np.ndarray | None, n_events: int, seed: int) -> np.ndarray:
    """How often each event is drawn, (n_events,) int64: of every class as many as it has, with replacement.

    Draw i of a class of n events takes its event floor(n u_i), u_i from the stream "bootstrap" of the class.

    Parameters
    ----------
    class_index : (n_events,) int or None
        None where there are no classes: then all events are one.
    """
    classes = np.zeros(n_events, np.int64) if class_index is None else np.asarray(class_index)
    found = np.zeros(n_events, np.int64)
    for name in np.unique(classes):
        places = np.flatnonzero(classes == name)
        n = len(places)
        u = streams.uniforms(streams.stream_key(seed, BOOTSTRAP, str(int(name))), n)
        drawn = np.minimum((u * n).astype(np.int64), n - 1)  # the product may be rounded up to n
        found[places] = np.bincount(drawn, minlength=n)
    return found


def fold_numbers(class_index: np.ndarray | None, n_events: int, count: int, seed: int) -> np.ndarray:
    """The fold of every event, (n_events,) int64 from 0 to count - 1: dealt in turn, class by class, in a drawn order."""
    order = streams.permutation(streams.stream_key(seed, FOLDS), n_events)
    if class_index is not None:
        order = order[np.argsort(np.asarray(class_index)[order], kind="stable")]
    found = np.empty(n_events, np.int64)
    found[order] = np.arange(n_events) % count
    return found
