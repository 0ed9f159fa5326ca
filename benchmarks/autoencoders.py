"""Do the autoencoders learn what they could? One study per sub-command; a table is printed, JSON written.

Run: python -m benchmarks.autoencoders squares|denoising|categorical|collapse|latent|jets|images|anomaly|regression|all
     [--seeds N] [--iterations N] [--epochs N] [--json FILE]

The default is the whole training of each study: ten epochs of 3125 batches take ten minutes a seed. `images` and `anomaly` need
TMVA's and Baler's example data: a folder named in TMVALITE_SHARED, or `shared` beside the checkout. The bands of `squares` are
those of PyTorch's trainings in tests/oracles/data/vae_squares.json. README.md in this folder says what each study should show.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from . import autoencoder_jets, autoencoder_squares, autoencoder_tables
from .compare import machine


def squares(options) -> dict:
    rows = []
    for seed in range(1, options.seeds + 1):
        row = autoencoder_squares.variational(seed=seed, iterations=options.iterations, epochs=options.epochs)
        rows.append(row)
        for at, values in row["windows"].items():
            print(
                f"seed {seed}, iteration {at:>11s}: "
                + ", ".join(
                    f"{name} {value:.3f} [{low:.3f}, {high:.3f}]{'' if low <= value <= high else ' OUTSIDE'}"
                    for name, (value, low, high) in values.items()
                )
            )
        final = row["final"]
        print(f"seed {seed}: " + ", ".join(f"{name} {value}" for name, value in final.items()), flush=True)
    medians = autoencoder_squares.medians(rows)
    for at, values in medians.items():
        print(
            f"median of the seeds, iteration {at:>11s}: "
            + ", ".join(
                f"{name} {value:.3f}{'' if low <= value <= high else ' OUTSIDE'}" for name, (value, low, high) in values.items()
            )
        )
    inside = all(low <= value <= high for values in medians.values() for value, low, high in values.values())
    return {"rows": rows, "medians": medians, "passes": inside and all(row["passes"] for row in rows)}


def denoising(options) -> dict:
    rows = []
    for seed in range(1, options.seeds + 1):
        row = autoencoder_squares.denoising(seed=seed, iterations=options.iterations, epochs=options.epochs)
        rows.append(row)
        print(
            f"seed {seed}: clean-target cross entropy of spoilt images: plain {row['plain']:.2f}, denoising "
            f"{row['denoising']:.2f} ({1 - row['denoising'] / row['plain']:.1%} less); level 0 same: {row['level 0 is plain']}",
            flush=True,
        )
    return {"rows": rows, "passes": all(r["denoising"] <= 0.8 * r["plain"] and r["level 0 is plain"] for r in rows)}


def categorical(options) -> dict:
    rows = []
    for seed in range(1, options.seeds + 1):
        rows.append(autoencoder_squares.categorical(seed=seed, iterations=options.iterations, epochs=options.epochs))
        print(f"seed {seed}: " + ", ".join(f"{name} {value}" for name, value in rows[-1].items()), flush=True)
    return {"rows": rows, "passes": all(5.5 <= r["-ELBO"] <= 15 for r in rows)}


def collapse(options) -> dict:
    rows = autoencoder_tables.collapse(_shared(), options.seeds)
    for row in rows:
        print(", ".join(f"{name} {value}" for name, value in row.items()), flush=True)
    return {"rows": rows, "passes": all(r["active units"] > 0 for r in rows)}


def latent(options) -> dict:
    rows = [
        row
        for network in autoencoder_tables.LATENT_STUDIES
        for row in autoencoder_tables.latent_distributions(options.seeds, network)
    ]
    for row in rows:
        print(", ".join(f"{name} {value}" for name, value in row.items()), flush=True)
    return {"rows": rows, "passes": all(row["passes"] for row in rows)}


def jets(options) -> dict:
    print(f"{'':22s} {'training sample':^44s} {'fresh sample':^44s}")
    print(f"{'':22s} " + 2 * f"{'mass':>8s} {'shift %':>8s} {'width':>7s} {'width %':>8s} {'errors':>8s} ")

    def show(row):
        print(
            f"{row['name']:22s} "
            + " ".join(
                f"{r['mass']:8.2f} {r['shift']:+8.3f} {r['width']:7.2f} {r['wider']:+8.1f} {r['error']:8.4f}"
                for r in (row["training"], row["fresh"])
            ),
            flush=True,
        )

    rows = autoencoder_jets.table(seed=1, epochs=options.epochs, progress=show)
    best = {row["name"]: row["fresh"] for row in rows}
    ours, baseline = best["AE"], best["PCA"]
    passes = abs(ours["shift"]) < 0.2 and ours["wider"] <= 10 and ours["error"] < baseline["error"]
    return {"rows": rows, "passes": passes}


def images(options) -> dict:
    rows = autoencoder_tables.baler_images(_shared(), options.epochs)
    for row in rows:
        print(", ".join(f"{name} {value}" for name, value in row.items()), flush=True)
    return {"rows": rows, "passes": all(row["passes"] for row in rows)}


def anomaly(options) -> dict:
    rows = autoencoder_tables.anomaly(_shared(), options.seeds)
    for row in rows:
        print(", ".join(f"{name} {value}" for name, value in row.items()), flush=True)
    return {"rows": rows, "passes": True}  # an example, no promise


def regression(options) -> dict:
    error = autoencoder_tables.regression_string()
    print(f"the published string of MethodAE's test: mean squared error of the standardised inputs {error:.5f}")
    return {"error": error, "passes": error < 1e-2}


def _shared() -> Path | None:
    from .tutorials import shared_folder

    return shared_folder()


STUDIES = {  # the function, and seeds, iterations and epochs if none are given
    "squares": (squares, 10, 3125, 10),
    "denoising": (denoising, 1, 3125, 10),
    "categorical": (categorical, 3, 800, 10),
    "collapse": (collapse, 3, 0, 0),
    "latent": (latent, 1, 0, 0),
    "jets": (jets, 1, 0, 40),
    "images": (images, 1, 0, 100),
    "anomaly": (anomaly, 3, 0, 0),
    "regression": (regression, 1, 0, 0),
}


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", choices=[*STUDIES, "all"])
    parser.add_argument("--seeds", type=int, help="random seeds 1, 2, ...")
    parser.add_argument("--iterations", type=int, help="batches in an epoch of the squares")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--json", help="file for all figures")
    given = parser.parse_args(arguments)
    content = {"machine": machine()}
    for name in STUDIES if given.study == "all" else (given.study,):
        function, seeds, iterations, epochs = STUDIES[name]
        options = argparse.Namespace(
            seeds=given.seeds or seeds, iterations=given.iterations or iterations, epochs=given.epochs or epochs
        )
        content[name] = function(options)
        print(f"{name}: {'passes' if content[name]['passes'] else 'DOES NOT PASS'}\n", flush=True)
    if given.json:
        Path(given.json).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0 if all(result["passes"] for name, result in content.items() if name != "machine") else 1


if __name__ == "__main__":
    raise SystemExit(main())
