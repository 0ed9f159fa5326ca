"""Networks on toys with a known answer, and published weight files on the data they belong to. See physics.py for the program.

Every study trains or applies through the public face and returns its figures as a dict.
"""

from __future__ import annotations

import dataclasses
import tempfile
import warnings
from pathlib import Path

import numpy as np

from . import toys


def booked(layout: str, *, epochs: int, rate: float, seed: int, batch: int = 100, **more):
    """A classification with Adam, Glorot's uniform start, one thread, and as many epochs as asked for."""
    import tmvalite

    strategy = (
        f"LearningRate={rate:g},Optimizer=ADAM,BatchSize={batch},MaxEpochs={epochs},ConvergenceSteps={epochs},TestRepetitions=1"
    )
    return tmvalite.MethodDL(
        f"!H:!V:Layout={layout}:WeightInitialization=XAVIERUNIFORM:TrainingStrategy={strategy}:RandomSeed={seed}:Threads=1",
        analysis_type="classification",
        **more,
    )


# ------------------------------------------------------------------------------------------- ring in a disc

RING_WIDTH, RING_RATE = 64, 2e-3


def ring(*, seed: int = 1, events: int = 20_000, test_events: int = 200_000, epochs: int = 40, peer: bool = True) -> dict:
    """ROC areas on an independent sample: likelihood ratio, straight line, network, and PyTorch's network where installed."""
    from tmvalite.evaluation import roc_area

    x, y = toys.ring_in_disc(events, seed)
    test_x, test_y = toys.ring_in_disc(test_events, 10_000 + seed)
    method = booked(f"TANH|{RING_WIDTH},TANH|{RING_WIDTH},LINEAR", epochs=epochs, rate=RING_RATE, seed=seed)
    method.fit(x, y, progress="silent")
    line = toys.linear_discriminant(x, y)
    figures = {
        "events": events,
        "test events": test_events,
        "likelihood ratio": roc_area(toys.ring_likelihood_ratio(test_x), test_y),
        "straight line": roc_area(test_x @ line, test_y),
        "tmvalite": roc_area(method.GetMvaValues(test_x), test_y),
    }
    if peer and has_torch():
        figures["PyTorch"] = roc_area(_ring_of_the_peer(x, y, seed, epochs)(test_x)[:, 0], test_y)
    return figures


def _ring_of_the_peer(x, y, seed: int, epochs: int):
    """PyTorch's network, trained and validated on the events that MethodDL uses."""
    from tmvalite.training.validation_split import drawn_events

    from .peer_training import Recipe, train

    recipe = Recipe(((RING_WIDTH, "TANH"), (RING_WIDTH, "TANH"), (1, "LINEAR")), "CROSSENTROPY", RING_RATE, 100, epochs, epochs)
    index = (~y).astype(int)
    samples = [
        (x[at], y[at, None].astype(np.float32), _equal_weights(index[at]))
        for at in drawn_events(index, len(x), len(x) // 5, seed)
    ]
    return train(recipe, *samples, seed=seed)[0]


def _equal_weights(index: np.ndarray) -> np.ndarray:
    """Weights of mean 1 that make two classes weigh the same."""
    return (len(index) / 2 / np.bincount(index, minlength=2))[index].astype(np.float32)


# ------------------------------------------------------------------------------------------- many layers

DEEP_WIDTH = 32


def plain_layout(depth: int) -> str:
    return ",".join([f"DENSE|{DEEP_WIDTH}|TANH"] * depth + ["DENSE|1|LINEAR"])


def residual_layout(depth: int) -> str:
    """Every hidden layer after the first adds to what it reads."""
    layers = [f"r0=DENSE|{DEEP_WIDTH}|TANH"]
    for i in range(1, depth):
        layers += [f"d{i}=DENSE|{DEEP_WIDTH}|TANH", f"r{i}=ADD@d{i}+r{i - 1}"]
    return ",".join([*layers, "DENSE|1|LINEAR"])


def depth(
    *,
    seed: int = 1,
    layers: int = 40,
    events: int = 20_000,
    test_events: int = 50_000,
    epochs: int = 20,
    names=("shallow", "plain", "residual"),
) -> dict:
    """ROC areas on the ring: two hidden layers, `layers` of them, and `layers` with residual links; same events and epochs."""
    from tmvalite.evaluation import roc_area

    x, y = toys.ring_in_disc(events, seed)
    test_x, test_y = toys.ring_in_disc(test_events, 10_000 + seed)
    # rates that suit them: of 2e-3, 5e-3 and 1e-2 the best for the shallow net, of 5e-4, 1e-3 and 2e-3 for the deep ones
    layouts = {
        "shallow": (plain_layout(2), 1e-2),
        "plain": (plain_layout(layers), 5e-4),
        "residual": (residual_layout(layers), 1e-3),
    }
    figures: dict = {"likelihood ratio": roc_area(toys.ring_likelihood_ratio(test_x), test_y)}
    for name in names:
        layout, rate = layouts[name]
        with warnings.catch_warnings():
            # the plain stack may not improve at all, and then says so
            warnings.filterwarnings("ignore", message="no epoch had a smaller validation error")
            method = booked(layout, epochs=epochs, rate=rate, seed=seed).fit(x, y, progress="silent")
        figures[name] = roc_area(method.GetMvaValues(test_x), test_y)
    if "shallow" in figures:
        for name in names:
            figures[f"{name}: part of the shallow excess"] = (figures[name] - 0.5) / (figures["shallow"] - 0.5)
    return figures


# ------------------------------------------------------------------------------------------- two inputs

TWO_INPUTS = "a=DENSE|16|TANH@noise,b=DENSE|32|TANH@signal,CONCAT@a+b,DENSE|32|TANH,DENSE|1|LINEAR"


def inputs(*, seed: int = 1, events: int = 10_000, test_events: int = 20_000, epochs: int = 10) -> dict:
    """ROC areas of a network with two inputs, as it is and after input 1 or input 2 comes from other events."""
    from tmvalite.evaluation import roc_area

    x, y = toys.information_in_the_second_input(events, seed)
    test_x, test_y = toys.information_in_the_second_input(test_events, 10_000 + seed)
    first = slice(0, toys.NOISE_INPUTS)
    second = slice(toys.NOISE_INPUTS, toys.NOISE_INPUTS + toys.INFORMATIVE_INPUTS)
    method = booked(
        TWO_INPUTS, epochs=epochs, rate=3e-3, seed=seed, InputLayout=f"noise={toys.NOISE_INPUTS},signal={toys.INFORMATIVE_INPUTS}"
    )
    method.fit(x, y, progress="silent")
    samples = {
        "as it is": test_x,
        "input 1 permuted": toys.permute_columns(test_x, first, seed),
        "input 2 permuted": toys.permute_columns(test_x, second, seed),
    }
    return {name: roc_area(method.GetMvaValues(sample), test_y) for name, sample in samples.items()}


# ------------------------------------------------------------------------------------------- class and target together

JOINT = (
    "h=DENSE|32|TANH,h2=DENSE|32|TANH,score=DENSE|1|LINEAR@h2,energy=DENSE|1|LINEAR@h2,"
    "OUTPUT|CROSSENTROPY@score,OUTPUT|SUMOFSQUARES|0.5@energy"
)
JOINT_WEIGHTS = (1.0, 0.5)


def joint_losses(outputs: np.ndarray, is_signal: np.ndarray, energy: np.ndarray) -> tuple[float, float]:
    """Cross entropy of column 0 (logits) in nats and mean squared deviation of column 1, without the weights of the outputs."""
    outputs = np.asarray(outputs, np.float64)
    entropy = np.logaddexp(0.0, outputs[:, 0]) - is_signal * outputs[:, 0]
    return float(entropy.mean()), float(((outputs[:, 1] - energy) ** 2).mean())


def joint(*, seed: int = 1, events: int = 10_000, test_events: int = 20_000, epochs: int = 10) -> dict:
    """Both losses on independent events, before and after a common training, with what each would be for constant answers."""
    from tmvalite.training.initialisation import initialise

    x, y, energy = toys.class_and_energy(events, seed)
    test_x, test_y, test_energy = toys.class_and_energy(test_events, 10_000 + seed)
    method = booked(JOINT, epochs=epochs, rate=3e-3, seed=seed).fit(x, y, targets=energy, progress="silent")
    trained = method.network.outputs(test_x)
    start = method.blueprint(method.info).network(precision="float32", threads=1)
    initialise(start, "XAVIERUNIFORM", seed)
    figures = {}
    constant = float(np.log(2.0)), float(test_energy.var())
    rows = joint_losses(start.outputs(test_x), test_y, test_energy), joint_losses(trained, test_y, test_energy), constant
    for i, name in enumerate(("class", "energy")):
        figures[name] = {"start": rows[0][i], "trained": rows[1][i], "constant answer": rows[2][i]}
    return figures


# ------------------------------------------------------------------------------------------- published weight files

FILE_PATTERN = "*TMVAClassification_DNN_CPU.weights.xml"
TUTORIAL_VARIABLES = ["var1+var2", "var1-var2", "var3", "var4"]
TUTORIAL_SPECTATORS = ["var1*2", "var1*3"]


def tutorial_files(shared: Path) -> list[Path]:
    """The corpus files of TMVAClassification.C's network, those with its four variables."""
    from tmvalite.io.weights_xml import read_weights

    found = sorted((shared / "corpus" / "weights").glob(FILE_PATTERN))
    return [path for path in found if [v.expression for v in read_weights(path).variables] == TUTORIAL_VARIABLES]


def tutorial_events(shared: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All events of tmva_class_example.root: x (12000, 4) float32, class (12000,) bool, weight (12000,)."""
    import uproot

    parts = []
    with uproot.open(shared / "data" / "tmva_class_example.root") as file:
        for name in ("TreeS", "TreeB"):
            a = file[name].arrays(library="np")
            v1, v2 = a["var1"].astype(np.float64), a["var2"].astype(np.float64)
            x = np.stack([v1 + v2, v1 - v2, a["var3"], a["var4"]], axis=1).astype(np.float32)
            parts.append((x, np.full(len(x), name == "TreeS"), a.get("weight", np.ones(len(x))).astype(np.float64)))
    return tuple(np.concatenate(columns) for columns in zip(*parts))


def reader_area(path, x, is_signal, weight) -> float:
    """Weighted ROC area of a weight file through the Reader."""
    import tmvalite
    from tmvalite.evaluation import roc_area

    reader = tmvalite.Reader("!Color:Silent")
    for expression in TUTORIAL_VARIABLES:
        reader.AddVariable(expression)
    for expression in TUTORIAL_SPECTATORS:
        reader.AddSpectator(expression)
    reader.BookMVA("DNN", path)
    return roc_area(reader.EvaluateMVA(x, "DNN"), is_signal, weight)


def damaged_files(path, folder) -> dict[str, Path]:
    """Copies of a weight file with one defect each: a square matrix transposed, or the transformation left out."""
    from tmvalite.io.weights_xml import read_weights, write_weights

    file = read_weights(path)
    copies = {}
    for i, layer in enumerate(file.network):
        matrices = [(name, m.T.copy() if name == "Weights" else m) for name, m in layer.matrices]
        if all(new.shape == old.shape for (_, new), (_, old) in zip(matrices, layer.matrices)):
            network = [*file.network[:i], dataclasses.replace(layer, matrices=matrices), *file.network[i + 1 :]]
            copies[f"matrix {i + 1} transposed"] = dataclasses.replace(file, network=network)
    copies["without transformation"] = dataclasses.replace(file, transforms=[])
    paths = {}
    for name, content in copies.items():
        paths[name] = Path(folder) / f"{name.replace(' ', '_')}.weights.xml"
        write_weights(paths[name], content)
    return paths


def files(shared: Path) -> dict:
    """Weighted areas of every tutorial file, as it is and damaged."""
    events = tutorial_events(shared)
    figures = {}
    for path in tutorial_files(shared):
        row = {"as it is": reader_area(path, *events)}
        with tempfile.TemporaryDirectory() as folder:
            for name, copy in damaged_files(path, folder).items():
                row[name] = reader_area(copy, *events)
        figures[path.name] = row
    return figures


def has_torch() -> bool:
    from importlib.util import find_spec

    return find_spec("torch") is not None
