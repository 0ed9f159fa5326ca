"""Anomaly detection: an autoencoder that has seen background only; what it cannot rebuild is suspicious.

Run: python examples/anomaly_higgs.py [Higgs_data.root] [--width 2] [--seed 1]
The file is that of ROOT's deep-learning tutorials (trees sig_tree and bkg_tree, 10 000 events each). Without it the events are
toys: seven masses that follow two hidden numbers along a curved surface, and signal that leaves the surface.
The baseline is a principal component analysis that keeps as many numbers as the code has.

On the toys the score tells signal. On ROOT's file it does not (areas of 0.46 to 0.54, whatever the width): the masses of that
signal lie where background is dense, at their peaks even closer together, and what is seen often is rebuilt well. It takes labels
to find it, as in examples/classification.py.
"""

import argparse

import numpy as np

import tmvalite as tmva
from tmvalite.evaluation import roc_area

VARIABLES = ["m_jj", "m_jjj", "m_lv", "m_jlv", "m_bb", "m_wbb", "m_wwbb"]
BOOKING = (
    "!H:!V:VarTransform=N:WeightInitialization=XAVIERUNIFORM:RandomSeed={seed}:"
    "Layout=Encoder={{DENSE|64|TANH,DENSE|32|TANH,DENSE|{width}|LINEAR}}Decoder={{DENSE|32|TANH,DENSE|64|TANH,DENSE|N|LINEAR}}:"
    "TrainingStrategy=Optimizer=ADAM,LearningRate=2e-3,LearningRateSchedule=COSINE,BatchSize=100,MaxEpochs=40,TestRepetitions=7,"
    "ConvergenceSteps=40"
)


def toy_events(count, signal, seed):
    """Logarithms of seven masses (count, 7), functions of two hidden numbers; of signal every third one is shuffled."""
    rng = np.random.default_rng([seed, signal])
    a, b = rng.normal(size=(2, count))
    log = np.stack([a, b, a * b / 2, np.sin(2 * a), a**2 / 2, np.cos(2 * b) + a / 2, a - b], axis=1)
    log += 0.1 * rng.normal(size=log.shape)
    if signal:
        log[:, ::3] = rng.permuted(log[:, ::3], axis=0)
    return 0.3 * log.astype("float32")


def read(path):
    """Logarithms of the masses of ROOT's file: signal and background, (10000, 7) each."""
    import uproot

    with uproot.open(path) as file:
        trees = [file[name].arrays(VARIABLES, library="np") for name in ("sig_tree", "bkg_tree")]
    return [np.log(np.stack([tree[name] for name in VARIABLES], axis=1)).astype("float32") for tree in trees]


def principal_components(train, width):
    """score(x): squared distance (N,) to the plane of `width` principal components, in units of the spreads of `train`."""
    mean, spread = train.mean(axis=0), train.std(axis=0)
    _, _, axes = np.linalg.svd((train - mean) / spread, full_matrices=False)
    kept = axes[:width]

    def score(x):
        z = (x - mean) / spread
        return np.sum((z - z @ kept.T @ kept) ** 2, axis=1)

    return score


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", help="ROOT's Higgs_data.root")
    parser.add_argument("--width", type=int, default=2, help="numbers in the code")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.file:
        signal, background = read(options.file)
    else:
        print("no file given: toy events")
        signal, background = (toy_events(10000, wanted, options.seed) for wanted in (True, False))
    train, rest = background[:6000], background[6000:]
    method = tmva.MethodAE(BOOKING.format(width=options.width, seed=options.seed)).fit(train)

    x = np.concatenate([signal, rest])
    is_signal = np.arange(len(x)) < len(signal)
    areas = {"autoencoder": roc_area(method.GetMvaValues(x), is_signal)}
    areas["principal components"] = roc_area(principal_components(train, options.width)(x), is_signal)
    print(f"{options.width} numbers kept; ROC area of the anomaly score, signal against new background:")
    print(", ".join(f"{name} {area:.3f}" for name, area in areas.items()))


if __name__ == "__main__":
    main()
