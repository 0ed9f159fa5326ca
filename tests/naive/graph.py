"""A network as a list of plain tuples: values, loss and every gradient, by walking the list forwards and backwards.

A node is (name, kind, sources, settings); sources are names of earlier nodes or of inputs. Kinds and their settings:

DENSE    weights (K, D), biases (K,), activation; optionally mask and drop: dropout of the layer's input
ACT      activation
ADD MUL MEAN CONCAT    any number of sources; optionally activation, applied to the result
SLICE    first, count
RESHAPE  shape of one event
DROPOUT  mask, drop

An output is (name, loss, weight): the node, the loss of losses.py, and its factor in the sum.
"""

from typing import NamedTuple

import numpy as np

from . import combine, dense, losses, optimizers


class Result(NamedTuple):
    """values and grads by node or input name (grads of the loss with respect to the value); parameters[node] = (dW, db)."""

    values: dict
    loss: float
    grads: dict
    parameters: dict


JOINS = {
    "ADD": (combine.add_forward, combine.add_backward),
    "MUL": (combine.mul_forward, combine.mul_backward),
    "MEAN": (combine.mean_forward, combine.mean_backward),
    "CONCAT": (combine.concat_forward, combine.concat_backward),
}


def node_forward(kind, sources, at):
    """Value of a node and what its backward needs."""
    if kind == "DENSE":
        x = sources[0]
        if "mask" in at:
            x = combine.dropout_forward([x], at["mask"], at["drop"])
        u, y = dense.dense_forward(x, at["weights"], at["biases"], at["activation"])
        return y, (x, u)
    if kind == "ACT":
        return dense.activation_forward(sources[0], at["activation"]), None
    if kind in JOINS:
        u = JOINS[kind][0](sources)
        return dense.activation_forward(u, at.get("activation", "LINEAR")), u
    if kind == "SLICE":
        return combine.slice_forward(sources, at["first"], at["count"]), None
    if kind == "RESHAPE":
        return combine.reshape_forward(sources, at["shape"]), None
    if kind == "DROPOUT":
        return combine.dropout_forward(sources, at["mask"], at["drop"]), None
    raise KeyError(kind)


def node_backward(kind, sources, at, saved, grad):
    """Gradients of the sources, and of the parameters of a dense node or None."""
    if kind == "DENSE":
        x, u = saved
        grad_x, grad_weights, grad_biases = dense.dense_backward(x, at["weights"], u, grad, at["activation"])
        if "mask" in at:
            (grad_x,) = combine.dropout_backward([x], grad_x, at["mask"], at["drop"])
        return [grad_x], (grad_weights, grad_biases)
    if kind == "ACT":
        return [dense.activation_backward(sources[0], grad, at["activation"])], None
    if kind in JOINS:
        grad_u = dense.activation_backward(saved, grad, at.get("activation", "LINEAR"))
        return JOINS[kind][1](sources, grad_u), None
    if kind == "SLICE":
        return combine.slice_backward(sources, grad, at["first"], at["count"]), None
    if kind == "RESHAPE":
        return combine.reshape_backward(sources, grad), None
    return combine.dropout_backward(sources, grad, at["mask"], at["drop"]), None


def forward(nodes, inputs):
    """Values of all inputs and nodes, and what the backward walk needs."""
    values, saved = {name: np.asarray(x, dtype=float) for name, x in inputs.items()}, {}
    for name, kind, sources, at in nodes:
        values[name], saved[name] = node_forward(kind, [values[s] for s in sources], at)
    return values, saved


def evaluate(nodes, outputs, inputs, targets, weights=None, regularization="NONE", decay=0.0):
    """Result for a batch.

    targets (B, C) with C the sum of the output widths: every output takes its columns in turn. The loss is
    sum_outputs weight * loss + penalty of all weight matrices; the gradients contain the penalty too.
    """
    values, saved = forward(nodes, inputs)
    grads = {name: np.zeros(value.shape) for name, value in values.items()}
    parameters, loss, column = {}, 0.0, 0
    for name, kind, factor in outputs:
        width = values[name].shape[1]
        part, grad = losses.loss_and_gradient(kind, values[name], np.asarray(targets)[:, column : column + width], weights)
        loss += factor * part
        grads[name] += factor * grad
        column += width
    for name, kind, sources, at in reversed(nodes):
        source_grads, trained = node_backward(kind, [values[s] for s in sources], at, saved[name], grads[name])
        for source, grad in zip(sources, source_grads):
            grads[source] += grad
        if trained is not None:
            loss += optimizers.penalty(regularization, decay, at["weights"])
            parameters[name] = (trained[0] + optimizers.penalty_gradient(regularization, decay, at["weights"]), trained[1])
    return Result(values, loss, grads, parameters)


def flat(parameters):
    """All parameters or gradients of {node: (weights, biases)} as one vector: node by node, weights before biases."""
    return np.concatenate([np.concatenate([np.ravel(w), np.ravel(b)]) for w, b in parameters.values()])


def with_parameters(nodes, vector):
    """The same nodes with the parameters of their dense layers taken from a vector in the order of `flat`."""
    out, at = [], 0
    for name, kind, sources, settings in nodes:
        if kind == "DENSE":
            shape, biases = np.shape(settings["weights"]), np.size(settings["biases"])
            stop = at + shape[0] * shape[1]
            settings = {**settings, "weights": np.reshape(vector[at:stop], shape), "biases": vector[stop : stop + biases]}
            at = stop + biases
        out.append((name, kind, sources, settings))
    return out
