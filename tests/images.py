"""One image layer by itself: its values, and its gradients for any gradient of its output."""

from __future__ import annotations

import numpy as np

from tests.networks import graph_of
from tmvalite.training.network import Network


class ImageLayer:
    """`text` behind a dense layer whose biases are the image, so that the gradient of the image is that of parameters."""

    def __init__(self, text: str, shape: tuple[int, ...], precision: str = "float64", **options):
        pixels = int(np.prod(shape))
        reshape = "RESHAPE|" + "|".join(map(str, shape))
        layout = f"x=DENSE|{pixels}|LINEAR,i={reshape},y={text},RESHAPE|FLAT"
        graph = graph_of(layout, 1)
        self.shape, self.output = shape, graph.nodes[2].shape
        self.network = Network(graph, precision=precision, losses=("SUMOFSQUARES",), threads=1, **options)
        self.event = np.zeros((1, 1), precision)

    @property
    def plan(self):
        return self.network.plan

    def set(self, **matrices) -> None:
        for name, matrix in matrices.items():
            slot = self.network.parameters.slot("y", name)
            self.network.parameters.set("y", name, np.reshape(matrix, slot.shape))

    def forward(self, image) -> np.ndarray:
        self.network.parameters.set("x", "Biases", np.reshape(image, (-1, 1)))
        return self.network.outputs(self.event).reshape(self.output)

    def backward(self, image, grad) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
        """Gradients of the image, the filters (as stored in the weight file) and the biases."""
        value = self.forward(image)
        # the loss is the mean of (o - t)^2 over the outputs: with these targets its gradient is `grad`
        targets = (value - np.asarray(grad).reshape(self.output) * value.size / 2).reshape(1, -1)
        before = self.network.parameters.snapshot()
        dtype = self.network.dtype
        self.network.parameters.restore(self.network.gradient(self.event, targets.astype(dtype), np.ones(1, dtype)))
        get = self.network.parameters.get
        out = [get("x", "Biases").reshape(self.shape)]
        known = [name for node, name in self.network.parameters.names() if node == "y"]
        out += [get("y", name) if name in known else None for name in ("Weights", "Biases")]
        self.network.parameters.restore(before)
        return tuple(out)
