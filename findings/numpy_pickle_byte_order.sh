#!/bin/sh
# numpy: an array that is sent to another process comes back in the byte order of the machine
#
# multiprocessing and concurrent.futures pickle with Python's default protocol (4 up to Python 3.13). An array of '>f4' is then
# '<f4' in the other process: the numbers are the same, the bytes are not, and what is written from them (tobytes, npz) is another file.
# With protocol 5 the byte order is kept, but for arrays that are not contiguous.
# Expected: the type that went in. (tmvalite casts what comes back to the type that the archive states.)
#
# Seen with numpy 2.4.6, Linux x86-64, CPython 3.11. Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6
cat > "$folder/show.py" <<'PYTHON'
import pickle
import sys

import numpy as np

array = np.arange(6.0, dtype=">f4")
seen = {}
for protocol in (2, 4, 5):
    for words, x in (("whole", array), ("every second", array[::2])):
        again = pickle.loads(pickle.dumps(x, protocol=protocol))
        assert (again == x).all()
        seen[protocol, words] = again.dtype.str
        print("protocol", protocol, words, x.dtype.str, "->", again.dtype.str)
as_described = [key for key, kind in seen.items() if kind == ">f4"] == [(5, "whole")]
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
