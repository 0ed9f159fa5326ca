"""A trained model as an ONNX file: transformations, layers, output functions and the way back to original units.

A file is run on events of its own, and what comes out compared with the model, before it gets its name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tmvalite.data.info import VariableInfo
from tmvalite.errors import FileError, OptionError, TmvaliteWarning, warn_user
from tmvalite.graph import Graph
from tmvalite.io import onnx_file
from tmvalite.io.atomic import write_atomic
from tmvalite.io.onnx_targets import check_operators, check_target
from tmvalite.layers.base import Shape
from tmvalite.layers.onnx_form import OnnxForms
from tmvalite.losses import IDENTITY
from tmvalite.models import onnx_generator
from tmvalite.models.form import TRUTH, VARIABLES
from tmvalite.models.latent import LATENT_TERMS
from tmvalite.models.onnx_generator import GENERATED
from tmvalite.models.trained import Trained
from tmvalite.training.network import Network

EVENTS, CODE, RECONSTRUCTION, MVA, MULTICLASS, TARGETS = "events", "code", "reconstruction", "mva", "classes", "targets"
MATRIX, LAYOUT = "matrix", "layout"
COMPARED = 10_000  # events on which a file is run before it is handed over
TOLERANCE = 2e-6  # of the largest value of a column, and of 1
_SEED = 1


class _Export:
    """Collects the nodes of one file; every part is held against the target as soon as it stands."""

    def __init__(self, trained: Trained, target: str):
        self.trained, self.target, self.forms = trained, target, OnnxForms("float32", wide=target != "sofie")
        self.divergences: list[str] = []  # terms (N, 1) that belong to the anomaly score

    def said(self, what: str, first: int) -> None:
        check_operators(self.target, self.forms, first, what)

    def transformed(self, x: str) -> str:
        first = len(self.forms.nodes)
        x = self.trained.chain.onnx(self.forms, x)
        self.said("VarTransform", first)
        return x

    def undone(self, x: str, kind: str) -> str:
        first = len(self.forms.nodes)
        x = self.trained.chain.onnx_inverse(self.forms, x, kind)
        self.said("the inverse of VarTransform", first)
        return x

    def raw(self, network: Network, x: str) -> list[str]:
        """What `Network.outputs` gives: the name of (N, D) events to those of (N, width) values, one for each output."""
        graph, forms, parameters = network.graph, self.forms, self.trained.network.parameters
        names = self._inputs(graph, x)
        for node in graph.nodes:
            forms.scope, first = node.name, len(forms.nodes)
            owners = (node,) if node.shared is None else (node.shared, node)
            matrices = {p.name: parameters.get(owner.name, p.name) for owner in owners for p in owner.parameters}
            inputs, shapes = tuple(names[v] for v in node.inputs), tuple(v.shape for v in node.inputs)
            if not hasattr(node.layer, "onnx"):
                message = f"the layer '{node.name}' ({node.layer.kind}) has no form in ONNX"
                raise OptionError(message, code="onnx-operator", source=graph.source, span=node.span, where=node.place)
            names[node.output] = node.layer.onnx(forms, inputs, shapes, matrices)
            if self.trained.latent == "KL" and any(term.name == LATENT_TERMS["KL"] for term in node.layer.terms()):
                self.divergences.append(node.layer.onnx_term(forms, inputs, shapes))
            self.said(f"the layer '{node.name}' ({node.layer.kind})", first)
        found = []
        for number, output in enumerate(graph.outputs):
            forms.scope = f"output{number}"
            found.append(forms.reshape(names[output.value], output.value.shape, (output.value.size,)))
        return found

    def finished(self, network: Network, raw: Sequence[str]) -> str:
        """What `Network.values` makes of them, all side by side."""
        found = list(raw)
        for number, function in enumerate(network.output_functions):
            self.forms.scope = f"value{number}"
            if function != IDENTITY:
                found[number] = self.forms.activation(found[number], function.upper())
        return self.joined(found)

    def joined(self, values: Sequence[str]) -> str:
        return values[0] if len(values) == 1 else self.forms.node("Concat", *values, axis=1)

    def _inputs(self, graph: Graph, x: str) -> dict:
        names, start = {}, 0
        if graph.event is not None:
            names[graph.event] = x
        for value in graph.inputs:
            self.forms.scope = f"input_{value.name}"
            cut = self.columns(x, start, start + value.size, graph.input_size)
            names[value] = self.forms.reshape(cut, (value.size,), value.shape)
            start += value.size
        return names

    def columns(self, x: str, start: int, stop: int, width: int) -> str:
        if (start, stop) == (0, width):
            return x
        forms = self.forms
        return forms.node("Slice", x, forms.integers(start), forms.integers(stop), forms.integers(1))


Wanted = tuple[str, str, int]  # name of an output, of its value, its width


def export(
    trained: Trained, score: Callable, title: str, path: str | os.PathLike, *, opset, target: str, part: str | None, inputs: str
) -> None:
    """Write the file, or nothing; see `Method.to_onnx`. `score` gives the MVA value of events (N, V)."""
    onnx_file.require("onnx"), onnx_file.require("onnxruntime")
    check_target(target)
    opset = onnx_file.check_opset(opset)
    if inputs not in (MATRIX, LAYOUT):
        raise OptionError(f"inputs={inputs!r} is not known", code="argument", expected=(MATRIX, LAYOUT))
    made = _Export(trained, target)
    wanted, given = _built(made, part, inputs)
    facts = _facts(trained, title, target, part or "", given, wanted)
    outputs = tuple((name, value, (width,)) for name, value, width in wanted)
    content = onnx_file.model_bytes(onnx_file.OnnxModel(made.forms, given, outputs, facts), opset)
    _compare(trained, score, onnx_file.OnnxSession(content), given, part)
    if trained.network.precision != "float32":
        message = f"the network computes in {trained.network.precision}, the ONNX file in float32"
        warn_user(TmvaliteWarning(message, code="onnx-precision", hint=f"scores agree within {TOLERANCE:g}"))
    write_atomic(path, content)


def _built(made: _Export, part: str | None, inputs: str) -> tuple[list[Wanted], tuple[tuple[str, Shape], ...]]:
    """The outputs, and name and shape of the inputs."""
    trained, form = made.trained, made.trained.form
    if onnx_generator.is_pair(trained):
        return onnx_generator.built(made, part, inputs, _events)
    first, decoder = form.roles[0].name, form.role(VARIABLES)
    if part is not None:
        halves = tuple(name for name in (first, decoder) if name)
        if part not in halves:
            hint = None if halves else "this method is one network: leave part out"
            raise OptionError(f"part={part!r} cannot be written alone", code="argument", expected=halves, hint=hint)
        trained.part(part)  # raises where it is not there
    if part == decoder and part is not None:
        network = trained.part(part)
        values = made.finished(network, made.raw(network, CODE))
        return [(RECONSTRUCTION, made.undone(values, "Variable"), trained.info.n_variables)], ((CODE, (trained.code_size,)),)
    graph = trained.part(first).graph
    x, given = _events(made, graph, inputs)
    x = made.transformed(x)
    if part is None and "" in trained.blocks:
        return _truth(made, trained.part(""), x), given
    code = made.joined(made.raw(trained.part(first), x))
    found = [(CODE, code, trained.code_size)]
    if part is None:
        found += _anomaly(made, x, code) if decoder in trained.blocks else []
        head = form.role(TRUTH)
        if head in trained.blocks:
            found += [one for one in _truth(made, trained.part(head), code) if one[0] != MVA]
    return found, given


def _events(made: _Export, graph: Graph, inputs: str) -> tuple[str, tuple[tuple[str, Shape], ...]]:
    """The value that all events are, and name and shape of what is given."""
    if inputs == MATRIX:
        return EVENTS, ((EVENTS, (graph.input_size,)),)
    made.forms.scope = "inputs"
    flat = [made.forms.reshape(value.name, value.shape, (value.size,)) for value in graph.inputs]
    x = flat[0] if len(flat) == 1 else made.forms.node("Concat", *flat, axis=1)
    return x, tuple((value.name, value.shape) for value in graph.inputs)


def _anomaly(made: _Export, x: str, code: str) -> list[Wanted]:
    """The anomaly score, from the transformed variables x, and the reconstruction in original units."""
    trained, forms = made.trained, made.forms
    network = trained.part(trained.form.role(VARIABLES))
    raw, terms, start, width = made.raw(network, code), [], 0, trained.info.n_variables
    for number, (output, value) in enumerate(zip(network.graph.outputs, raw)):
        forms.scope, size, first = f"error{number}", output.value.size, len(forms.nodes)
        cut_out = made.columns(x, start, start + size, width)
        errors = trained.objectives[number].declared.onnx_errors(forms, value, cut_out, trained.sigma)
        terms.append(forms.node("MatMul", errors, forms.constant(np.full((size, 1), output.weight))))
        made.said("the anomaly score", first)
        start += size
    forms.scope, score = "score", terms[0]
    for term in (*terms[1:], *made.divergences):
        score = forms.node("Add", score, term)
    values = made.finished(network, raw)
    return [(MVA, score, 1), (RECONSTRUCTION, made.undone(values, "Variable"), width)]


def _truth(made: _Export, network: Network, x: str) -> list[Wanted]:
    """Outputs for classes and targets of the network that learnt them, which reads x."""
    trained, found = made.trained, []
    values, classes = made.finished(network, made.raw(network, x)), trained.class_width
    of_targets = network.n_outputs - classes
    made.forms.scope = "values"
    if trained.analysis_type == "multiclass":
        found.append((MULTICLASS, made.columns(values, 0, classes, classes + of_targets), classes))
    elif classes:
        found.append((MVA, made.columns(values, 0, 1, classes + of_targets), 1))
    if of_targets:
        cut = made.columns(values, classes, classes + of_targets, classes + of_targets)
        found.append((TARGETS, made.undone(cut, "Target"), of_targets))
    return found


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
    """Raises FileError where values (N, W) differ from those expected by more than TOLERANCE of the column and `room`."""
    known = np.isfinite(expected)
    allowed = TOLERANCE * np.maximum(1.0, np.abs(expected).max(axis=0, initial=0.0, where=known)) + room
    with np.errstate(invalid="ignore"):
        right = (np.abs(values - expected) <= allowed) | ~known
    if right.all():
        return
    row, column = np.argwhere(~right)[0]
    ours, theirs = expected[row, column], values[row, column]
    raise FileError(
        f"the ONNX model gives {theirs:.9g} for {name}[{column}] of an event, the method {ours:.9g}",
        code="onnx-disagrees",
        expected=f"a difference of at most {TOLERANCE:g} of the largest value of the column, or of 1",
        hint="nothing was written; large weights or sharp transformations lose digits in float32",
    )


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
