"""What a method knows of its output for signal and background: densities, and the probabilities and rarities made of them."""

from __future__ import annotations

import numpy as np

from tmvalite.data.info import Events
from tmvalite.errors import TmvaliteWarning, warn_user
from tmvalite.models.output_densities import OutputDensities, density_records


class DescribedOutput:
    """The part of a Method that CreateMVAPdfs asks for."""

    without_densities: str | None = "train it with CreateMVAPdfs"

    def _describe_output(self, events: Events) -> None:
        """Keep the densities of the output over events, or say why there are none."""
        outputs, is_signal = np.asarray(self.mva_values(events.x)), events.class_index == self.info.signal_class
        records = density_records(self.title, self.method_type, outputs, is_signal, events.weight, self.bound.values)
        if records is None:
            message = "CreateMVAPdfs gives no densities: they take events of signal and background with a positive sum of weights"
            warn_user(TmvaliteWarning(message, code="pdfs"))
        else:
            self._model = self._trained().with_densities(records)

    def probability_of(self, values, signal_share: float = 0.5):
        """The probability that events with these MVA values (N,), or one float, are signal; -1 without CreateMVAPdfs.

        signal_share : part of the signal among the events, from 0 to 1
        """
        densities = self._described()
        return _everywhere(values, -1.0) if densities is None else densities.probability(values, signal_share)

    def rarity_of(self, values, *, of_signal: bool = False):
        """The part of the background, or of the signal, with smaller MVA values than these (N,), or one float.

        The background's own rarities are spread evenly from 0 to 1. 0 without CreateMVAPdfs.
        """
        densities = self._described()
        return _everywhere(values, 0.0) if densities is None else densities.rarity(values, of_signal=of_signal)

    @property
    def densities(self) -> OutputDensities | None:
        """The densities of its output for signal and background; None without CreateMVAPdfs, and before a training."""
        return None if self._model is None else self._model.densities

    def _described(self) -> OutputDensities | None:
        self._trained()
        found = self.densities
        if found is None:
            message = f"'{self.title}' has no densities of its output"
            warn_user(TmvaliteWarning(message, code="pdfs", hint=self.without_densities))
        return found

    # TMVA's names

    def GetProba(self, mvaVal, ap_sig: float = 0.5):
        """TMVA's name of `probability_of`."""
        return self.probability_of(mvaVal, ap_sig)

    def GetRarity(self, mvaVal, reftype=1):
        """TMVA's name of `rarity_of`; `reftype` is 0 for the signal, 1 for the background."""
        return self.rarity_of(mvaVal, of_signal=int(reftype) == 0)

    def HasMVAPdfs(self) -> bool:
        """Whether there are densities of its output (CreateMVAPdfs)."""
        return self.densities is not None


def _everywhere(values, answer: float):
    return np.full(np.shape(values), answer) if np.ndim(values) else answer
