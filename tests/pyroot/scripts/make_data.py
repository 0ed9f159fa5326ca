"""Files with small trees, for the other scripts: three classes and a regression, from one generator."""

from array import array

import tmvalite.pyroot as ROOT

N = 400
random = ROOT.TRandom3(7)
file = ROOT.TFile.Open("data.root", "RECREATE")
for name, shift in (("TreeS", 1.0), ("TreeB", -1.0), ("TreeB1", 0.0)):
    tree = ROOT.TTree(name, name)
    values = [array("f", [0.0]) for _ in range(3)]
    weight, event = array("f", [1.0]), array("i", [0])
    for i, value in enumerate(values, 1):
        tree.Branch("var" + str(i), value, "var" + str(i) + "/F")
    tree.Branch("weight", weight, "weight/F")
    tree.Branch("eventID", event, "eventID/I")
    for i in range(N):
        for value in values:
            value[0] = random.Gaus(shift, 1.0)
        weight[0] = random.Uniform(0.5, 1.5)
        event[0] = i
        tree.Fill()
    tree.Write()
regression = ROOT.TNtuple("TreeR", "TreeR", "var1:var2:fvalue")
for _ in range(2 * N):
    a, b = random.Uniform(0, 5), random.Uniform(0, 5)
    regression.Fill(a, b, a * a + 3 * b)
regression.Write()
file.Close()
