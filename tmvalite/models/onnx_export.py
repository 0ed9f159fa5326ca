"""A trained model as an ONNX file: transformations, layers, output functions and the way back to original units.

A file is run on events of its own, and what comes out compared with the model, before it gets its name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from tmvalite.data.info import VariableInfo
from tmvalite.errors import FileError, OptionError, TmvaliteWarning, warn_user
from tmvalite.io import onnx_file
from tmvalite.io.atomic import write_atomic
from tmvalite.io.onnx_targets import check_operators, check_target
from tmvalite.layers.base import Shape
from tmvalite.layers.onnx_form import OnnxForms
from tmvalite.models import onnx_generator
from tmvalite.models.form import VARIABLES
from tmvalite.models.model_operators import (
    CODE,
    LAYOUT,
    MATRIX,
    MULTICLASS,
    MVA,
    RECONSTRUCTION,
    TARGETS,
    ModelOperators,
    Wanted,
    built,
)
from tmvalite.models.onnx_generator import GENERATED
from tmvalite.models.replica_set import check_one_network
from tmvalite.models.trained import Trained

COMPARED = 10_000  # events on which a file is run before it is handed over
TOLERANCE, LIMIT = 2e-6, 2e-5  # of the largest value of a column, and of 1: what is warned of, and refused
_SEED = 1


def export(
    trained: Trained, score: Callable, title: str, path: str | os.PathLike, *, opset, target: str, part: str | None, inputs: str
) -> None:
    """Write the file, or nothing; see `Method.to_onnx`. `score` gives the MVA value of events (N, V)."""
    check_one_network(trained, "to_onnx")
    onnx_file.require("onnx"), onnx_file.require("onnxruntime")
    check_target(target)
    opset = onnx_file.check_opset(opset)
    if inputs not in (MATRIX, LAYOUT):
        raise OptionError(f"inputs={inputs!r} is not known", code="argument", expected=(MATRIX, LAYOUT))
    made = ModelOperators(trained, OnnxForms("float32", wide=target != "sofie"), partial(check_operators, target))
    wanted, given = built(made, part, inputs)
    facts = _facts(trained, title, target, part or "", given, wanted)
    outputs = tuple((name, value, (width,)) for name, value, width in wanted)
    content = onnx_file.model_bytes(onnx_file.OnnxModel(made.forms, given, outputs, facts), opset)
    _compare(trained, score, onnx_file.OnnxSession(content), given, part)
    if trained.network.precision != "float32":
        message = f"the network computes in {trained.network.precision}, the ONNX file in float32"
        warn_user(TmvaliteWarning(message, code="onnx-precision", hint=f"scores agree within {TOLERANCE:g}"))
    write_atomic(path, content)


def _facts(trained: Trained, title: str, target: str, part: str, given, wanted: Sequence[Wanted]) -> dict[str, Any]:
    info = trained.info
    return {
        "version": onnx_file.VERSION,
        "method": trained.form.name,
        "title": title,
        "part": part,
        "target": target,
        "analysis_type": trained.analysis_type,
        "variables": [_variable(one) for one in info.variables],
        "targets": [_variable(one) for one in info.targets],
        "classes": list(info.classes),
        "inputs": {name: list(shape) for name, shape in given},
        "outputs": {name: [width] for name, _, width in wanted},
    }


def _variable(one: VariableInfo) -> dict[str, str]:
    return {"expression": one.expression, "label": one.label, "title": one.title, "unit": one.unit, "type": one.type}


# ---- the file against the model


def _compare(trained: Trained, score: Callable, session: onnx_file.OnnxSession, given, part: str | None) -> None:
    """Raises FileError where the file does not give what the model gives."""
    rng = np.random.default_rng(_SEED)
    if GENERATED in session.outputs:
        _compare_generated(trained, session, rng)
        return
    if CODE in session.inputs and part:
        x = rng.standard_normal((COMPARED, trained.code_size)).astype(np.float32)
    else:
        x = drawn(rng, trained.info.variables)
    found = session.run(cut(x, given))
    for name, expected in _expected(trained, score, x, session.outputs).items():
        _hold_against(name, found[name].astype(np.float64), *expected)


def _compare_generated(trained: Trained, session: onnx_file.OnnxSession, rng) -> None:
    """Likewise for a generator: noise and conditions in, events out."""
    noise, conditions = onnx_generator.drawn_inputs(trained, rng, COMPARED, drawn(rng, trained.info.variables))
    given = {onnx_generator.NOISE: noise} | ({onnx_generator.CONDITIONS: conditions} if conditions.shape[1] else {})
    found = session.run(given)[GENERATED].astype(np.float64)
    inside = onnx_generator.transformed_events(trained, noise, conditions)
    expected, room = _back(inside, trained.chain.invert_variables, trained.chain.transforms_variables)
    _hold_against(GENERATED, found, np.asarray(expected, np.float64), room)


def _hold_against(name: str, values: np.ndarray, expected: np.ndarray, room: np.ndarray | float) -> None:
    """Raises FileError where values (N, W) differ from those expected by more than LIMIT of the column and `room`.

    Beyond TOLERANCE a warning says so: long sums of float32 numbers in another order differ by that much in large networks.
    """
    known = np.isfinite(expected)
    unit = np.maximum(1.0, np.abs(expected).max(axis=0, initial=0.0, where=known))
    with np.errstate(invalid="ignore"):
        off = np.where(known, np.maximum(np.abs(values - expected) - room, 0.0) / unit, 0.0)
    off = np.where(np.isnan(off), np.inf, off)
    row, column = np.unravel_index(np.argmax(off), off.shape)
    found, ours, theirs = off[row, column], expected[row, column], values[row, column]
    message = f"the ONNX model gives {theirs:.9g} for {name}[{column}] of an event, the method {ours:.9g}"
    if found > LIMIT:
        raise FileError(
            message,
            code="onnx-disagrees",
            expected=f"a difference of at most {LIMIT:g} of the largest value of the column, or of 1",
            hint="nothing was written; large weights or sharp transformations lose digits in float32",
        )
    if found > TOLERANCE:
        hint = f"that is {found:.1e} of the largest value of the column, or of 1; most networks keep {TOLERANCE:g}"
        warn_user(TmvaliteWarning(message, code="onnx-precision", hint=hint))


def drawn(rng, variables: Sequence[VariableInfo]) -> np.ndarray:
    """(COMPARED, V) float32: uniform over the range of every variable and a tenth of it beyond, else normal."""
    columns = []
    for one in variables:
        low, high = (one.minimum, one.maximum) if one.has_range else (0.0, 0.0)
        wide = 0.1 * (high - low)
        columns.append(rng.uniform(low - wide, high + wide, COMPARED) if wide > 0 else low + rng.standard_normal(COMPARED))
    return np.stack(columns, axis=1).astype(np.float32)


def cut(x: np.ndarray, given: Sequence[tuple[str, Shape]]) -> dict[str, np.ndarray]:
    """Events (N, D) as the inputs by name that a file has."""
    parts, start = {}, 0
    for name, shape in given:
        stop = start + int(np.prod(shape, dtype=np.int64))
        parts[name], start = x[:, start:stop].reshape(len(x), *shape), stop
    return parts


def _expected(trained: Trained, score: Callable, x: np.ndarray, outputs) -> dict[str, tuple[np.ndarray, np.ndarray | float]]:
    """What the model itself gives for every output of the file, (N, W) float64, and the room that the way back needs.

    A transformation that stretches its tails makes more of a last digit than TOLERANCE; the room is what it makes of TOLERANCE.
    """
    found: dict[str, tuple[np.ndarray, np.ndarray | float]] = {}
    if CODE in outputs:
        found[CODE] = trained.encode(x), 0.0
    if RECONSTRUCTION in outputs:
        z, _ = trained.codes(found[CODE][0] if CODE in outputs else x)
        values = trained.part(trained.form.role(VARIABLES)).values(z)
        found[RECONSTRUCTION] = _back(values, trained.chain.invert_variables, trained.chain.transforms_variables)
    if MVA in outputs:
        found[MVA] = score(x)[:, None], 0.0
    if MULTICLASS in outputs:
        found[MULTICLASS] = trained.classes(x), 0.0
    if TARGETS in outputs:
        values = trained.values(x)[0][:, trained.class_width :]
        found[TARGETS] = _back(values, trained.chain.invert_targets, trained.chain.transforms_targets)
    return {name: (np.asarray(values, np.float64), room) for name, (values, room) in found.items()}


def _back(values: np.ndarray, invert: Callable, transforms: bool) -> tuple[np.ndarray, np.ndarray | float]:
    """Values in original units, and how far TOLERANCE in the transformed ones moves them."""
    if not transforms:
        return values, 0.0
    step = np.float32(TOLERANCE) * np.maximum(np.float32(1.0), np.abs(values))
    here, above, below = (np.asarray(invert(np.ascontiguousarray(v)), np.float64) for v in (values, values + step, values - step))
    return here, np.maximum(np.abs(above - here), np.abs(below - here))
