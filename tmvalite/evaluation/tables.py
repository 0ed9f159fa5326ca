"""The tables of the log, with TMVA's columns and number formats: functions from numbers to lines of text.

`test (train)` means the test sample first everywhere; TMVA's confusion matrices have the two exchanged (framework 3.7).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tmvalite.evaluation.efficiency import REFERENCE_BACKGROUNDS, Efficiencies
from tmvalite.evaluation.ranking import Ranking
from tmvalite.evaluation.regression import Deviation
from tmvalite.evaluation.samples import mean_and_rms

RULE_CLASSIFICATION = "-" * 115
RULE_REGRESSION = "-" * 98
RULE_MULTICLASS = "-" * 103


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
        RULE_CLASSIFICATION,
        "DataSet       MVA                       ",
        "Name:         Method:          ROC-integ",
    ]
    lines += [f"{dataset:<13s} {title:<15s}: {fixed(test.area)}" for title, test in rows]
    return [*lines, RULE_CLASSIFICATION]


def classification_overtraining_table(dataset: str, rows: Sequence[tuple[str, Efficiencies, Efficiencies]]) -> list[str]:
    """Table B: signal efficiency at three backgrounds, test (train)."""
    lines = [
        "Testing efficiency compared to training efficiency (overtraining check)",
        RULE_CLASSIFICATION,
        "DataSet              MVA              Signal efficiency: from test sample (from training sample) ",
        "Name:                Method:          @B=0.01             @B=0.10            @B=0.30   ",
        RULE_CLASSIFICATION,
    ]
    for title, test, train in rows:
        pairs = [f"{fixed(a)} ({fixed(b)})" for a, b in zip(test.at, train.at, strict=True)]
        lines.append(f"{dataset:<20s} {title:<15s}: " + "       ".join([pairs[0], "      ".join(pairs[1:])]))
    return [*lines, RULE_CLASSIFICATION]


def regression_table(dataset: str, rows: Sequence[tuple[str, Deviation]], *, training: bool) -> list[str]:
    """One of the two regression tables: bias, RMS and mutual information, with their truncated forms (_T)."""
    if training:
        lines = ["Evaluation results ranked by smallest RMS on training sample:", "(overtraining check)"]
    else:
        lines = [
            "Evaluation results ranked by smallest RMS on test sample:",
            "(Bias: mean of prediction - truth. MutInf: mutual information of prediction and truth, in nats.",
            " _T: without the events that are more than 2 RMS from the mean deviation.)",
        ]
    lines += [
        RULE_REGRESSION,
        "DataSet Name:         MVA Method:        <Bias>   <Bias_T>    RMS    RMS_T  |  MutInf MutInf_T",
        RULE_REGRESSION,
    ]
    for title, r in rows:
        numbers = "".join(general(v, 9, 3) for v in (r.bias, r.bias_truncated, r.rms, r.rms_truncated))
        information = f"{fixed(r.mutual_information)}  {fixed(r.mutual_information_truncated)}"
        lines.append(f"{dataset:<20s} {title:<15s}:{numbers}  |  {information}")
    return [*lines, RULE_REGRESSION]


def _columns(*texts: str) -> str:
    return "".join(f"{text:<15s}" for text in texts)


def multiclass_table(
    dataset: str, classes: Sequence[str], rows: Sequence[tuple[str, Sequence[Efficiencies], Sequence[Efficiencies]]]
) -> list[str]:
    """Area and efficiencies of each class against the rest, test (train)."""
    lines = [
        "1-vs-rest performance metrics per class",
        RULE_MULTICLASS,
        "",
        "The listed class is signal, all others are background.",
        "The first number is from the test sample, the one in parentheses from the training sample.",
        "",
        _columns("Dataset", "MVA Method", "ROC AUC", *(f"Sig eff@B={b:.2f}" for b in REFERENCE_BACKGROUNDS)),
        _columns("Name:", "/ Class:", *["test  (train)"] * (1 + len(REFERENCE_BACKGROUNDS))),
    ]
    for title, test, train in rows:
        lines += ["", _columns(dataset, title), "-" * 30]
        for name, a, b in zip(classes, test, train, strict=True):
            pairs = [(a.area, b.area), *zip(a.at, b.at, strict=True)]
            lines.append(_columns("", name, *(f"{fixed(x)} ({fixed(y)})" for x, y in pairs)))
    return [*lines, "", RULE_MULTICLASS]


def confusion_tables(classes: Sequence[str], rows: Sequence[tuple[str, Sequence[np.ndarray], Sequence[np.ndarray]]]) -> list[str]:
    """For each method and reference background one matrix, row = signal class, column = background class, test (train).

    Each row holds the title, then the (C, C) matrices of the test sample at REFERENCE_BACKGROUNDS, then those of the
    training sample.
    """

    def cells(texts):
        return "".join(f" {text:<14s}" for text in texts)

    lines = [
        "Confusion matrices for all methods",
        RULE_MULTICLASS,
        "",
        "Each number compares two classes: the one of the row is signal, the one of the column background.",
        "",
    ]
    for title, test, train in rows:
        lines.append(f"=== Showing confusion matrix for method : {title:<15s}")
        for background, a, b in zip(REFERENCE_BACKGROUNDS, test, train, strict=True):
            lines += [
                f"(Signal Efficiency for Background Efficiency {background:.2f})",
                "-" * 51,
                cells(["", *classes]),
                cells(["", *[" test (train)"] * len(classes)]),
            ]
            for i, name in enumerate(classes):
                pairs = ["-" if i == j else f"{fixed(a[i, j])} ({fixed(b[i, j])})" for j in range(len(classes))]
                lines.append(cells([name, *pairs]))
            lines.append("")
    return [*lines, RULE_MULTICLASS]


def ranking_table(ranking: Ranking) -> list[str]:
    """Rank, variable, value; best first."""
    width = max([len("Variable"), *(len(name) for name, _ in ranking.entries)])
    head = f"Rank : {'Variable':<{width}s}  : {ranking.discriminator}"
    rule = "-" * (len(head) + 2)
    lines = ["Ranking result (top variable is best ranked)", rule, head, rule]
    lines += [f"{i:4d} : {name:<{width}s}  : {value:.3e}" for i, (name, value) in enumerate(ranking.entries, start=1)]
    return [*lines, rule]


def variable_statistics_table(names: Sequence[str], x, weights) -> list[str]:
    """Weighted mean and RMS, and the range, of each column of x (N, V): `%#11.5g`, as TMVA prints before training."""
    width = max([8, *(len(name) for name in names)])
    lines = [f"{'Variable':>{width}s}        Mean        RMS   [        Min        Max ]"]
    lines.append("-" * len(lines[0]))
    for v, name in enumerate(names):
        column = np.asarray(x[:, v], dtype=np.float64)
        mean, rms = mean_and_rms(column, weights)
        low, high = (float(np.min(column)), float(np.max(column))) if len(column) else (float("nan"), float("nan"))
        numbers = [general(value, 11, 5) for value in (mean, rms, low, high)]
        lines.append(f"{name:>{width}s}:{numbers[0]}{numbers[1]}   [{numbers[2]}{numbers[3]} ]")
    return [*lines, lines[1]]


def matrix_table(names: Sequence[str], matrix) -> list[str]:
    """A square matrix with the same names on both sides, `%+1.3f`: correlations and overlaps."""
    return rectangle_table(names, names, matrix)


def rectangle_table(row_names: Sequence[str], column_names: Sequence[str], matrix) -> list[str]:
    """A matrix with names on both sides, `%+1.3f`."""
    first = max([7, *(len(name) for name in row_names)])
    widths = [max(len(name), 7) + 1 for name in column_names]
    rule = "-" * (first + 1 + sum(widths))
    lines = [rule, " " * (first + 1) + "".join(f"{n:>{w}s}" for n, w in zip(column_names, widths, strict=True))]
    for name, row in zip(row_names, matrix, strict=True):
        lines.append(f"{name:>{first}s}:" + "".join(f"{fixed(v, 3, True):>{w}s}" for v, w in zip(row, widths, strict=True)))
    return [*lines, rule]


def event_count_table(rows: Sequence[tuple[str, int, int]]) -> list[str]:
    """Numbers of training and testing events; rows of (class, training, testing)."""
    width = max([10, *(len(name) for name, _, _ in rows)])
    lines = ["Number of training and testing events", "-" * 75]
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
