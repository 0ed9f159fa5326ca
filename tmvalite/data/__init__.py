"""Data: where events come from, expressions of variables, the data set and its split, variable transformations."""

from importlib import import_module

_WHERE = {
    "DataSet": "info",
    "DataSetInfo": "info",
    "Events": "info",
    "VariableInfo": "info",
    "declare": "info",
    "declare_array": "info",
    "EventInput": "dataset",
    "TreeInput": "dataset",
    "build_dataset": "dataset",
    "SplitOptions": "split",
    "read_split_options": "split",
    "TransformChain": "transforms",
    "open_table": "sources",
    "parse_expression": "expression",
}
__all__ = list(_WHERE)


def __getattr__(name):
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
