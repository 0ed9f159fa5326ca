"""A trained model as a C++ class: transformations, expressions, layers, the way back to original units."""

from __future__ import annotations

import os

from tmvalite.cpp import CppClass, CppFunction, cpp_variables, header
from tmvalite.io.atomic import write_atomic
from tmvalite.layers.onnx_form import OnnxForms
from tmvalite.models.form import VARIABLES
from tmvalite.models.model_operators import CODE, MATRIX, MULTICLASS, MVA, RECONSTRUCTION, TARGETS, ModelOperators, built
from tmvalite.models.replica_set import check_one_network
from tmvalite.models.trained import Trained

_WHOLE, _PARTS = "evaluate", ("encode", "decode")
_GETTERS = {
    MVA: "GetMvaValues",
    MULTICLASS: "GetMulticlassValues",
    TARGETS: "GetRegressionValues",
    CODE: "GetCodes",
    RECONSTRUCTION: "GetReconstruction",
}


def export_class(trained: Trained, title: str, path: str | os.PathLike) -> None:
    """Write the header, or nothing; see `Method.MakeClass`."""
    check_one_network(trained, "MakeClass")
    functions = [_function(trained, _WHOLE, None)]
    if "" not in trained.blocks:
        parts = (trained.form.roles[0].name, trained.form.role(VARIABLES))
        functions += [_function(trained, name, part) for name, part in zip(_PARTS, parts) if part in trained.blocks]
    getters = [getter for _, getter, _ in functions[0].results]
    mva = next((one for one in (_GETTERS[MVA], _GETTERS[TARGETS]) if one in getters), None)
    made = CppClass(title, _remarks(trained, title), cpp_variables(trained.info.variables), tuple(functions), mva)
    write_atomic(path, header(made).encode("utf-8"))


def _function(trained: Trained, name: str, part: str | None) -> CppFunction:
    forms = OnnxForms(trained.network.precision)
    wanted, given = built(ModelOperators(trained, forms, lambda *_: None), part, MATRIX)
    results = [(value, name if part is not None else _GETTERS[kind], width) for kind, value, width in wanted]
    return CppFunction(forms, f"{name}_event", dict(given), tuple(results))


def _remarks(trained: Trained, title: str) -> tuple[str, ...]:
    info = trained.info
    lines = [
        f"{title}: {trained.form.name} of tmvalite, {trained.analysis_type}, for C++17 without further libraries.",
        "",
        *(f"input {i}: {_plain(one.expression if one.index is None else one.internal)}" for i, one in enumerate(info.variables)),
        *(f"class {i}: {_plain(one)}" for i, one in enumerate(info.classes) if trained.analysis_type == "multiclass"),
        *(f"target {i}: {_plain(one.expression)}" for i, one in enumerate(info.targets)),
    ]
    return tuple(map(_plain, lines))


def _plain(text: str) -> str:
    """A text of one line that ends no comment."""
    return " ".join(text.split()).rstrip("\\")
