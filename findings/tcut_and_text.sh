#!/bin/sh
# PyROOT: whether cut * "weight" works depends on what the program did before
#
# TCut has operators for texts in C++, and cut * "weight" is how weights are written for TTree::Draw. From Python the product
# raises a NotImplementedError without words, and the sum cut + "b>1" a TypeError, in a program that did neither with two
# TCuts before. After one cut * TCut("w") the product with a text works, after one cut + TCut("b>1") the sum does.
# Expected: both work at once, as in C++. Safe is TCut("weight"). (In tmvalite.pyroot a text is a cut.)
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


def outcome(work):
    try:
        return str(work())
    except (NotImplementedError, TypeError) as error:
        return type(error).__name__


print("ROOT", ROOT.__version__)
cut = ROOT.TCut("a>1")
steps = {
    'cut * "w"': lambda: cut * "w",
    'cut + "b>1"': lambda: cut + "b>1",
    'cut * TCut("w")': lambda: cut * ROOT.TCut("w"),
    'cut * "w" again': lambda: cut * "w",
    'cut + TCut("b>1")': lambda: cut + ROOT.TCut("b>1"),
    'cut + "b>1" again': lambda: cut + "b>1",
}
seen = {name: outcome(work) for name, work in steps.items()}
for name, found in seen.items():
    print(f"{name:18s} {found}")
product, both = "(a>1)*(w)", "(a>1)&&(b>1)"
as_described = list(seen.values()) == ["NotImplementedError", "TypeError", product, product, both, both]
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/show.py" 2> /dev/null
