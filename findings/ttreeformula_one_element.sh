#!/bin/sh
# TTreeFormula: the number of values of v+z depends on the order of the two arrays where the first has one element
#
# Two arrays of varying length in one expression: TTreeFormula takes the shorter length. Where the array that is written
# first has exactly one element, it takes the other length instead, and the values beyond are NaN: z+v has one value in
# entry 0, v+z has three. TTree::Draw fills all of them. Nothing is printed.
# Expected: [11.0] for both orders in entry 0, as entry 1 (two and three elements) has two values in both orders.
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
for text in ("v+z", "z+v"):
    formula = ROOT.TTreeFormula("formula", text, tree)
    seen[text] = []
    for entry in range(3):
        tree.GetEntry(entry)
        values = [formula.EvalInstance(i) for i in range(formula.GetNdata())]
        seen[text].append([None if math.isnan(value) else value for value in values])
    print(f"{text:12s} {seen[text]}   Draw: {tree.Draw(text, '', 'goff')} values")
as_described = seen == {"v+z": [[11.0, None, None], [11.0, 22.0], [11.0]], "z+v": [[11.0], [11.0, 22.0], [11.0, None, None]]}
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/show.py"
