"""What a compression is worth: sizes and ratios, how far every column moved, and a peak before and after."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tmvalite.compression.compressor import Compressed
from tmvalite.compression.pack import planes
from tmvalite.compression.table import EventTable
from tmvalite.data.columns import ArrayTable, Column
from tmvalite.data.expression import Context, evaluate, parse_expression
from tmvalite.data.expression.render import written
from tmvalite.data.formulas import bind, expression_of
from tmvalite.data.info import declare
from tmvalite.errors import DataError, OptionError, did_you_mean
from tmvalite.evaluation.compression import ColumnComparison, Spread, compare_column
from tmvalite.evaluation.peak import BINS, WINDOW, PeakChange, PeakFit, compare_peaks
from tmvalite.io.atomic import write_atomic


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
        Of the archive: latent, correction, column, extra, model, header.
    """

    file: int
    raw: int
    lossless: int
    archive: int
    model: int
    embedded: bool
    parts: dict[str, int]

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
        N, V and Q.
    sizes : Sizes
    columns : tuple of ColumnComparison
        Of the columns that the model compressed.
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
        """The numbers as tables."""
        lines = [
            f"{self.file or 'events'}: {self.events} events, {self.variables} variables -> {self.latent} latent values "
            f"({self.precision}) by {self.model}"
        ]
        if self.bound:
            lines.append(f"bound {self.bound}: holds for every entry")
        return "\n".join([*lines, "", *self._size_lines(), "", *_column_lines(self.columns, self.corrected), *self._peak_lines()])

    def _size_lines(self) -> list[str]:
        s, ratios = self.sizes, self.sizes.ratios()
        rows = [
            ("original file", s.file, "file"),
            ("columns as plain arrays", s.raw, "raw"),
            ("columns packed without loss", s.lossless, "lossless"),
        ]
        lines = [f"{'':30s}{'bytes':>12s}{'ratio':>9s}{'with model':>12s}"]
        for label, size, key in rows:
            if size:
                lines.append(f"{label:30s}{size:12d}{ratios[key]:9.2f}{ratios[key + '_with_model']:12.2f}")
        parts = ", ".join(f"{name} {size}" for name, size in s.parts.items() if size and name != "model")
        lines.append(f"{'archive without the model':30s}{s.archive:12d}   ({parts})")
        lines.append(f"{'model, in the archive' if s.embedded else 'model, in its own file':30s}{s.model:12d}")
        if self.kept:
            lines.append(f"kept without loss: {', '.join(self.kept)}")
        return lines

    def _peak_lines(self) -> list[str]:
        lines = []
        for peak in self.peaks:
            lines += [
                "",
                f"peak in {peak.name}",
                f"  before  {peak.before.as_text()}",
                f"  after   {peak.after.as_text()}",
                f"  shift {peak.shift:.3f} %, width {peak.broadening:+.1f} %",
            ]
        return lines


def _column_lines(columns: Sequence[ColumnComparison], corrected: dict[str, int]) -> list[str]:
    width = max([6, *(len(c.name) for c in columns)])
    head = (
        f"{'column':{width}s} {'residual: mean':>14s} {'RMS':>10s} {'0.1 %':>10s} {'99.9 %':>10s} {'largest':>10s} "
        f"{'response: mean':>14s} {'RMS':>9s} {'out':>7s} {'equal':>9s} {'corrected':>9s}"
    )
    lines = [head, f"{'':{width}s} {'':58s} {'%':>14s} {'%':>9s} {'entries':>7s}"]
    for c in columns:
        r, q = c.residual, c.response
        lines.append(
            f"{c.name:{width}s} {r.mean:14.4g} {r.rms:10.4g} {r.low:10.4g} {r.high:10.4g} {r.largest:10.4g} {q.mean:14.4g} "
            f"{q.rms:9.4g} {q.underflow + q.overflow:7d} {c.equal:9d} {corrected.get(c.name, 0):9d}"
        )
    return lines


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
    names = [name for name, record in records.items() if record.start >= 0]
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
    corrected = {name: record.correction["entries"] for name, record in records.items() if record.correction}
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
        len(model.variables),
        model.latent,
        _sizes(done),
        columns,
        corrected,
        tuple(n for n, r in records.items() if r.start < 0),
        tuple(fits),
    )


def _sizes(done: Compressed) -> Sizes:
    embedded = bool(done.archive.model.embedded)
    lossless = sum(len(zlib.compress(planes(column.values), 6)) for column in done.before.columns)
    model = done.embedded_bytes if embedded else done.model_file_bytes
    return Sizes(
        done.before.n_bytes,
        done.before.raw_bytes,
        lossless,
        done.n_bytes - done.embedded_bytes,
        model,
        embedded,
        {name: size for name, size in done.section_bytes().items() if size},
    )


def quantity(table: EventTable, text: str) -> np.ndarray:
    """`label := expression` of the columns of a table, (N,) float64. Raises ExpressionError, DataError."""
    columns = {
        column.name: Column(np.ascontiguousarray(column.values, column.values.dtype.newbyteorder("=")))
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


def write_report(path: str | os.PathLike, report: CompressionReport) -> None:
    """Write a report as .txt, .json or .html, whole or not at all. Raises OptionError for another ending, FileError."""
    ending = report_ending(path)
    if ending == ".html":
        from tmvalite.compression.report_html import as_html

        write_atomic(path, as_html(report))
    elif ending == ".json":
        write_atomic(path, json.dumps(report.as_json(), indent=1, allow_nan=False) + "\n")
    else:
        write_atomic(path, report.as_text() + "\n")


def report_ending(path: str | os.PathLike) -> str:
    """The ending of a report's name, in lower case. Raises OptionError if it is none of .txt, .json and .html."""
    ending = os.path.splitext(os.fspath(path))[1].lower()
    if ending not in (".txt", ".json", ".html"):
        raise OptionError(
            f"'{os.fspath(path)}' is no kind of report",
            code="report-kind",
            expected="a file name that ends in .txt, .json or .html",
        )
    return ending
