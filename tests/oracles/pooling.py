"""Random layers of pooling and resampling, as tmvalite writes them and as PyTorch computes them.

Used live by tests/test_against_pytorch_pooling.py and to write data/pooling.npz: run `python -m tests.oracles.pooling`.
"""

from __future__ import annotations

import numpy as np

KINDS = ("MAXPOOL", "AVGPOOL", "UPSAMPLE", "GRIDSAMPLE", "MEAN", "SLICE")


def _window(rng, image, padding):
    """Window, strides and numbers of padding, such that windows end at the edge of the padded image or padding is a word."""
    while True:
        window = [int(rng.integers(1, n + 1)) for n in np.minimum(image, 5)]
        strides = [int(s) for s in rng.integers(1, 4, 2)]
        pads = [int(rng.integers(0, k)) for k in window] if padding == "numbers" else [0, 0]
        if padding in ("SAME", "VALID") or all((n + 2 * p - k) % s == 0 for n, p, k, s in zip(image, pads, window, strides)):
            return window, strides, pads


def random_layer(seed: int, kind: str):
    """Layer as written, inputs (1, ...) as float32 numbers, and a function of PyTorch tensors that gives the same."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    channels, *image = (int(n) for n in (rng.integers(1, 4), rng.integers(2, 13), rng.integers(1, 13)))
    x = rng.standard_normal((1, channels, *image)).astype(np.float32)
    if kind in ("MAXPOOL", "AVGPOOL"):
        words = ("", "SAME", "VALID", "numbers")
        padding = words[rng.integers(len(words))]
        window, strides, pads = _window(rng, image, padding)
        fields = [*window, *strides, *(pads if padding == "numbers" else [padding] if padding else [])]
        ends = [
            max(0, (-(-n // s) - 1) * s + k - n) if padding == "SAME" else 2 * p
            for n, k, s, p in zip(image, window, strides, pads)
        ]
        frame = (ends[1] // 2, ends[1] - ends[1] // 2, ends[0] // 2, ends[0] - ends[0] // 2)
        return "|".join(map(str, [kind, *fields])), [x], _pool(kind, window, strides, frame)
    if kind == "UPSAMPLE":
        factors, bilinear = [int(f) for f in rng.integers(1, 5, 2)], bool(rng.integers(2))
        return f"UPSAMPLE|{factors[0]}|{factors[1]}" + "|BILINEAR" * bilinear, [x], _upsample(factors, bilinear)
    if kind == "GRIDSAMPLE":
        theta = (np.array([[1, 0, 0, 0, 1, 0]]) + rng.uniform(-0.6, 0.6, (1, 6))).astype(np.float32)
        places = [int(n) for n in rng.integers(2, 10, 2)]  # one place: PyTorch warns that it is not meant to be used
        return f"GRIDSAMPLE|{places[0]}|{places[1]}", [x, theta], _grid(places)
    if kind == "MEAN":
        axis = int(rng.integers(0, 4))
        return f"MEAN|{axis}", [x], lambda x: x.mean((2, 3)) if axis == 0 else x.mean(axis, keepdim=True)
    first = int(rng.integers(0, channels))
    count = int(rng.integers(1, channels - first + 1))
    return f"SLICE|{first}|{count}", [x], lambda x: x[:, first : first + count]


def _pool(kind, window, strides, frame):
    def run(x):
        import torch
        import torch.nn.functional as F

        if kind == "MAXPOOL":
            return F.max_pool2d(F.pad(x, frame, value=-np.inf), window, strides)
        ones = F.avg_pool2d(F.pad(torch.ones_like(x), frame), window, strides)
        return F.avg_pool2d(F.pad(x, frame), window, strides) / ones

    return run


def _upsample(factors, bilinear):
    def run(x):
        import torch.nn.functional as F

        mode = {"mode": "bilinear", "align_corners": False} if bilinear else {"mode": "nearest"}
        return F.interpolate(x, scale_factor=factors, **mode)

    return run


def _grid(places):
    def run(x, theta):
        import torch.nn.functional as F

        grid = F.affine_grid(theta.reshape(1, 2, 3), [1, x.shape[1], *places], align_corners=True)
        return F.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=True)

    return run


def torch_result(seed: int, kind: str):
    """Layer as written, inputs, gradient of the output, PyTorch's output and gradients of the inputs, in float64."""
    import torch

    text, inputs, run = random_layer(seed, kind)
    given = [torch.tensor(x.astype(float), requires_grad=True) for x in inputs]
    y = run(*given)
    grad = np.random.default_rng(seed).standard_normal(tuple(y.shape))
    y.backward(torch.tensor(grad))
    return text, inputs, grad, y.detach().numpy(), [x.grad.numpy() for x in given]


def vectors(each: int = 4) -> dict[str, np.ndarray]:
    """What data/pooling.npz holds: `each` layers of a kind."""
    out = {}
    for kind in KINDS:
        for seed in range(100, 100 + each):
            text, inputs, grad, y, grads = torch_result(seed, kind)
            at = {"text": np.array(text), "grad": grad, "y": y}
            at |= {f"x{i}": x for i, x in enumerate(inputs)} | {f"grad_x{i}": g for i, g in enumerate(grads)}
            out |= {f"{kind}{seed}/{key}": value for key, value in at.items()}
    return out


if __name__ == "__main__":
    from pathlib import Path

    np.savez_compressed(Path(__file__).resolve().parent / "data" / "pooling.npz", **vectors())
