"""The options that methods have in common, read."""

from __future__ import annotations

from tmvalite.data.info import DataSetInfo
from tmvalite.data.transforms import check_transforms
from tmvalite.errors import Diagnostics
from tmvalite.methods.options import remark_ignored
from tmvalite.string_utils import (
    parse_batch_layout,
    parse_input_layout,
    parse_layout,
    parse_strategy,
    parse_validation_size,
    parse_var_transform,
    resolve_strategy,
)


def read_options(method) -> None:
    """Set `transforms`, `validation_size`, `phases`, `input_layout`, `batch_layout` and `layout`. Raises OptionError."""
    bound, diagnostics = method.bound, method.diagnostics
    remark_ignored(bound, diagnostics)
    method.transforms = parse_var_transform(*bound.place("VarTransform"), diagnostics)
    check_transforms(method.transforms)  # their names; classes and variables are checked when they are known
    method.validation_size = parse_validation_size(*bound.place("ValidationSize"), diagnostics)
    method.phases = resolve_strategy(parse_strategy(*bound.place("TrainingStrategy"), diagnostics), diagnostics)
    method.input_layout = parse_input_layout(*bound.place("InputLayout"), diagnostics)
    method.batch_layout = parse_batch_layout(*bound.place("BatchLayout"), diagnostics)
    method.layout = parse_layout(*bound.place("Layout"), diagnostics)


def silent(source) -> Diagnostics:
    """Takes warnings that nobody shall see."""
    diagnostics = Diagnostics(source)
    diagnostics.strict = False
    return diagnostics


def unnamed(n_variables: int, n_classes: int = 2, n_targets: int = 0) -> DataSetInfo:
    """Data of which only these numbers are known."""
    classes = ("Signal", "Background") if n_classes == 2 else tuple(f"class{i}" for i in range(n_classes))
    return DataSetInfo.from_names(
        [f"var{i + 1}" for i in range(n_variables)], [f"target{i + 1}" for i in range(n_targets)], classes=classes
    )
