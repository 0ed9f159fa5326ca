"""Every example runs without a warning, from an empty folder, and reaches what it is there to show."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "examples"
# For each script: the line that it must print, and the least (and largest) that each number in it may be.
SHOWN = {
    "quickstart.py": (r"ROC area on 10000 new events: ([\d.]+)", [(0.77, 0.80)]),
    "classification.py": (r"ROC area on new events, read from the weight file: ([\d.]+)", [(0.79, 0.84)]),
    "output_file.py": (r"rejBvsS: ([\d.]+)\n.*0.8, ([\d.]+) are signal", [(0.74, 0.77), (0.65, 0.85)]),
    "regression.py": (r"deviation (-?[\d.]+) \+- ([\d.]+)", [(-1.0, 1.0), (0.9, 2.5)]),
    "multiclass.py": (r"Signal ([\d.]+), bg0 ([\d.]+), bg1 ([\d.]+), bg2 ([\d.]+)", [(0.75, 0.95)] * 4),
    "cross_validation.py": (
        r"mean ROC int: ([\d.]+) .*\n(?:.*\n)*ROC int of all events, .*: ([\d.]+); .*: True",
        [(0.97, 0.99)] * 2,
    ),
    "pieces_of_a_job.py": (
        r"(\d) pieces.*\npiece 2 (?:.*\n)*ROC area ([\d.]+) .* of 3 folds, the same as in one process: True",
        [(3, 3), (0.85, 0.95)],
    ),
    "categories.py": (r"one network ([\d.]+), a network for each region ([\d.]+)", [(0.76, 0.79), (0.80, 0.83)]),
    "image_classification.py": (
        r"TMVA's string: .*new images ([\d.]+) .*\nour string .*new images ([\d.]+) \(([\d.]+)",
        [(0.5, 0.75), (0.88, 0.94), (0.85, 0.93)],
    ),
    "residual.py": (r"plain .*ROC area ([\d.]+)\n(?:.*\n)*.*residual: .*ROC area ([\d.]+)", [(0.4, 0.8), (0.98, 1.0)]),
    "spatial_transformer.py": (r"the grid undoes ([\d.]+) % of the shift", [(95.0, 100.0)]),
    "friend_of_scores.py": (
        r"(\d+) entries in 3 friends; columns DNN, DNN__scale_up, DNN__scale_down\n.* (\d+) entries\n.*, ([\d.]+) of them near",
        [(21003, 21003), (7001, 7001), (0.8, 1.0)],
    ),
    "replicas.py": (r"error of a value, on average: ([\d.]+) by the bootstrap, ([\d.]+) by other samples", [(0.025, 0.05)] * 2),
    "larger_than_memory.py": (
        r"after 4 epochs: ([\d.]+)\n(\d+) entries scored into 2 friends\n.* is left: ([\d.]+)",
        [(0.57, 0.6), (120000, 120000), (0.33, 0.4)],
    ),
    "two_inputs.py": (r"ROC area on new events: ([\d.]+)", [(0.82, 0.87)]),
    "two_outputs.py": (
        r"ROC area on new events: ([\d.]+)\nmass: deviation (-?[\d.]+) \+- ([\d.]+)",
        [(0.8, 0.9), (-1.0, 1.0), (1.0, 3.5)],
    ),
    "vae_squares.py": (r"-ELBO on validation images: ([\d.]+) nats.*\nactive units: (\d) of 2", [(20.0, 80.0), (2, 2)]),
    "denoising_squares.py": (r"plain [\d.]+, denoising [\d.]+: (-?[\d.]+)% less", [(20.0, 90.0)]),
    "categorical_squares.py": (r"-ELBO on validation images: ([\d.]+) nats.*\nstates in use: (\d+)", [(5.5, 9.0), (240, 256)]),
    "anomaly_higgs.py": (r"autoencoder ([\d.]+), principal components ([\d.]+)", [(0.82, 1.0), (0.6, 0.8)]),
    "jet_compression.py": (
        r"autoencoder: .* shift ([-+][\d.]+) %; width [\d.]+ GeV, ([-+][\d.]+) %\n  squared errors ([\d.]+)",
        [(-0.2, 0.2), (-2.0, 10.0), (0.0, 0.01)],
    ),
    "gan_mixture.py": (r"Gaussians found: (\d) of 8; two-sample area ([\d.]+) ", [(8, 8), (0.5, 0.65)]),
    "shower_gan.py": (
        r"response .*generated ([\d.]+) \+- ([\d.]+)\n(?:.*\n)*mean depth  .*real ([\d.]+) .*generated ([\d.]+) .*\n"
        r"(?:.*\n)*two-sample area of these quantities ([\d.]+)",
        [(0.99, 1.01), (0.014, 0.024), (1.19, 1.22), (1.15, 1.26), (0.5, 0.75)],
    ),
    "stargan.py": (
        r"real images: ([\d.]+)\ndifference .*: ([\d.]+); from another blob: ([\d.]+)",
        [(0.95, 1.0), (0.0, 0.15), (0.2, 0.4)],
    ),
    "toys.py": (r"the 24 columns have rank (\d+)\n([\d.]+)%", [(20, 20), (50.0, 60.0)]),
}


def test_every_example_is_listed_and_tested():
    scripts = {path.name for path in FOLDER.glob("*.py")}
    assert scripts == set(SHOWN)
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"[{name}]({name})" in listed for name in scripts)


@pytest.mark.parametrize("name", SHOWN)
def test_example_shows_what_it_promises(name, tmp_path):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    done = subprocess.run([sys.executable, FOLDER / name], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not (wide := [line for line in done.stdout.splitlines() if len(line) > 80]), wide
    pattern, ranges = SHOWN[name]
    found = re.search(pattern, done.stdout)
    assert found, done.stdout
    for number, (least, most) in zip(map(float, found.groups()), ranges, strict=True):
        assert least <= number <= most, found.group()
