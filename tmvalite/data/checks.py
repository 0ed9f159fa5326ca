"""What is worth a word about a sample before it trains: the same for arrays given to `fit` and for the trees of a DataLoader."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tmvalite.errors import DataError, OptionError, TmvaliteWarning

EXACT_INTEGERS = 1 << 24  # float32 holds every integer up to here
NOT_FINITE = ("raise", "mark")  # what `predict` may do with an event that has a NaN or an infinity
_SHOWN = 5
_FIRST = 64  # rows that tell nearly all columns apart


def sample_remarks(
    x: np.ndarray, names: Sequence[str], weight: np.ndarray, known: frozenset[int] = frozenset()
) -> list[TmvaliteWarning]:
    """One warning each for constant variables, for equal ones, and for negative weights.

    Parameters
    ----------
    x : (N, V) variables; names : of the variables; weight : (N,) event weights before any normalisation
    known : columns of which it is known that they equal another one
    """
    likely = np.flatnonzero((x[:_FIRST] == x[:1]).all(axis=0)) if len(x) else ()
    constant = [j for j in map(int, likely) if (x[:, j] == x[0, j]).all()]
    found = [constant_remark("variable", [names[j] for j in constant])] if constant else []
    twins = _equal_columns(x, known.union(constant))
    if twins:
        pairs = ", ".join(f"'{names[a]}' and '{names[b]}'" for a, b in twins[:_SHOWN]) + (", ..." if len(twins) > _SHOWN else "")
        found.append(
            TmvaliteWarning(
                f"variables {pairs} are equal in all events",
                code="data-equal",
                hint="leave one of them out: it tells nothing new",
            )
        )
    negative = weight < 0
    if negative.any():
        n, total = int(negative.sum()), float(weight.sum())
        found.append(
            TmvaliteWarning(
                f"{n} of {len(weight)} event weights are negative ({100 * n / len(weight):.3g} %); "
                f"their sum is {weight[negative].sum():.6g}, that of all weights {total:.6g}",
                code="data-negative-weights",
                hint="they count as they are; IgnoreNegWeightsInTraining leaves such events out of the training",
            )
        )
    return found


def constant_remark(kind: str, names: Sequence[str]) -> TmvaliteWarning:
    """The warning about constant variables or targets."""
    shown = ", ".join(f"'{name}'" for name in names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    verb = f"{kind} {shown} is" if len(names) == 1 else f"{len(names)} {kind}s ({shown}) are"
    return TmvaliteWarning(f"{verb} constant over the training events", code="data-constant")


def _equal_columns(x: np.ndarray, leave_out: frozenset[int]) -> list[tuple[int, int]]:
    """Pairs of equal columns: each column beside the first one that it equals."""
    first: dict[bytes, list[int]] = {}
    pairs = []
    for j in range(x.shape[1]):
        if j in leave_out:
            continue
        begin = np.ascontiguousarray(x[:_FIRST, j]).tobytes()
        twin = next((i for i in first.setdefault(begin, []) if np.array_equal(x[:, i], x[:, j])), None)
        if twin is None:
            first[begin].append(j)
        else:
            pairs.append((twin, j))
    return pairs


def rounded_integers(x: np.ndarray, out: np.ndarray, names: Sequence[str]) -> list[TmvaliteWarning]:
    """One warning where whole numbers above 2^24 of x (N, V) are not the same in `out`, which is x in another precision."""
    if out.dtype != np.float32 or x.dtype == np.float32 or not np.abs(out).max(initial=0.0) >= EXACT_INTEGERS:
        return []
    rounded = [j for j in range(x.shape[1]) if is_rounded(x[:, j], out[:, j])]
    if not rounded:
        return []
    shown = ", ".join(f"'{names[j]}'" for j in rounded[:_SHOWN]) + (", ..." if len(rounded) > _SHOWN else "")
    return [
        TmvaliteWarning(
            f"variable{'s' * (len(rounded) > 1)} {shown} {'have' if len(rounded) > 1 else 'has'} integers above 2^24, "
            "which float32 rounds",
            code="data-integer-rounded",
            hint="Precision=float64 keeps them up to 2^53; is it an event number?",
        )
    ]


def is_rounded(values: np.ndarray, values_32: np.ndarray) -> bool:
    """Whether float32 rounds whole numbers among these values (N,)."""
    large = np.abs(values_32) >= EXACT_INTEGERS  # 2^24 + 1 becomes 2^24
    if not large.any():
        return False
    given, kept = values[large], values_32[large]
    if given.dtype.kind == "f":
        whole = given == np.trunc(given)
        return bool((whole & (given != kept)).any())
    return bool((given.astype(np.float64) != kept).any() or (np.abs(kept) > 2.0**53).any())


def events_without_value(values: np.ndarray, not_finite: str) -> np.ndarray:
    """(N,) bool, or () for one event: which events have no finite values (N, outputs) because their variables are not finite.

    Raises DataError if there are any and `not_finite` is "raise".
    """
    if not_finite not in NOT_FINITE:
        raise OptionError(f"not_finite={not_finite!r} is not known", code="argument", expected=NOT_FINITE)
    bad = ~np.isfinite(values).all(axis=-1)
    if not_finite == "raise" and bad.any():
        rows = np.flatnonzero(bad)
        shown = ", ".join(map(str, rows[:_SHOWN])) + (", ..." if len(rows) > _SHOWN else "")
        raise DataError(
            f"X contains NaN or infinity in {len(rows)} of {bad.size} events (row{'s' * (len(rows) > 1)} {shown})",
            code="data-not-finite",
            hint="predict(X, not_finite='mark') gives -1 or NaN there; the getters give NaN",
        )
    return bad
