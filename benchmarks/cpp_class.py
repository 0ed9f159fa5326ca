"""One event and many, scored by a C++ class of MakeClass and by onnxruntime's call from Python: python -m benchmarks.cpp_class

The class is compiled with -O2, and with -O3 -march=native as experiments' own code often is. Medians of `ROUNDS`; one thread.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

import tmvalite as tmva

ROUNDS, EVENTS = 7, 20_000
TRAINING = "RandomSeed=1:TrainingStrategy=LearningRate=1e-3,BatchSize=100,MaxEpochs=1,TestRepetitions=1"
NETWORKS = {
    "28 -> 4 x 64 TANH, G": ("VarTransform=G:Layout=TANH|64,TANH|64,TANH|64,TANH|64,LINEAR", 28),
    "10 -> 2 x 128 RELU, N": ("VarTransform=N:Layout=RELU|128,RELU|128,LINEAR", 10),
    "LSTM 10 steps, state 10": ("InputLayout=10|30:Layout=LSTM|10|30|10|0|1,RESHAPE|FLAT,DENSE|64|TANH,LINEAR", 300),
    "16x16, CONV 10, 10, MAXPOOL": (
        "InputLayout=1|16|16:Layout=CONV|10|3|3|1|1|1|1|RELU,CONV|10|3|3|1|1|1|1|RELU,MAXPOOL|2|2|1|1,RESHAPE|FLAT,DENSE|64|RELU,LINEAR",
        256,
    ),
}
MAIN = """
#include "M.hpp"
#include <chrono>
#include <cstdio>
int main() {
  const std::size_t n = %d, width = %d;
  std::vector<float> x(n * width), y(n);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 2654435761u %% 1000) / 500.0f - 1.0f;
  double sum = 0;
  for (int round = 0; round < %d; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < n; ++i) ReadM::GetMvaValues(x.data() + i * width, 1, y.data() + i);
    sum += y[n / 2];
    std::printf("%%g\\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / n * 1e6);
  }
  return sum == 0.123;
}
"""


def microseconds(folder: Path, flags: list[str], width: int) -> float:
    (folder / "main.cpp").write_text(MAIN % (EVENTS, width, ROUNDS))
    subprocess.run(["g++", "-std=c++17", *flags, "main.cpp", "-o", "main"], cwd=folder, check=True)
    out = subprocess.run(["./main"], cwd=folder, check=True, capture_output=True, text=True).stdout
    return float(np.median([float(line) for line in out.split()]))


def of_onnxruntime(path: Path, width: int) -> float:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    x, times = np.random.default_rng(1).uniform(-1, 1, (1, width)).astype(np.float32), []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(300):
            session.run(None, {"events": x})
        times.append((time.perf_counter() - start) / 300 * 1e6)
    return float(np.median(times))


def main() -> None:
    rng = np.random.default_rng(1)
    print(f"{'one event, us':30} {'-O2':>8} {'-O3 native':>11} {'onnxruntime':>12} {'ratio':>7}")
    for name, (options, width) in NETWORKS.items():
        x = rng.uniform(-1, 1, (1000, width)).astype(np.float32)
        method = tmva.MethodDL(f"{options}:{TRAINING}", title="M")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            method.fit(x, x[:, 0] > 0, progress="silent")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder)
            method.MakeClass(path / "M.hpp")
            method.to_onnx(path / "M.onnx")
            plain, native = (microseconds(path, flags, width) for flags in (["-O2"], ["-O3", "-march=native"]))
            theirs = of_onnxruntime(path / "M.onnx", width)
        print(f"{name:30} {plain:8.2f} {native:11.2f} {theirs:12.1f} {theirs / native:7.1f}")


if __name__ == "__main__":
    sys.exit(main())
