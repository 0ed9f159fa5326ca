"""Writes the vectors that the tests compare with, computed by PyTorch (2.13, CPU, one thread).

Run: python -m tests.oracles.make_vectors

Inputs come from numpy's PCG64 generator with fixed seeds, results from torch.autograd, so that a second run gives the
same files up to the last digits of another PyTorch. Arrays are float64 unless said otherwise. Weights are
(outputs, inputs) as in TMVA's files; y = f(x W^T + b). Keys are "<case>/<array>".

activations.npz   one case for each activation: dense layer with 7 inputs and 6 outputs, 5 events
    shared: "x" (5, 7), "weights" (6, 7), "biases" (6,), "grad_y" (5, 6) given gradient of y
    y, grad_x, grad_weights, grad_biases
    "values/u" (41,) and "values/<ACTIVATION>", "values/<ACTIVATION>_prime": the function and its derivative at points
    from -8 to 8 without 0 (not for SOFTMAX)
losses.npz        one case for each loss of tests/naive/losses.py: 7 events with 3 outputs, and (CROSSENTROPY and
    SUMOFSQUARES kinds) large outputs
    o, y, w, loss (), grad_o; weights w contain a zero and a negative one
graphs.npz        residual, product, two_inputs, two_outputs, dropout, wide
    layout: the network as an option string; input_layout: the same for its inputs ("" if there is one);
    losses: names joined by "+"; x (N, D) whole events, targets (N, T), w (N,)
    parameters by "<node>.weights", "<node>.biases"; gradients "<node>.grad_weights", "<node>.grad_biases";
    out.<node> (N, C) raw value of each output; loss (); grad_x (N, D)
    dropout also has mask.<node> (N, D of the node's input) and drop.<node> ()
training.npz      100 steps of every optimizer from the same weights with the same batches of 10 of 60 events
    shared: "layout", "x" (60, 4), "targets" (60, 1), "w" (60,), "order" (1000,) events batch after batch,
    "names" parameters in flat order ("h1.weights", ...), "initial" flat vector of all parameters
    cases SGD SGD_L2 ADAM ADAM_L1 ADAGRAD RMSPROP ADADELTA: "strategy" TMVA's settings, "step1", "step10", "step100" flat
    parameters after these steps, "losses" (100,) of each batch before its step, without the L1/L2 term
    the same in float32 for 50 steps: "losses32" (50,) float32
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
DATA = Path(__file__).resolve().parent / "data"
ACTIVATIONS = {
    "LINEAR": lambda u: u,
    "RELU": torch.relu,
    "SIGMOID": torch.sigmoid,
    "TANH": torch.tanh,
    "SYMMRELU": torch.abs,
    "SOFTSIGN": F.softsign,
    "GAUSS": lambda u: torch.exp(-u * u),
    "FTANH": torch.tanh,
    "LEAKYRELU": lambda u: F.leaky_relu(u, 0.01),
    "ELU": F.elu,
    "GELU": F.gelu,
    "SOFTPLUS": F.softplus,
    "SWISH": F.silu,
    "SOFTMAX": lambda u: torch.softmax(u, dim=-1),
}


def tensor(array, grad=False, dtype=torch.float64):
    return torch.tensor(np.asarray(array), dtype=dtype, requires_grad=grad)


def loss_of(name, o, y, w):
    """TMVA's losses written with PyTorch's functions; B is the number of rows."""
    batch, outputs = o.shape
    if name == "CROSSENTROPY":
        rows = F.binary_cross_entropy_with_logits(o, y, reduction="none").sum(dim=1) / outputs
    elif name == "SUMOFSQUARES":
        rows = F.mse_loss(o, y, reduction="none").sum(dim=1) / outputs
    elif name == "SUMOFSQUARES_SIGMOID":
        rows = F.mse_loss(torch.sigmoid(o), y, reduction="none").sum(dim=1) / outputs
    else:
        rows = -(y * F.log_softmax(o, dim=1)).sum(dim=1)
    return (w * rows).sum() / batch


def activation_vectors():
    rng = np.random.default_rng(101)
    x, weights, biases, grad_y = (rng.normal(size=s) for s in ((5, 7), (6, 7), (6,), (5, 6)))
    u = x @ weights.T + biases
    assert np.abs(u).min() > 1e-2, "an input lies on a kink"
    out = {"x": x, "weights": weights, "biases": biases, "grad_y": grad_y}
    points = np.linspace(-8.0, 8.0, 41)
    points = points[np.abs(points) > 1e-9]
    out["values/u"] = points
    for name, f in ACTIVATIONS.items():
        leaves = [tensor(a, grad=True) for a in (x, weights, biases)]
        y = f(F.linear(*leaves))
        y.backward(tensor(grad_y))
        out[f"{name}/y"] = y.detach().numpy()
        for key, leaf in zip(("grad_x", "grad_weights", "grad_biases"), leaves):
            out[f"{name}/{key}"] = leaf.grad.numpy()
        if name != "SOFTMAX":
            at = tensor(points, grad=True)
            value = f(at)
            value.sum().backward()
            out[f"values/{name}"], out[f"values/{name}_prime"] = value.detach().numpy(), at.grad.numpy()
    return out


def loss_vectors():
    rng = np.random.default_rng(102)
    out = {}
    w = rng.uniform(0.5, 2.0, size=7)
    w[2], w[5] = 0.0, -0.7
    for name in ("CROSSENTROPY", "SUMOFSQUARES", "SUMOFSQUARES_SIGMOID", "MUTUALEXCLUSIVE"):
        for case, scale in ((name, 2.0), (name + "_large", 1e4)):
            o = rng.normal(size=(7, 3)) * scale
            if name == "MUTUALEXCLUSIVE":
                y = np.eye(3)[rng.integers(3, size=7)]
                y[3] = (0.2, 0.3, 0.9)  # targets need not sum to one
            elif name == "SUMOFSQUARES":
                y = rng.normal(size=(7, 3))
            else:
                y = rng.integers(2, size=(7, 3)).astype(float)
                y[3] = (0.25, 0.5, 1.0)
            at = tensor(o, grad=True)
            loss = loss_of(name, at, tensor(y), tensor(w))
            loss.backward()
            for key, array in (("o", o), ("y", y), ("w", w), ("loss", loss.detach().numpy()), ("grad_o", at.grad.numpy())):
                out[f"{case}/{key}"] = array
    return out


class Net:
    """Parameters by node name and the dense layer that uses them."""

    def __init__(self, rng, dtype=torch.float64):
        self.rng, self.dtype, self.parameters, self.masks = rng, dtype, {}, {}

    def make(self, node, outputs, inputs):
        weights = self.rng.normal(size=(outputs, inputs)) * math.sqrt(2.0 / (inputs + outputs))
        self.parameters[node] = (tensor(weights, True), tensor(self.rng.normal(size=outputs) * 0.1, True))

    def dense(self, node, x, outputs, activation, drop=0.0):
        if node not in self.parameters:
            self.make(node, outputs, x.shape[1])
        if drop:
            mask = (self.rng.uniform(size=tuple(x.shape)) >= drop).astype(float)
            self.masks[node] = (mask, drop)
            x = x * tensor(mask) / (1.0 - drop)
        return ACTIVATIONS[activation](F.linear(x, *self.parameters[node]))


def residual(net, x):
    stem = net.dense("stem", x, 8, "TANH")
    r = net.dense("r", net.dense("a", stem, 8, "RELU"), 8, "LINEAR")
    return {"score": net.dense("score", torch.relu(r + stem), 1, "LINEAR")}


def product(net, x):
    a, b = net.dense("a", x, 6, "TANH"), net.dense("b", x, 6, "SIGMOID")
    return {"score": net.dense("score", a * b * a, 3, "LINEAR")}


def two_inputs(net, x):
    j, e = net.dense("j", x[:, :6], 7, "TANH"), net.dense("e", x[:, 6:], 3, "SWISH")
    h = net.dense("h", torch.cat([j, e], dim=1), 5, "GELU")
    return {"score": net.dense("score", h, 1, "LINEAR")}


def two_outputs(net, x):
    h = net.dense("h", x, 9, "SOFTSIGN")
    return {"score": net.dense("score", h, 1, "LINEAR"), "mass": net.dense("mass", h, 2, "LINEAR")}


def dropout(net, x):
    a = net.dense("a", x, 10, "TANH", drop=0.2)
    return {"score": net.dense("score", net.dense("b", a, 6, "RELU", drop=0.5), 1, "LINEAR", drop=0.25)}


def wide(net, x):
    return {"score": net.dense("score", net.dense("b", net.dense("a", x, 33, "TANH"), 17, "ELU"), 4, "LINEAR")}


GRAPHS = {  # builder, layout, input layout, losses and weights of the outputs, variables, targets
    "residual": (
        residual,
        "stem=DENSE|8|TANH,a=DENSE|8|RELU,r=DENSE|8|LINEAR,s=ADD|RELU@r+stem,score=DENSE|1|LINEAR",
        "",
        (("CROSSENTROPY", 1.0),),
        5,
        1,
    ),
    "product": (
        product,
        "a=DENSE|6|TANH,b=DENSE|6|SIGMOID@input,p=MUL@a+b+a,score=DENSE|3|LINEAR",
        "",
        (("MUTUALEXCLUSIVE", 1.0),),
        5,
        3,
    ),
    "two_inputs": (
        two_inputs,
        "j=DENSE|7|TANH@jets,e=DENSE|3|SWISH@event,c=CONCAT@j+e,h=DENSE|5|GELU,score=DENSE|1|LINEAR",
        "jets=6,event=3",
        (("CROSSENTROPY", 1.0),),
        9,
        1,
    ),
    "two_outputs": (
        two_outputs,
        "h=DENSE|9|SOFTSIGN,score=DENSE|1|LINEAR@h,mass=DENSE|2|LINEAR@h,OUTPUT|CROSSENTROPY@score,OUTPUT|SUMOFSQUARES|0.1@mass",
        "",
        (("CROSSENTROPY", 1.0), ("SUMOFSQUARES", 0.1)),
        4,
        3,
    ),
    "dropout": (dropout, "a=DENSE|10|TANH,b=DENSE|6|RELU,score=DENSE|1|LINEAR", "", (("CROSSENTROPY", 1.0),), 5, 1),
    "wide": (wide, "a=DENSE|33|TANH,b=DENSE|17|ELU,score=DENSE|4|LINEAR", "", (("SUMOFSQUARES", 1.0),), 28, 4),
}


def graph_vectors():
    out = {}
    for number, (case, (build, layout, input_layout, losses, variables, width)) in enumerate(GRAPHS.items()):
        rng = np.random.default_rng(200 + number)
        events = 6
        x, w = rng.normal(size=(events, variables)), rng.uniform(0.5, 2.0, size=events)
        targets = rng.integers(2, size=(events, width)).astype(float)
        if case == "product":
            targets = np.eye(width)[rng.integers(width, size=events)]
        if case in ("wide", "two_outputs"):
            targets[:, -2:] = rng.normal(size=(events, 2))
        net, at = Net(rng), tensor(x, True)
        results = build(net, at)
        loss, column = torch.zeros(()), 0
        for (name, weight), o in zip(losses, results.values()):
            loss = loss + weight * loss_of(name, o, tensor(targets[:, column : column + o.shape[1]]), tensor(w))
            column += o.shape[1]
        loss.backward()
        arrays = {
            "layout": layout,
            "input_layout": input_layout,
            "losses": "+".join(name for name, _ in losses),
            "x": x,
            "targets": targets,
            "w": w,
            "loss": loss.detach().numpy(),
            "grad_x": at.grad.numpy(),
        }
        for node, (weights, biases) in net.parameters.items():
            arrays[f"{node}.weights"], arrays[f"{node}.biases"] = weights.detach().numpy(), biases.detach().numpy()
            arrays[f"{node}.grad_weights"], arrays[f"{node}.grad_biases"] = weights.grad.numpy(), biases.grad.numpy()
        for node, (mask, drop) in net.masks.items():
            arrays[f"mask.{node}"], arrays[f"drop.{node}"] = mask, drop
        for node, o in results.items():
            arrays[f"out.{node}"] = o.detach().numpy()
        out |= {f"{case}/{key}": np.asarray(array) for key, array in arrays.items()}
    return out


LAYOUT = "h1=DENSE|8|TANH,h2=DENSE|6|SIGMOID,score=DENSE|1|LINEAR"
STRATEGIES = {  # optimizer, TMVA's text, settings, regularisation, decay
    "SGD": ("LearningRate=5e-2,Momentum=0.9,Optimizer=SGD", {"lr": 5e-2, "momentum": 0.9}, "NONE", 0.0),
    "SGD_L2": (
        "LearningRate=5e-2,Momentum=0.3,Optimizer=SGD,Regularization=L2,WeightDecay=1e-3",
        {"lr": 5e-2, "momentum": 0.3},
        "L2",
        1e-3,
    ),
    "ADAM": ("LearningRate=1e-2,Optimizer=ADAM", {"lr": 1e-2, "b1": 0.9, "b2": 0.999, "eps": 1e-7}, "NONE", 0.0),
    "ADAM_L1": (
        "LearningRate=1e-2,Optimizer=ADAM,ADAM_beta1=0.8,ADAM_beta2=0.99,ADAM_eps=1e-6,Regularization=L1,WeightDecay=1e-3",
        {"lr": 1e-2, "b1": 0.8, "b2": 0.99, "eps": 1e-6},
        "L1",
        1e-3,
    ),
    "ADAGRAD": ("LearningRate=2e-2,Optimizer=ADAGRAD", {"lr": 2e-2, "eps": 1e-8}, "NONE", 0.0),
    "RMSPROP": (
        "LearningRate=1e-3,Momentum=0.3,Optimizer=RMSPROP",
        {"lr": 1e-3, "rho": 0.9, "eps": 1e-7, "momentum": 0.3},
        "NONE",
        0.0,
    ),
    "ADADELTA": ("LearningRate=1.0,Optimizer=ADADELTA", {"lr": 1.0, "rho": 0.95, "eps": 1e-8}, "NONE", 0.0),
}


class Adam:
    """TMVA's update: epsilon is added outside the root and is not corrected for the bias, unlike torch.optim.Adam."""

    def __init__(self, parameters, lr, b1, b2, eps):
        self.parameters, self.settings, self.t = parameters, (lr, b1, b2, eps), 0
        self.m, self.v = [torch.zeros_like(p) for p in parameters], [torch.zeros_like(p) for p in parameters]

    def step(self):
        self.t += 1
        lr, b1, b2, eps = self.settings
        rate = lr * math.sqrt(1 - b2**self.t) / (1 - b1**self.t)
        with torch.no_grad():
            for p, m, v in zip(self.parameters, self.m, self.v):
                m.mul_(b1).add_(p.grad, alpha=1 - b1)
                v.mul_(b2).addcmul_(p.grad, p.grad, value=1 - b2)
                p.sub_(rate * m / (v.sqrt() + eps))


class Adagrad:
    """TMVA's update: epsilon stands inside the root, unlike torch.optim.Adagrad."""

    def __init__(self, parameters, lr, eps):
        self.parameters, self.lr, self.eps = parameters, lr, eps
        self.v = [torch.zeros_like(p) for p in parameters]

    def step(self):
        with torch.no_grad():
            for p, v in zip(self.parameters, self.v):
                v.addcmul_(p.grad, p.grad)
                p.sub_(self.lr * p.grad / torch.sqrt(v + self.eps))


class RMSProp:
    """TMVA's update: epsilon inside the root, momentum on the scaled gradient."""

    def __init__(self, parameters, lr, rho, eps, momentum):
        self.parameters, self.settings = parameters, (lr, rho, eps, momentum)
        self.v, self.u = [torch.zeros_like(p) for p in parameters], [torch.zeros_like(p) for p in parameters]

    def step(self):
        lr, rho, eps, momentum = self.settings
        with torch.no_grad():
            for p, v, u in zip(self.parameters, self.v, self.u):
                v.mul_(rho).addcmul_(p.grad, p.grad, value=1 - rho)
                u.mul_(momentum).add_(lr * p.grad / torch.sqrt(v + eps))
                p.sub_(u)


OPTIMIZERS = {"SGD": torch.optim.SGD, "ADADELTA": torch.optim.Adadelta, "ADAM": Adam, "ADAGRAD": Adagrad, "RMSPROP": RMSProp}


def train(initial, shapes, data, case, steps, dtype):
    """Losses of every step and flat parameters after steps 1, 10 and 100, for one optimizer."""
    _, settings, regularization, decay = STRATEGIES[case]
    at, parameters = 0, []
    for shape in shapes:
        size = math.prod(shape)
        parameters.append(tensor(initial[at : at + size].reshape(shape), True, dtype))
        at += size
    optimizer = OPTIMIZERS[case.partition("_")[0]](parameters, **settings)
    x, targets, w = (tensor(data[key], dtype=dtype) for key in ("x", "targets", "w"))
    losses, snapshots = [], {}
    for step in range(steps):
        events = torch.as_tensor(data["order"][10 * step : 10 * step + 10])
        value = x[events]
        for i, f in enumerate((torch.tanh, torch.sigmoid, lambda u: u)):
            value = f(F.linear(value, parameters[2 * i], parameters[2 * i + 1]))
        loss = loss_of("CROSSENTROPY", value, targets[events], w[events])
        total = loss
        for weights in parameters[::2]:
            if regularization != "NONE":
                total = total + decay * (weights.abs().sum() if regularization == "L1" else (weights**2).sum())
        for p in parameters:
            p.grad = None
        total.backward()
        optimizer.step()
        losses.append(loss.item())
        if step + 1 in (1, 10, 100):
            snapshots[f"step{step + 1}"] = torch.cat([p.detach().reshape(-1) for p in parameters]).numpy()
    return np.array(losses), snapshots


def training_vectors():
    rng = np.random.default_rng(300)
    x = rng.normal(size=(60, 4))
    targets = (x[:, :1] * x[:, 1:2] + 0.3 * rng.normal(size=(60, 1)) > 0).astype(float)
    w = rng.uniform(0.5, 1.5, size=60)
    order = np.concatenate([rng.permutation(60) for _ in range(17)])[:1000]
    shapes = {
        "h1.weights": (8, 4),
        "h1.biases": (8,),
        "h2.weights": (6, 8),
        "h2.biases": (6,),
        "score.weights": (1, 6),
        "score.biases": (1,),
    }
    initial = np.concatenate([(rng.normal(size=s) * (0.5 if len(s) == 2 else 0.1)).reshape(-1) for s in shapes.values()])
    # float32 values, so that both precisions start from the same numbers
    x, w, initial = (a.astype(np.float32).astype(float) for a in (x, w, initial))
    data = {"x": x, "targets": targets, "w": w, "order": order}
    out = {"layout": np.array(LAYOUT), "names": np.array(list(shapes)), "initial": initial, **data}
    for case, (strategy, *_) in STRATEGIES.items():
        losses, snapshots = train(initial, list(shapes.values()), data, case, 100, torch.float64)
        losses32, _ = train(initial, list(shapes.values()), data, case, 50, torch.float32)
        out |= {f"{case}/strategy": np.array(strategy), f"{case}/losses": losses, f"{case}/losses32": losses32.astype(np.float32)}
        out |= {f"{case}/{key}": array for key, array in snapshots.items()}
    return out


VECTORS = {"activations": activation_vectors, "losses": loss_vectors, "graphs": graph_vectors, "training": training_vectors}


def main(folder=DATA):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in VECTORS.items():
        np.savez_compressed(folder / f"{name}.npz", **make())
        print(f"{name}.npz {(folder / f'{name}.npz').stat().st_size} bytes", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
