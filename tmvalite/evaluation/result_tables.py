"""The tables of the log, with TMVA's columns and number formats: functions from numbers to lines of text.

`test (train)` means the test sample first everywhere; TMVA's confusion matrices have the two exchanged (framework 3.7).
No table is wider than 80 columns: names are shortened in the middle, and a matrix of many columns stands in blocks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tmvalite.evaluation.by_class import moments
from tmvalite.evaluation.efficiency import REFERENCE_BACKGROUNDS, Efficiencies
from tmvalite.evaluation.ranking import Ranking
from tmvalite.evaluation.regression import Deviation
from tmvalite.wrapping import WIDTH

LONGEST_NAME = 24  # of a variable, class or method in a table
RULE = "-" * 76
MOST_TARGETS = 20  # of one regression table: an autoencoder has as many as there are variables


def shortened(name: str, width: int = LONGEST_NAME) -> str:
    """A name in at most `width` columns, cut in the middle, since expressions often differ at the end.

    >>> shortened("sqrt(jet1_px*jet1_px+jet1_py*jet1_py)", 20)
    'sqrt(jet1...jet1_py)'
    """
    if len(name) <= width:
        return name
    end = (width - 3) // 2
    return f"{name[: width - 3 - end]}...{name[len(name) - end :]}"


def in_blocks(widths: Sequence[int], first: int) -> list[range]:
    """Ranges of columns of these widths that fit side by side, behind a first column of `first`."""
    blocks, start, used = [], 0, first
    for i, width in enumerate(widths):
        if used + width > WIDTH and i > start:
            blocks.append(range(start, i))
            start, used = i, first
        used += width
    return [*blocks, range(start, len(widths))]


def _method(dataset: str, title: str) -> str:
    """Data set and method as they begin a row, in at most 33 columns."""
    return f"{shortened(dataset, 13):<13s} {shortened(title, 19):<15s}: "


def fixed(value: float, digits: int = 3, sign: bool = False) -> str:
    """A number with `digits` places after the point; `nan` for what could not be computed."""
    return format(value, f"{'+' if sign else ''}.{digits}f")


def general(value: float, width: int, digits: int) -> str:
    """C's `%#<width>.<digits>g`: `digits` significant digits, trailing zeros kept."""
    return format(value, f"#{width}.{digits}g")


def classification_area_table(dataset: str, rows: Sequence[tuple[str, Efficiencies]]) -> list[str]:
    """Table A: the area of each method on the test sample, in the order given."""
    lines = [
        "Evaluation results ranked by best signal efficiency and purity (area)",
        RULE,
        "DataSet       MVA                       ",
        "Name:         Method:          ROC-integ",
    ]
    lines += [f"{_method(dataset, title)}{fixed(test.area)}" for title, test in rows]
    return [*lines, RULE]


def classification_overtraining_table(dataset: str, rows: Sequence[tuple[str, Efficiencies, Efficiencies]]) -> list[str]:
    """Table B: signal efficiency at three backgrounds, test (train)."""
    lines = [
        "Testing efficiency compared to training efficiency (overtraining check)",
        RULE,
        "DataSet       MVA              Signal efficiency: from test (training) sample",
        "Name:         Method:          @B=0.01         @B=0.10         @B=0.30",
        RULE,
    ]
    for title, test, train in rows:
        pairs = [f"{fixed(a)} ({fixed(b)})" for a, b in zip(test.at, train.at, strict=True)]
        lines.append(_method(dataset, title) + "   ".join(pairs))
    return [*lines, RULE]


def regression_table(dataset: str, groups: Sequence[tuple[str, Sequence[tuple[str, Deviation]]]], *, training: bool) -> list[str]:
    """One of the two regression tables: bias, RMS and mutual information, with their truncated forms (_T).

    `groups` are (target, rows of (title, numbers)) in the order in which they are shown; targets are named if there are several.
    """
    if training:
        lines = ["Evaluation results ranked by smallest RMS on training sample:", "(overtraining check)"]
    else:
        lines = [
            "Evaluation results ranked by smallest RMS on test sample:",
            "(Bias: mean of prediction - truth. MutInf: mutual information of",
            " prediction and truth, in nats. _T: without the events that are more than",
            " 2 RMS from the mean deviation.)",
        ]
    lines += [
        RULE,
        f"DataSet: {shortened(dataset, 60)}",
        f"{'MVA Method:':<19s} {'<Bias>':>9s} {'<Bias_T>':>9s} {'RMS':>9s} {'RMS_T':>9s} | MutInf MutInf_T",
        RULE,
    ]
    for target, rows in groups[:MOST_TARGETS]:
        lines += [f"target {shortened(target, 60)}:"] * (len(groups) > 1)
        for title, r in rows:
            numbers = " ".join(general(v, 9, 3) for v in (r.bias, r.bias_truncated, r.rms, r.rms_truncated))
            information = f"{r.mutual_information:6.3f}   {r.mutual_information_truncated:6.3f}"
            lines.append(f"{shortened(title, 18):<18s}: {numbers} | {information}")
    if len(groups) > MOST_TARGETS:
        lines.append(f"... and {len(groups) - MOST_TARGETS} more targets: factory.record(...).deviation(sample, i)")
    return [*lines, RULE]


def _columns(*texts: str) -> str:
    return "".join(f"{shortened(text, 14):<15s}" for text in texts).rstrip()


def multiclass_table(
    dataset: str, classes: Sequence[str], rows: Sequence[tuple[str, Sequence[Efficiencies], Sequence[Efficiencies]]]
) -> list[str]:
    """Area and efficiencies of each class against the rest, test (train)."""
    lines = [
        "1-vs-rest performance metrics per class",
        RULE,
        "",
        "The listed class is signal, all others are background.",
        "First the number of the test sample, then in parentheses that of the training",
        "sample.",
        "",
        _columns("Class:", "ROC AUC", *(f"Sig eff@B={b:.2f}" for b in REFERENCE_BACKGROUNDS)),
        _columns("", *["test  (train)"] * (1 + len(REFERENCE_BACKGROUNDS))),
    ]
    for title, test, train in rows:
        head = f"Dataset {shortened(dataset)}, MVA Method {shortened(title)}"
        lines += ["", head, "-" * len(head)]
        for name, a, b in zip(classes, test, train, strict=True):
            pairs = [(a.area, b.area), *zip(a.at, b.at, strict=True)]
            lines.append(_columns(name, *(f"{fixed(x)} ({fixed(y)})" for x, y in pairs)))
    return [*lines, "", RULE]


def confusion_tables(classes: Sequence[str], rows: Sequence[tuple[str, Sequence[np.ndarray], Sequence[np.ndarray]]]) -> list[str]:
    """For each method and reference background one matrix, row = signal class, column = background class, test (train).

    Each row holds the title, then the (C, C) matrices of the test sample at REFERENCE_BACKGROUNDS, then those of the
    training sample.
    """

    lines = [
        "Confusion matrices for all methods",
        RULE,
        "",
        "Each number compares two classes: the one of the row is signal, the one of the",
        "column background.",
        "",
    ]
    for title, test, train in rows:
        lines.append(f"=== Showing confusion matrix for method : {shortened(title)}")
        for background, a, b in zip(REFERENCE_BACKGROUNDS, test, train, strict=True):
            lines += [f"(Signal Efficiency for Background Efficiency {background:.2f})", "-" * 51]
            for block in in_blocks([15] * len(classes), 15):
                lines += [_columns("", *(classes[j] for j in block)), _columns("", *["test  (train)"] * len(block))]
                for i, name in enumerate(classes):
                    pairs = ["-" if i == j else f"{fixed(a[i, j])} ({fixed(b[i, j])})" for j in block]
                    lines.append(_columns(name, *pairs))
                lines.append("")
    return [*lines, RULE]


def ranking_table(ranking: Ranking) -> list[str]:
    """Rank, variable, value; best first."""
    entries = [(shortened(name, 40), value) for name, value in ranking.entries]
    width = max([len("Variable"), *(len(name) for name, _ in entries)])
    head = f"Rank : {'Variable':<{width}s}  : {ranking.discriminator}"
    rule = "-" * (len(head) + 2)
    lines = ["Ranking result (top variable is best ranked)", rule, head, rule]
    lines += [f"{i:4d} : {name:<{width}s}  : {value:.3e}" for i, (name, value) in enumerate(entries, start=1)]
    return [*lines, rule]


def variable_statistics_table(names: Sequence[str], x, weights) -> list[str]:
    """Weighted mean and RMS, and the range, of each column of x (N, V): `%#11.5g`, as TMVA prints before training."""
    names = [shortened(name) for name in names]
    width = max([8, *(len(name) for name in names)])
    lines = [f"{'Variable':>{width}s}        Mean        RMS   [        Min        Max ]"]
    lines.append("-" * len(lines[0]))
    found = moments(x, np.zeros(len(x), np.int64), weights, 1)
    for v, name in enumerate(names):
        of_column = (found.mean, found.rms, found.low, found.high)
        numbers = [general(float(values[0, v]) if len(x) else float("nan"), 11, 5) for values in of_column]
        lines.append(f"{name:>{width}s}:{numbers[0]}{numbers[1]}   [{numbers[2]}{numbers[3]} ]")
    return [*lines, lines[1]]


def matrix_table(names: Sequence[str], matrix) -> list[str]:
    """A square matrix with the same names on both sides, `%+1.3f`: correlations and overlaps."""
    return rectangle_table(names, names, matrix)


def rectangle_table(row_names: Sequence[str], column_names: Sequence[str], matrix) -> list[str]:
    """A matrix with names on both sides, `%+1.3f`."""
    row_names, column_names = ([shortened(name) for name in names] for names in (row_names, column_names))
    first = max([7, *(len(name) for name in row_names)])
    widths = [max(len(name), 7) + 1 for name in column_names]
    lines = []
    for block in in_blocks(widths, first + 1):
        rule = "-" * (first + 1 + sum(widths[j] for j in block))
        lines += [rule, " " * (first + 1) + "".join(f"{column_names[j]:>{widths[j]}s}" for j in block)]
        for name, row in zip(row_names, matrix, strict=True):
            lines.append(f"{name:>{first}s}:" + "".join(f"{fixed(row[j], 3, True):>{widths[j]}s}" for j in block))
    return [*lines, rule]


def event_count_table(rows: Sequence[tuple[str, int, int]]) -> list[str]:
    """Numbers of training and testing events; rows of (class, training, testing)."""
    rows = [(shortened(name), train, test) for name, train, test in rows]
    width = max([10, *(len(name) for name, _, _ in rows)])
    lines = ["Number of training and testing events", "-" * 52]
    for name, train, test in rows:
        lines.append(f"{name:<{width}s} -- training events            : {train}")
        lines.append(f"{name:<{width}s} -- testing events             : {test}")
        lines.append(f"{name:<{width}s} -- training and testing events: {train + test}")
    return lines


def elapsed(seconds: float) -> str:
    """A time as TMVA prints it: 3 significant digits up to an hour, then hours and minutes.

    >>> elapsed(0.01362), elapsed(411.2), elapsed(7384.0)
    ('0.0136 sec', '411 sec', '2 hrs 3 mins 4 secs')
    """
    if seconds < 3600.0:
        return f"{seconds:.3g} sec"
    whole = int(round(seconds))
    days, rest = divmod(whole, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    parts = [(days, "days"), (hours, "hrs"), (minutes, "mins"), (left, "secs")]
    return " ".join(f"{n} {word}" for n, word in parts if n or word != "days")
