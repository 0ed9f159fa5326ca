"""TMVA's multiclass tutorial: four classes of events.

Run: python examples/multiclass.py [tmva_multiclass_example.root]
Writes TMVAMulticlass.root and dataset/weights/ into the current folder. Without a file it makes events of its own.
"""

import sys

import numpy as np

import tmvalite as tmva

CLASSES = {"Signal": "TreeS", "bg0": "TreeB0", "bg1": "TreeB1", "bg2": "TreeB2"}
CENTRES = {"Signal": (1, 1, 0, 0), "bg0": (-1, 1, 0, 1), "bg1": (-1, -1, 1, 0), "bg2": (1, -1, 1, 1)}


def make_tree(name, count, seed):
    rng = np.random.default_rng([seed, *name.encode()])
    x = (0.8 * rng.normal(size=(count, 4)) + CENTRES[name]).astype("float32")
    return {f"var{i + 1}": x[:, i] for i in range(4)}


def train(arguments):
    factory = tmva.Factory("TMVAMulticlass", "TMVAMulticlass.root", "!V:!Silent:!Color:!DrawProgressBar:AnalysisType=multiclass")
    loader = tmva.DataLoader("dataset")
    for i in range(1, 5):
        loader.AddVariable(f"var{i}", "F")
    for name, tree in CLASSES.items():
        loader.AddTree(f"{arguments[0]}:{tree}" if arguments else make_tree(name, 2000, seed=1), name)
    loader.PrepareTrainingAndTestTree("", "SplitMode=Random:NormMode=NumEvents:!V")
    factory.BookMethod(
        loader,
        tmva.Types.kDL,
        "DL_CPU",
        "!H:!V:ErrorStrategy=MUTUALEXCLUSIVE:VarTransform=N:WeightInitialization=XAVIERUNIFORM:RandomSeed=1:Architecture=CPU:"
        "Layout=TANH|100,TANH|50,TANH|10,LINEAR:"
        "TrainingStrategy=Optimizer=ADAM,LearningRate=1e-3,TestRepetitions=1,ConvergenceSteps=10,BatchSize=100,MaxEpochs=20",
    )
    factory.TrainAllMethods()
    factory.TestAllMethods()
    factory.EvaluateAllMethods()


def make_reader():
    reader = tmva.Reader("!Color:!Silent")
    for i in range(1, 5):
        reader.AddVariable(f"var{i}")
    reader.BookMVA("DL_CPU", "dataset/weights/TMVAMulticlass_DL_CPU.weights.xml")
    return reader


def main(arguments):
    train(arguments)
    if not arguments:
        reader, right = make_reader(), []
        for i, name in enumerate(CLASSES):
            tree = make_tree(name, 1000, seed=2)
            x = np.stack([tree[f"var{k}"] for k in range(1, 5)], axis=1)
            values = reader.EvaluateMulticlass(x, "DL_CPU")  # (events, classes) in the order of the training
            right.append(np.mean(values.argmax(axis=1) == i))
        print("new events in their own class:", ", ".join(f"{name} {r:.2f}" for name, r in zip(CLASSES, right)))


if __name__ == "__main__":
    main(sys.argv[1:])
