"""Values of ROOT's TSpline3 and TSpline5 for tests/models/test_splines.py; runs in a Python with ROOT.

python tests/oracles/make_root_splines.py
"""

import json
import random
from array import array
from pathlib import Path

import ROOT

random.seed(3)
rows = []
for n in (2, 3, 4, 5, 7, 12):
    x, y = [0.5 + i for i in range(n)], [random.random() for _ in range(n)]
    graph = ROOT.TGraph(n, array("d", x), array("d", y))
    row = {"x": x, "y": y, "q": [-0.3 + (n + 0.6) * k / 40 for k in range(0, 41, 4)]}
    row["s3"] = [ROOT.TSpline3("cubic", graph).Eval(q) for q in row["q"]]
    if n > 2:  # of two points TSpline5 makes nothing
        row["s5"] = [ROOT.TSpline5("quintic", graph).Eval(q) for q in row["q"]]
    rows.append(row)
Path(__file__).with_name("data").joinpath("root_splines.json").write_text(json.dumps(rows), encoding="utf-8")
