"""The peer of benchmarks.whole_job: uproot and PyTorch, as a physicist writes it by hand.

Read both trees, shuffle, half of the events train (a fifth of these validates), three epochs, score both halves, ROC area and
signal efficiencies, one tree for each half with its variables and scores.
"""

from __future__ import annotations

import time


def job(path: str, output: str, variables: int, epochs: int, batch: int, threads: int, compression: str) -> tuple[float, float]:
    """Run it; returns the wall and CPU seconds that the epochs took."""
    import numpy as np
    import torch
    import torch.nn.functional as F
    import uproot
    from torch import nn

    names = [f"x{i}" for i in range(variables)]
    with uproot.open(path) as file:
        signal, background = (np.stack(list(file[t].arrays(names, library="np").values()), axis=1) for t in ("TreeS", "TreeB"))
    x = np.concatenate([signal, background])
    y = np.concatenate([np.ones(len(signal), np.float32), np.zeros(len(background), np.float32)])
    order = np.random.default_rng(1).permutation(len(x))
    x, y = x[order], y[order]
    half = len(x) // 2
    x_train, y_train, x_test, y_test = x[:half], y[:half], x[half:], y[half:]

    torch.manual_seed(1)
    if threads:
        torch.set_num_threads(threads)
    first_valid = half - half // 5
    xt, yt = torch.from_numpy(x_train), torch.from_numpy(y_train)[:, None]
    model = nn.Sequential(nn.Linear(variables, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    begin = time.perf_counter(), time.process_time()
    for _ in range(epochs):
        shuffled = torch.randperm(first_valid)
        for i in range(0, first_valid, batch):
            chosen = shuffled[i : i + batch]
            optimizer.zero_grad(set_to_none=True)
            F.binary_cross_entropy_with_logits(model(xt[chosen]), yt[chosen]).backward()
            optimizer.step()
        with torch.inference_mode():
            F.binary_cross_entropy_with_logits(model(xt[first_valid:]), yt[first_valid:])
    trained = time.perf_counter() - begin[0], time.process_time() - begin[1]

    def scores(events):
        with torch.inference_mode():
            parts = [torch.sigmoid(model(part))[:, 0] for part in torch.from_numpy(events).split(65536)]
        return torch.cat(parts).numpy()

    def report(name, truth, score):
        falling = np.argsort(-score)
        kept = truth[falling].astype(bool)
        s, b = np.cumsum(kept) / kept.sum(), np.cumsum(~kept) / (~kept).sum()
        at = ", ".join(f"{s[np.searchsorted(b, level)]:.3f}" for level in (0.01, 0.10, 0.30))
        print(f"{name}: area {np.trapezoid(s, b):.3f}, signal efficiencies {at}")

    options = {} if compression == "default" else {"compression": getattr(uproot, compression)(1)}
    with uproot.recreate(output, **options) as file:
        for name, events, truth in (("TestTree", x_test, y_test), ("TrainTree", x_train, y_train)):
            score = scores(events)
            report(name, truth, score)
            columns = {n: np.ascontiguousarray(events[:, i]) for i, n in enumerate(names)}
            columns |= {"classID": (1 - truth).astype(np.int32), "weight": np.ones(len(truth), np.float32), "DNN": score}
            tree = file.mktree(name, {n: values.dtype for n, values in columns.items()})
            for start in range(0, len(truth), 100_000):
                tree.extend({n: values[start : start + 100_000] for n, values in columns.items()})
    return trained
