"""TRANSCONV: its forward pass against the data gradient of the CONV that it undoes, and against stretching with zeros.

Run: python -m benchmarks.transposed [--rounds 7] [--seconds 0.3]

32x32 -> 64x64 pixels, 16 channels, filter 5x5, stride 2, padding 2, batch 32. Forward may take 1.5 times the data gradient of the
same shape, and must be three times faster than zeros between the pixels and a convolution of stride 1, both by our own kernels.
"""

from __future__ import annotations

import argparse

import numpy as np

from .compare import Contender, compare
from .convolution import convolution

CHANNELS, IMAGE, FILTER, STRIDE, PADDING, BATCH = 16, 64, 5, 2, 2, 32
SLOWER, FASTER = 1.5, 3.0


def stretched():
    """work(n): n times zeros between and around the pixels, then a convolution of stride 1."""
    small = IMAGE // STRIDE
    frame = FILTER - 1 - PADDING
    wide = IMAGE + FILTER - 1
    x = np.ones((BATCH, CHANNELS, small, small), np.float32)
    inner = convolution("forward", CHANNELS, CHANNELS, wide, FILTER, 1, 0, BATCH)
    out = np.empty((BATCH, CHANNELS, wide, wide), np.float32)

    def work(times):
        for _ in range(times):
            out.fill(0.0)
            out[:, :, frame : frame + STRIDE * small : STRIDE, frame : frame + STRIDE * small : STRIDE] = x
            inner(1)

    work(1)
    return work


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.3)
    options = parser.parse_args(arguments)
    shape = (CHANNELS, CHANNELS, IMAGE, FILTER, STRIDE, PADDING, BATCH)
    contenders = [
        Contender("transposed", convolution, ("transposed", *shape)),
        Contender("data gradient", convolution, ("data", *shape)),
        Contender("stretched", stretched),
    ]
    result = compare("TRANSCONV", contenders, threads=1, rounds=options.rounds, seconds=options.seconds)
    slower, faster = 1 / result.ratio("data gradient", "transposed"), result.ratio("stretched", "transposed")
    for timing in result.timings:
        print(f"{timing.name:14s} {1e3 * timing.median:8.2f} ms")
    remark = "" if result.quiet else "; the machine was not quiet"
    print(
        f"forward takes {slower:.2f} times the data gradient (at most {SLOWER}), "
        f"stretching {faster:.2f} times forward (at least {FASTER}){remark}"
    )
    return int(slower > SLOWER or faster < FASTER)


if __name__ == "__main__":
    raise SystemExit(main())
