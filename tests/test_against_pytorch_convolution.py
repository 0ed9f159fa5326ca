"""Convolutions against PyTorch, where it is installed: fifty random shapes a layer, and loss curves of two image networks."""

import numpy as np
import pytest

from tests.helpers import EXACT_FLOAT64, FLOAT32_FORWARD, assert_close
from tests.layers.test_convolution import random_layer
from tests.networks import graph_of
from tmvalite.training.network import Network
from tmvalite.training.optimizers import OptimizerSettings

torch = pytest.importorskip("torch")
F = torch.nn.functional


def torch_layer(kind, x, filters, biases, strides, pads, shape):
    """PyTorch's value of one layer; shape is that of the output."""
    if kind == "TRANSCONV":
        full = [s * (n - 1) + k - 2 * p for s, n, k, p in zip(strides, x.shape[2:], filters.shape[2:], pads)]
        extra = tuple(m - n for m, n in zip(shape[1:], full))
        return F.conv_transpose2d(x, filters.transpose(0, 1), biases, strides, pads, extra)
    return F.conv2d(x, filters, biases, strides, pads, groups=x.shape[1] if kind == "DEPTHCONV" else 1)


@pytest.mark.parametrize("kind", ["CONV", "DEPTHCONV", "TRANSCONV"])
def test_fifty_random_shapes(kind):
    for seed in range(50):
        layer, image, grad, (filters, biases, strides, pads) = random_layer(seed, kind, "float32")
        given = [torch.tensor(a.astype("float32").astype(float), requires_grad=True) for a in (image[None], filters, biases)]
        y = torch_layer(kind, *given, strides, pads[::2], layer.output)
        y.backward(torch.tensor(grad[None]))
        assert_close(layer.forward(image), y.detach().numpy()[0], FLOAT32_FORWARD, f"seed {seed}")
        ours = np.concatenate([part.ravel() for part in layer.backward(image, grad)])
        theirs = np.concatenate([part.grad.numpy().ravel() for part in given])
        assert_close(ours, theirs, FLOAT32_FORWARD, f"gradients, seed {seed}")


NETWORKS = {
    "cnn": ("a=CONV|6|3|3|1|1|1|1|RELU,b=CONV|5|3|3|2|2|1|1|TANH,RESHAPE|FLAT,d=DENSE|8|TANH,e=LINEAR", (2, 9, 7)),
    # a U-Net of odd sizes: what comes up is padded to what went down
    "unet": (
        "a=CONV|4|3|3|1|1|1|1|TANH,b=CONV|6|3|3|2|2|VALID|TANH@a,c=TRANSCONV|4|3|2|2|2|0|0|TANH@b,p=PADDING2D|0|0|1|1@c,"
        "j=CONCAT@a+p,f=CONV|1|3|3|2|2|SAME|LINEAR@j,RESHAPE|FLAT,e=LINEAR",
        (2, 9, 6),
    ),
}


def torch_network(name, at, x):
    if name == "cnn":
        h = torch.relu(F.conv2d(x, at["a"], at["a.b"], 1, 1))
        h = torch.tanh(F.conv2d(h, at["b"], at["b.b"], 2, 1)).flatten(1)
        h = torch.tanh(h @ at["d"].T + at["d.b"])
    else:
        a = torch.tanh(F.conv2d(x, at["a"], at["a.b"], 1, 1))
        b = torch.tanh(F.conv2d(a, at["b"], at["b.b"], 2))
        c = torch.tanh(F.conv_transpose2d(b, at["c"].transpose(0, 1), at["c.b"], 2))
        joined = torch.cat([a, F.pad(c, (1, 1))], 1)
        h = F.conv2d(F.pad(joined, (0, 1, 1, 1)), at["f"], at["f.b"], 2).flatten(1)
    return h @ at["e"].T + at["e.b"]


@pytest.mark.parametrize("name", NETWORKS)
def test_loss_curves_over_fifty_steps(name):
    layout, shape = NETWORKS[name]
    graph = graph_of(layout, 1, inputs=(("input", shape),))
    network = Network(graph, precision="float64", losses=("CROSSENTROPY",), threads=1)
    rng = np.random.default_rng(5)
    for node, matrix in network.parameters.names():
        shape_of = network.parameters.slot(node, matrix).shape
        network.parameters.set(node, matrix, rng.standard_normal(shape_of) / np.sqrt(shape_of[1]))
    x, targets = rng.standard_normal((60, int(np.prod(shape)))), rng.integers(0, 2, (60, 1)).astype(float)
    at = {}
    for node, matrix in network.parameters.names():
        values = network.parameters.get(node, matrix)
        layer = next(n.layer for n in graph.nodes if n.name == node)
        if matrix == "Biases":
            at[f"{node}.b"] = values[:, 0]
        elif hasattr(layer, "filter_height"):
            at[node] = values.reshape(len(values), -1, layer.filter_height, layer.filter_width)
        else:
            at[node] = values
    at = {key: torch.tensor(value, requires_grad=True) for key, value in at.items()}
    order = np.concatenate([rng.permutation(60) for _ in range(10)]).astype(np.int64)
    state = network.new_optimizer(OptimizerSettings("SGD", learning_rate=0.05))
    ours = network.train_steps(x, targets, np.ones(60), order, batch_size=12, first=0, count=50, optimizer=state)
    theirs, optimizer = [], torch.optim.SGD(at.values(), lr=0.05)
    for step in range(50):
        rows = order[12 * step : 12 * step + 12]
        out = torch_network(name, at, torch.tensor(x[rows]).reshape(12, *shape))
        loss = F.binary_cross_entropy_with_logits(out, torch.tensor(targets[rows]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        theirs.append(loss.item())
    assert ours[0] > 1.02 * ours[-1]  # it learns
    assert_close(ours, theirs, 1e-9, "losses")
    assert_close(ours[:1], theirs[:1], EXACT_FLOAT64, "first loss")
