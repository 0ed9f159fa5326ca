"""A report as one page that needs nothing but a browser: tables, and histograms as vector graphics."""

from __future__ import annotations

from html import escape

import numpy as np

from tmvalite.compression.compression_report import CompressionReport
from tmvalite.evaluation.compression import ColumnComparison, Spread
from tmvalite.evaluation.peak import PeakChange, PeakFit

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#666666"  # distinguishable without red and green (Okabe and Ito)
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1a1a1a;
       background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2rem } h3 { font-size: 1rem; margin: 0 0 .3rem }
table { border-collapse: collapse } td, th { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #ddd }
td:first-child, th:first-child { text-align: left } .wide { overflow-x: auto }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(27rem, 1fr)); gap: 1.2rem }
figure { margin: 0 } svg { width: 100%; height: auto } text { font: 11px system-ui, sans-serif; fill: #1a1a1a }
"""


def as_html(report: CompressionReport) -> str:
    """The whole page."""
    r = report
    bound = f"Bound {escape(r.bound)}: every entry keeps it. " if r.bound else ""
    parts = [
        f"<h1>Compression of {escape(r.file) or 'events'}</h1>",
        f"<p>{r.events} events of {r.variables} {_how(r)}. {bound}</p>",
        "<h2>Sizes</h2>",
        _sizes(r),
    ]
    if r.kept:
        parts.append(f"<p>Kept without loss: {escape(', '.join(r.kept))}.</p>")
    for peak in r.peaks:
        parts += [f"<h2>Peak in {escape(peak.name)}</h2>", _peak(peak)]
    parts += [
        "<h2>Columns</h2>",
        "<p>Residual: after &minus; before. Response: residual over the value before, in percent. RMS is about the mean.</p>",
        _columns(r),
        '<div class="plots">',
    ]
    parts += [_column_plots(column) for column in r.columns]
    body = "\n".join([*parts, "</div>"])
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Compression of {escape(r.file)}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["<tr>" + "".join(f"<th>{cell}</th>" for cell in head) + "</tr>"]
    lines += ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows]
    return '<div class="wide"><table>' + "\n".join(lines) + "</table></div>"


def _how(r: CompressionReport) -> str:
    if not r.model:
        return "columns as steps within their bound, without a network"
    return f"variables, {r.latent} latent values each in {r.precision}, by {escape(r.model)}"


def _sizes(r: CompressionReport) -> str:
    s, ratios = r.sizes, r.sizes.ratios()
    rows = [
        [label, f"{size:,}", f"{ratios[key]:.2f}", f"{ratios[key + '_with_model']:.2f}"]
        for label, size, key in (
            ("original file", s.file, "file"),
            ("columns as plain arrays", s.raw, "raw"),
            ("columns packed without loss", s.lossless, "lossless"),
        )
        if size
    ]
    rows.append(["archive without the model" if s.model else "archive", f"{s.archive:,}", "", ""])
    rows += [[f"&nbsp;&nbsp;{name}", f"{size:,}", "", ""] for name, size in s.parts.items() if name != "model"]
    if s.model:
        rows.append(["model, in the archive" if s.embedded else "model, in its own file", f"{s.model:,}", "", ""])
    rows += [[f"columns at the same bound: {name}", f"{size:,}", "", ""] for name, size in s.candidates.items()]
    return _table(["", "bytes", "ratio", "ratio with model"], rows)


def _columns(r: CompressionReport) -> str:
    head = [
        "column",
        "mean",
        "RMS",
        "0.1 %",
        "99.9 %",
        "largest",
        "response mean %",
        "RMS %",
        "0.1 %",
        "99.9 %",
        "equal",
        "corrected",
        "not finite",
    ]
    rows = []
    for c in r.columns:
        a, b = c.residual, c.response
        numbers = [a.mean, a.rms, a.low, a.high, a.largest, b.mean, b.rms, b.low, b.high]
        rows.append(
            [
                escape(c.name) + (" (angle)" if c.angle else ""),
                *(f"{x:.3g}" for x in numbers),
                str(c.equal),
                str(r.corrected.get(c.name, 0)),
                str(c.skipped),
            ]
        )
    return _table(head, rows)


def _column_plots(c: ColumnComparison) -> str:
    return (
        f"<figure><h3>{escape(c.name)}</h3>{_histogram(c.residual, 'residual', BLUE)}"
        f"{_histogram(c.response, 'response in %', ORANGE)}</figure>"
    )


_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 430, 150, 46, 32


def _histogram(s: Spread, label: str, colour: str) -> str:
    """Bars of one distribution, the numbers outside its range stated."""
    top = max(int(s.contents.max()), 1)
    area = _area(s.contents / top)
    note = f"mean {s.mean:.3g}, RMS {s.rms:.3g}; {s.underflow} below, {s.overflow} above" if s.count else "no entries"
    return _svg([f'<path d="{area}" fill="{colour}"/>', *_axes(s.edges, top, label), _text(_WIDTH - 4, 12, note, "end")])


def _area(heights: np.ndarray) -> str:
    """Steps of these heights (B,) between 0 and 1 as a closed path."""
    x = np.linspace(_LEFT, _WIDTH - 4, len(heights) + 1)
    y = (_HEIGHT - _BOTTOM) - heights * (_HEIGHT - _BOTTOM - 18)
    steps = " ".join(f"L{x[i]:.1f} {y[i]:.1f} L{x[i + 1]:.1f} {y[i]:.1f}" for i in range(len(heights)))
    return f"M{x[0]:.1f} {_HEIGHT - _BOTTOM} {steps} L{x[-1]:.1f} {_HEIGHT - _BOTTOM} Z"


def _axes(edges: np.ndarray, top: float, label: str) -> list[str]:
    base = _HEIGHT - _BOTTOM
    out = [
        f'<path d="M{_LEFT} 18 V{base} H{_WIDTH - 4}" fill="none" stroke="{GREY}"/>',
        _text(_LEFT - 4, 24, f"{top:g}", "end"),
        _text(_LEFT - 4, base, "0", "end"),
        _text((_LEFT + _WIDTH) / 2, _HEIGHT - 3, label, "middle"),
    ]
    for part, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        x = _LEFT + part * (_WIDTH - 4 - _LEFT)
        value = edges[0] + part * (edges[-1] - edges[0])
        out += [f'<path d="M{x:.1f} {base} v4" stroke="{GREY}"/>', _text(x, base + 15, f"{value:g}", anchor)]
    return out


def _peak(peak: PeakChange) -> str:
    rows = [
        [
            name,
            f"{f.mass:.3f} &plusmn; {f.mass_error:.3f}",
            f"{f.width:.3f} &plusmn; {f.width_error:.3f}",
            f"{f.events:.0f}",
            f"{f.deviance:.0f} / {f.degrees}",
            "yes" if f.converged else "no",
        ]
        for name, f in (("before", peak.before), ("after", peak.after))
    ]
    table = _table(["", "mass", "width", "events in the peak", "deviance / degrees", "converged"], rows)
    top = 1.05 * max(peak.before.contents.max(), peak.after.contents.max(), 1.0)
    plots = [
        f"<figure><h3>{name}</h3>{_fit(fit, peak.name, top, colour)}</figure>"
        for name, fit, colour in (("before", peak.before, BLUE), ("after", peak.after, ORANGE))
    ]
    return f'{table}<p>Shift {peak.shift:.3f} %, width {peak.broadening:+.1f} %.</p><div class="plots">{"".join(plots)}</div>'


def _fit(fit: PeakFit, label: str, top: float, colour: str) -> str:
    x = np.linspace(fit.edges[0], fit.edges[-1], 200)
    px = np.linspace(_LEFT, _WIDTH - 4, len(x))
    py = (_HEIGHT - _BOTTOM) - np.clip(fit.curve(x) / top, 0.0, 1.0) * (_HEIGHT - _BOTTOM - 18)
    line = "M" + " L".join(f"{a:.1f} {b:.1f}" for a, b in zip(px, py))
    return _svg(
        [
            f'<path d="{_area(fit.contents / top)}" fill="{colour}" opacity="0.35"/>',
            f'<path d="{line}" fill="none" stroke="{colour}" stroke-width="2"/>',
            *_axes(fit.edges, round(top), label),
        ]
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(parts: list[str]) -> str:
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">{"".join(parts)}</svg>'
