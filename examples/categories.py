"""Two regions of a detector with a network each, as one method of a Factory, beside one network for all and a method of your own.

Run: python examples/categories.py
Writes dataset/weights/ into the current folder. It makes its own events.
"""

import numpy as np

import tmvalite as tmva
from tmvalite.evaluation import roc_area

BARREL, ENDCAP = "abs(eta)<1.5", "abs(eta)>=1.5"
OPTIONS = (
    "!H:!V:VarTransform=N:RandomSeed=1:Layout=TANH|16,TANH|16,LINEAR:"
    "TrainingStrategy=LearningRate=5e-3,BatchSize=100,MaxEpochs=10,TestRepetitions=1"
)


def make_tree(count, signal, seed):
    """Shower width and isolation; showers of the endcap are wider, so that its signal looks like background of the barrel."""
    rng = np.random.default_rng(seed)
    eta = rng.uniform(-2.5, 2.5, count)
    width = rng.gamma(9.0, 0.1, count) * np.where(np.abs(eta) < 1.5, 1.0, 1.6) * (1.0 if signal else 1.5)
    isolation = rng.exponential(1.0 if signal else 1.6, count)
    return {"width": width.astype("float32"), "isolation": isolation.astype("float32"), "eta": eta.astype("float32")}


class Nearest:
    """The least that a method needs: fit and predict_proba. Here the share of signal in cells of equal numbers of events."""

    def fit(self, X, y, sample_weight):
        self.edges = [np.quantile(column, np.linspace(0, 1, 9)[1:-1]) for column in X.T]
        cells = self._cells(X)
        self.share = np.bincount(cells, sample_weight * y, 64) / np.bincount(cells, sample_weight, 64)

    def predict_proba(self, X):
        share = self.share[self._cells(X)]
        return np.stack([1.0 - share, share], axis=1)

    def _cells(self, X):
        first, second = (np.searchsorted(edges, column) for edges, column in zip(self.edges, X.T, strict=True))
        return 8 * first + second


def train():
    factory = tmva.Factory("Photons", "!V:!Silent:!Color:!DrawProgressBar:AnalysisType=Classification")
    loader = tmva.DataLoader("dataset")
    loader.AddVariable("width", "Width of the shower")
    loader.AddVariable("isolation", "Isolation", "GeV")
    loader.AddSpectator("eta")  # the cuts of the categories read it; no network does
    loader.AddSignalTree(make_tree(5000, True, 1))
    loader.AddBackgroundTree(make_tree(5000, False, 2))
    loader.PrepareTrainingAndTestTree("", "SplitMode=Random:NormMode=NumEvents:!V")

    factory.BookMethod(loader, tmva.Types.kDL, "Everywhere", OPTIONS)
    category = factory.BookMethod(loader, tmva.Types.kCategory, "Regions", "")
    category.AddMethod(BARREL, "width:isolation", tmva.Types.kDL, "Barrel", OPTIONS)
    category.AddMethod(ENDCAP, "width:isolation", tmva.Types.kDL, "Endcap", OPTIONS)
    factory.BookMethod(loader, "Python", "Cells", estimator=Nearest())
    factory.TrainAllMethods()
    factory.TestAllMethods()
    factory.EvaluateAllMethods()


def main():
    train()
    signal, background = make_tree(5000, True, 11), make_tree(5000, False, 12)
    regions = tmva.load("dataset/weights/Photons_Regions.weights.xml")  # one file for both
    everywhere = tmva.load("dataset/weights/Photons_Everywhere.weights.xml")
    areas = {}
    for name, method in (("one network", everywhere), ("a network for each region", regions)):
        score = np.concatenate([method.GetMvaValues(events) for events in (signal, background)])
        areas[name] = roc_area(score, np.arange(10000) < 5000)
    print("ROC area on new events: " + ", ".join(f"{name} {area:.3f}" for name, area in areas.items()))


if __name__ == "__main__":
    main()
