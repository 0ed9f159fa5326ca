"""The densities of an output for signal and background, which CreateMVAPdfs asks for; GetProba and GetRarity use them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tmvalite.data.transforms.base import PdfRecord
from tmvalite.errors import FileError
from tmvalite.models.density import Density
from tmvalite.models.density_options import BACKGROUND, METHODS, SIGNAL, DensitySettings, density_settings
from tmvalite.string_utils.option_table import OptionValues


class OutputDensities:
    """Two densities, `signal` and `background`."""

    def __init__(self, records: Sequence[PdfRecord]):
        self.signal, self.background = map(Density, records)

    def probability(self, outputs, signal_share: float = 0.5):
        """p_S a / (p_S a + p_B (1 - a)) for outputs (N,) or a float; a is the share of the signal. -1 where that is 0/0."""
        signal = self.signal(outputs) * signal_share
        total = signal + self.background(outputs) * (1.0 - signal_share)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.where(total <= 0.0, -1.0, signal / total)
        return found if np.ndim(outputs) else float(found)

    def rarity(self, outputs, *, of_signal: bool = False):
        """The part of the background, or of the signal, that lies below outputs (N,) or a float."""
        found = (self.signal if of_signal else self.background).below(outputs)
        return found if np.ndim(outputs) else float(found)


def check_records(records: Sequence[PdfRecord]) -> None:
    """Raise FileError where a weight file holds what is no density."""
    for record in records:
        number, edges = record.attributes["InterpolMethod"], (record.low, record.high) if record.edges is None else record.edges
        if number not in range(len(METHODS)):
            raise FileError(f"a density of the output has InterpolMethod={number}", code="pdfs", expected="a number from 0 to 5")
        if not (np.diff(edges) > 0).all():
            raise FileError("the bins of a density of the output do not ascend", code="pdfs")


def density_records(
    title: str, method_type: str, outputs: np.ndarray, is_signal: np.ndarray, weights: np.ndarray, values: OptionValues
) -> tuple[PdfRecord, PdfRecord] | None:
    """Histograms of outputs (N,) with the settings of an option string, signal first; None where a class is not there.

    The ranges are those of all outputs that are finite, and the largest one belongs to the last bin, which TMVA leaves out.
    """
    used = np.isfinite(outputs)
    outputs, is_signal, weights = (np.asarray(a)[used] for a in (outputs, is_signal, weights))
    sums = [float(np.sum(weights[chosen])) for chosen in (is_signal, ~is_signal)]
    if not min(sums) > 0.0:
        return None
    low, high = float(outputs.min()), float(outputs.max())
    if not low < high:
        low, high = low - 0.5, high + 0.5
    found = []
    for end, letter, chosen in ((SIGNAL, "S", is_signal), (BACKGROUND, "B", ~is_signal)):
        settings = density_settings(values, end)
        bins = settings.bins_for(len(outputs))
        contents = np.histogram(outputs[chosen], bins, (low, high), weights=weights[chosen])[0].astype(np.float64)
        contents /= np.sum(contents) * (high - low) / bins
        name, histogram = f"{title}_PDF{end.removeprefix('MVAPdf')}", f"{method_type}_tr_{letter}_original"
        found.append(PdfRecord(_attributes(name, settings), histogram, low, high, contents.astype(np.float32).astype(np.float64)))
    return found[0], found[1]


def _attributes(name: str, settings: DensitySettings) -> dict[str, str | int | float]:
    return {
        "Name": name,
        "MinNSmooth": settings.least,
        "MaxNSmooth": settings.most,
        "InterpolMethod": METHODS.index(settings.method),
        "KDE_type": 1,
        "KDE_iter": 1 + settings.adaptive,
        "KDE_border": settings.border,
        "KDE_finefactor": float(settings.fine),
    }
