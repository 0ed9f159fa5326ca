"""Files for the tests of streamed samples: two classes, several files each, with cuts, expressions and weights."""

import numpy as np
import uproot

from tmvalite.data.streaming import chunks

NAMES = ["x", "y", "s := x*y"]
CUT, WEIGHT = "y>-1", "w"


def columns(n, shift, seed):
    rng = np.random.default_rng(seed)
    x, y = (rng.normal(size=n).astype(np.float32) for _ in range(2))
    return {"x": x + np.float32(shift), "y": y, "w": rng.uniform(0.5, 1.5, n).astype(np.float32)}


def write_tree(path, content, basket, kind="ttree"):
    """A file with the tree `t` whose clusters have `basket` entries."""
    n = len(content["x"])
    with uproot.recreate(path) as file:
        make = file.mktree if kind == "ttree" else file.mkrntuple
        tree = make("t", {name: values.dtype for name, values in content.items()})
        for start in range(0, n, basket):
            tree.extend({name: values[start : start + basket] for name, values in content.items()})


def write_classes(folder, sizes=((900, 700, 1100), (500, 1300)), basket=130, kind="ttree"):
    """Files {class: ["path:t", ...]}, and the columns of each."""
    files, content = {}, {}
    for c, (name, lengths) in enumerate(zip(("Signal", "Background"), sizes)):
        for i, n in enumerate(lengths):
            path = folder / f"{name}{i}.root"
            content.setdefault(name, []).append(columns(n, 1.0 - c, 10 * c + i))
            write_tree(path, content[name][-1], basket, kind)
            files.setdefault(name, []).append(f"{path}:t")
    return files, content


def arrays(content):
    """(x, class names, weights) that pass the cut, class after class."""
    parts = []
    for name, files in content.items():
        for one in files:
            keep = one["y"] > -1
            x = np.stack([one["x"], one["y"], (one["x"].astype(float) * one["y"]).astype(np.float32)], axis=1)[keep]
            parts.append((x, np.full(len(x), name), one["w"][keep].astype(np.float64)))
    return [np.concatenate(columns) for columns in zip(*parts)]


def nothing_fits(monkeypatch):
    """Buffers of 600 events, chunks of about 130 entries, samples of a data set of 200."""
    monkeypatch.setattr("tmvalite.data.streaming.streamed_events.OF_HELD", 0.0)
    monkeypatch.setattr("tmvalite.data.streaming.streamed_events.LEAST_BUFFER", 600)
    monkeypatch.setattr("tmvalite.data.streaming.streamed_events.OF_BUFFERS", 0.0)
    monkeypatch.setattr("tmvalite.data.streaming.streamed_dataset.LEAST_SAMPLE", 200)
    monkeypatch.setattr("tmvalite.data.streaming.streamed_dataset.OF_SAMPLE", 0.0)
    monkeypatch.setattr(chunks, "LEAST", 1)
    monkeypatch.setattr(chunks, "BLOCK", 130)
