"""TMVA's classification tutorial: Factory, DataLoader, a dense network, then the Reader.

Run: python examples/classification.py [tmva_class_example.root]
Writes TMVAC.root and dataset/weights/ into the current folder. Without a file it makes events of its own.
"""

import sys

import numpy as np

import tmvalite as tmva
from tmvalite.evaluation import roc_area


def make_tree(count, mean, seed):
    """Four correlated Gaussian variables and a weight, as a dict of arrays: anything that has columns is a tree."""
    rng = np.random.default_rng(seed)
    mix = np.array([[1.0, 0.6, 0.4, 0.3], [0.0, 0.8, 0.5, 0.2], [0.0, 0.0, 0.8, 0.5], [0.0, 0.0, 0.0, 0.8]])
    x = (rng.normal(size=(count, 4)) @ mix + mean).astype("float32")
    columns = {f"var{i + 1}": x[:, i] for i in range(4)}
    return columns | {"weight": rng.uniform(0.2, 1.0, size=count).astype("float32")}


def trees(arguments):
    if arguments:
        return f"{arguments[0]}:TreeS", f"{arguments[0]}:TreeB"
    return make_tree(6000, [0.3, 0.4, 0.5, 0.6], 1), make_tree(6000, [-0.3, -0.4, -0.2, -0.6], 2)


def train(signal, background):
    factory = tmva.Factory("TMVAClassification", "TMVAC.root", "!V:!Silent:!Color:!DrawProgressBar:AnalysisType=Classification")
    loader = tmva.DataLoader("dataset")
    loader.AddVariable("myvar1 := var1+var2", "F")
    loader.AddVariable("myvar2 := var1-var2", "Expression 2", "", "F")
    loader.AddVariable("var3", "Variable 3", "units", "F")
    loader.AddVariable("var4", "Variable 4", "units", "F")
    loader.AddSpectator("spec1 := var1*2", "Spectator 1", "units", "F")
    loader.AddSignalTree(signal, 1.0)
    loader.AddBackgroundTree(background, 1.0)
    loader.SetBackgroundWeightExpression("weight")
    loader.PrepareTrainingAndTestTree("", "nTrain_Signal=3000:nTrain_Background=3000:SplitMode=Random:NormMode=NumEvents:!V")
    factory.BookMethod(
        loader,
        tmva.Types.kDL,
        "DNN_CPU",
        "!H:!V:ErrorStrategy=CROSSENTROPY:VarTransform=N:WeightInitialization=XAVIERUNIFORM:RandomSeed=1:"
        "Layout=TANH|64,TANH|64,LINEAR:"
        "TrainingStrategy=LearningRate=1e-3,ConvergenceSteps=10,BatchSize=100,TestRepetitions=1,MaxEpochs=15,"
        "DropConfig=0.0+0.1+0.1:Architecture=CPU",
    )
    factory.TrainAllMethods()
    factory.TestAllMethods()
    factory.EvaluateAllMethods()
    print(f"ROC integral: {factory.GetROCIntegral(loader, 'DNN_CPU'):.3f}")


def make_reader():
    reader = tmva.Reader("!Color:!Silent")
    for variable in ("myvar1 := var1+var2", "myvar2 := var1-var2", "var3", "var4"):
        reader.AddVariable(variable)
    reader.AddSpectator("spec1 := var1*2")
    reader.BookMVA("DNN_CPU method", "dataset/weights/TMVAClassification_DNN_CPU.weights.xml")
    return reader


def apply(reader, events):
    """The scores of many events at once, from a dict of arrays; the Reader wants the values of its variables."""
    v1, v2, v3, v4 = (events[f"var{i}"] for i in (1, 2, 3, 4))
    return reader.EvaluateMVA(np.stack([v1 + v2, v1 - v2, v3, v4], axis=1), "DNN_CPU method")


def main(arguments):
    train(*trees(arguments))
    if not arguments:
        signal, background = make_tree(5000, [0.3, 0.4, 0.5, 0.6], 11), make_tree(5000, [-0.3, -0.4, -0.2, -0.6], 12)
        reader = make_reader()
        score = np.concatenate([apply(reader, signal), apply(reader, background)])
        print(f"ROC area on new events, read from the weight file: {roc_area(score, np.arange(10000) < 5000):.3f}")


if __name__ == "__main__":
    main(sys.argv[1:])
