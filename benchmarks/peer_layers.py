"""The PyTorch side of the image and time-series tutorials: their five networks, and the numbers they start from.

Networks are written out by hand, so that nothing of tmvalite's reading of the strings enters. Where PyTorch's own layer is
another one than TMVA's, TMVA's is built: one bias per gate, and the GRU resets its state before the matrix product.
"""

from __future__ import annotations

import math

import numpy as np

STATE, FEATURES, STEPS = 10, 30, 10
EPSILON = 1e-4  # BNORM's
RECURRENT = ("LSTM", "RNN", "GRU")


def network(name: str):
    """`name` is "dense" or "CNN" (reads (N, 256)), or "LSTM", "RNN" or "GRU" (reads (N, 300)); gives raw outputs (N, 1)."""
    from torch import nn

    if name == "dense":
        parts, size = [], 256
        for _ in range(3):
            parts += [nn.Linear(size, 100), nn.ReLU(), _normalisation(nn.BatchNorm1d)]
            size = 100
        parts += [nn.Linear(100, 100), nn.ReLU(), nn.Linear(100, 1)]
        return nn.Sequential(*parts)
    if name == "CNN":
        return nn.Sequential(
            nn.Unflatten(1, (1, 16, 16)),
            nn.Conv2d(1, 10, 3, padding=1),
            nn.ReLU(),
            _normalisation(nn.BatchNorm2d, 10),
            nn.Conv2d(10, 10, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2, stride=1),
            nn.Flatten(),
            nn.Linear(10 * 15 * 15, 100),
            nn.ReLU(),
            nn.Linear(100, 1),
        )
    cell = _gru() if name == "GRU" else _library_cell(name)
    return nn.Sequential(
        nn.Unflatten(1, (STEPS, FEATURES)), cell, nn.Flatten(), nn.Linear(STEPS * STATE, 64), nn.Tanh(), nn.Linear(64, 1)
    )


def _normalisation(kind, size: int = 100):
    """Running values are the plain average over the batches since `reset_running_stats`, which `train` calls at each epoch."""
    return kind(size, eps=EPSILON, momentum=None)


def _library_cell(name: str):
    """nn.LSTM or nn.RNN with one bias per gate, (N, T, D) -> (N, T, S)."""
    from torch import nn

    class Cell(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = getattr(nn, name)(FEATURES, STATE, batch_first=True)
            nn.init.zeros_(self.cell.bias_hh_l0).requires_grad_(False)

        def forward(self, x):
            return self.cell(x)[0]

        def matrices(self):
            """(tensor, rows from, rows to) in TMVA's order of matrices, which is PyTorch's order of gates: i f c o."""
            gates = self.cell.bias_ih_l0.shape[0] // STATE
            return [
                (getattr(self.cell, f"{kind}_l0"), g * STATE, (g + 1) * STATE)
                for kind in ("weight_ih", "weight_hh", "bias_ih")
                for g in range(gates)
            ]

    return Cell()


def _gru():
    """h_t = z h_{t-1} + (1 - z) tanh(W_c x_t + U_c (r h_{t-1}) + b_c), (N, T, D) -> (N, T, S); nn.GRU resets after U_c."""
    import torch
    from torch import nn

    class Gru(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.zeros(3 * STATE, FEATURES))
            self.u = nn.Parameter(torch.zeros(3 * STATE, STATE))
            self.b = nn.Parameter(torch.zeros(3 * STATE))

        def forward(self, x):
            h, states = x.new_zeros(len(x), STATE), []
            gates, candidate = self.u[: 2 * STATE], self.u[2 * STATE :]
            for t in range(x.shape[1]):
                read = x[:, t] @ self.w.T + self.b
                r, z = torch.sigmoid(read[:, : 2 * STATE] + h @ gates.T).chunk(2, dim=1)
                h = z * h + (1.0 - z) * torch.tanh(read[:, 2 * STATE :] + (r * h) @ candidate.T)
                states.append(h)
            return torch.stack(states, dim=1)

        def matrices(self):
            return [(tensor, g * STATE, (g + 1) * STATE) for tensor in (self.w, self.u, self.b) for g in range(3)]

    return Gru()


def places(model) -> list[tuple]:
    """(tensor, rows from, rows to) of every trained matrix that is drawn, in the order of the layout, W before b."""
    from torch import nn

    found = []
    for module in model:
        if isinstance(module, (nn.Linear, nn.Conv2d)):
            found += [(module.weight, 0, len(module.weight)), (module.bias, 0, len(module.bias))]
        elif hasattr(module, "matrices"):
            found += module.matrices()
    return found


def start_from(model, numbers: list[np.ndarray]):
    """Overwrite all drawn matrices with `numbers`, in the order of `places`; gamma stays 1, beta 0."""
    import torch

    with torch.no_grad():
        for (tensor, low, high), values in zip(places(model), numbers, strict=True):
            part = tensor[low:high]
            part.copy_(torch.from_numpy(np.ascontiguousarray(values, np.float32)).reshape(part.shape))
    return model


def drawn(name: str, method: str, seed: int) -> list[np.ndarray]:
    """Initial numbers of a network, drawn by PyTorch, in the order of `places`.

    `method` is TMVA's XAVIER (normal, sigma = sqrt(6/(m+n)), values beyond two sigma drawn again) or XAVIERUNIFORM (uniform
    in +-sqrt(6/(m+n))), with biases 0; or "PyTorch": weights and biases uniform in +-1/sqrt(n), n inputs, and in
    +-1/sqrt(state size) for everything in a recurrent layer, as PyTorch's layers start by themselves.
    """
    import torch
    from torch import nn

    torch.manual_seed(seed)
    model, numbers = network(name), []
    inside = {id(tensor) for module in model if hasattr(module, "matrices") for tensor, *_ in module.matrices()}
    fan_in = 1
    for tensor, low, high in places(model):
        shape = (high - low, *tensor.shape[1:])
        values = torch.zeros(shape)
        if len(shape) > 1:
            fan_in = math.prod(shape[1:])
        scale = math.sqrt(6.0 / (shape[0] + fan_in))
        if method == "PyTorch":
            bound = 1.0 / math.sqrt(STATE if id(tensor) in inside else fan_in)
            nn.init.uniform_(values, -bound, bound)
        elif len(shape) > 1 and method == "XAVIER":
            nn.init.trunc_normal_(values, std=scale, a=-2.0 * scale, b=2.0 * scale)
        elif len(shape) > 1 and method == "XAVIERUNIFORM":
            nn.init.uniform_(values, -scale, scale)
        elif method not in ("XAVIER", "XAVIERUNIFORM"):
            raise ValueError(f"no start is called {method!r}")
        numbers.append(values.numpy())
    return numbers
