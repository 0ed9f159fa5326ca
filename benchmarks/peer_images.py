"""The PyTorch side of benchmarks/convolution.py: an image network trained and applied, and single convolutions.

As in peer.py: eager, fused Adam, no gradient buffers kept. `memory` is "contiguous" or "channels_last"; both are timed.
"""

from __future__ import annotations


def network(channels: int, size: int, filters: int, full: bool):
    """conv-relu[-norm]-conv-relu[-maxpool]-dense 100-relu-dense 1 with 3x3 filters; the bracketed ones where `full`."""
    from torch import nn

    norm, pool = ([nn.BatchNorm2d(filters)], [nn.MaxPool2d(2)]) if full else ([], [])
    flat = filters * (size // 2 if full else size) ** 2
    return nn.Sequential(
        nn.Conv2d(channels, filters, 3, padding=1),
        nn.ReLU(),
        *norm,
        nn.Conv2d(filters, filters, 3, padding=1),
        nn.ReLU(),
        *pool,
        nn.Flatten(),
        nn.Linear(flat, 100),
        nn.ReLU(),
        nn.Linear(100, 1),
    )


def _prepare(channels, size, filters, full, rows, threads, memory):
    import torch

    from .data import events

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    layout = torch.contiguous_format if memory == "contiguous" else torch.channels_last
    x, y = events(channels * size * size, rows)
    x = torch.from_numpy(x).reshape(rows, channels, size, size).contiguous(memory_format=layout)
    return network(channels, size, filters, full).to(memory_format=layout), x, torch.from_numpy(y).to(torch.float32)[:, None]


def training(channels: int, size: int, filters: int, full: bool, batch: int, steps: int, threads: int, memory: str):
    """work(n): n epochs of `steps` batches, shuffled once per epoch."""
    import torch
    import torch.nn.functional as F

    model, x, y = _prepare(channels, size, filters, full, batch * steps, threads, memory)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def work(epochs):
        for _ in range(epochs):
            order = torch.randperm(len(x))
            for i in range(0, len(x), batch):
                rows = order[i : i + batch]
                optimizer.zero_grad(set_to_none=True)
                F.binary_cross_entropy_with_logits(model(x[rows]), y[rows]).backward()
                optimizer.step()

    work(1)
    return work


def scoring(channels: int, size: int, filters: int, full: bool, rows: int, chunk: int, threads: int, memory: str):
    """work(n): n times the sigmoid scores of all rows, `chunk` at a time."""
    import torch

    model, x, _ = _prepare(channels, size, filters, full, rows, threads, memory)
    model.eval()

    def work(times):
        with torch.inference_mode():
            for _ in range(times):
                for i in range(0, rows, chunk):
                    torch.sigmoid(model(x[i : i + chunk]))

    work(1)
    return work


def convolution(what: str, inputs: int, outputs: int, size: int, k: int, s: int, p: int, batch: int, threads: int, memory: str):
    """work(n): n times "forward", "data" or "filters" (gradients), or "transposed" (forward, the way back), of one layer."""
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(threads)
    layout = torch.contiguous_format if memory == "contiguous" else torch.channels_last
    x = torch.randn(batch, inputs, size, size).contiguous(memory_format=layout)
    w = (torch.randn(outputs, inputs, k, k) / 10).contiguous(memory_format=layout)
    bias = torch.randn(outputs)
    y = F.conv2d(x, w, bias, s, p)
    extra = size - ((y.shape[2] - 1) * s + k - 2 * p)
    grad = torch.randn_like(y)
    form = ([outputs], [s, s], [p, p], [1, 1], False, [0, 0], 1)
    once = {
        "forward": lambda: F.conv2d(x, w, bias, s, p),
        "data": lambda: torch.ops.aten.convolution_backward(grad, x, w, *form, [True, False, False]),
        "filters": lambda: torch.ops.aten.convolution_backward(grad, x, w, *form, [False, True, True]),
        "transposed": lambda: F.conv_transpose2d(grad, w, None, s, p, extra),
    }[what]

    def work(times):
        with torch.no_grad():
            for _ in range(times):
                once()

    work(1)
    return work
