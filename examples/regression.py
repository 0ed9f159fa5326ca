"""TMVA's regression tutorial: one target from two variables, with event weights.

Run: python examples/regression.py [tmva_reg_example.root]
Writes TMVAReg.root and datasetreg/weights/ into the current folder. Without a file it makes events of its own.
"""

import sys

import numpy as np

import tmvalite as tmva


def make_tree(count, seed):
    rng = np.random.default_rng(seed)
    var1, var2 = rng.uniform(0.0, 5.0, size=(2, count)).astype("float32")
    return {"var1": var1, "var2": var2, "fvalue": (6.0 * var1**2 + 2.0 * var1 * var2 + rng.normal(size=count)).astype("float32")}


def train(tree):
    factory = tmva.Factory("TMVARegression", "TMVAReg.root", "!V:!Silent:!Color:!DrawProgressBar:AnalysisType=Regression")
    loader = tmva.DataLoader("datasetreg")
    loader.AddVariable("var1", "Variable 1", "units", "F")
    loader.AddVariable("var2", "Variable 2", "units", "F")
    loader.AddTarget("fvalue")
    loader.AddRegressionTree(tree, 1.0)
    loader.SetWeightExpression("var1", "Regression")
    loader.PrepareTrainingAndTestTree("", "nTrain_Regression=5000:nTest_Regression=0:SplitMode=Random:NormMode=NumEvents:!V")
    factory.BookMethod(
        loader,
        tmva.Types.kDL,
        "DNN_CPU",
        "!H:!V:ErrorStrategy=SUMOFSQUARES:VarTransform=N:WeightInitialization=XAVIERUNIFORM:RandomSeed=1:Architecture=CPU:"
        "Layout=TANH|50,TANH|50,LINEAR:TrainingStrategy=LearningRate=2e-3,ConvergenceSteps=20,BatchSize=50,TestRepetitions=1,"
        "MaxEpochs=20,Optimizer=ADAM",
    )
    factory.TrainAllMethods()
    factory.TestAllMethods()
    factory.EvaluateAllMethods()


def apply(x):
    reader = tmva.Reader("!Color:!Silent")
    reader.AddVariable("var1")
    reader.AddVariable("var2")
    reader.BookMVA("DNN_CPU", "datasetreg/weights/TMVARegression_DNN_CPU.weights.xml")
    return reader.EvaluateRegression(x, "DNN_CPU")


def main(arguments):
    train(f"{arguments[0]}:TreeR" if arguments else make_tree(10000, seed=1))
    if not arguments:
        new = make_tree(5000, seed=2)
        values = apply(np.stack([new["var1"], new["var2"]], axis=1))
        deviation = values[:, 0] - new["fvalue"]
        print(
            f"new events: target from {new['fvalue'].min():.0f} to {new['fvalue'].max():.0f}, "
            f"deviation {deviation.mean():.2f} +- {deviation.std():.2f}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
