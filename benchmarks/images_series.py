"""TMVA_CNN_Classification and TMVA_RNN_Classification: their five networks trained by tmvalite and by PyTorch from many starts.

Booking strings are the published ones; the RNN and the GRU stand where the script has its LSTM, as its C++ version does. Events,
split (SplitSeed=100), validation events, batch size, stop rule and epochs are the same for both sides. Then

pairs        both start from tmvalite's numbers, take their batches in tmvalite's order, and add Adam's epsilon in TMVA's place:
             the arithmetic alone differs
own draws    each side draws its numbers and its batches itself: two samples of areas, compared by a rank test; once from the
             distribution in the string, once from the one that PyTorch's layers have by default

PyTorch's default is set from outside: WeightInitialization=TORCH has it for dense and image layers, but not the range that
PyTorch gives everything in a recurrent layer.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np

from . import peer_layers
from .peer_training import Recipe, train
from .toys import image_likelihood_ratio, tutorial_image_trees, tutorial_series_trees
from .tutorials import Pairs

EVENTS_EACH = 800  # of a class, for training and validation
RECIPE = Recipe((), "CROSSENTROPY", 1e-3, 100, 10, 5)
STARTS = ("string", "PyTorch")


@dataclass(frozen=True)
class Script:
    """One published script: where its events are, how they are declared, and the strings of its networks."""

    file: str
    trees: tuple[str, str]  # signal, background
    arrays: tuple[tuple[str, int], ...]
    toys: Callable[[int, int], tuple[dict, dict]]  # (events of a class, seed) -> columns of both trees
    start: str
    networks: dict[str, str]


_IMAGES = (
    "!H:V:ErrorStrategy=CROSSENTROPY:VarTransform=None:WeightInitialization=XAVIER:{}"
    "TrainingStrategy=LearningRate=1e-3,Momentum=0.9,Repetitions=1,ConvergenceSteps=5,BatchSize=100,TestRepetitions=1,"
    "WeightDecay=1e-4,Regularization=None,Optimizer=ADAM,DropConfig=0.0+0.0+0.0+0.{},MaxEpochs=10:Architecture=CPU"
)
_SERIES = (
    "!H:V:ErrorStrategy=CROSSENTROPY:VarTransform=None:WeightInitialization=XAVIERUNIFORM:ValidationSize=0.2:"
    "InputLayout=10|30:Layout={}|10|30|10|0|1,RESHAPE|FLAT,DENSE|64|TANH,LINEAR:"
    "TrainingStrategy=LearningRate=1e-3,Momentum=0.0,Repetitions=1,ConvergenceSteps=5,BatchSize=100,TestRepetitions=1,"
    "WeightDecay=1e-2,Regularization=None,MaxEpochs=10Optimizer=ADAM,DropConfig=0.0+0.+0.+0.:Architecture=CPU"
)
SCRIPTS = {
    "images": Script(
        "images_data_16x16.root",
        ("sig_tree", "bkg_tree"),
        (("vars", 256),),
        tutorial_image_trees,
        "XAVIER",
        {
            "CNN": _IMAGES.format(
                "InputLayout=1|16|16:Layout=CONV|10|3|3|1|1|1|1|RELU,BNORM,CONV|10|3|3|1|1|1|1|RELU,MAXPOOL|2|2|1|1,"
                "RESHAPE|FLAT,DENSE|100|RELU,DENSE|1|LINEAR:",
                "+0.0",
            ),
            "dense": _IMAGES.format(
                "Layout=DENSE|100|RELU,BNORM,DENSE|100|RELU,BNORM,DENSE|100|RELU,BNORM,DENSE|100|RELU,DENSE|1|LINEAR:", ""
            ),
        },
    ),
    "series": Script(
        "time_data_t10_d30.root",
        ("sgn", "bkg"),
        tuple((f"vars_time{i}", 30) for i in range(10)),
        tutorial_series_trees,
        "XAVIERUNIFORM",
        {kind: _SERIES.format(kind) for kind in peer_layers.RECURRENT},
    ),
}

# Of the same images and epochs; README.md says what each part of it is worth.
BETTER_IMAGES = (
    "!H:V:ErrorStrategy=CROSSENTROPY:WeightInitialization=XAVIER:InputLayout=1|16|16:"
    "Layout=BNORM,AVGPOOL|2|2|2|2,CONV|16|5|5|1|1|2|2|RELU,BNORM,AVGPOOL|2|2|2|2,RESHAPE|FLAT,DENSE|64|RELU,DENSE|1|LINEAR:"
    "TrainingStrategy=LearningRate=2e-3,LearningRateSchedule=COSINE,BatchSize=20,MaxEpochs=10,ConvergenceSteps=10,"
    "TestRepetitions=1,Optimizer=ADAM"
)
BETTER_SEEDS = range(101, 131)  # not those with which it was chosen, 1 to 15 on the training events


def data_of(script: Script, shared: Path | None):
    """(signal, background) as the DataLoader takes them: trees of the file, or toys of the recipe where it is not there."""
    path = shared / "data" / script.file if shared is not None else None
    if path is not None and path.exists():
        return tuple(f"{path}:{tree}" for tree in script.trees)
    return script.toys(1000, 1)


def book(script: Script, options: str, data, *, seed: int, split_seed: int = 100):
    """(factory, record) with one network booked and the events read; nothing is trained yet."""
    import tmvalite

    factory = tmvalite.Factory("tutorial", "!V:Silent:!ModelPersistence:AnalysisType=Classification:!Correlations")
    loader = tmvalite.DataLoader("dataset")
    loader.AddSignalTree(data[0], 1.0)
    loader.AddBackgroundTree(data[1], 1.0)
    for name, size in script.arrays:
        loader.AddVariablesArray(name, size)
    loader.PrepareTrainingAndTestTree(
        "",
        "",
        f"nTrain_Signal={EVENTS_EACH}:nTrain_Background={EVENTS_EACH}:SplitMode=Random:"
        f"SplitSeed={split_seed}:NormMode=NumEvents:!V:!CalcCorrelations",
    )
    with warnings.catch_warnings():
        # published strings contain what deserves a remark: settings without effect, a comma that is missing
        warnings.simplefilter("ignore", tmvalite.TmvaliteWarning)
        factory.BookMethod(loader, tmvalite.Types.kDL, "net", options, RandomSeed=seed, Threads=1)
    return factory, factory.record(loader, "net")


@contextmanager
def started_from(numbers: list[np.ndarray] | None):
    """Trainings inside start from `numbers`, one array per drawn matrix in the order of the layout; None: as the string says."""
    from tmvalite.models import fitting

    def initialise(network, method, seed):
        given(network, method, seed)
        set_numbers(network, numbers)

    given = fitting.initialise
    with mock.patch.object(fitting, "initialise", initialise) if numbers is not None else nullcontext():
        yield


def set_numbers(network, numbers: list[np.ndarray]) -> None:
    """Overwrite what a start draws, in the order of the layout; filters may come as (depth, channels, height, width)."""
    for (node, matrix), values in zip(_drawn_matrices(network), numbers, strict=True):
        shape = network.parameters.get(node, matrix).shape
        network.parameters.set(node, matrix, np.asarray(values).reshape(shape))


def _drawn_matrices(network) -> list[tuple[str, str]]:
    """(node, matrix) of what a start draws: not the four vectors of BNORM."""
    return [(node, matrix) for node, matrix in network.parameters.names() if not node.startswith("BNORM")]


def string_numbers(method, seed: int) -> list[np.ndarray]:
    """What tmvalite starts from with this seed."""
    from tmvalite.training.initialisation import initialise

    network = method.blueprint(method.info).network(precision="float32", threads=1)
    initialise(network, method.bound.values.WeightInitialization, seed)
    return [network.parameters.get(node, matrix) for node, matrix in _drawn_matrices(network)]


def train_ours(script: Script, options: str, data, *, seed: int, split_seed: int = 100, numbers=None):
    """(record, ROC area on the test sample)."""
    import tmvalite

    factory, record = book(script, options, data, seed=seed, split_seed=split_seed)
    with warnings.catch_warnings(), started_from(numbers):
        # a poor start may not improve, or rank the background first; the area says it
        warnings.simplefilter("ignore", tmvalite.TmvaliteWarning)
        factory.TrainAllMethods()
        factory.TestAllMethods()
    return record, area(record.outputs["test"], record)


def area(values, record) -> float:
    from tmvalite.evaluation import roc_area

    test = record.data.test
    return roc_area(values, test.class_index == 0, test.weight)


def train_peer(name: str, record, numbers, *, seed: int, same_order: bool, recipe: Recipe = RECIPE) -> float:
    """ROC area of PyTorch's network `name` on the test sample of `record`, trained on its events from `numbers`.

    With `same_order` batches and Adam's formula are tmvalite's, without it PyTorch's.
    """
    from tmvalite.training import streams

    events, n_valid = record.data.train, len(record.data.train) // 5  # TMVA's ValidationSize=20%: the last events
    x, y = np.asarray(events.x, np.float32), (events.class_index == 0).astype(np.float32)[:, None]

    def sample(at):
        w = events.weight[at]
        return x[at], y[at], (w * (len(w) / w.sum())).astype(np.float32)

    key, n_train = streams.stream_key(seed, streams.SHUFFLE), len(x) - n_valid
    apply, _, _ = train(
        recipe,
        sample(slice(0, n_train)),
        sample(slice(n_train, None)),
        seed=seed,
        order=(lambda epoch: streams.permutation(key, n_train, epoch=epoch)) if same_order else None,
        model=peer_layers.start_from(peer_layers.network(name), numbers),
        tmva_epsilon=same_order,
    )
    return area(apply(np.asarray(record.data.test.x, np.float32))[:, 0], record)


# ------------------------------------------------------------------------------------------- rank test


def rank_test(a, b) -> float:
    """Two-sided p of Mann and Whitney's test, exact, also with ties: what part of all ways to share out the ranks is as far off.

    Twice the smaller tail, at most 1, over all choices of len(a) of the pooled midranks.
    """
    pooled = np.concatenate([np.asarray(a, np.float64), np.asarray(b, np.float64)])
    _, where, counts = np.unique(pooled, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    doubled = (2 * last - counts + 1)[where]  # twice the midranks: whole numbers
    n, observed = len(a), int(doubled[: len(a)].sum())
    ways = [[0] * (int(doubled.sum()) + 1) for _ in range(n + 1)]  # [chosen][sum], Python's whole numbers
    ways[0][0] = 1
    for rank in map(int, doubled):
        for chosen in range(n, 0, -1):
            row, fewer = ways[chosen], ways[chosen - 1]
            for total in range(len(row) - 1, rank - 1, -1):
                row[total] += fewer[total - rank]
    every = math.comb(len(pooled), n)
    low, high = sum(ways[n][: observed + 1]), sum(ways[n][observed:])
    return min(1.0, 2.0 * min(low, high) / every)


# ------------------------------------------------------------------------------------------- the study


def compared(
    name: str,
    shared: Path | None,
    *,
    seeds: int = 15,
    only: tuple[str, ...] = (),
    starts: tuple[str, ...] = STARTS,
    progress: Callable[[str], None] = lambda line: None,
) -> dict:
    """Areas of all networks of a script: {network: {start: {"tmvalite", "pairs", "own draws": areas by seed, "p", "pairs ..."}}}.

    `start` is "string" (the published WeightInitialization) or "PyTorch" (see `peer_layers.drawn`). "p" compares "tmvalite" with
    "own draws".
    """
    script = SCRIPTS[name]
    data, result = data_of(script, shared), {}
    for network, options in script.networks.items():
        if only and network not in only:
            continue
        result[network] = {}
        for start in starts:
            ours, pairs, own = [], [], []
            for seed in range(1, seeds + 1):
                numbers = None if start == "string" else peer_layers.drawn(network, start, seed)
                record, figure = train_ours(script, options, data, seed=seed, numbers=numbers)
                ours.append(figure)
                numbers = string_numbers(record.method, seed) if numbers is None else numbers
                pairs.append(train_peer(network, record, numbers, seed=seed, same_order=True))
                numbers = peer_layers.drawn(network, script.start if start == "string" else start, 1000 + seed)
                own.append(train_peer(network, record, numbers, seed=1000 + seed, same_order=False))
            row = {"tmvalite": ours, "pairs": pairs, "own draws": own, "p": rank_test(ours, own)}
            both = Pairs("ROC area", ours, pairs)
            row |= {"mean difference of pairs": both.mean, "half width of its 95 % interval": both.half_width}
            result[network][start] = row
            progress(
                f"{network:5s} start {start:7s} tmvalite {spread(ours)}  PyTorch, same start {spread(pairs)}, "
                f"own draws {spread(own)}  p {row['p']:.3f}  pairs {both.mean:+.4f} +- {both.half_width:.4f}"
            )
    return result


def better(shared: Path | None, *, seeds=BETTER_SEEDS, own_split: bool = False) -> dict:
    """Areas and seconds of training, by seed, of BETTER_IMAGES on the test images of TMVA's split, or of a split for each seed.

    "likelihood ratio" is the area of the test images, or the mean of all splits', that no network can beat but by luck.
    """
    script = SCRIPTS["images"]
    data, areas, seconds, best = data_of(script, shared), [], [], []
    for seed in seeds:
        record, figure = train_ours(script, BETTER_IMAGES, data, seed=seed, split_seed=seed if own_split else 100)
        areas.append(figure)
        seconds.append(math.fsum(record.method.history["seconds"]))
        best.append(area(image_likelihood_ratio(record.data.test.x), record))
    return {"areas": areas, "seconds": seconds, "likelihood ratio": float(np.mean(best))}


def spread(areas) -> str:
    return f"{np.median(areas):.3f} [{min(areas):.3f}, {max(areas):.3f}]"
