#!/bin/sh
# TFormula: a parameter in brackets that is called x, y, z or t makes a formula invalid
#
# TMVA's cross-validation takes the fold of an event from a TFormula such as int(fabs([eventID]))%int([NumFolds]), where the
# words in brackets are spectators. A spectator called x, y, z or t cannot be used: the name is taken for the variable of the
# formula inside the brackets, and the compiler refuses what comes out. Any other name works. The same holds for TF1.
# Expected: all of them are parameters, as x1 and event are. (tmvalite reads SplitExpr by a parser of its own, where they are.)
#
# Seen with the package root 0.1a12 (ROOT 6.40.00), Linux x86-64, CPython 3.11. Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet root==0.1a12 numpy==2.4.6
cat > "$folder/show.py" <<'PYTHON'
import sys

import ROOT

print("ROOT", ROOT.__version__)
ROOT.gErrorIgnoreLevel = 6001
seen = {name: bool(ROOT.TFormula("formula", f"int([{name}])%3").IsValid()) for name in ("x", "y", "z", "t", "x1", "event", "n")}
for name, valid in seen.items():
    print(f"int([{name}])%3", "valid" if valid else "invalid")
as_described = [name for name, valid in seen.items() if not valid] == ["x", "y", "z", "t"]
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/show.py" 2> /dev/null
