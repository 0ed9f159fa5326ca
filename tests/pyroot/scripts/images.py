"""The calls of TMVA's tutorials with images and series: a file made where there is none, arrays of variables, keywords."""

import tmvalite.pyroot as ROOT

TMVA = ROOT.TMVA
TMVA.Tools.Instance()
TMVA.Config.Instance()
SIDE, EVENTS = 4, 60


def make_images(path):
    first, second = ROOT.TH2D("h1", "h1", SIDE, 0, 10, SIDE, 0, 10), ROOT.TH2D("h2", "h2", SIDE, 0, 10, SIDE, 0, 10)
    narrow, wide = ROOT.TF2("f1", "xygaus"), ROOT.TF2("f2", "xygaus")
    signal, background = ROOT.TTree("sig_tree", "signal_tree"), ROOT.TTree("bkg_tree", "background_tree")
    file = ROOT.TFile(path, "RECREATE")
    x1, x2 = ROOT.std.vector["float"](SIDE * SIDE), ROOT.std.vector["float"](SIDE * SIDE)
    signal.Branch("vars", "std::vector<float>", x1)
    background.Branch("vars", "std::vector<float>", x2)
    signal.SetDirectory(file)
    background.SetDirectory(file)
    narrow.SetParameters(1, 5, 2, 5, 2)
    wide.SetParameters(1, 5, 4, 5, 4)
    ROOT.gRandom.SetSeed(11)
    for _ in range(EVENTS):
        first.Reset()
        second.Reset()
        narrow.SetParameter(1, ROOT.gRandom.Uniform(4, 6))
        first.FillRandom(narrow, 300)
        second.FillRandom(wide, 300)
        for k in range(SIDE):
            for l in range(SIDE):
                x1[k * SIDE + l] = first.GetBinContent(k + 1, l + 1) + ROOT.gRandom.Gaus(0, 1)
                x2[k * SIDE + l] = second.GetBinContent(k + 1, l + 1) + ROOT.gRandom.Gaus(0, 1)
        signal.Fill()
        background.Fill()
    signal.Write()
    background.Write()
    signal.Print()
    file.Close()


if "imt" in ROOT.gROOT.GetConfigFeatures():
    ROOT.EnableImplicitMT(2)
    ROOT.gSystem.Setenv("OMP_NUM_THREADS", "1")
has_gpu = "tmva-gpu" in ROOT.gROOT.GetConfigFeatures()
assert "tmva-cpu" in ROOT.gROOT.GetConfigFeatures() and not has_gpu
output_file = ROOT.TFile.Open("images_output.root", "RECREATE")
factory = TMVA.Factory(
    "Images",
    output_file,
    V=False,
    ROC=True,
    Silent=False,
    Color=True,
    AnalysisType="Classification",
    Transformations=None,
    Correlations=False,
)
loader = TMVA.DataLoader("dataset")
if ROOT.gSystem.AccessPathName("images.root"):
    make_images("images.root")
input_file = ROOT.TFile.Open("images.root")
signal_tree, background_tree = input_file.Get("sig_tree"), input_file.Get("bkg_tree")
loader.AddSignalTree(signal_tree, 1.0)
loader.AddBackgroundTree(background_tree, 1.0)
loader.AddVariablesArray("vars", SIDE * SIDE)
print("number of variables is", loader.GetDataSetInfo().GetListOfVariables().size())
loader.PrepareTrainingAndTestTree(
    "",
    "",
    nTrain_Signal=0.8 * signal_tree.GetEntries(),
    nTrain_Background=0.8 * background_tree.GetEntries(),
    SplitMode="Random",
    SplitSeed=100,
    NormMode="NumEvents",
    V=False,
    CalcCorrelations=False,
)
strategy = ROOT.TString("LearningRate=1e-2,ConvergenceSteps=5,BatchSize=20,Optimizer=ADAM")
strategy += ",MaxEpochs=" + str(3)
factory.BookMethod(
    loader,
    TMVA.Types.kDL,
    "DNN_CPU",
    H=False,
    V=True,
    ErrorStrategy="CROSSENTROPY",
    VarTransform=None,
    WeightInitialization="XAVIER",
    RandomSeed=3,
    Layout="DENSE|16|RELU,DENSE|1|LINEAR",
    TrainingStrategy=strategy,
    Architecture="CPU",
)
factory.BookMethod(
    loader, TMVA.Types.kPyTorch, "PyTorch", H=True, V=False, VarTransform=None, FilenameModel="model.pt", NumEpochs=3
)
factory.TrainAllMethods()
print(f"nthreads  = {ROOT.GetThreadPoolSize()}")
factory.TestAllMethods()
factory.EvaluateAllMethods()
factory.GetROCCurve(loader).Draw()
output_file.Close()
print("area:", factory.GetROCIntegral(loader, "DNN_CPU"))
