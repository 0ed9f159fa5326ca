"""Writes data/convolution.npz: convolutions computed by PyTorch in float64.

Run: python -m tests.oracles.make_convolution

Cases conv, conv_strided, depth, transposed, transposed_strided: "text" the layer as written, "x" (C, H, W), "weights" and
"biases" as in the weight file, "grad_y" a given gradient of y; y, grad_x, grad_weights, grad_biases.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from .make_vectors import DATA

# layer, image, shape of PyTorch's filters, and the function
CASES = {
    "conv": ("CONV|4|3|2|1|1|1|1|LINEAR", (3, 5, 6), (4, 3, 3, 2), lambda x, w, b: F.conv2d(x, w, b, 1, 1)),
    "conv_strided": ("CONV|5|5|3|2|3|2|1|LINEAR", (2, 9, 10), (5, 2, 5, 3), lambda x, w, b: F.conv2d(x, w, b, (2, 3), (2, 1))),
    "depth": ("DEPTHCONV|2|3|3|2|2|1|1|LINEAR", (3, 7, 5), (6, 1, 3, 3), lambda x, w, b: F.conv2d(x, w, b, 2, 1, groups=3)),
    "transposed": (
        "TRANSCONV|4|4|3|1|1|2|0|LINEAR",
        (3, 5, 4),
        (4, 3, 4, 3),
        lambda x, w, b: F.conv_transpose2d(x, w.transpose(0, 1), b, 1, (2, 0)),
    ),
    "transposed_strided": (
        "TRANSCONV|2|5|4|2|3|2|1|LINEAR|1|2",
        (3, 4, 3),
        (2, 3, 5, 4),
        lambda x, w, b: F.conv_transpose2d(x, w.transpose(0, 1), b, (2, 3), (2, 1), (1, 2)),
    ),
}


def main() -> None:
    rng, arrays = np.random.default_rng(11), {}
    for name, (text, image, filters, run) in CASES.items():
        x, w, b = (torch.tensor(rng.standard_normal(shape), requires_grad=True) for shape in ((1, *image), filters, filters[:1]))
        y = run(x, w, b)
        grad = torch.tensor(rng.standard_normal(y.shape))
        y.backward(grad)
        results = {
            "x": x[0],
            "weights": w.flatten(1),
            "biases": b[:, None],
            "grad_y": grad[0],
            "y": y[0],
            "grad_x": x.grad[0],
            "grad_weights": w.grad.flatten(1),
            "grad_biases": b.grad[:, None],
        }
        arrays |= {f"{name}/{key}": value.detach().numpy() for key, value in results.items()} | {f"{name}/text": np.array(text)}
    np.savez_compressed(DATA / "convolution.npz", **arrays)


if __name__ == "__main__":
    main()
