"""A compression report as text, for the terminal and for .txt files: tables of at most 80 columns."""

from __future__ import annotations

from collections.abc import Sequence

from tmvalite.evaluation.compression import ColumnComparison
from tmvalite.evaluation.result_tables import shortened
from tmvalite.wrapping import wrapped


def as_text(report) -> str:
    """All numbers of a CompressionReport."""
    how = f"{report.variables} variables -> {report.latent} latent values ({report.precision}) by {report.model}"
    if not report.model:
        trained = any(with_it < without for without, with_it in (report.sizes.trained or {}).values())
        how = f"{report.variables} columns as steps within their bound, {'some by networks' if trained else 'no network'}"
    lines = wrapped(f"{report.file or 'events'}: {report.events} events, {how}")
    if report.bound:
        lines += wrapped(f"bound {report.bound}: holds for every entry")
    tables = (_size_lines(report), _residual_lines(report.columns), _response_lines(report.columns, report.corrected))
    return "\n".join([*lines, *(line for table in tables for line in ("", *table)), *_peak_lines(report)])


def _size_lines(report) -> list[str]:
    s, ratios = report.sizes, report.sizes.ratios()
    rows = [
        ("original file", s.file, "file"),
        ("columns as plain arrays", s.raw, "raw"),
        ("columns packed without loss", s.lossless, "lossless"),
    ]
    lines = [f"{'':30s}{'bytes':>12s}{'ratio':>9s}" + (f"{'with model':>12s}" if s.model else "")]
    for label, size, key in rows:
        if size:
            whole = f"{ratios[key + '_with_model']:12.2f}" if s.model else ""
            lines.append(f"{label:30s}{size:12d}{ratios[key]:9.2f}{whole}")
    lines.append(f"{'archive without the model' if s.model else 'archive':30s}{s.archive:12d}")
    lines += [f"  {name:28s}{size:12d}" for name, size in s.parts.items() if size and name != "model"]
    if s.model:
        lines.append(f"{'model, in the archive' if s.embedded else 'model, in its own file':30s}{s.model:12d}")
    if s.candidates:
        lines += ["", "the columns at the same bound"]
        lines += [f"  {name:28s}{size:12d}" for name, size in s.candidates.items()]
    lines += trained_lines(s.trained)
    if report.kept:
        lines += wrapped(f"kept without loss: {', '.join(report.kept)}")
    return lines


def trained_lines(trained: dict[str, tuple[int, int]] | None) -> list[str]:
    """Columns for which networks were trained: bytes without and with them; none where none was asked for."""
    if trained is None:
        return []
    kept = {name: sizes for name, sizes in trained.items() if sizes[1] < sizes[0]}
    lines = [f"networks that predict columns: {len(kept)} in the archive"]
    if not kept:
        lines = wrapped("networks that predict columns: none in the archive, since none makes it smaller")
    for name, (without, with_it) in trained.items():
        what = "kept" if name in kept else "left out"
        lines.append(f"  {shortened(name, 30):30s}{without:10d} bytes, with a network {with_it:10d}  {what}")
    return lines


def _names(columns: Sequence[ColumnComparison]) -> tuple[list[str], int]:
    names = [shortened(c.name) for c in columns]
    return names, max([9, *map(len, names)])


def _residual_lines(columns: Sequence[ColumnComparison]) -> list[str]:
    names, width = _names(columns)
    lines = [f"{'residuals':{width}s}" + "".join(f"{head:>11s}" for head in ("mean", "RMS", "0.1 %", "99.9 %", "largest"))]
    for name, c in zip(names, columns):
        r = c.residual
        numbers = "".join(f"{value:11.4g}" for value in (r.mean, r.rms, r.low, r.high, r.largest))
        lines.append(f"{name:{width}s}{numbers}")
    return lines


def _response_lines(columns: Sequence[ColumnComparison], corrected: dict[str, int]) -> list[str]:
    names, width = _names(columns)
    heads = ("mean, %", "RMS, %", "outside", "equal", "corrected")
    lines = [f"{'responses':{width}s}" + "".join(f"{head:>11s}" for head in heads)]
    for name, c in zip(names, columns):
        q, entries = c.response, (c.response.underflow + c.response.overflow, c.equal, corrected.get(c.name, 0))
        lines.append(f"{name:{width}s}{q.mean:11.4g}{q.rms:11.4g}" + "".join(f"{n:11d}" for n in entries))
    return lines


def _peak_lines(report) -> list[str]:
    lines = []
    for peak in report.peaks:
        lines += [
            "",
            f"peak in {peak.name}",
            f"  before  {peak.before.as_text()}",
            f"  after   {peak.after.as_text()}",
            f"  shift {peak.shift:.3f} %, width {peak.broadening:+.1f} %",
        ]
    return lines
