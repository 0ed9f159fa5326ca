"""What the prompt and notebooks show of a Factory and a DataLoader."""

from __future__ import annotations

from tmvalite.workflow.info_views import DataSetInfoView, counts_text
from tmvalite.workflow.results import MethodRecord

METHOD_COLUMNS = ("data set", "method", "type", "analysis", "state", "ROC area")


def method_row(dataset: str, record: MethodRecord) -> tuple[str, ...]:
    """One row of METHOD_COLUMNS."""
    state = "tested" if "test" in record.outputs else "trained" if record.trained else "booked"
    has_area = record.analysis_type == "classification" and "test" in record.outputs
    area = f"{record.roc('test').area:.3f}" if has_area else ""
    return dataset, record.title, record.method.method_type, record.analysis_type, state, area


def loader_text(name: str, view: DataSetInfoView, n_trees: int, was_read: bool) -> str:
    trees = f"{n_trees} tree{'s' * (n_trees != 1)}"
    return f"DataLoader('{name}': {counts_text(view)}, {trees}{', read' if was_read else ''})"
