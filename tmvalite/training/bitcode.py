"""Make the bitcode that a release carries (kernels/jit/store.py). Run: python -m tmvalite.training.bitcode

A release runs it once for every platform; a checkout works without. The same sources, numba and LLVM give the same bytes. Every
width of vectors is translated in a process of its own, for a processor that has it; machine code is made on the user's machine,
for the user's processor.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys

from tmvalite.constants import PRECISIONS

PROCESSORS = {  # width in bytes: a processor that LLVM chooses vectors for, and what it has at least
    "x86_64": {16: ("x86-64-v2", "+sse4.2"), 32: ("haswell", "+avx2,+fma"), 64: ("znver4", "+avx512f,+avx512vl")},
    "aarch64": {16: ("generic", "+neon")},
}
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def make(precision: str) -> None:
    """Translate all kernels for the width of this process and write the file."""
    from tmvalite.kernels.jit import store
    from tmvalite.kernels.jit.translate import portable

    from .every_kernel import every_kernel

    path = store.write(precision, {k.name: portable(k.module(precision)) for k in every_kernel()})
    print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB", flush=True)


def main(arguments=None) -> int:
    machine = platform.machine().lower()
    processors = PROCESSORS.get(MACHINES.get(machine, machine), {})
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--widths", type=int, nargs="+", choices=sorted(processors), default=sorted(processors), help="bytes of a vector"
    )
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=PRECISIONS)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.here:
        make(*given.precisions)
        return 0
    for width in given.widths:
        name, features = processors[width]
        settings = {"TMVALITE_VECTOR_BYTES": str(width), "NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": features}
        for precision in given.precisions:
            command = [sys.executable, "-m", __spec__.name, "--here", "--precisions", precision]
            subprocess.run(command, env=os.environ | settings, check=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
