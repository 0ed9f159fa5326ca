"""The PyTorch side: the eager loops that users write, in the forms that are reasonable for data in memory.

Adam is always fused, gradients are set to None, tensors are float32 and made beforehand. No event weights, no validation.
"""

from __future__ import annotations


def network(inputs: int, layers: int, width: int = 128):
    """inputs - width x layers - 1 with tanh."""
    from torch import nn

    parts, size = [], inputs
    for _ in range(layers):
        parts += [nn.Linear(size, width), nn.Tanh()]
        size = width
    return nn.Sequential(*parts, nn.Linear(size, 1))


def training(inputs: int, layers: int, batch: int, steps: int, threads: int, form: str):
    """work(n): n epochs of `steps` batches. form "index": x[perm[i:i+B]] per batch; "shuffle": x[perm] once per epoch."""
    import torch

    from .data import events

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    return epochs(network(inputs, layers), *events(inputs, batch * steps), batch, form)


def epochs(model, x, y, batch: int, form: str):
    """work(n): n epochs of a model on arrays x (N, ...) and y (N,)."""
    import torch
    import torch.nn.functional as F

    x, y = torch.from_numpy(x), torch.from_numpy(y).to(torch.float32)[:, None]
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def step(xb, yb):
        optimizer.zero_grad(set_to_none=True)
        F.binary_cross_entropy_with_logits(model(xb), yb).backward()
        optimizer.step()

    def work(epochs):
        for _ in range(epochs):
            perm = torch.randperm(len(x))
            if form == "index":
                for i in range(0, len(x), batch):
                    events_of_batch = perm[i : i + batch]
                    step(x[events_of_batch], y[events_of_batch])
            else:
                xs, ys = x[perm], y[perm]
                for i in range(0, len(x), batch):
                    step(xs[i : i + batch], ys[i : i + batch])

    work(1)
    return work


def scoring(inputs: int, layers: int, rows: int, chunk: int, threads: int):
    """work(n): n times the sigmoid scores of all rows, `chunk` at a time."""
    import torch

    from .data import events

    torch.set_num_threads(threads)
    return scores(network(inputs, layers), events(inputs, rows)[0], chunk)


def scores(model, x, chunk: int):
    """work(n): n times the sigmoid scores of all rows of an array x (N, ...)."""
    import torch

    x, rows = torch.from_numpy(x), len(x)
    model = model.eval()

    def work(times):
        with torch.inference_mode():
            for _ in range(times):
                for i in range(0, rows, chunk):
                    torch.sigmoid(model(x[i : i + chunk]))

    work(1)
    return work
