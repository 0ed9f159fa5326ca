"""TMVA's cross-validation tutorial: folds by event number, then the Reader, which takes the fold that did not see an event.

The calls are those of TMVACrossValidation.C and its application part as PyROOT writes them; a dense network is in the place of
its BDTG and Fisher.

Run: python examples/cross_validation.py [folder for the files]
"""

import os
import sys
import tempfile
from array import array

import numpy as np

import tmvalite as TMVA

FIRST = 3_000_000_000  # event numbers as large as those of an experiment


def gen_tree(n_points, offset, scale, seed, first):
    rng = np.random.default_rng(seed)
    x, y = (rng.normal(offset, scale, n_points).astype("float32") for _ in "xy")
    return {"x": x, "y": y, "eventID": np.arange(first, first + n_points)}


def train(signal, background):
    dataloader = TMVA.DataLoader("datasetcv")
    dataloader.AddVariable("x", "F")
    dataloader.AddVariable("y", "F")
    dataloader.AddSpectator("eventID", "I")
    dataloader.AddSignalTree(signal, 1.0)
    dataloader.AddBackgroundTree(background, 1.0)
    dataloader.PrepareTrainingAndTestTree(
        "", "", "nTest_Signal=1:nTest_Background=1:SplitMode=Random:NormMode=NumEvents:!V:!Correlations"
    )

    num_folds = 2
    split_expr = "int(fabs([eventID]))%int([NumFolds])"
    cv_options = (
        "!V:!Silent:ModelPersistence:AnalysisType=Classification:SplitType=Deterministic"
        f":NumFolds={num_folds}:SplitExpr={split_expr}"
    )
    cv = TMVA.CrossValidation("TMVACrossValidation", dataloader, "TMVA.root", cv_options)
    cv.BookMethod(
        TMVA.Types.kDL,
        "DNN",
        "!H:!V:RandomSeed=1:Layout=TANH|16,LINEAR:TrainingStrategy=LearningRate=1e-2,BatchSize=50,MaxEpochs=10,TestRepetitions=1",
    )
    cv.Evaluate()

    for i_method, result in enumerate(cv.GetResults()):
        name = cv.GetMethods()[i_method].GetValue["TString"]("MethodTitle")
        print(f"Summary for method {name}")
        for i_fold in range(cv.GetNumFolds()):
            roc, eff = result.GetROCValues()[i_fold], result.GetEff30Values()[i_fold]
            print(f"\tFold {i_fold}: ROC int: {roc:.3f}, SigEff@BkgEff=0.3: {eff:.3f}")
        print(f"\tmean ROC int: {result.GetROCAverage():.3f} +- {result.GetROCStandardDeviation():.3f}")
    cv.GetResults()[0].DrawAvgROCCurve(True, "Average ROC curve").SaveAs("roc.png")


def apply(signal, background):
    x, y, event_id = array("f", [0.0]), array("f", [0.0]), array("q", [0])
    reader = TMVA.Reader("!Color:Silent:!V")
    reader.AddVariable("x", x)
    reader.AddVariable("y", y)
    reader.AddSpectator("eventID", event_id)
    reader.BookMVA("DNN", "datasetcv/weights/TMVACrossValidation_DNN.weights.xml")
    scores = {}
    for name, tree in (("signal", signal), ("background", background)):
        scores[name] = np.empty(len(tree["x"]), "float32")
        for i in range(len(tree["x"])):
            x[0], y[0], event_id[0] = tree["x"][i], tree["y"][i], tree["eventID"][i]
            scores[name][i] = reader.EvaluateMVA("DNN")
    together = np.array_equal(scores["signal"], reader.EvaluateMVA(signal, "DNN"))
    area = TMVA.ROCCurve(scores["signal"], scores["background"]).GetROCIntegral()
    print(f"ROC int of all events, by folds that did not see them: {area:.3f}; as tables: {together}")


def main(folder):
    os.chdir(folder)
    signal, background = gen_tree(1000, 1.0, 1.0, 100, FIRST), gen_tree(1000, -1.0, 1.0, 101, FIRST + 1000)
    train(signal, background)
    apply(signal, background)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        here = os.getcwd()
        with tempfile.TemporaryDirectory() as scratch:
            main(scratch)
            os.chdir(here)
