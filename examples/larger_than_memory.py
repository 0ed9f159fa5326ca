"""A training on files that do not fit into memory: clusters are read, shuffled in two buffers and trained, epoch after epoch.

Here the files are small, and so is the memory that the training is given; with 400 MB, the default, a hundred million entries
train the same way. The scores of all entries are then written beside the files, block by block.

Run: python examples/larger_than_memory.py [folder for the files]
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import uproot

import tmvalite as tmva

ENTRIES, CLUSTER = 60_000, 5_000  # of a file; of a cluster
VARIABLES = ["logpt := log(pt)", "abs(eta)", "mass", "iso"]


def make_tree(path, signal, seed):
    """Decays with some variables and a weight."""
    rng = np.random.default_rng(seed)
    with uproot.recreate(path, compression=uproot.ZSTD(1)) as file:
        tree = file.mktree("decays", dict.fromkeys(("pt", "eta", "mass", "iso", "weight"), "f4"))
        for _ in range(ENTRIES // CLUSTER):
            pt = rng.exponential(30, CLUSTER) + 10
            tree.extend(
                {
                    "pt": pt.astype(np.float32),
                    "eta": rng.normal(0, 1.5, CLUSTER).astype(np.float32),
                    "mass": (rng.normal(93 if signal else 90, 4, CLUSTER) + 0.1 * pt).astype(np.float32),
                    "iso": (rng.exponential(1, CLUSTER) / (2 if signal else 1)).astype(np.float32),
                    "weight": rng.uniform(0.5, 1.5, CLUSTER).astype(np.float32),
                }
            )


def main(folder):
    folder = Path(folder)
    for number in range(3):
        make_tree(folder / f"signal_{number}.root", True, number)
        make_tree(folder / f"background_{number}.root", False, 100 + number)

    stream = tmva.EventStream(
        {"Signal": f"{folder}/signal_*.root:decays", "Background": f"{folder}/background_*.root:decays"},
        variables=VARIABLES,
        cut="pt>25",
        weight="weight",
        memory="2 MB",
    )
    options = dict(VarTransform="N", Layout="TANH|16,LINEAR", LearningRate=3e-3, MaxEpochs=4, RandomSeed=1, title="DNN")
    method = tmva.MethodDL(**options).fit(stream, progress="silent")
    losses = method.history["valid_loss"]
    print(f"validation loss after {len(losses)} epochs: {losses[-1]:.3f}")
    method.save(folder / "DNN.weights.xml")

    done = tmva.apply(folder / "DNN.weights.xml", f"{folder}/*_2.root:decays", folder / "scores", friend=True)
    print(f"{done.n_read} entries scored into {len(done.files)} friends")
    scores = {}
    for name in ("signal", "background"):
        passes = uproot.open({folder / f"{name}_2.root": "decays"})["pt"].array(library="np") > 25
        scores[name] = uproot.open({folder / f"scores/{name}_2.root": "decays"})["DNN"].array(library="np")[passes]
    cut = np.quantile(scores["background"], 0.9)
    print(f"signal efficiency where 10 % of the background is left: {np.mean(scores['signal'] > cut):.3f}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(temporary)
