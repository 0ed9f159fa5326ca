"""Greedy pre-training: each dense layer of the encoder learns to undo corruption of what it reads, before all train together.

A layer is trained as an autoencoder of its own on the codes of the layers before it: x~ -> y = f(W x~ + b) -> W^T y + c, with
x~ corrupted anew in every batch, and the clean x as target. W and b begin the encoder; where the decoder mirrors the encoder,
W^T and c begin its layers. Source: Vincent et al., JMLR 11 (2010) 3371, sections 3.1 and 3.4.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from tmvalite.graph import Graph, Node, Output
from tmvalite.graph.join import block_of
from tmvalite.models.blocks import DECODER, ENCODER, own_graph
from tmvalite.models.booking import Booking
from tmvalite.training.epoch_pieces import Sample
from tmvalite.training.initialisation import initialise
from tmvalite.training.loop import Training
from tmvalite.training.network import Network
from tmvalite.training.progress import Progress


def pretrain(booking: Booking, network: Network, train: Sample, valid: Sample, *, seed: int, progress: Progress) -> None:
    """Give the dense layers of the encoder, and their mirror images in the decoder, better first weights.

    Raises
    ------
    OptionError
        The encoder has no dense layers in a row to begin with.
    TrainingError
        A layer's loss became infinite or no number.
    """
    values = booking.values
    stack = dense_stack(booking, network.graph)
    mirrors = _mirrors(network.graph, stack)
    phase = dataclasses.replace(booking.phases[0], max_epochs=values.PretrainEpochs, drop_config=())
    encoder = block_of(network.graph, ENCODER)
    x, x_valid = train.x, valid.x
    for number, node in enumerate(stack, 1):
        progress.message(f"Pre-training of layer {number} of {len(stack)}: {x.shape[1]} -> {node.shape[0]} -> {x.shape[1]}")
        layer, own = _layer_network(node, x.shape[1], values, values.ErrorStrategy if number == 1 else "SUMOFSQUARES")
        initialise(layer, values.WeightInitialization, seed)
        training = Training(
            layer,
            _itself(x, train.weights),
            _itself(x_valid, valid.weights),
            [phase],
            seed=seed,
            source=booking.bound.place("TrainingStrategy")[0],
        )
        history = training.run()
        if history.interrupted:
            raise KeyboardInterrupt
        if history.best_epoch is not None:
            progress.message(f"  validation error {history.best_loss:.6g} in epoch {history.best_epoch}")
        weights, biases, back = (layer.parameters.get(*place) for place in own)
        network.parameters.set(node.name, "Weights", weights)
        network.parameters.set(node.name, "Biases", biases)
        if node in mirrors:
            _begin_mirror(network, mirrors[node], weights, back)
        if number < len(stack):
            code = network.part(_up_to(encoder, node.name))
            x, x_valid = code.outputs(train.x), code.outputs(valid.x)


def dense_stack(booking: Booking, graph: Graph) -> list[Node]:
    """The dense layers that the encoder begins with, each reading the one before. Raises OptionError if there are none.

    Layers without parameters that keep the values of an event as they are when scoring may stand between (CORRUPT, DROPOUT).
    """
    nodes = [node for node in graph.nodes if node.block == ENCODER]
    if len(graph.inputs) != 1:
        nodes = []
    value, found = graph.inputs[0], []
    for node in nodes:
        if node.inputs != (value,) or (node.parameters and not node.layer.drops_input):
            break
        if node.layer.drops_input:
            if len(graph.users(value)) > 1:
                break  # the heads of a latent layer, or a branch
            found.append(node)
        elif node.shape != node.inputs[0].shape:
            break
        value = node.output
    if found:
        return found
    message = "Pretrain=GREEDY trains dense layers one behind the other, and the Encoder does not begin with any"
    raise booking.error("Pretrain", message, "pretrain", hint="leave Pretrain out")


def _mirrors(graph: Graph, stack: list[Node]) -> dict[Node, Node]:
    """The decoder's dense layer for each of the encoder's, where the widths of both halves agree in reverse order."""
    decoder = [node for node in graph.nodes if node.block == DECODER and node.layer.drops_input]
    pairs = dict(zip(stack, reversed(decoder)))
    if len(decoder) < len(stack) or any(
        (one.inputs[0].size, one.output.size) != (other.output.size, other.inputs[0].size) for one, other in pairs.items()
    ):
        return {}
    return pairs


def _begin_mirror(network: Network, node: Node, weights: np.ndarray, biases: np.ndarray) -> None:
    network.parameters.set(node.name, "Weights", np.ascontiguousarray(weights.T))
    network.parameters.set(node.name, "Biases", biases)


def _layer_network(node: Node, width: int, values, strategy: str) -> tuple[Network, list[tuple[str, str]]]:
    """The autoencoder of one layer, and the places of its weights, its biases, and the biases of the way back."""
    own = "|".join([node.layer.kind, *node.layer.to_fields()])
    graph = own_graph(f"CORRUPT|{values.PretrainCorruption:g},h={own},back=TIED|h|LINEAR", (width,), width)
    network = Network(graph, precision=values.Precision, losses=(strategy,), threads=values.Threads or None)
    return network, [("h", "Weights"), ("h", "Biases"), ("back", "Biases")]


def _up_to(encoder: Graph, name: str) -> Graph:
    """The encoder up to one of its layers."""
    at = next(i for i, node in enumerate(encoder.nodes) if node.name == name)
    return dataclasses.replace(encoder, nodes=encoder.nodes[: at + 1], outputs=(Output(encoder.nodes[at].output),))


def _itself(x: np.ndarray, weights: np.ndarray) -> Sample:
    return Sample(x, x, weights)
