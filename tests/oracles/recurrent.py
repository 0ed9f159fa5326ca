"""Recurrent layers by PyTorch's modules (2.13): problems that need numpy only, their solution, and the stored results.

Run: python -m tests.oracles.recurrent        writes data/recurrent.npz

Everything that goes in comes from numpy's PCG64 generator with fixed seeds, so the file holds results only:
<layer>/y (N, T * S), <layer>/grad_x (N, T * D), <layer>/grad_<parameter>   for the problems of LAYERS
<curve>/losses (50,)   losses of 50 Adam steps, as TMVA writes Adam, for the networks of CURVES
All float64. PyTorch's GRU has a bias inside the reset product: it is kept at zero, as TMVA has none.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

DATA = Path(__file__).resolve().parent / "data" / "recurrent.npz"
GATES = {"RNN": ("",), "LSTM": ("_i", "_f", "_c", "_o"), "GRU": ("_r", "_z", "_c")}
LAYERS = {"RNN": (5, 3, 6), "LSTM": (4, 5, 9), "GRU": (6, 4, 10)}  # steps, features, state
STEPS, BATCH = 50, 20


class Problem(NamedTuple):
    """One layer that gives all its states: parameters by name, x (N, T, D) and the gradient of its output."""

    kind: str
    parameters: dict
    x: np.ndarray
    grad_y: np.ndarray


class Curve(NamedTuple):
    """A network trained from given parameters: `hidden` nodes of `activation` behind the flattened states."""

    kind: str
    steps: int
    features: int
    state: int
    hidden: int
    activation: str

    @property
    def layout(self) -> str:
        after = "|1" if self.kind == "GRU" else ""
        return (
            f"r={self.kind}|{self.state}|{self.features}|{self.steps}|0|1{after},RESHAPE|FLAT,"
            f"d=DENSE|{self.hidden}|{self.activation},o=DENSE|1|LINEAR"
        )


CURVES = {"lstm": Curve("LSTM", 10, 30, 10, 64, "TANH"), "gru": Curve("GRU", 7, 5, 12, 9, "TANH")}


def matrices(kind, features, state, rng):
    """Parameters by name, normally distributed."""
    scale, shapes = 1 / np.sqrt(state), {}
    shapes |= {"W" + gate: (state, features) for gate in GATES[kind]}
    shapes |= {"U" + gate: (state, state) for gate in GATES[kind]}
    shapes |= {"b" + gate: (state, 1) for gate in GATES[kind]}
    return {name: scale * rng.standard_normal(shape) for name, shape in shapes.items()}


def problem(kind, steps, features, state, events=7, seed=400):
    rng = np.random.default_rng(seed)
    parameters = matrices(kind, features, state, rng)
    return Problem(kind, parameters, rng.standard_normal((events, steps, features)), rng.standard_normal((events, steps, state)))


def curve_data(curve):
    """(parameters by (node, name), x (60, T * D), targets (60, 1), order of the events in all batches)."""
    rng = np.random.default_rng(401)
    flat = curve.steps * curve.state
    parameters = {("r", name): m for name, m in matrices(curve.kind, curve.features, curve.state, rng).items()}
    parameters[("d", "Weights")] = rng.standard_normal((curve.hidden, flat)) / np.sqrt(flat)
    parameters[("o", "Weights")] = rng.standard_normal((1, curve.hidden)) / np.sqrt(curve.hidden)
    parameters |= {("d", "Biases"): np.zeros((curve.hidden, 1)), ("o", "Biases"): np.zeros((1, 1))}
    x = rng.standard_normal((60, curve.steps * curve.features))
    targets = (x[:, :1] * x[:, 1:2] + x[:, 2:3] > 0).astype(float)
    order = np.concatenate([rng.permutation(60) for _ in range(-(-STEPS * BATCH // 60))])[: STEPS * BATCH]
    return parameters, x, targets, order


def module_of(kind, parameters):
    """PyTorch's module with these parameters, float64."""
    import torch

    state, features = parameters["W" + GATES[kind][0]].shape
    module = getattr(torch.nn, kind)(features, state, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        for ours, theirs in (("W", module.weight_ih_l0), ("U", module.weight_hh_l0), ("b", module.bias_ih_l0)):
            stacked = np.concatenate([parameters[ours + gate] for gate in GATES[kind]])
            theirs.copy_(torch.from_numpy(stacked).reshape(theirs.shape))
        module.bias_hh_l0.zero_()
    module.bias_hh_l0.requires_grad_(False)
    return module


def solve(at):
    """y, grad_x and grad_<parameter> of a problem."""
    import torch

    module = module_of(at.kind, at.parameters)
    x = torch.tensor(at.x, requires_grad=True)
    y = module(x)[0]
    y.backward(torch.from_numpy(at.grad_y))
    out = {"y": y.detach().numpy().reshape(len(at.x), -1), "grad_x": x.grad.numpy().reshape(len(at.x), -1)}
    for ours, theirs in (("W", module.weight_ih_l0), ("U", module.weight_hh_l0), ("b", module.bias_ih_l0)):
        parts = np.split(theirs.grad.numpy().reshape(len(theirs), -1), len(GATES[at.kind]))
        out |= {f"grad_{ours}{gate}": part for gate, part in zip(GATES[at.kind], parts)}
    return out


def losses_of(curve):
    """Losses of every step, before its update."""
    import torch
    import torch.nn.functional as F

    from .make_vectors import Adam

    parameters, x, targets, order = curve_data(curve)
    module = module_of(curve.kind, {name: m for (node, name), m in parameters.items() if node == "r"})
    dense = [torch.tensor(parameters[node, name], requires_grad=True) for node in "do" for name in ("Weights", "Biases")]
    trained = [p for p in (*module.parameters(), *dense) if p.requires_grad]
    adam = Adam(trained, lr=1e-2, b1=0.9, b2=0.999, eps=1e-7)
    x, targets = torch.from_numpy(x).reshape(60, curve.steps, curve.features), torch.from_numpy(targets)
    losses = []
    for step in range(STEPS):
        events = torch.from_numpy(order[step * BATCH : (step + 1) * BATCH])
        states = module(x[events])[0].flatten(1)
        hidden = getattr(torch, curve.activation.lower())(F.linear(states, dense[0], dense[1][:, 0]))
        loss = F.binary_cross_entropy_with_logits(F.linear(hidden, dense[2], dense[3][:, 0]), targets[events])
        for p in trained:
            p.grad = None
        loss.backward()
        adam.step()
        losses.append(loss.item())
    return np.array(losses)


def main():
    out = {f"{kind}/{key}": array for kind, sizes in LAYERS.items() for key, array in solve(problem(kind, *sizes)).items()}
    out |= {f"{name}/losses": losses_of(curve) for name, curve in CURVES.items()}
    np.savez_compressed(DATA, **out)


if __name__ == "__main__":
    main()
