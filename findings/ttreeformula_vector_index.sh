#!/bin/sh
# TTreeFormula: an element of a std::vector by a computed index, beside an array, has no values at all
#
# vec[0]+v has one value for every element of v, and so has u[1-1]+v where u is a C array. With a computed index into a
# std::vector, vec[1-1]+v, GetNdata is 0 for every entry: TTree::Draw selects nothing, a cut removes all entries. Alone,
# vec[1-1] has its value. Nothing is printed.
# Expected: the values of vec[0]+v.
#
# Seen with the package root 0.1a12 (ROOT 6.40.00), Linux x86-64, CPython 3.11. Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet root==0.1a12 numpy==2.4.6
cat > "$folder/show.py" <<'PYTHON'
import math
import sys
from array import array

import ROOT

print("ROOT", ROOT.__version__)
tree = ROOT.TTree("t", "t")
n, m = array("i", [0]), array("i", [0])
v, z, u = (array("d", [0.0] * 4) for _ in range(3))
vec = ROOT.std.vector["double"]()
tree.Branch("n", n, "n/I")
tree.Branch("v", v, "v[n]/D")
tree.Branch("m", m, "m/I")
tree.Branch("z", z, "z[m]/D")
tree.Branch("u", u, "u[m]/D")
tree.Branch("vec", vec)
for n[0], m[0] in ((1, 3), (2, 3), (3, 1)):
    vec.clear()
    for i in range(4):
        v[i], z[i], u[i] = 10.0 * (i + 1), i + 1.0, 1000.0 * (i + 1)
        vec.push_back(100.0 * (i + 1))
    tree.Fill()
seen = {}
for text in ("vec[0]+v", "vec[1-1]", "vec[1-1]+v", "u[1-1]+v"):
    formula = ROOT.TTreeFormula("formula", text, tree)
    seen[text] = []
    for entry in range(3):
        tree.GetEntry(entry)
        values = [formula.EvalInstance(i) for i in range(formula.GetNdata())]
        seen[text].append([None if math.isnan(value) else value for value in values])
    print(f"{text:12s} {seen[text]}   Draw: {tree.Draw(text, '', 'goff')} values")
as_described = seen == {"vec[0]+v": [[110.0], [110.0, 120.0], [110.0, 120.0, 130.0]], "vec[1-1]": [[100.0]] * 3, "vec[1-1]+v": [[], [], []], "u[1-1]+v": [[1010.0], [1010.0, 1020.0], [1010.0, 1020.0, 1030.0]]}
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/show.py"
