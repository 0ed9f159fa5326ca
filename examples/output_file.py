"""The output ROOT file of a Factory without ROOT: its names, a ROC curve, and what the outputs say as probabilities.

Run: python examples/output_file.py
Writes TMVA.root and dataset/weights/ into the current folder; `TMVA::TMVAGui("TMVA.root")` of ROOT draws what is in it.
"""

import numpy as np
import uproot

import tmvalite as tmva


def make_tree(count, shift, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 3)) + shift
    return {"x": x[:, 0], "y": x[:, 1] + 0.5 * x[:, 0], "z": x[:, 2] ** 2}


def train():
    factory = tmva.Factory("Job", "TMVA.root", "!V:Silent:!Color:!ROC:Transformations=I;D;G:AnalysisType=Classification")
    loader = tmva.DataLoader("dataset")
    loader.AddSignalTree(make_tree(6000, 0.7, 1))
    loader.AddBackgroundTree(make_tree(6000, 0.0, 2))
    for name in "xyz":
        loader.AddVariable(name)
    loader.PrepareTrainingAndTestTree("", "SplitMode=Random:!V")
    factory.BookMethod(
        loader,
        tmva.Types.kDL,
        "DNN",
        "!H:!V:VarTransform=N:Layout=TANH|16,LINEAR:RandomSeed=1:CreateMVAPdfs:NbinsMVAPdf=40:NsmoothMVAPdf=2:"
        "TrainingStrategy=LearningRate=1e-2,BatchSize=100,MaxEpochs=10,TestRepetitions=1",
    )
    factory.TrainAllMethods()
    factory.TestAllMethods()
    factory.EvaluateAllMethods()


def show(path):
    with uproot.open(path) as file:
        folders = [name for name in file["dataset"].keys(recursive=False, cycle=False) if name.startswith("InputVariables")]
        print(f"{len(file.keys())} objects, with the variables as {', '.join(name.partition('_')[2] for name in folders)}")
        method = file["dataset/Method_DL/DNN"]
        print(f"losses of {len(method['TrainingHistory_DNN_valError'].values())} epochs, weights in {method['WeightFileName']}")
        print(f"area under MVA_DNN_rejBvsS: {method['MVA_DNN_rejBvsS'].values().mean():.3f}")
        test = file["dataset/TestTree"].arrays(["classID", "prob_DNN"], library="np")
    chosen = (test["prob_DNN"] > 0.7) & (test["prob_DNN"] < 0.8)
    print(f"of the events with a probability of 0.7 to 0.8, {(test['classID'][chosen] == 0).mean():.2f} are signal")


def score(path):
    model = tmva.Experimental.RReader(path)
    event = [1.0, 1.2, 0.4]
    output = model.Compute(event)[0]
    share = model.method.GetProba(output, 0.01)
    print(f"an event with {', '.join(model.GetVariableNames())} = {event} has output {output:.3f};")
    print(f"where one event of a hundred is signal, it is with probability {share:.3f}")


if __name__ == "__main__":
    train()
    show("TMVA.root")
    score("dataset/weights/Job_DNN.weights.xml")
