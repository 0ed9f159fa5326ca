"""The calls of TMVA's cross-validation tutorial and its application: folds by an event number, a Reader with one file."""

from array import array

import tmvalite.pyroot as ROOT


def make_tree(n, offset, seed):
    random = ROOT.TRandom3(seed)
    x, y, event = array("f", [0.0]), array("f", [0.0]), array("i", [0])
    tree = ROOT.TTree("t", "t")
    tree.Branch("x", x, "x/F")
    tree.Branch("y", y, "y/F")
    tree.Branch("eventID", event, "eventID/I")
    for _ in range(n):
        x[0], y[0] = random.Gaus(offset, 1.0), random.Gaus(offset, 1.0)
        event[0] += 1
        tree.Fill()
    tree.ResetBranchAddresses()
    return tree


ROOT.TMVA.Tools.Instance()
signal, background = make_tree(120, 1.0, 100), make_tree(120, -1.0, 101)
output_file = ROOT.TFile.Open("TMVACV.root", "RECREATE")
loader = ROOT.TMVA.DataLoader("datasetcv")
loader.AddVariable("x", "F")
loader.AddVariable("y", "F")
loader.AddSpectator("eventID", "I")
loader.AddSignalTree(signal, 1.0)
loader.AddBackgroundTree(background, 1.0)
loader.PrepareTrainingAndTestTree("", "", nTest_Signal=1, nTest_Background=1, SplitMode="Random", NormMode="NumEvents", V=False)
cv = ROOT.TMVA.CrossValidation(
    "TMVACrossValidation",
    loader,
    output_file,
    V=False,
    Silent=False,
    ModelPersistence=True,
    AnalysisType="Classification",
    SplitType="Deterministic",
    NumFolds=2,
    SplitExpr="int(fabs([eventID]))%int([NumFolds])",
)
cv.BookMethod(
    ROOT.TMVA.Types.kDL,
    "DNN",
    "!H:!V:RandomSeed=3:Layout=TANH|4,LINEAR:TrainingStrategy=LearningRate=1e-2,BatchSize=20,MaxEpochs=5",
)
cv.Evaluate()
for i, result in enumerate(cv.GetResults()):
    print("Summary for method", cv.GetMethods()[i].GetValue("MethodName"))
    for fold in range(cv.GetNumFolds()):
        print("Fold", fold, "ROC int:", result.GetROCValues()[fold], "eff:", result.GetEff30Values()[fold])
output_file.Close()

reader = ROOT.TMVA.Reader("!Color:!Silent")
x, y, event = array("f", [0.0]), array("f", [0.0]), array("i", [0])
reader.AddVariable("x", x)
reader.AddVariable("y", y)
reader.AddSpectator("eventID", event)
reader.BookMVA("DNN", "datasetcv/weights/TMVACrossValidation_DNN.weights.xml")
histogram = ROOT.TH1F("h", "h", 100, -1.0, 2.0)
for tree in (signal,):
    tree.SetBranchAddress("x", x)
    tree.SetBranchAddress("y", y)
    tree.SetBranchAddress("eventID", event)
    for i in range(tree.GetEntries()):
        tree.GetEntry(i)
        histogram.Fill(reader.EvaluateMVA("DNN"))
print("mean of signal:", histogram.GetMean())
