"""Does a trained network know what it could know? One study per sub-command; a table is printed, JSON written.

Run: python -m benchmarks.physics STUDY, one of ring depth inputs joint files classification regression regression-g higgs
     multiclass images series, or all
     [--seeds N] [--own-start] [--same-split] [--json FILE]

The tutorials and the weight files need TMVA's example data: a folder named in TMVALITE_SHARED, or `shared` beside the checkout
(images and series make toys by the tutorials' recipe where their files are not there). The tutorials need PyTorch too. README.md
in this folder says what each study should show.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
from pathlib import Path

from . import images_series, studies, tutorials
from .compare import machine

FILE_BAND = (0.917, 0.920)
LEAST_P, LEAST_SEEDS = 0.01, 5  # of a rank test of two samples of areas, which fewer seeds cannot fail
BETTER_MEDIAN, BETTER_WORST = 0.80, 0.77


def ring(options) -> dict:
    rows = []
    for seed in range(1, options.seeds + 1):
        rows.append({"seed": seed, **studies.ring(seed=seed)})
        best = rows[-1]["likelihood ratio"]
        below = ", ".join(f"{name} {best - rows[-1][name]:.4f}" for name in ("tmvalite", "PyTorch") if name in rows[-1])
        print(f"seed {seed}: likelihood ratio {best:.4f}, straight line {rows[-1]['straight line']:.4f}; below: {below}")
    return {"rows": rows, "passes": all(r["likelihood ratio"] - r["tmvalite"] <= 0.010 for r in rows)}


def depth(options) -> dict:
    rows = []
    for seed in range(1, options.seeds + 1):
        rows.append({"seed": seed, **studies.depth(seed=seed)})
        parts = {name: rows[-1][f"{name}: part of the shallow excess"] for name in ("plain", "residual")}
        print(
            f"seed {seed}: likelihood ratio {rows[-1]['likelihood ratio']:.4f}, shallow {rows[-1]['shallow']:.4f}, "
            + ", ".join(f"40 layers {name} {rows[-1][name]:.4f} ({part:.2f} of the excess)" for name, part in parts.items())
        )
    return {"rows": rows, "passes": all(r["residual: part of the shallow excess"] >= 0.95 for r in rows)}


def inputs(options) -> dict:
    rows = []
    for seed in range(1, options.seeds + 1):
        rows.append({"seed": seed, **studies.inputs(seed=seed)})
        print(f"seed {seed}: " + ", ".join(f"{k} {v:.4f}" for k, v in rows[-1].items() if k != "seed"))
    passes = all(r["as it is"] > 0.9 and abs(r["input 2 permuted"] - 0.5) <= 0.02 for r in rows)
    return {"rows": rows, "passes": passes}


def joint(options) -> dict:
    rows = []
    for seed in range(1, options.seeds + 1):
        rows.append({"seed": seed, **studies.joint(seed=seed)})
        for name in ("class", "energy"):
            print(f"seed {seed}: loss of the {name:6s} " + ", ".join(f"{k} {v:.4f}" for k, v in rows[-1][name].items()))
    fall = all(r[n]["trained"] < min(r[n]["start"], r[n]["constant answer"]) for r in rows for n in ("class", "energy"))
    return {"rows": rows, "passes": fall}


def files(options) -> dict:
    figures = studies.files(_shared())
    for name, row in figures.items():
        print(f"{name}: weighted area " + ", ".join(f"{k} {v:.4f}" for k, v in row.items()))
    low, high = FILE_BAND
    inside = {name: {k: low <= v <= high for k, v in row.items()} for name, row in figures.items()}
    passes = all(
        row["as it is"] and not row["without transformation"] and not all(v for k, v in row.items() if "transposed" in k)
        for row in inside.values()
    )
    return {"areas": figures, "passes": passes}


def tutorial(name: str, options) -> dict:
    _need_torch()
    result = tutorials.paired(
        name,
        _shared(),
        seeds=options.seeds,
        same_start=not options.own_start,
        same_split=options.same_split,
        progress=lambda line: print(line, flush=True),
    )
    print(f"\n{name}, {options.seeds} seeds: means, difference (positive: tmvalite is better) and its 95 % interval")
    for pair in result["pairs"]:
        low, high = pair["interval"]
        goal = "" if pair["allowed"] is None else f"  > {-pair['allowed']:.4f} {'ok' if pair['passes'] else 'NOT SHOWN'}"
        print(
            f"{pair['figure']:16s} tmvalite {pair['tmvalite']:.4f}  PyTorch {pair['PyTorch']:.4f}  "
            f"difference {pair['difference']:+.5f} [{low:+.5f}, {high:+.5f}]{goal}"
        )
    for key in ("epochs, tmvalite", "epochs, PyTorch", "Fisher's area"):
        if key in result:
            print(f"{key}: mean {math.fsum(result[key]) / len(result[key]):.4g}")
    return {**result, "passes": all(pair["passes"] for pair in result["pairs"])}


def series(options, name: str = "series") -> dict:
    _need_torch()
    shared = tutorials.shared_folder()
    if shared is None or not (shared / "data" / images_series.SCRIPTS[name].file).exists():
        print(f"{images_series.SCRIPTS[name].file} is not here: toys by the tutorial's recipe take its place")
    print("median [least, largest] ROC area on the test events")
    result = images_series.compared(name, shared, seeds=options.seeds, progress=lambda line: print(line, flush=True))
    if options.seeds < LEAST_SEEDS:
        print(f"a rank test needs at least {LEAST_SEEDS} seeds")
    passes = options.seeds >= LEAST_SEEDS and all(row["p"] > LEAST_P for rows in result.values() for row in rows.values())
    return {**result, "passes": passes}


def images(options) -> dict:
    result, passes = series(options, "images"), True
    for own_split in (False, True):
        figures = images_series.better(tutorials.shared_folder(), own_split=own_split)
        areas = figures["areas"]
        print(
            f"better string, {len(areas)} other seeds, {'a split each' if own_split else 'the same split'}: "
            f"{images_series.spread(areas)}, likelihood ratio {figures['likelihood ratio']:.3f}, "
            f"{statistics.median(figures['seconds']):.2f} s a training"
        )
        passes = passes and statistics.median(areas) >= BETTER_MEDIAN and min(areas) >= BETTER_WORST
        result["better, a split each" if own_split else "better"] = figures
    return {**result, "passes": passes and result["passes"]}


def _need_torch() -> None:
    if not studies.has_torch():
        raise SystemExit("the tutorials are paired with PyTorch: pip install torch")


def _shared() -> Path:
    folder = tutorials.shared_folder()
    if folder is None:
        raise SystemExit("TMVA's example data are not here: name their folder (with data/ and corpus/) in TMVALITE_SHARED")
    return folder


STUDIES = {"ring": (ring, 1), "depth": (depth, 1), "inputs": (inputs, 1), "joint": (joint, 1), "files": (files, 1)}
STUDIES |= {name: (lambda options, name=name: tutorial(name, options), 20) for name in tutorials.TUTORIALS}
STUDIES |= {"images": (images, 15), "series": (series, 15)}


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", choices=[*STUDIES, "all"])
    parser.add_argument(
        "--seeds", type=int, help="random seeds 1, 2, ... (default: 20 for the tutorials, 15 for images and series, else 1)"
    )
    parser.add_argument("--own-start", action="store_true", help="tutorials: PyTorch draws its initial numbers itself")
    parser.add_argument("--same-split", action="store_true", help="tutorials: TMVA's SplitSeed=100 for every seed")
    parser.add_argument("--json", help="file for all figures")
    options = parser.parse_args(arguments)
    given, content = options.seeds, {"machine": machine()}
    for name in STUDIES if options.study == "all" else (options.study,):
        function, seeds = STUDIES[name]
        options.seeds = given or seeds
        content[name] = function(options)
        print(f"{name}: {'passes' if content[name]['passes'] else 'DOES NOT PASS'}\n", flush=True)
    if options.json:
        Path(options.json).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0 if all(result["passes"] for name, result in content.items() if name != "machine") else 1


if __name__ == "__main__":
    raise SystemExit(main())
