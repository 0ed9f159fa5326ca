"""Whether two builds train and score to the same bits. Run: python -m benchmarks.same_bits ../other-checkout

Twelve networks, every loss and every optimizer among them, two seeds each, are trained by both builds in processes of their own,
on the same events; trained weights, scores and histories are compared as bits. The other build is any checkout, such as a git
worktree of an earlier commit.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SEEDS = (1, 7)
STRATEGY = "BatchSize=50,MaxEpochs=4,TestRepetitions=1,ConvergenceSteps=100"
ADAM = f"LearningRate=1e-2,Optimizer=ADAM,{STRATEGY}"
DEEP = "TANH|16,RELU|16,LINEAR"
TWO_OUTPUTS = "h=DENSE|8|RELU,score=DENSE|1|LINEAR@h,mass=DENSE|1|LINEAR@h,OUTPUT|CROSSENTROPY@score,OUTPUT|SUMOFSQUARES|0.1@mass"
NETWORKS = {  # method, analysis type, variables, options
    "cross entropy, ADAM": ("DL", "classification", 4, f"VarTransform=N:Layout={DEEP}:TrainingStrategy={ADAM}"),
    "squares, SGD": (
        "DL",
        "classification",
        4,
        f"ErrorStrategy=SUMOFSQUARES:Layout=SOFTSIGN|16,GAUSS|16,LINEAR:"
        f"TrainingStrategy=LearningRate=1e-2,Momentum=0.9,Optimizer=SGD,Regularization=L2,WeightDecay=1e-3,{STRATEGY}",
    ),
    "regression, ADAGRAD": (
        "DL",
        "regression",
        4,
        f"VarTransform=N:Layout=SYMMRELU|16,SIGMOID|16,LINEAR:TrainingStrategy=LearningRate=1e-2,Optimizer=ADAGRAD,{STRATEGY}",
    ),
    "multiclass, RMSPROP": (
        "DL",
        "multiclass",
        4,
        f"Layout=DENSE|16|ELU,DENSE|16|GELU,DENSE|3|LINEAR:"
        f"TrainingStrategy=LearningRate=1e-3,Momentum=0.5,Optimizer=RMSPROP,Regularization=L1,WeightDecay=1e-4,{STRATEGY}",
    ),
    "dropout, ADADELTA, two phases": (
        "DL",
        "classification",
        4,
        f"Layout=DENSE|16|SWISH,DENSE|16|SOFTPLUS,LINEAR:TrainingStrategy=LearningRate=1,Optimizer=ADADELTA,DropConfig=0+0.3,"
        f"{STRATEGY}|{ADAM}",
    ),
    "float64, residual, two outputs": (
        "DL",
        "classification",
        4,
        f"Precision=float64:Layout={TWO_OUTPUTS}:TrainingStrategy={ADAM}",
    ),
    "image": (
        "DL",
        "classification",
        64,
        f"InputLayout=1|8|8:Layout=CONV|6|3|3|1|1|1|1|RELU,BNORM,MAXPOOL|2|2|2|2,CONV|8|3|3|1|1|1|1|LEAKYRELU,RESHAPE|FLAT,LINEAR:"
        f"TrainingStrategy={ADAM}",
    ),
    "recurrent": (
        "DL",
        "classification",
        40,
        f"InputLayout=10|4:Layout=LSTM|8|4|10|0|1,GRU|6|8|10|0|0,LINEAR:TrainingStrategy={ADAM}",
    ),
    "variational": (
        "AE",
        "classification",
        4,
        f"Layout=Encoder={{DENSE|16|RELU,LATENT|2}}Decoder={{DENSE|16|RELU,DENSE|N|LINEAR}}:"
        f"VarTransform=N:TrainingStrategy={ADAM}",
    ),
    "Wasserstein with a head": (
        "AE",
        "classification",
        4,
        "Layout=Encoder={DENSE|16|TANH,DENSE|2|LINEAR}Decoder={DENSE|16|TANH,DENSE|N|LINEAR}Head={DENSE|1|LINEAR}:LatentLoss=MMD:"
        f"VarTransform=N:TrainingStrategy={ADAM}",
    ),
    "adversarial": (
        "AE",
        "classification",
        4,
        "Layout=Encoder={DENSE|16|TANH,DENSE|2|LINEAR}Decoder={DENSE|16|TANH,DENSE|N|LINEAR}:LatentLoss=ADV:"
        f"TrainingStrategy={ADAM}",
    ),
    "categories, denoising, pre-trained": (
        "AE",
        "classification",
        4,
        "Layout=Encoder={CORRUPT|0.1|GAUSS,DENSE|16|TANH,DENSE|6|LINEAR,GUMBEL|2|3|1}Decoder={DENSE|16|TANH,DENSE|N|LINEAR}:"
        f"Pretrain=GREEDY:PretrainEpochs=2:TemperatureRate=1e-3:TrainingStrategy={ADAM}",
    ),
}


def events(n_variables: int, analysis: str, n: int = 400):
    """X, y and weights of a small toy, and targets beside the classes."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(n, n_variables)).astype(np.float32)
    z = x[:, 0] * x[:, 1] + 0.3 * x[:, 2]
    y = z if analysis == "regression" else np.digitize(z, [-0.3, 0.3]) if analysis == "multiclass" else z > 0
    return x, y, rng.uniform(0.5, 2.0, n), x[:, :1]


def write(path: str) -> None:
    """Train everything with the build that is imported here; all arrays into one file."""
    import tmvalite

    found = {}
    for name, (method_type, analysis, n_variables, options) in NETWORKS.items():
        x, y, w, extra = events(n_variables, analysis)
        for seed in SEEDS:
            method = getattr(tmvalite, f"Method{method_type}")(f"!V:RandomSeed={seed}:{options}", analysis_type=analysis)
            more = {"targets": extra} if "OUTPUT" in options else {}
            method.fit(x, y, sample_weight=w, norm="EqualNumEvents", progress="silent", **more)
            arrays = {"weights": method.network.parameters.flat, "scores": method.GetMvaValues(x)}
            arrays |= {f"history {column}": np.array(method.history[column], float) for column in ("train_loss", "valid_loss")}
            found |= {f"{name}, seed {seed}: {what}": array for what, array in arrays.items()}
    np.savez(path, **found)


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("other", type=Path, help="the other checkout, or where to write with --write")
    parser.add_argument("--write", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.write:
        write(str(given.other))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        arrays = []
        for number, root in enumerate((ROOT, given.other.resolve())):
            path = os.path.join(folder, f"{number}.npz")
            environment = os.environ | {"PYTHONPATH": str(root)}
            subprocess.run(
                [sys.executable, str(Path(__file__).resolve()), "--write", path], cwd=root, env=environment, check=True
            )
            with np.load(path) as file:
                arrays.append({name: file[name] for name in file.files})
    here, there = arrays
    different = [name for name in here if name not in there or here[name].tobytes() != there[name].tobytes()]
    for name in different:
        if name in there and here[name].shape == there[name].shape:
            print(f"{name}: differs by up to {np.abs(here[name] - there[name]).max():.3g}")
        else:
            print(f"{name}: another shape, or not there")
    print(f"{len(here) - len(different)} of {len(here)} arrays of {len(NETWORKS)} networks have the same bits")
    return 1 if different else 0


if __name__ == "__main__":
    raise SystemExit(main())
