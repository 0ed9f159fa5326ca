"""The calls of TMVA's classification tutorial: expressions, spectators, weights, cuts, several methods."""

import tmvalite.pyroot as ROOT

ROOT.TMVA.Tools.Instance()
Use = {"Fisher": 1, "DNN_CPU": 1, "BDTG": 1}
input_file = ROOT.TFile.Open("data.root")
signal, background = input_file.Get("TreeS"), input_file.Get("TreeB")
output_file = ROOT.TFile.Open("TMVAC.root", "RECREATE")
seen = ROOT.TH1F("seen", "signal", 10, -4.0, 4.0)
for event in signal:
    seen.Fill(event.var1)
seen.Write()
factory = ROOT.TMVA.Factory(
    "TMVAClassification", output_file, "!V:!Silent:Color:DrawProgressBar:Transformations=I;D;P;G,D:AnalysisType=Classification"
)
loader = ROOT.TMVA.DataLoader("dataset")
loader.AddVariable("myvar1 := var1+var2", "F")
loader.AddVariable("myvar2 := var1-var2", "Expression 2", "", "F")
loader.AddVariable("var3", "Variable 3", "units", "F")
loader.AddSpectator("spec1 := var1*2", "Spectator 1", "units", "F")
loader.AddSpectator("eventID", "I")
loader.AddSignalTree(signal, 1.0)
loader.AddBackgroundTree(background, 1.0)
loader.SetBackgroundWeightExpression("weight")
cut = ROOT.TCut("abs(var1) < 8") + ROOT.TCut("abs(var3) < 8")
options = ROOT.TString("nTrain_Signal=200:nTrain_Background=200:")
options += "SplitMode=Random:NormMode=NumEvents:!V"
loader.PrepareTrainingAndTestTree(cut, cut, options)
if Use["Fisher"]:
    factory.BookMethod(loader, ROOT.TMVA.Types.kFisher, "Fisher", "H:!V:Fisher:VarTransform=None")
if Use["DNN_CPU"]:
    layout = ROOT.TString("Layout=TANH|8,LINEAR")
    strategy = ROOT.TString("TrainingStrategy=LearningRate=1e-2,ConvergenceSteps=20,BatchSize=20,MaxEpochs=3")
    dnn = ROOT.TString("!H:V:ErrorStrategy=CROSSENTROPY:VarTransform=N:WeightInitialization=XAVIERUNIFORM:RandomSeed=3")
    dnn.Append(":").Append(layout).Append(":").Append(strategy).Append(":Architecture=CPU")
    factory.BookMethod(loader, ROOT.TMVA.Types.kDL, "DNN_CPU", dnn)
if Use["BDTG"]:
    factory.BookMethod(loader, ROOT.TMVA.Types.kBDT, "BDTG", "!H:!V:NTrees=20:BoostType=Grad:MaxDepth=2")
factory.TrainAllMethods()
factory.TestAllMethods()
factory.EvaluateAllMethods()
canvas = factory.GetROCCurve(loader)
canvas.Draw()
output_file.Close()
print("==> Wrote root file:", output_file.GetName())
if not ROOT.gROOT.IsBatch():
    ROOT.TMVA.TMVAGui("TMVAC.root")
