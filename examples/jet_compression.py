"""Compression of a table of jets: 24 columns become 15 numbers, and the mass peak of the pairs must survive.

Run: python examples/jet_compression.py [--events 40000] [--epochs 30] [--seed 1]
Baseline: 15 principal components of the same numbers, standardised. The mass is computed from the four-vectors that come back.
"""

import argparse

import numpy as np
from toys import INTEGERS, PEAK, dijet_mass, jets, wrap

import tmvalite as tmva

CODE = 15
BOOKING = (
    "!H:!V:ErrorStrategy=SUMOFSQUARES:InputLayout=1|1|24:WeightInitialization=XAVIERUNIFORM:RandomSeed={seed}:"
    "Layout=Encoder={{DENSE|200|LEAKYRELU,DENSE|100|LEAKYRELU,DENSE|50|LEAKYRELU,DENSE|15|LINEAR}}"
    "Decoder={{DENSE|50|LEAKYRELU,DENSE|100|LEAKYRELU,DENSE|200|LEAKYRELU,DENSE|N|LINEAR}}:"
    "TrainingStrategy=Optimizer=ADAM,LearningRate=2e-3,LearningRateSchedule=COSINE,BatchSize=256,MaxEpochs={epochs},"
    "TestRepetitions=7,ConvergenceSteps={epochs}"
)


def to_array(table):
    """What is compressed, (N, 24) float32: the columns, logarithms of momenta, energies and masses (errors become relative)."""
    columns = (np.log(x) if is_scale(name) else x for name, x in table.items())
    return np.stack([np.asarray(x, np.float32) for x in columns], axis=1)


def is_scale(name):
    return name.endswith(("_pt", "_m", "_e")) or name in ("ht", "met")


def to_table(names, values):
    """Columns by name from what `to_array` gave: angles are wrapped into (-pi, pi], integers rounded."""
    columns = {name: np.exp(values[:, i]) if is_scale(name) else values[:, i] for i, name in enumerate(names)}
    return {name: wrap(x) if name.endswith("phi") else np.rint(x) if name in INTEGERS else x for name, x in columns.items()}


class Standardised:
    """A compression of columns with mean 0 and spread 1 over a training sample: all columns count alike.

    train : (N, columns); make : function of the standardised sample that returns rebuild(z) -> z
    """

    def __init__(self, train, make):
        self.mean, self.spread = train.mean(axis=0), train.std(axis=0)
        self.rebuild = make((train - self.mean) / self.spread)

    def __call__(self, x):
        """x (N, columns) as it comes back."""
        return self.rebuild((x - self.mean) / self.spread) * self.spread + self.mean


def principal_components(z):
    """rebuild(z) with CODE principal components."""
    _, _, axes = np.linalg.svd(z, full_matrices=False)
    kept = axes[:CODE]
    return lambda z: z @ kept.T @ kept


def autoencoder(booking, progress="auto"):
    """make(z) for Standardised: trains a MethodAE booked with this string."""
    return lambda z: tmva.MethodAE(booking).fit(z, progress=progress).reconstruct


def fit_peak(mass):
    """Position and width (GeV) of a Gaussian on a straight line, fitted to 199 bins from 100 to 225 GeV.

    Least squares by Levenberg and Marquardt's steps, started at the true peak.
    """
    counts, edges = np.histogram(mass, bins=np.linspace(100.0, 225.0, 200))
    x = 0.5 * (edges[1:] + edges[:-1])
    p, damping = np.array([counts.max(), PEAK, 6.0, 0.0, counts.min()], float), 1e-2

    def model(p):
        pull = (x - p[1]) / p[2]
        shape = np.exp(-0.5 * pull**2)
        slope = np.stack([shape, p[0] * shape * pull / p[2], p[0] * shape * pull**2 / p[2], x - PEAK, np.ones_like(x)], axis=1)
        return p[0] * shape + p[3] * (x - PEAK) + p[4], slope

    y, slope = model(p)
    for _ in range(100):
        matrix = slope.T @ slope
        step = np.linalg.lstsq(matrix + damping * np.diag(np.diag(matrix)), slope.T @ (counts - y), rcond=None)[0]
        new_y, new_slope = model(p + step)
        if np.sum((counts - new_y) ** 2) < np.sum((counts - y) ** 2):
            p, y, slope, damping = p + step, new_y, new_slope, damping / 3
        else:
            damping *= 4
    return float(p[1]), abs(float(p[2]))


def compare(table, rebuilt):
    """Peak before and after, in GeV, and the mean over the columns of (spread of the error / spread of the column)^2."""
    names = list(table)
    after = to_table(names, rebuilt)
    part = []
    for name in names:
        error = after[name] - np.asarray(table[name], float)
        if name.endswith("phi"):
            error = wrap(error)
        part.append(np.mean(error**2) / np.var(table[name]))
    return fit_peak(dijet_mass(table)), fit_peak(dijet_mass(after)), float(np.mean(part))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=40000)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    train, fresh = to_array(jets(options.events, seed=options.seed)), jets(20000, seed=1000 + options.seed)
    kinds = {
        "autoencoder": autoencoder(BOOKING.format(epochs=options.epochs, seed=options.seed)),
        "principal components": principal_components,
    }
    x = to_array(fresh)
    print(f"{x.shape[1]} columns in {CODE} numbers; 20000 events that were not trained on")
    for name, make in kinds.items():
        before, after, error = compare(fresh, Standardised(train, make)(x))
        print(
            f"{name}: peak {after[0]:.2f} GeV, shift {100 * (after[0] / before[0] - 1):+.3f} %; "
            f"width {after[1]:.2f} GeV, {100 * (after[1] / before[1] - 1):+.1f} %\n"
            f"  squared errors {error:.4f} of the variances"
        )


if __name__ == "__main__":
    main()
