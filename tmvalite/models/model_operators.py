"""A trained model in operators (layers/onnx_form.py): transformations, layers, output functions, the way back to original units.

What writes it down for others reads from here: ONNX files, C++ classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tmvalite.errors import OptionError
from tmvalite.graph import Graph
from tmvalite.layers.base import Shape
from tmvalite.layers.onnx_form import OnnxForms
from tmvalite.losses import IDENTITY
from tmvalite.models import onnx_generator
from tmvalite.models.form import TRUTH, VARIABLES
from tmvalite.models.latent import LATENT_TERMS
from tmvalite.models.trained import Trained
from tmvalite.training.network import Network

EVENTS, CODE, RECONSTRUCTION, MVA, MULTICLASS, TARGETS = "events", "code", "reconstruction", "mva", "classes", "targets"
MATRIX, LAYOUT = "matrix", "layout"
Check = Callable[[OnnxForms, int, str], None]


class ModelOperators:
    """Collects the operators of a model; `check(forms, first, what)` looks at each part as soon as it stands."""

    def __init__(self, trained: Trained, forms: OnnxForms, check: Check):
        self.trained, self.forms, self.check = trained, forms, check
        self.divergences: list[str] = []  # terms (N, 1) that belong to the anomaly score

    def said(self, what: str, first: int) -> None:
        self.check(self.forms, first, what)

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


def built(made: ModelOperators, part: str | None, inputs: str) -> tuple[list[Wanted], tuple[tuple[str, Shape], ...]]:
    """The outputs of the whole model or of a part, and name and shape of the inputs. Raises OptionError, NotFittedError."""
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


def _events(made: ModelOperators, graph: Graph, inputs: str) -> tuple[str, tuple[tuple[str, Shape], ...]]:
    """The value that all events are, and name and shape of what is given."""
    if inputs == MATRIX:
        return EVENTS, ((EVENTS, (graph.input_size,)),)
    made.forms.scope = "inputs"
    flat = [made.forms.reshape(value.name, value.shape, (value.size,)) for value in graph.inputs]
    x = flat[0] if len(flat) == 1 else made.forms.node("Concat", *flat, axis=1)
    return x, tuple((value.name, value.shape) for value in graph.inputs)


def _anomaly(made: ModelOperators, x: str, code: str) -> list[Wanted]:
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


def _truth(made: ModelOperators, network: Network, x: str) -> list[Wanted]:
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
