"""The two networks of a GAN in ONNX: noise and conditions to events in original units; events to what the discriminator says."""

from __future__ import annotations

import numpy as np

from tmvalite.errors import OptionError
from tmvalite.models.form import ORIGIN
from tmvalite.models.trained import Trained

NOISE, CONDITIONS, GENERATED, MVA = "noise", "conditions", "generated", "mva"


def is_pair(trained: Trained) -> bool:
    """Whether it is a generator with a discriminator."""
    return not trained.form.roles[0].reads_event and trained.form.role(ORIGIN) is not None


def built(made, part: str | None, inputs: str, events) -> tuple[list, tuple]:
    """The outputs, and name and shape of the inputs, as `onnx_export` has them. Without `part`, what the discriminator says.

    made : the collector of onnx_export; events : its function that names what is read
    """
    trained = made.trained
    generator, discriminator = trained.form.roles[0].name, trained.form.role(ORIGIN)
    if part not in (None, generator, discriminator):
        raise OptionError(f"part={part!r} cannot be written alone", code="argument", expected=(generator, discriminator))
    if part == generator:
        return _generator(made)
    _refuse_class(trained)
    network = trained.part(discriminator)
    x, given = events(made, network.graph, inputs)
    values = made.finished(network, made.raw(network, made.transformed(x)))
    return [(MVA, values, 1)], given


def _refuse_class(trained: Trained) -> None:
    if any(c.first >= trained.info.n_variables for c in trained.conditions):
        message = "the class of an event is a condition, which the ONNX file has no input for"
        raise OptionError(message, code="onnx-operator", hint="declare the class as variables with 0 and 1, and train again")


def _generator(made) -> tuple[list, tuple]:
    trained, forms = made.trained, made.forms
    _refuse_class(trained)
    network, width = trained.part(trained.form.roles[0].name), trained.info.n_variables
    conditions = {c.name: c for c in trained.conditions}
    free = sum(value.size for value in network.graph.inputs if value.name not in conditions)
    if not conditions:
        values = made.joined(made.raw(network, NOISE))
        return [(GENERATED, made.undone(values, "Variable"), width)], ((NOISE, (free,)),)
    total = sum(c.count for c in trained.conditions)
    forms.scope = "conditions"
    places = np.zeros((total, width))
    at, columns = 0, {}
    for c in trained.conditions:
        columns[c.name] = slice(at, at + c.count)
        places[np.arange(at, at + c.count), np.arange(c.first, c.first + c.count)] = 1
        at += c.count
    event = forms.node("MatMul", CONDITIONS, forms.constant(places))  # 0 in all other columns
    event = made.transformed(event)
    parts, drawn = [], 0
    for value in network.graph.inputs:
        forms.scope = f"given_{value.name}"
        if value.name in conditions:
            c = conditions[value.name]
            parts.append(made.columns(event, c.first, c.first + c.count, width))
        else:
            parts.append(made.columns(NOISE, drawn, drawn + value.size, free))
            drawn += value.size
    values = made.joined(made.raw(network, made.joined(parts)))
    first = next(i for i in range(width) if not any(c.first <= i < c.first + c.count for c in trained.conditions))
    forms.scope, pieces, at = "event", [], 0
    marks = sorted([(c.first, c.count) for c in trained.conditions] + [(first, width - total)])
    for start, count in marks:
        pieces.append(values if start == first else made.columns(event, start, start + count, width))
    whole = made.undone(made.joined(pieces), "Variable")
    forms.scope, pieces = "given", []
    order = {c.first: c for c in trained.conditions}
    for start, count in marks:
        if start in order:
            part = columns[order[start].name]
            pieces.append(made.columns(CONDITIONS, part.start, part.stop, total))
        else:
            pieces.append(made.columns(whole, start, start + count, width))
    return [(GENERATED, made.joined(pieces), width)], ((NOISE, (free,)), (CONDITIONS, (total,)))


def drawn_inputs(trained: Trained, rng, n: int, events: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Noise (n, free) and conditions (n, C) on which a file is run; `events` (n, V) lie in the ranges of the variables."""
    network, names = trained.part(trained.form.roles[0].name), {c.name for c in trained.conditions}
    free = sum(value.size for value in network.graph.inputs if value.name not in names)
    columns = [i for c in trained.conditions for i in range(c.first, c.first + c.count)]
    return rng.standard_normal((n, free)).astype(np.float32), np.ascontiguousarray(events[:, columns], np.float32)


def transformed_events(trained: Trained, noise: np.ndarray, conditions: np.ndarray) -> np.ndarray:
    """What the generator makes of noise and conditions, in transformed variables (n, V), with the transformed conditions."""
    from tmvalite.models.gan_training import Maker

    maker = Maker(trained.part(trained.form.roles[0].name), trained.conditions, trained.info.n_variables, trained.prior)
    columns = [i for part in maker.conditions.values() for i in range(part.start, part.stop)]
    events = np.zeros((len(noise), trained.info.n_variables), trained.dtype)
    events[:, columns] = conditions
    if columns and trained.chain.transforms_variables:
        events = np.ascontiguousarray(trained.chain.apply_variables(events), trained.dtype)
    parts, at = [], 0
    for value in maker.generator.graph.inputs:
        if value.name in maker.conditions:
            parts.append(events[:, maker.conditions[value.name]])
        else:
            parts.append(noise[:, at : at + value.size])
            at += value.size
    inputs = np.ascontiguousarray(np.concatenate(parts, axis=1), trained.dtype)
    return maker.events(inputs, events)
