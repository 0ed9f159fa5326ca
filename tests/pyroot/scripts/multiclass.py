"""The calls of TMVA's multiclass tutorial and its application."""

from array import array

import tmvalite.pyroot as ROOT

ROOT.TMVA.Tools.Instance()
output_file = ROOT.TFile.Open("TMVAMulticlass.root", "RECREATE")
factory = ROOT.TMVA.Factory("TMVAMulticlass", output_file, "!V:!Silent:Color:Transformations=I;D;P;G,D:AnalysisType=multiclass")
loader = ROOT.TMVA.DataLoader("dataset")
for name in ("var1", "var2", "var3"):
    loader.AddVariable(name, "F")
input_file = ROOT.TFile.Open("data.root")
for tree, label in (("TreeS", "Signal"), ("TreeB", "bg0"), ("TreeB1", "bg1")):
    loader.AddTree(input_file.Get(tree), label)
loader.PrepareTrainingAndTestTree(ROOT.TCut(""), SplitMode="Random", NormMode="NumEvents", V=False)
factory.BookMethod(loader, ROOT.TMVA.Types.kBDT, "BDTG", "!H:!V:NTrees=20:BoostType=Grad:MaxDepth=2")
factory.BookMethod(
    loader,
    ROOT.TMVA.Types.kDL,
    ROOT.TString("DL_CPU"),
    H=False,
    V=True,
    ErrorStrategy="MUTUALEXCLUSIVE",
    VarTransform="N",
    RandomSeed=3,
    Layout=ROOT.TString("TANH|8,LINEAR"),
    TrainingStrategy=ROOT.TString("Optimizer=ADAM,LearningRate=1e-2,BatchSize=50,ConvergenceSteps=10,MaxEpochs=3"),
)
factory.TrainAllMethods()
factory.TestAllMethods()
factory.EvaluateAllMethods()
output_file.Close()

reader = ROOT.TMVA.Reader("!Color:!Silent")
variables = {}
tree = input_file.Get("TreeS")
for branch in tree.GetListOfBranches():
    name = branch.GetName()
    if name.startswith("var"):
        variables[name] = array("f", [-999])
        reader.AddVariable(name, variables[name])
        tree.SetBranchAddress(name, variables[name])
reader.BookMVA("DL_CPU method", "dataset/weights/TMVAMulticlass_DL_CPU.weights.xml")
best = 0
for i in range(50):
    tree.GetEntry(i)
    values = reader.EvaluateMulticlass("DL_CPU method")
    best += values[0] == max(values)
print("best class is Signal:", best, "of 50")
