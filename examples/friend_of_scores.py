"""Scores for every entry of ROOT trees: friends beside the data, a variation of a column, and the events that pass a cut.

Run: python examples/friend_of_scores.py [folder for the files]
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import uproot

import tmvalite as tmva


def make_tree(path, count, seed, shift):
    """A tree `events` in the folder `nominal` of a ROOT file: transverse momenta, a mass, and an event number."""
    rng = np.random.default_rng(seed)
    mass = np.where(rng.uniform(size=count) < shift, rng.normal(125, 12, count), rng.exponential(60, count) + 40)
    columns = {
        "event": np.arange(count),
        "pt1": rng.exponential(40, count) + 0.2 * mass,
        "pt2": rng.exponential(25, count) + 0.1 * mass,
        "mass": mass,
    }
    with uproot.recreate(path, compression=uproot.ZSTD(1)) as file:
        tree = file.mktree("nominal/events", {name: "i8" if name == "event" else "f4" for name in columns})
        for start in range(0, count, 5000):
            tree.extend({name: values[start : start + 5000] for name, values in columns.items()})
    return f"{path}:nominal/events"


def main(folder):
    folder = Path(folder)
    signal, background = (make_tree(folder / f"train_{i}.root", 8000, i, shift) for i, shift in enumerate((1.0, 0.0)))
    rows = [uproot.open(path).arrays(["pt1", "pt2", "mass"], library="np") for path in (signal, background)]
    x = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
    method = tmva.MethodDL(
        VarTransform="N",
        Layout="TANH|16,TANH|16,LINEAR",
        TrainingStrategy="LearningRate=1e-2,BatchSize=100,MaxEpochs=5,TestRepetitions=1",
        RandomSeed=1,
        title="DNN",
    )
    variables = {"pt1/pt2": x["pt1"] / x["pt2"], "mass": x["mass"]}  # the first is an expression, computed from branches later
    method.fit(variables, np.repeat(["Signal", "Background"], 8000), progress="silent")
    method.save(folder / "DNN.weights.xml")

    for i in range(3):
        make_tree(folder / f"data_{i}.root", 7000 + i, 10 + i, 0.2)
    data = f"{folder}/data_*.root:nominal/events"
    scale = {"scale": ({"mass": "1.03*mass"}, {"mass": "0.97*mass"})}
    done = tmva.apply(folder / "DNN.weights.xml", data, folder / "friends", friend=True, systematics=scale)
    print(f"{done.n_read} entries in {len(done.files)} friends; columns {', '.join(done.scores)}")
    tree = uproot.open({folder / "friends/data_1.root": "nominal/events"})
    print(f"the friend of data_1.root has {tree.num_entries} entries")

    done = tmva.apply(folder / "DNN.weights.xml", data, folder / "selected.root", keep=["event", "mass"], cut="DNN > 0.8")
    mass = uproot.open({folder / "selected.root": "nominal/events"})["mass"].array(library="np")
    print(f"DNN > 0.8: {done.n_written} of {done.n_read} entries, {np.mean(np.abs(mass - 125) < 25):.2f} of them near the peak")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as scratch:
            main(scratch)
