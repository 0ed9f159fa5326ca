"""Short texts and small HTML tables of Factory, DataLoader and Reader, for the prompt and for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from tmvalite.evaluation.result_tables import shortened
from tmvalite.workflow.info_views import DataSetInfoView, counts_text
from tmvalite.workflow.results import MethodRecord
from tmvalite.wrapping import WIDTH

METHOD_COLUMNS = ("data set", "method", "type", "analysis", "state", "ROC area")
VARIABLE_COLUMNS = ("", "label", "expression", "unit", "type")


def method_row(dataset: str, record: MethodRecord) -> tuple[str, ...]:
    """One row of METHOD_COLUMNS."""
    state = "tested" if "test" in record.outputs else "trained" if record.trained else "booked"
    has_area = record.analysis_type == "classification" and "test" in record.outputs
    area = f"{record.roc('test').area:.3f}" if has_area else ""
    return dataset, record.title, record.method.method_type, record.analysis_type, state, area


def variable_rows(view: DataSetInfoView) -> list[tuple[str, ...]]:
    """Rows of VARIABLE_COLUMNS for variables, targets and spectators."""
    groups = {"variable": view.variables, "target": view.targets, "spectator": view.spectators}
    return [(what, v.label, v.expression, v.unit, v.type) for what, of in groups.items() for v in of]


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


def loader_text(name: str, view: DataSetInfoView, n_trees: int, was_read: bool) -> str:
    trees = f"{n_trees} tree{'s' * (n_trees != 1)}"
    return f"DataLoader('{name}': {counts_text(view)}, {trees}{', read' if was_read else ''})"
