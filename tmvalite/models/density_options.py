"""The options of CreateMVAPdfs, TMVA's class PDF: for both densities, and for that of signal or background alone."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.string_utils import DeclaredOption, OptionTable
from tmvalite.string_utils.option_table import OptionValues

BOTH, BACKGROUND, SIGNAL = "MVAPdf", "MVAPdfBkg", "MVAPdfSig"  # the ends of the names
METHODS = ("Spline0", "Spline1", "Spline2", "Spline3", "Spline5", "KDE")  # their positions are TMVA's numbers of them
ITERATIONS, BORDERS = ("Nonadaptive", "Adaptive"), ("None", "Renorm", "Mirror")  # numbered from 1
NOT_GIVEN = -1, ""  # what an option of one density is where that for both counts


def _table(end: str, of: str) -> OptionTable:
    """The options with an end of their names; those of one density have no defaults of their own."""
    alone = end != BOTH
    rows = (
        ("NSmooth", int, 0, "how often the histogram is smoothed", ()),
        ("MinNSmooth", int, -1, "the same for its fullest bins; -1: NSmooth", ()),
        ("MaxNSmooth", int, -1, "the same for its emptiest bins; -1: NSmooth", ()),
        ("NAvEvtPerBin", int, 50, "events per bin of the histogram, on the average", ()),
        ("Nbins", int, 0, "bins of the histogram; 0: NAvEvtPerBin says", ()),
        ("PDFInterpol", str, "Spline2", "the curve through the histogram", METHODS),
        ("KDEtype", str, "Gauss", "the kernel of KDE", ("Gauss",)),
        ("KDEiter", str, "Nonadaptive", "one width of the kernel, or one for every bin", ITERATIONS),
        ("KDEFineFactor", float, 1.0, "factor of the widths of an adaptive kernel", ()),
        ("KDEborder", str, "None", "what becomes of kernels at the ends", BORDERS),
    )
    options = [
        DeclaredOption(name + end, kind, NOT_GIVEN[kind is str] if alone else default, f"{text}; {of}", choices)
        for name, kind, default, text, choices in rows
    ]
    return OptionTable(*options, DeclaredOption(f"CheckHist{end}", bool, False, f"for TMVA, which then prints more; {of}"))


DENSITY_OPTIONS = (
    _table(BOTH, "both densities") + _table(BACKGROUND, "the background's alone") + _table(SIGNAL, "the signal's alone")
)


@dataclass(frozen=True)
class DensitySettings:
    """How one density is made of a histogram.

    least, most : int
        How often bins are smoothed, the fullest and the emptiest ones.
    bins, per_bin : int
        Bins of the histogram; where they are 0, so many events per bin.
    method : str
        One of METHODS.
    adaptive : bool
    border : int
        1 to 3, see BORDERS.
    fine : float
    """

    least: int = 0
    most: int = 0
    bins: int = 0
    per_bin: int = 50
    method: str = "Spline2"
    adaptive: bool = False
    border: int = 1
    fine: float = 1.0

    def bins_for(self, n_events: int) -> int:
        """The number of bins for so many events of both classes; a kernel takes five times as many."""
        return max(1, self.bins or n_events // self.per_bin) * (5 if self.method == "KDE" else 1)


def density_settings(values: OptionValues, end: str) -> DensitySettings:
    """The settings of the density whose options have this end."""

    def of(name: str):
        own = values[name + end]
        return values[name + BOTH] if own in NOT_GIVEN else own

    least, most, plain = of("MinNSmooth"), of("MaxNSmooth"), max(0, of("NSmooth"))
    alone = values["NSmooth" + end] >= 0 and max(values["MinNSmooth" + end], values["MaxNSmooth" + end]) < 0
    if least < 0 or most < 0 or alone:
        least = most = plain
    return DensitySettings(
        least,
        max(least, most),
        max(0, of("Nbins")),
        max(1, of("NAvEvtPerBin")),
        of("PDFInterpol"),
        of("KDEiter") == "Adaptive",
        1 + BORDERS.index(of("KDEborder")),
        of("KDEFineFactor"),
    )
