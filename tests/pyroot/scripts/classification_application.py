"""The calls of TMVA's classification application: a Reader, an event loop, histograms in a file."""

import os
from array import array

import tmvalite.pyroot as ROOT

watch = ROOT.TStopwatch()
reader = ROOT.TMVA.Reader("!Color:!Silent")
branches = {name: array("f", [0.0]) for name in ("myvar1", "myvar2", "var3", "spec1")}
event_id = array("i", [0])
reader.AddVariable("myvar1 := var1+var2", branches["myvar1"])
reader.AddVariable("myvar2 := var1-var2", branches["myvar2"])
reader.AddVariable("var3", branches["var3"])
reader.AddSpectator("spec1 := var1*2", branches["spec1"])
reader.AddSpectator("eventID", event_id)
booked = []
for method in ("Fisher", "DNN_CPU", "BDTG"):
    path = ROOT.TString("dataset/weights/TMVAClassification_") + method + ".weights.xml"
    if os.path.exists(str(path)):
        reader.BookMVA(method + " method", path)
        booked.append(method)
histograms = {method: ROOT.TH1F("MVA_" + method, "MVA_" + method, 50, -0.1, 1.1) for method in booked}
input_file = ROOT.TFile.Open("data.root")
tree = input_file.Get("TreeS")
var1, var2 = array("f", [0.0]), array("f", [0.0])
tree.SetBranchAddress("var1", var1)
tree.SetBranchAddress("var2", var2)
tree.SetBranchAddress("var3", branches["var3"])
for i in range(tree.GetEntries()):
    tree.GetEntry(i)
    branches["myvar1"][0] = var1[0] + var2[0]
    branches["myvar2"][0] = var1[0] - var2[0]
    for method in booked:
        histograms[method].Fill(reader.EvaluateMVA(method + " method"))
watch.Stop()
target = ROOT.TFile("TMVApp.root", "RECREATE")
for histogram in histograms.values():
    histogram.Write()
target.Close()
print("mean of DNN_CPU:", histograms["DNN_CPU"].GetMean())
