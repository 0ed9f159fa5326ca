"""The calls of TMVA's regression tutorial and its application."""

from array import array

import tmvalite.pyroot as ROOT

ROOT.TMVA.Tools.Instance()
output_file = ROOT.TFile.Open("TMVAReg.root", "RECREATE")
factory = ROOT.TMVA.Factory("TMVARegression", output_file, "!V:!Silent:Color:DrawProgressBar:AnalysisType=Regression")
loader = ROOT.TMVA.DataLoader("datasetreg")
loader.AddVariable("var1", "Variable 1", "units", "F")
loader.AddVariable("var2", "Variable 2", "units", "F")
loader.AddSpectator("spec1:=var1*2", "Spectator 1", "units", "F")
loader.AddTarget("fvalue")
input_file = ROOT.TFile.Open("data.root")
loader.AddRegressionTree(input_file.Get("TreeR"), 1.0)
loader.SetWeightExpression("var1", "Regression")
loader.PrepareTrainingAndTestTree(
    ROOT.TCut(""), "nTrain_Regression=400:nTest_Regression=0:SplitMode=Random:NormMode=NumEvents:!V"
)
factory.BookMethod(loader, ROOT.TMVA.Types.kPDEFoam, "PDEFoam", "!H:!V:MultiTargetRegression=F")
factory.BookMethod(
    loader,
    ROOT.TMVA.Types.kDL,
    "DNN_CPU",
    "!H:V:ErrorStrategy=SUMOFSQUARES:VarTransform=N:RandomSeed=3:Architecture=CPU:Layout=TANH|8,LINEAR:"
    "TrainingStrategy=LearningRate=1e-2,BatchSize=20,ConvergenceSteps=20,MaxEpochs=3,Optimizer=Adam",
)
factory.TrainAllMethods()
factory.TestAllMethods()
factory.EvaluateAllMethods()
output_file.Close()

reader = ROOT.TMVA.Reader("!Color:!Silent")
var1, var2, spec1 = array("f", [0.0]), array("f", [0.0]), array("f", [0.0])
reader.AddVariable("var1", var1)
reader.AddVariable("var2", var2)
reader.AddSpectator("spec1:=var1*2", spec1)
reader.BookMVA("DNN_CPU method", "datasetreg/weights/TMVARegression_DNN_CPU.weights.xml")
tree = input_file.Get("TreeR")
tree.SetBranchAddress("var1", var1)
tree.SetBranchAddress("var2", var2)
histogram = ROOT.TH1F("DNN_CPU", "DNN_CPU", 100, -100, 600)
for i in range(20):
    tree.GetEntry(i)
    histogram.Fill(reader.EvaluateRegression("DNN_CPU method")[0])
target = ROOT.TFile("TMVARegApp.root", "RECREATE")
histogram.Write()
target.Close()
print("entries:", int(histogram.GetEntries()))
