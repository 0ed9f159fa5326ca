"""How a data set came about: entries, events and weights before and after cuts and normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tmvalite.wrapping import fitted

LONGEST_NAME = 20  # so that no table is wider than a terminal


def effective_number(weights: np.ndarray) -> float:
    """(sum w)^2 / sum w^2: the number of unweighted events with the same relative error; 0 without events."""
    squares = float(np.dot(weights, weights))
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0


@dataclass(frozen=True)
class Sums:
    """Number of events, sum of their weights, effective number, and number of negative weights."""

    n: int = 0
    weight: float = 0.0
    effective: float = 0.0
    n_negative: int = 0

    @classmethod
    def of(cls, weights: np.ndarray) -> Sums:
        return cls(len(weights), float(weights.sum()), effective_number(weights), int((weights < 0).sum()))


@dataclass(frozen=True)
class TreeReport:
    """One tree: its entries, its events before cuts (more or fewer than entries where arrays are flattened) and after."""

    name: str
    class_name: str
    sample: str | None
    tree_weight: float
    n_entries: int
    n_before: int
    sum_before: float
    after: Sums
    n_dropped: int = 0


@dataclass(frozen=True)
class ClassReport:
    """One class: before and after cuts, and its two samples before (`train`) and after (`train_normalised`) NormMode."""

    name: str
    cut: str
    n_before: int
    sum_before: float
    after: Sums
    train: Sums
    train_normalised: Sums
    test: Sums
    factor: float

    @property
    def efficiency(self) -> float:
        """Events after cuts over events before."""
        return self.after.n / self.n_before if self.n_before else 0.0

    @property
    def weighted_efficiency(self) -> float:
        """Sum of weights after cuts over that before."""
        return self.after.weight / self.sum_before if self.sum_before else 0.0


@dataclass(frozen=True)
class DataSetReport:
    """The whole story of a data set; `str()` prints it as tables, none wider than 80 columns."""

    trees: tuple[TreeReport, ...]
    classes: tuple[ClassReport, ...]
    norm_mode: str
    split_mode: str
    split_seed: int
    not_finite_cut_away: dict[str, int] = field(default_factory=dict)

    def __str__(self):
        heads = "tree class sample weight entries events".split()
        trees = [
            (t.name, t.class_name, t.sample or "split", f"{t.tree_weight:g}", str(t.n_entries), str(t.n_before))
            for t in self.trees
        ]
        lines = [*_table([heads, *trees], 3), ""]
        heads = ["tree", "sum of weights", "after cuts", "sum of weights", "effective"]
        cuts = [(t.name, f"{t.sum_before:.6g}", str(t.after.n), *_sums(t.after)) for t in self.trees]
        lines += [*_table([heads, *cuts], 1), ""]
        heads = ["class", "efficiency", "weighted", "train", "sum of weights", "effective"]
        trains = [
            (c.name, f"{c.efficiency:.4f}", f"{c.weighted_efficiency:.4f}", str(c.train.n), *_sums(c.train)) for c in self.classes
        ]
        lines += [*_table([heads, *trains], 1), ""]
        heads = ["class", "train, normalised", "test", "sum of weights", "effective"]
        tests = [(c.name, f"{c.train_normalised.weight:.6g}", str(c.test.n), *_sums(c.test)) for c in self.classes]
        lines += _table([heads, *tests], 1)
        seed = f", SplitSeed={self.split_seed}" if self.split_mode == "Random" else ""
        lines.append(f"SplitMode={self.split_mode}{seed}, NormMode={self.norm_mode} (training weights only)")
        lines += [f"cut of class {c.name}: {c.cut}" for c in self.classes if c.cut]
        lines += [f"class {c.name}: {c.after.n_negative} negative weights" for c in self.classes if c.after.n_negative]
        lines += [f"{t.name}: {t.n_dropped} entries dropped, their arrays are too short" for t in self.trees if t.n_dropped]
        lines += [f"{what}: {n} values that are not finite were cut away" for what, n in self.not_finite_cut_away.items()]
        return fitted("\n".join(lines))


def _sums(sums: Sums) -> tuple[str, str]:
    return f"{sums.weight:.6g}", f"{sums.effective:.1f}"


def _shortened(name: str) -> str:
    """A name in at most LONGEST_NAME columns, cut in the middle."""
    half = (LONGEST_NAME - 3) // 2
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 3 - half]}...{name[len(name) - half :]}"


def _table(rows: Sequence[Sequence[str]], n_left: int) -> list[str]:
    """Rows as aligned text; the first `n_left` columns, which are names, to the left, the others to the right."""
    rows = [[*map(_shortened, row[:n_left]), *row[n_left:]] for row in rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(w) if i < n_left else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return [lines[0], "-" * len(lines[0]), *lines[1:]]
