#!/bin/sh
# RDF::FromNumpy: a matrix becomes one long column, and numbers of the other byte order are misread; neither is said
#
# FromNumpy takes a strided or reversed array rightly. A matrix of 4 rows and 3 columns, such as the scores of three classes, gives
# 12 entries of a plain double, in the order of the memory: row by row, or column by column for a Fortran array. A big-endian array,
# as .npz and HDF5 files may hold, gives the numbers that its bytes are in the machine's order. VecOps::AsRVec does the same.
# Expected: an array or an error for a matrix; the numbers themselves, or an error as for float16, for the other byte order.
# Way round: one column each, numpy.ascontiguousarray(scores[:, i], "=f8").
#
# Seen with the package root 0.1a12 (ROOT 6.40.00), Linux x86-64, CPython 3.11. Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet root==0.1a12 numpy==2.4.6
cat > "$folder/show.py" <<'PYTHON'
import sys

import numpy as np
import ROOT


def column(array):
    frame = ROOT.RDF.FromNumpy({"x": array})
    return frame.AsNumpy(["x"])["x"].tolist()


print("ROOT", ROOT.__version__, "numpy", np.__version__)
scores = np.arange(12.0).reshape(4, 3)
integers = np.array([1, 2, 3], dtype="<i4")
arrays = {
    "first column of 4x3": scores[:, 0],
    "4x3": scores,
    "4x3, Fortran": np.asfortranarray(scores),
    "1 2 3": integers,
    "1 2 3, big-endian": integers.astype(">i4"),
}
seen = {name: column(array) for name, array in arrays.items()}
seen["AsRVec, big-endian"] = list(ROOT.VecOps.AsRVec(integers.astype(">i4")))
for name, values in seen.items():
    print(f"{name:20s} {values}")
swapped = [value << 24 for value in (1, 2, 3)]
expected = [scores[:, 0].tolist(), scores.ravel().tolist(), scores.T.ravel().tolist(), [1, 2, 3], swapped, swapped]
as_described = list(seen.values()) == expected
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/show.py" 2> /dev/null
