"""What a compression is worth: sizes and ratios, how far every column moved, and a peak before and after."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tmvalite.compression.compressor import Compressed
from tmvalite.compression.pack import planes
from tmvalite.compression.report_text import as_text
from tmvalite.compression.table import EventTable
from tmvalite.data.columns import ArrayTable, Column
from tmvalite.data.expression import Context, evaluate, parse_expression
from tmvalite.data.expression.text import written
from tmvalite.data.formulas import bind, expression_of
from tmvalite.data.info import declare
from tmvalite.errors import DataError, OptionError, did_you_mean
from tmvalite.evaluation.compression import ColumnComparison, Spread, compare_column
from tmvalite.evaluation.peak import BINS, WINDOW, PeakChange, PeakFit, compare_peaks


@dataclass(frozen=True)
class Sizes:
    """Bytes.

    Attributes
    ----------
    file, raw : int
        The original file (0 if the events came from memory), and its columns as plain arrays.
    lossless : int
        The same columns packed without any loss and without the model.
    archive : int
        The archive without the model.
    model : int
        The model: in the archive where it is embedded, else its weight file.
    embedded : bool
    parts : dict of str to int
        Of the archive: latent, correction, steps, column, extra, model, header.
    candidates : dict of str to int
        Of all columns at the same bound by every way that was measured; see `Compressed`.
    trained : dict of str to (int, int), or None
        Bytes of columns without and with a network that predicts them; see `Compressed`.
    """

    file: int
    raw: int
    lossless: int
    archive: int
    model: int
    embedded: bool
    parts: dict[str, int]
    candidates: dict[str, int] = field(default_factory=dict)
    trained: dict[str, tuple[int, int]] | None = None

    def ratios(self) -> dict[str, float | None]:
        """Original over compressed, from the file and from plain arrays, without and with the model."""
        out = {}
        for name, size in (("file", self.file), ("raw", self.raw), ("lossless", self.lossless)):
            out[name] = size / self.archive if size else None
            out[f"{name}_with_model"] = size / (self.archive + self.model) if size else None
        return out


@dataclass(frozen=True, eq=False)
class CompressionReport:
    """All numbers of one compression; `as_text`, `as_json` and `tmvalite.compression.report_html.as_html` show them.

    Attributes
    ----------
    file, model, precision, bound : str
    events, variables, latent : int
        N, V and Q; without a network V columns that are steps within their bound, and 0.
    sizes : Sizes
    columns : tuple of ColumnComparison
        Of the columns that the model or steps changed.
    corrected : dict of str to int
        Entries of every column that a correction changed.
    kept : tuple of str
        Columns that are kept without loss.
    peaks : tuple of PeakChange
    """

    file: str
    model: str
    precision: str
    bound: str
    events: int
    variables: int
    latent: int
    sizes: Sizes
    columns: tuple[ColumnComparison, ...]
    corrected: dict[str, int] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    peaks: tuple[PeakChange, ...] = ()

    def as_json(self) -> dict:
        """Everything as JSON values; what is not a finite number is null."""
        return {
            "file": self.file,
            "model": self.model,
            "events": self.events,
            "variables": self.variables,
            "latent": self.latent,
            "precision": self.precision,
            "bound": self.bound,
            "sizes": {
                "file": self.sizes.file,
                "raw": self.sizes.raw,
                "lossless": self.sizes.lossless,
                "archive": self.sizes.archive,
                "model": self.sizes.model,
                "embedded": self.sizes.embedded,
                "parts": self.sizes.parts,
                "candidates": self.sizes.candidates,
                "trained": self.sizes.trained and {name: list(sizes) for name, sizes in self.sizes.trained.items()},
            },
            "ratios": self.sizes.ratios(),
            "columns": [
                {
                    "name": c.name,
                    "angle": c.angle,
                    "equal": c.equal,
                    "skipped": c.skipped,
                    "zeros": c.zeros,
                    "corrected": self.corrected.get(c.name, 0),
                    "residual": _spread(c.residual),
                    "response": _spread(c.response),
                }
                for c in self.columns
            ],
            "kept": list(self.kept),
            "peaks": [
                {
                    "name": p.name,
                    "shift_percent": _number(p.shift),
                    "broadening_percent": _number(p.broadening),
                    "before": _fit(p.before),
                    "after": _fit(p.after),
                }
                for p in self.peaks
            ],
        }

    def as_text(self) -> str:
        """The numbers as tables, none wider than 80 columns."""
        return as_text(self)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _spread(s: Spread) -> dict:
    numbers = {name: _number(getattr(s, name)) for name in ("mean", "rms", "low", "high", "largest")}
    histogram = {
        "low": float(s.edges[0]),
        "high": float(s.edges[-1]),
        "contents": s.contents.tolist(),
        "underflow": s.underflow,
        "overflow": s.overflow,
    }
    return {"count": s.count, **numbers, "histogram": histogram}


def _fit(fit: PeakFit) -> dict:
    names = ("mass", "mass_error", "width", "width_error", "events", "deviance")
    return {name: _number(getattr(fit, name)) for name in names} | {"degrees": fit.degrees, "converged": fit.converged}


def make_report(
    done: Compressed,
    *,
    angles: Sequence[str] = (),
    peaks: Sequence[str] = (),
    window: tuple[float, float] = WINDOW,
    bins: int = BINS,
) -> CompressionReport:
    """The report of a compression.

    Parameters
    ----------
    done : Compressed
    angles : sequence of str
        Columns that are angles in radians: their residual is brought into (-pi, pi].
    peaks : sequence of str
        Quantities in which a peak is fitted before and after, as `label := expression` of columns.
    window, bins
        Of the histogram that is fitted, in the units of the quantity.

    Raises
    ------
    DataError, ExpressionError
        A column is missing, or there is nothing to fit.
    """
    archive = done.archive
    records = {record.name: record for record in archive.columns}
    names = [name for name, record in records.items() if record.lossy]
    for name in angles:
        if name not in names:
            raise OptionError(
                f"the angle '{name}' is no column that the model compresses",
                code="angle",
                expected=f"columns {', '.join(names[:12])}",
                hint=did_you_mean(name, names),
            )
    before, after = done.before.arrays(), done.after.arrays()
    columns = tuple(compare_column(name, before[name], after[name], angle=name in angles) for name in names)
    corrected = archive.corrected_entries()
    fits = []
    for text in peaks:
        label = declare(text).label
        fits.append(compare_peaks(label, quantity(done.before, text), quantity(done.after, text), window, bins))
    original, model = archive.original, archive.model
    return CompressionReport(
        str(original.get("file", "")),
        model.file,
        archive.precision,
        archive.bound,
        archive.n_events,
        len(model.variables) or len(names),
        model.latent,
        _sizes(done),
        columns,
        corrected,
        tuple(n for n, r in records.items() if not r.lossy),
        tuple(fits),
    )


def _sizes(done: Compressed) -> Sizes:
    embedded = bool(done.archive.model.embedded)
    lossless = sum(len(zlib.compress(planes(column.values), 6)) for column in done.before.columns)
    own_file = done.model_file_bytes if done.archive.model.variables else 0
    model = done.embedded_bytes if embedded else own_file
    return Sizes(
        done.before.n_bytes,
        done.before.raw_bytes,
        lossless,
        done.n_bytes - done.embedded_bytes,
        model,
        embedded,
        {name: size for name, size in done.archive.section_bytes().items() if size},
        done.candidates,
        done.trained,
    )


def quantity(table: EventTable, text: str) -> np.ndarray:
    """`label := expression` of the columns of a table, (N,) float64. Raises ExpressionError, DataError."""
    columns = {
        column.name: Column(np.ascontiguousarray(column.values, column.values.dtype.newbyteorder("=")), column.offsets)
        for column in table.columns
        if column.is_number
    }
    info = declare(text)
    expression = parse_expression(written(info.expression)) if info.expression in columns else expression_of(info)
    expression = bind(expression, ArrayTable(columns, table.n_events, table.name), list(columns), "the peak")
    values = evaluate(expression, columns, Context(table.n_events))
    if values.counts is not None or values.values.shape != (table.n_events,):
        raise DataError(f"'{info.expression}' does not have one value per event", code="data-shape")
    return values.values
