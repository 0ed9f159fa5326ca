"""Tables of the log about methods that are made of several trainings: mean and spread of one of them."""

from __future__ import annotations

from collections.abc import Sequence

from tmvalite.evaluation.replica_bands import MeanAndSpread, RocBand
from tmvalite.evaluation.result_tables import RULE, shortened

TITLE = "Mean and spread of the replicas one by one, test sample"


def _pair(number: MeanAndSpread) -> str:
    return f"{number.value:.4f}+-{number.error:.4f}"


def bands_table(rows: Sequence[tuple[str, RocBand]]) -> list[str]:
    """Area and signal efficiencies of each (method, or method and class; band); all bands have the same backgrounds."""
    at = "".join(f"{f'@B={b:.2f}':<16s}" for b in rows[0][1].backgrounds)
    lines = [TITLE, RULE, f"{'Method:':<13s}{'ROC-integ':<16s}{at}".rstrip(), RULE]
    for name, band in rows:
        numbers = (band.area, *(band.at(b) for b in band.backgrounds))
        lines.append(f"{shortened(name, 12):<13s}" + "".join(f"{_pair(number):<16s}" for number in numbers).rstrip())
    return [*lines, RULE]


def deviations_table(rows: Sequence[tuple[str, MeanAndSpread, MeanAndSpread]]) -> list[str]:
    """Bias and RMS of each (method and target, bias, RMS)."""
    lines = [TITLE, RULE, f"{'Method, target:':<26s}{'<Bias>':<24s}RMS", RULE]
    for name, bias, rms in rows:
        first, second = (f"{one.value:.4g} +- {one.error:.2g}" for one in (bias, rms))
        lines.append(f"{shortened(name, 25):<26s}{first:<24s}{second}")
    return [*lines, RULE]
