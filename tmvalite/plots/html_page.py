"""One HTML page that needs nothing else: pictures as SVG inside, tables, texts; for screens of any width and for paper."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Sequence

_PIXELS = 100  # of an inch of a picture, at most
STYLE = """
:root { --ink: #1c1c1e; --soft: #5f6368; --line: #d8dadf; --accent: #0072b2; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1240px; padding: 1rem; color: var(--ink); font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; margin: .4rem 0; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; border-bottom: 2px solid var(--accent); }
h3 { font-size: 1.02rem; margin: 1.4rem 0 .3rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; list-style: none; padding: 0; margin: .4rem 0; }
a { color: var(--accent); } p.note { color: var(--soft); margin: .2rem 0 .7rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .4rem 0; }
th, td { padding: .22rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th.text, td.text { text-align: left; } th { color: var(--soft); font-weight: 600; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
figure { margin: 0; flex: 1 1 420px; max-width: 100%; }
figure svg { width: 100%; height: auto; } figcaption { color: var(--soft); font-size: .87rem; }
pre { overflow-x: auto; background: #f5f6f8; padding: .7rem; font-size: .82rem; line-height: 1.35; }
@media (max-width: 520px) { body { padding: .5rem; font-size: 14px; } figure { flex-basis: 100%; } }
@media print { nav { display: none; } body { max-width: none; font-size: 10pt; } figure, table { break-inside: avoid; }
  h2, h3 { break-after: avoid; } .figures { display: block; } pre { white-space: pre-wrap; } }
"""


class HtmlPage:
    """A page, written from above downwards."""

    def __init__(self, title: str, note: str = ""):
        self.title, self.note = title, note
        self._parts: list[str] = []
        self._sections: list[tuple[str, str]] = []
        self._pictures = 0

    def section(self, title: str) -> None:
        """A heading that the list on top links to."""
        name = f"s{len(self._sections) + 1}"
        self._sections.append((name, title))
        self._parts.append(f'<h2 id="{name}">{html.escape(title)}</h2>')

    def heading(self, title: str) -> None:
        self._parts.append(f"<h3>{html.escape(title)}</h3>")

    def text(self, text: str) -> None:
        self._parts.append(f'<p class="note">{html.escape(text)}</p>')

    def preformatted(self, text: str) -> None:
        """Lines as they are."""
        self._parts.append(f"<pre>{html.escape(text)}</pre>")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Numbers to the right, texts to the left; columns that are empty everywhere are left out."""
        used = [i for i in range(len(columns)) if any(row[i] for row in rows)]
        kinds = {
            i: "" if all(not row[i] or row[i].lstrip("-+.")[:1].isdigit() for row in rows) else ' class="text"' for i in used
        }
        head = "".join(f"<th{kinds[i]}>{html.escape(columns[i])}</th>" for i in used)
        lines = ["".join(f"<td{kinds[i]}>{html.escape(row[i])}</td>" for i in used) for row in rows]
        body = "".join(f"<tr>{line}</tr>" for line in lines)
        self._parts.append(f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>')

    def figures(self, *drawn) -> None:
        """(figure of matplotlib, caption) side by side where there is room; what is None is left out."""
        shown = [self._figure(*one) for one in drawn if one is not None]
        if shown:
            self._parts.append(f'<div class="figures">{"".join(shown)}</div>')

    def _figure(self, figure, caption: str) -> str:
        buffer = io.StringIO()
        import matplotlib

        with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": f"tmvalite{self._pictures}"}):
            figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
        svg = buffer.getvalue()
        svg = svg[svg.index("<svg") :]
        # names inside a page are unique, and the size is the style sheet's
        svg = re.sub(r'\b(id="|url\(#|xlink:href="#|clip-path="url\(#)', rf"\g<1>p{self._pictures}-", svg)
        svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1), count=1)
        self._pictures += 1
        width = f"max-width: {figure.get_size_inches()[0] * _PIXELS:.0f}px"
        label = html.escape(caption)
        return f'<figure style="{width}" role="img" aria-label="{label}">{svg}<figcaption>{label}</figcaption></figure>'

    def html(self) -> str:
        """The whole page."""
        links = "".join(f'<li><a href="#{name}">{html.escape(title)}</a></li>' for name, title in self._sections)
        note = f'<p class="note">{html.escape(self.note)}</p>' if self.note else ""
        return (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{html.escape(self.title)}</title><style>{STYLE}</style></head>\n<body><h1>{html.escape(self.title)}</h1>{note}"
            f"<nav><ul>{links}</ul></nav>\n" + "\n".join(self._parts) + "\n</body></html>\n"
        )
