"""A weight file gives the same bits: random networks of every kind, trained a little, saved and loaded."""

import os

import numpy as np
import pytest

import tmvalite
from tmvalite.activations import ACTIVATIONS

COUNT = int(os.environ.get("TMVALITE_SAVED_NETWORKS", "40"))  # 200 take half a minute
ELEMENTWISE = [a.name for a in ACTIVATIONS.values() if a.elementwise]


def _dense(rng, depth):
    """Dense layers with what may stand between them."""
    items = []
    for _ in range(depth):
        items.append(f"DENSE|{rng.integers(2, 14)}|{rng.choice(ELEMENTWISE)}")
        between = (
            "",
            "",
            "BNORM",
            f"BNORM|{rng.choice((-1, 0.9, 0.99))}|{rng.choice((0.001, 1e-4, 3e-5))}",
            f"BNORM|0.9|0.001|{rng.choice(('PYTORCH', 'KERAS'))}",
            "ACT|GELU",
            "DROPOUT|0.2",
        )
        items += [extra for extra in (str(rng.choice(between)),) if extra]
    return items


def _image(rng):
    padding = f"PADDING2D|{rng.integers(0, 3)}|1|0|{rng.integers(0, 2)}"
    first = f"CONV|{rng.integers(2, 6)}|3|3|1|1|1|1|{rng.choice(ELEMENTWISE)}"
    plain = ("MAXPOOL|2|2|2|2", "AVGPOOL|2|2|2|2", "DEPTHCONV|2|3|3|1|1|1|1|RELU", "TRANSCONV|3|3|3|2|2|1|1|RELU", "UPSAMPLE|2|2")
    after = rng.choice((*plain, "MAXPOOL|3|3|1|1|1|1", "AVGPOOL|3|2|1|1|1|1|1", "UPSAMPLE|2|2|BILINEAR|1"))
    return [
        *([padding] if rng.random() < 0.3 else []),
        first,
        *(["BNORM"] if rng.random() < 0.5 else []),
        str(after),
        "RESHAPE|FLAT",
    ]


def _sequence(rng):
    steps, width, state = 5, 4, int(rng.integers(2, 9))
    kind = rng.choice(("RNN", "LSTM", "GRU"))
    again, after = rng.random() < 0.5, str(rng.choice(("", "|1", "|1|1"))) if kind == "GRU" else ""
    return [f"{kind}|{state}|{width}|{steps}|0|{int(again)}{after}", *(["RESHAPE|FLAT"] if again else [])]


def _graph(rng):
    join = rng.choice(("ADD", "MUL", "CONCAT"))
    return [f"a=DENSE|6|{rng.choice(ELEMENTWISE)}", f"b=DENSE|6|{rng.choice(ELEMENTWISE)}@a", f"c={join}@a+b"]


def network(number):
    """Method type, analysis type, number of variables and options."""
    rng = np.random.default_rng(number)
    analysis = str(rng.choice(("classification", "regression", "multiclass")))
    outputs = {"classification": 1, "regression": 2, "multiclass": 3}[analysis]
    optimizer = rng.choice(("ADAM", "SGD", "RMSPROP", "ADAGRAD", "ADADELTA"))
    rate = {"SGD": 1e-5, "ADADELTA": 1.0}.get(str(optimizer), 1e-2)
    options = (
        f"!V:RandomSeed={number + 1}:Precision={rng.choice(('float32', 'float32', 'float64'))}:"
        f"{'VarTransform=N:' if rng.random() < 0.7 or number % 5 == 4 else ''}"
        f"TrainingStrategy=LearningRate={rate},Optimizer={optimizer},MaxEpochs=2,"
        f"BatchSize={rng.integers(10, 80)},TestRepetitions=1"
    )
    kind = number % 5
    if kind == 4:
        latent = rng.choice(("LATENT|2", "DENSE|2|LINEAR", "DENSE|6|LINEAR,GUMBEL|2|3|1"))
        head = f"Head={{DENSE|{outputs}|LINEAR}}" if rng.random() < 0.5 else ""
        layout = f"Encoder={{{','.join(_dense(rng, 1))},{latent}}}Decoder={{{','.join(_dense(rng, 1))},DENSE|N|LINEAR}}{head}"
        return "AE", analysis, 6, f"Layout={layout}:{options}"
    make, n, inputs = (
        (lambda rng: _dense(rng, 2), 6, ""),
        (_image, 36, "InputLayout=1|6|6:"),
        (_sequence, 20, "InputLayout=5|4:"),
        (_graph, 6, ""),
    )[kind]
    return "DL", analysis, n, f"{inputs}Layout={','.join([*make(rng), *_dense(rng, 1)])},DENSE|{outputs}|LINEAR:{options}"


@pytest.mark.parametrize("number", range(COUNT))
@pytest.mark.filterwarnings("ignore::tmvalite.TmvaliteWarning")
def test_a_saved_network_gives_the_same_bits(number, tmp_path):
    method_type, analysis, n, options = network(number)
    rng = np.random.default_rng(1000 + number)
    x = rng.normal(size=(160, n)) * rng.uniform(0.1, 3, n)
    z = x[:, 0] / np.abs(x[:, 0]).max()
    y = {"classification": z > 0, "regression": np.stack([z, x[:, 1]], axis=1), "multiclass": np.digitize(z, [-0.2, 0.2])}[
        analysis
    ]
    method = getattr(tmvalite, f"Method{method_type}")(options, analysis_type=analysis).fit(x, y, progress="silent")
    path = tmp_path / "m.weights.xml"
    method.save(path)
    loaded = tmvalite.load(path)
    getters = ["GetMvaValues", *(["GetRegressionValues"] if analysis == "regression" or method_type == "AE" else [])]
    if analysis == "multiclass" and (method_type == "DL" or "Head" in options):
        getters.append("GetMulticlassValues")
    for getter in getters:
        before, after = getattr(method, getter)(x), getattr(loaded, getter)(x)
        assert before.tobytes() == after.tobytes(), f"{getter} of {options}"
    loaded.save(tmp_path / "again.weights.xml")
    assert (tmp_path / "again.weights.xml").read_bytes() == path.read_bytes()
