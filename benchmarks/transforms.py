"""Fitting and applying variable transformations, side by side with scikit-learn's nearest: `python -m benchmarks.transforms`.

Needs scikit-learn. Contenders take turns, figures are the smallest of the rounds, the ratio is scikit-learn's time over ours.
QuantileTransformer is fitted on all events, as TMVA's G is, and once more as it comes (10 000 drawn events of the million).
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from tmvalite.data.info import DataSetInfo, declare
from tmvalite.data.transforms import TransformChain
from tmvalite.errors import Diagnostics, Source
from tmvalite.string_utils import parse_var_transform


def chain_of(text: str, n: int) -> TransformChain:
    info = DataSetInfo(tuple(declare(f"v{i}") for i in range(n)))
    return TransformChain.build(parse_var_transform(Source(text)), info, Diagnostics())


def seconds(work, x) -> float:
    began = time.perf_counter()
    work(x)
    return time.perf_counter() - began


def peers() -> list[tuple[str, str, object]]:
    """Our letter, what it is compared with, and that."""
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import MinMaxScaler, QuantileTransformer

    return [
        ("N", "MinMaxScaler", MinMaxScaler((-1, 1))),
        ("S", "MinMaxScaler", MinMaxScaler((-1, 1))),
        ("D", "PCA(whiten=True)", PCA(whiten=True)),
        ("P", "PCA", PCA()),
        ("U", "QuantileTransformer", QuantileTransformer(subsample=None)),
        ("G", "QuantileTransformer, normal", QuantileTransformer(output_distribution="normal", subsample=None)),
        ("G", "the same, fitted on 10 000", QuantileTransformer(output_distribution="normal", random_state=1)),
    ]


def compare(events: int, variables: int, rounds: int):
    rng = np.random.default_rng(1)
    x = (rng.standard_normal((events, variables)) @ rng.standard_normal((variables, variables))).astype(np.float32)
    for letter, name, peer in peers():
        chain = chain_of(letter, variables)
        chain.fit(x[:100])
        chain.apply_variables(x[:100])  # compiled or loaded
        times = {"fit": ([], []), "apply": ([], [])}
        for _ in range(rounds):
            for what, ours, theirs in (("fit", chain.fit, peer.fit), ("apply", chain.apply_variables, peer.transform)):
                times[what][0].append(seconds(ours, x))
                times[what][1].append(seconds(theirs, x))
        yield letter, name, {what: tuple(map(min, pair)) for what, pair in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--variables", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print("| transformation | scikit-learn | fit, ms | ratio | apply, ms | ratio | both |")
    print("|---|---|---|---|---|---|---|")
    for letter, name, times in compare(given.events, given.variables, given.rounds):
        cells = []
        for ours, theirs in times.values():
            cells += [f"{1e3 * ours:.0f} : {1e3 * theirs:.0f}", f"{theirs / ours:.2f}"]
        both = sum(t[1] for t in times.values()) / sum(t[0] for t in times.values())
        print(f"| {letter} | {name} | {' | '.join(cells)} | {both:.2f} |", flush=True)


if __name__ == "__main__":
    main()
