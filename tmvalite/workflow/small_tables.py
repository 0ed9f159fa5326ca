"""Small tables as text of 80 columns, and as HTML for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from tmvalite.evaluation.result_tables import shortened
from tmvalite.wrapping import WIDTH


def text_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Columns side by side; those that are empty everywhere are left out, and long names shortened to fit a terminal."""
    rows = [tuple(row) for row in rows]
    used = [i for i in range(len(columns)) if any(row[i] for row in rows)]
    widths = {i: max(len(columns[i]), *(len(row[i]) for row in rows)) for i in used}
    while sum(widths.values()) + 2 * (len(used) - 1) > WIDTH:
        widths[max(used, key=widths.__getitem__)] -= 1
    return ["  ".join(f"{shortened(row[i], widths[i]):<{widths[i]}s}" for i in used).rstrip() for row in (tuple(columns), *rows)]


def html_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], most: int = 30) -> str:
    """A heading and a table of at most `most` rows; every text is escaped."""
    rows = list(rows)
    used = [i for i in range(len(columns)) if any(row[i] for row in rows)]
    lines = [f"<b>{escape(title)}</b>"]
    if rows:
        head = "".join(f"<th>{escape(columns[i])}</th>" for i in used)
        body = ["<tr>" + "".join(f"<td>{escape(row[i])}</td>" for i in used) + "</tr>" for row in rows[:most]]
        lines.append(f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>")
    if len(rows) > most:
        lines.append(f"<p>... and {len(rows) - most} more</p>")
    return "\n".join(lines)
