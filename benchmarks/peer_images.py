"""The PyTorch side of benchmarks/convolution.py: an image network trained and applied, and single convolutions.

As in peer.py: eager, fused Adam, no gradient buffers kept. `memory` is "contiguous" or "channels_last"; both are timed.
"""

from __future__ import annotations


def network(channels: int, size: int, filters: int, form: str):
    """Networks of 3x3 filters with a dense head; `form` is one of

    "plain": conv-relu twice, dense 100; "norm": with batch normalisation behind the first and 2x2 pooling behind the second;
    "deep": conv-relu twice, pooling, the same again with twice the filters, dense 128.
    """
    from torch import nn

    def conv(inputs, outputs):
        return nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()

    first, second = conv(channels, filters), conv(filters, filters)
    parts, flat, wide = [*first, *second], filters * size**2, 100
    if form == "norm":
        parts, flat = [*first, nn.BatchNorm2d(filters), *second, nn.MaxPool2d(2)], flat // 4
    if form == "deep":
        deeper = [*conv(filters, 2 * filters), *conv(2 * filters, 2 * filters)]
        parts, flat, wide = [*parts, nn.MaxPool2d(2), *deeper, nn.MaxPool2d(2)], flat // 8, 128
    return nn.Sequential(*parts, nn.Flatten(), nn.Linear(flat, wide), nn.ReLU(), nn.Linear(wide, 1))


def _prepare(channels, size, filters, form, rows, threads, memory):
    import torch

    from .data import events

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    layout = torch.contiguous_format if memory == "contiguous" else torch.channels_last
    x, y = events(channels * size * size, rows)
    x = torch.from_numpy(x).reshape(rows, channels, size, size).contiguous(memory_format=layout)
    return network(channels, size, filters, form).to(memory_format=layout), x, torch.from_numpy(y).to(torch.float32)[:, None]


def training(channels: int, size: int, filters: int, form: str, batch: int, steps: int, threads: int, memory: str):
    """work(n): n epochs of `steps` batches, shuffled once per epoch."""
    import torch
    import torch.nn.functional as F

    model, x, y = _prepare(channels, size, filters, form, batch * steps, threads, memory)
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


def scoring(channels: int, size: int, filters: int, form: str, rows: int, chunk: int, threads: int, memory: str):
    """work(n): n times the sigmoid scores of all rows, `chunk` at a time."""
    import torch

    model, x, _ = _prepare(channels, size, filters, form, rows, threads, memory)
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
