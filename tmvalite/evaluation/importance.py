"""How much a method needs each of its variables: with one shuffled, and with subsets left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tmvalite.cluster import SharedArrays, executor_of, in_order
from tmvalite.cluster.executor import shares_files
from tmvalite.evaluation.paired import Measured
from tmvalite.evaluation.plots import new_figure
from tmvalite.evaluation.result_tables import RULE, general, shortened

NOTHING = np.empty(0)


@dataclass(frozen=True, eq=False)
class Importance:
    """The variables with what each is worth.

    Attributes
    ----------
    names : (V,) tuple of str
    values, errors : (V,) float64
        In units of what is measured: a ROC area, or an RMS.
    reference : float
        The number with all variables.
    label : str
        What is measured, "loss of ROC-integ".
    """

    names: tuple[str, ...]
    values: np.ndarray
    errors: np.ndarray
    reference: float
    label: str

    @property
    def percent(self) -> np.ndarray:
        """(V,) the values in percent of their sum; NaN where that is 0."""
        total = float(np.sum(self.values))
        return 100.0 * self.values / total if total else np.full(len(self.values), np.nan)

    def ranked(self) -> list[tuple[str, float, float]]:
        """(name, value, error), the largest value first."""
        order = np.argsort(-self.values, kind="stable")
        return [(self.names[i], float(self.values[i]), float(self.errors[i])) for i in order]

    def lines(self) -> list[str]:
        """The ranked variables as a table."""
        width = max(8, *(min(len(name), 36) for name in self.names))
        lines = [f"Importance of the variables: {self.label} ({self.reference:.4g} with all)", RULE]
        lines.append(f"Rank : {'Variable':<{width}s} : {'importance':>11s} {'error':>9s}")
        for i, (name, value, error) in enumerate(self.ranked(), start=1):
            lines.append(f"{i:4d} : {shortened(name, width):<{width}s} : {general(value, 11, 4)} {general(error, 9, 2)}")
        return [*lines, RULE]

    def __str__(self):
        return "\n".join(self.lines())

    def figure(self):
        """Horizontal bars, the most important variable on top. Returns a matplotlib Figure; raises MissingExtraError."""
        names, values, errors = zip(*self.ranked()[::-1])
        figure = new_figure(6.0, max(2.0, 0.8 + 0.3 * len(names)))
        ax = figure.add_subplot()
        ax.barh(range(len(names)), values, xerr=errors, color="tab:blue", ecolor="black", height=0.7, capsize=2)
        ax.set_yticks(range(len(names)), [shortened(name, 30) for name in names])
        ax.axvline(0.0, color="black", linewidth=0.8)
        ax.set(xlabel=self.label)
        return figure

    def _repr_png_(self) -> bytes:
        return self.figure()._repr_png_()


def permutation_importance(
    measure: Callable[[np.ndarray], Measured],
    x: np.ndarray,
    names: Sequence[str],
    *,
    n_repeats: int = 5,
    seed: int = 1,
    executor=None,
) -> Importance:
    """How much worse a method is where one variable is shuffled among the events.

    Parameters
    ----------
    measure : callable
        From events (N, V) to the number of the method on them.
    x : (N, V)
    n_repeats : int
        Shuffles of each variable.
    seed : int
        Of the shuffles: that of variable v does not depend on the others.
    executor : None, int or executor
        Where the variables are shuffled, see cluster; elsewhere than here `measure` is sent, and so must be a function of a
        module with values that can be sent.

    Returns
    -------
    Importance
        Means over the shuffles. The error has the spread of the shuffles, and that of the sample: the events are a sample too.

    Notes
    -----
    Variables that say the same share their worth: each alone may seem to be worth little.
    Source: Breiman, Machine Learning 45 (2001) 5, section 10.
    """
    whole = measure(x)
    values, errors = np.empty(len(names)), np.empty(len(names))
    with executor_of(executor) as running, SharedArrays({"x": x, "parts": whole.parts}, shares_files(running)) as arrays:
        tasks = [
            _Shuffled(measure, arrays, dataclasses.replace(whole, parts=NOTHING), v, n_repeats, seed) for v in range(len(names))
        ]
        for v, gains in enumerate(in_order(running, _gains, tasks, lambda task: f"variable '{names[task.variable]}' shuffled")):
            spread = np.var(gains[:, 0], ddof=1) / n_repeats if n_repeats > 1 else 0.0
            values[v], errors[v] = np.mean(gains[:, 0]), np.sqrt(spread + np.mean(gains[:, 1] ** 2))
    return Importance(tuple(names), values, errors, whole.value, _loss(whole))


@dataclass(frozen=True, eq=False)
class _Shuffled:
    """One variable that is to be shuffled. arrays : "x" of the events, and "parts" of the whole"""

    measure: Callable[[np.ndarray], Measured]
    arrays: SharedArrays
    whole: Measured
    variable: int
    n_repeats: int
    seed: int


def _gains(task: _Shuffled) -> np.ndarray:
    """(repeats, 2): how much better the method is without the shuffle, and the error of that."""
    x, v = task.arrays["x"], task.variable
    whole = dataclasses.replace(task.whole, parts=task.arrays["parts"])
    gains, shuffled = np.empty((task.n_repeats, 2)), np.array(x)
    for repeat in range(task.n_repeats):
        order = np.random.default_rng((task.seed, v, repeat)).permutation(len(x))
        shuffled[:, v] = x[order, v]
        gains[repeat] = whole.gain_over(task.measure(shuffled))
    return gains


def subset_importance(
    measured: Mapping[int, Measured], terms: Sequence[Sequence[tuple[float, int]]], names: Sequence[str]
) -> Importance:
    """Importances that are sums over subsets of the variables, value_v = sum of c A(S).

    Parameters
    ----------
    measured : mapping of int to Measured
        Of trainings on subsets S; bit v of a key says whether variable v belongs to it.
    terms : for every variable a list of (c, S)
    """
    whole = measured[max(measured)]
    sign = 1.0 if whole.larger_is_better else -1.0
    values = np.array([sign * sum(c * measured[s].value for c, s in of_one) for of_one in terms])
    errors = np.array([np.sqrt(np.sum(sum(c * measured[s].parts for c, s in of_one) ** 2)) for of_one in terms])
    many = max(map(len, terms)) > 2
    return Importance(tuple(names), values, errors, whole.value, _loss(whole) + (", summed over subsets" if many else ""))


def _loss(whole: Measured) -> str:
    return f"loss of {whole.label}" if whole.larger_is_better else f"rise of {whole.label}"
