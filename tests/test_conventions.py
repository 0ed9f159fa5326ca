"""docs/conventions.md: every row of its table against PyTorch, and its ways to take over weights."""

import re
import runpy
import warnings
from pathlib import Path

import numpy as np
import pytest

import tmvalite
from tests.alone import build_alone, run_alone
from tests.helpers import assert_close
from tests.networks import network_of
from tmvalite.training.optimizers import OptimizerSettings

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "conventions.md").read_text("utf-8")
ROWS = [
    tuple(cell.replace("`", "").replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", line)[1:3])
    for line in PAGE.splitlines()
    if line.startswith("| `")
]
RNG = np.random.default_rng(90)
IMAGE = RNG.standard_normal((1, 3, 5, 6))
CASES = {}


def row(layer, point):
    """The test of a row of the table: gives pairs of ours and PyTorch's arrays."""

    def add(function):
        CASES[layer, point] = function
        return function

    return add


def test_every_row_has_a_test():
    assert sorted(ROWS) == sorted(CASES)


@pytest.mark.parametrize("layer, point", ROWS)
def test_row_equals_pytorch(layer, point):
    torch = pytest.importorskip("torch")
    for ours, theirs in CASES[layer, point](torch):
        theirs = theirs.detach().numpy() if torch.is_tensor(theirs) else theirs
        assert_close(np.reshape(ours, np.shape(theirs)), theirs, 1e-12)


def tensor(array):
    import torch

    return torch.tensor(np.asarray(array, float))


def alone(text, x, **parameters):
    """Values of a layer with these parameters."""
    network = build_alone(text, [x.shape[1:]])
    for name, matrix in parameters.items():
        network.parameters.set("y", name, matrix)
    return network.outputs(np.reshape(x, (len(x), -1)))


# ------------------------------------------------------------------------------------------------ products, windows


@row("DENSE", "weights")
def _dense(torch):
    x, w, b = RNG.standard_normal((4, 5)), RNG.standard_normal((3, 5)), RNG.standard_normal(3)
    yield alone("DENSE|3|LINEAR", x, Weights=w, Biases=b[:, None]), torch.nn.functional.linear(*map(tensor, (x, w, b)))


@row("CONV, DEPTHCONV", "filter")
def _filter(torch):
    w = np.zeros((1, 3, 2, 2))
    w[0, 1, 0, 1] = 1.0  # sees the pixel on the right
    ours = alone("CONV|1|2|2|1|1|0|0|LINEAR", IMAGE, Weights=w.reshape(1, -1), Biases=np.zeros((1, 1)))
    yield ours, torch.nn.functional.conv2d(tensor(IMAGE), tensor(w))
    yield ours, IMAGE[:, 1:2, :-1, 1:]


@row("CONV, DEPTHCONV", "weights")
def _filters(torch):
    w, b = RNG.standard_normal((4, 3, 2, 3)), RNG.standard_normal(4)
    theirs = torch.nn.functional.conv2d(*map(tensor, (IMAGE, w, b)), stride=(1, 2), padding=(1, 0))
    yield alone("CONV|4|2|3|1|2|1|0|LINEAR", IMAGE, Weights=w.reshape(4, -1), Biases=b[:, None]), theirs
    w, b = RNG.standard_normal((6, 1, 2, 3)), RNG.standard_normal(6)
    theirs = torch.nn.functional.conv2d(*map(tensor, (IMAGE, w, b)), groups=3)
    yield alone("DEPTHCONV|2|2|3|1|1|0|0|LINEAR", IMAGE, Weights=w.reshape(6, -1), Biases=b[:, None]), theirs


@row("TRANSCONV", "weights")
def _transposed(torch):
    w, b = RNG.standard_normal((3, 4, 2, 3)), RNG.standard_normal(4)
    theirs = torch.nn.functional.conv_transpose2d(*map(tensor, (IMAGE, w, b)), stride=2, padding=1)
    ours = w.swapaxes(0, 1).reshape(4, -1)
    yield alone("TRANSCONV|4|2|3|2|2|1|1|LINEAR", IMAGE, Weights=ours, Biases=b[:, None]), theirs


@row("SAME", "side of an odd row or column")
def _same(torch):
    w, b = RNG.standard_normal((2, 3, 2, 4)), RNG.standard_normal(2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch may copy what it pads
        theirs = torch.nn.functional.conv2d(*map(tensor, (IMAGE, w, b)), padding="same")
    yield alone("CONV|2|2|4|1|1|SAME|LINEAR", IMAGE, Weights=w.reshape(2, -1), Biases=b[:, None]), theirs


@row("RESHAPE|FLAT", "order")
def _flat(torch):
    yield run_alone("RESHAPE|FLAT", [IMAGE]), tensor(IMAGE).flatten(1)


@row("PADDING2D", "order")
def _padding(torch):
    yield run_alone("PADDING2D|1|2|3|4", [IMAGE]), torch.nn.functional.pad(tensor(IMAGE), (3, 4, 1, 2))


@row("MAXPOOL", "padding")
def _maxpool(torch):
    theirs = torch.nn.functional.max_pool2d(tensor(IMAGE - 9), (3, 2), stride=(2, 1), padding=1)
    yield run_alone("MAXPOOL|3|2|2|1|1|1", [IMAGE - 9]), theirs


@row("AVGPOOL", "padding")
def _avgpool(torch):
    for field, counts in (("", False), ("|1", True)):
        theirs = torch.nn.functional.avg_pool2d(tensor(IMAGE), 3, stride=2, padding=1, count_include_pad=counts)
        with np.errstate(all="raise"):
            yield run_alone(f"AVGPOOL|3|3|2|2|1|1{field}", [IMAGE]), theirs


@row("UPSAMPLE", "nearest")
def _nearest(torch):
    yield run_alone("UPSAMPLE|2|3", [IMAGE]), torch.nn.functional.interpolate(tensor(IMAGE), scale_factor=(2, 3))


def numbers_of(n):
    """Factors and offsets of n channels, (1, n) each."""
    return {"Gamma": RNG.uniform(0.5, 1.5, (1, n)), "Beta": RNG.standard_normal((1, n))}


@row("LAYERNORM", "what is normalised")
def _layer_norm(torch):
    for x, shape in ((IMAGE, IMAGE.shape[1:]), (RNG.standard_normal((2, 7)), (7,))):
        p = numbers_of(int(np.prod(shape)))
        gamma, beta = (tensor(p[name].reshape(shape)) for name in ("Gamma", "Beta"))
        yield alone("LAYERNORM", x, **p), torch.nn.functional.layer_norm(tensor(x), shape, gamma, beta)


@row("INSTNORM, GROUPNORM", "factors")
def _channel_norms(torch):
    p, x = numbers_of(3), IMAGE
    gamma, beta = (tensor(p[name][0]) for name in ("Gamma", "Beta"))
    yield alone("INSTNORM", x, **p), torch.nn.functional.instance_norm(tensor(x), weight=gamma, bias=beta)
    for groups in (1, 3):
        yield alone(f"GROUPNORM|{groups}", x, **p), torch.nn.functional.group_norm(tensor(x), groups, gamma, beta)


@row("PRELU", "slopes")
def _prelu(torch):
    for text, slopes in (("PRELU", RNG.uniform(-1, 1, 3)), ("PRELU|0.25|ALL", np.array([0.25]))):
        yield alone(text, IMAGE, Slopes=slopes[None]), torch.nn.functional.prelu(tensor(IMAGE), tensor(slopes))


@row("PIXELSHUFFLE", "order of channels")
def _shuffle(torch):
    x = RNG.standard_normal((2, 8, 2, 3))
    yield alone("PIXELSHUFFLE|2", x), torch.nn.functional.pixel_shuffle(tensor(x), 2)


@row("UPSAMPLE|..|BILINEAR", "corners")
def _bilinear(torch):
    for field, corners in (("", False), ("|1", True)):
        theirs = torch.nn.functional.interpolate(tensor(IMAGE), scale_factor=(2, 3), mode="bilinear", align_corners=corners)
        yield run_alone(f"UPSAMPLE|2|3|BILINEAR{field}", [IMAGE]), theirs


@row("GRIDSAMPLE", "corners")
def _grid(torch):
    theta = np.array([[1, 0, 0, 0, 1, 0]]) + RNG.uniform(-0.5, 0.5, (1, 6))
    for field, corners in (("", True), ("|0|1", False)):
        grid = torch.nn.functional.affine_grid(tensor(theta).reshape(1, 2, 3), [1, 3, 4, 7], align_corners=corners)
        theirs = torch.nn.functional.grid_sample(tensor(IMAGE), grid, align_corners=corners)
        yield run_alone(f"GRIDSAMPLE|4|7{field}", [IMAGE, theta]), theirs


# ------------------------------------------------------------------------------------------------ batch normalisation


BATCHES = RNG.standard_normal((6, 7, 4)) * 3 + 1  # steps, events, variables


def running(text, steps, epochs=1):
    """Running mean and variance after so many batches in every one of the epochs."""
    network = network_of(f"y={text},LINEAR", 4, precision="float64", threads=1)
    network.parameters.set("y", "Training-mu", np.zeros((1, 4)))
    network.parameters.set("y", "Training-variance", np.ones((1, 4)))
    optimizer = network.new_optimizer(OptimizerSettings("SGD", learning_rate=0.0))
    for epoch in range(epochs):
        x = BATCHES[epoch * steps : (epoch + 1) * steps].reshape(-1, 4)
        sample = x, np.zeros((len(x), 1)), np.ones(len(x)), np.arange(len(x))
        network.train_steps(*sample, batch_size=7, first=0, count=steps, optimizer=optimizer, epoch=epoch)
    return [network.parameters.get("y", name)[0] for name in ("Training-mu", "Training-variance")]


def torch_running(torch, momentum, steps, eps=1e-5):
    module = torch.nn.BatchNorm1d(4, eps=eps, momentum=momentum).double()
    for batch in BATCHES[:steps]:
        module(tensor(batch))
    return module.running_mean, module.running_var


@row("BNORM", "training")
def _trained(torch):
    network = network_of("y=BNORM|0.9|0.001,RESHAPE|FLAT", 4, losses=("SUMOFSQUARES",), precision="float64", threads=1)
    network.parameters.set("y", "Gamma", np.ones((1, 4)))
    network.parameters.set("y", "Beta", np.zeros((1, 4)))
    theirs = torch.nn.functional.batch_norm(tensor(BATCHES[0]), None, None, training=True, eps=1e-3)
    # the loss is the mean of (y - target)^2, so that 0 says that all values are PyTorch's
    optimizer = network.new_optimizer(OptimizerSettings("SGD", learning_rate=0.0))
    order = dict(batch_size=7, first=0, count=1, optimizer=optimizer)
    losses = network.train_steps(BATCHES[0], theirs.numpy() + 1.0, np.ones(7), np.arange(7), **order)
    yield losses, np.ones(1)


@row("BNORM", "epsilon")
def _epsilon(torch):
    mu, variance = RNG.standard_normal(4), np.array([1e-3, 1e-4, 1e-6, 2.0])
    for text, eps in (("BNORM", 1e-4), ("BNORM|0.9|0.00001", 1e-5), ("BNORM|0.99|0.001", 1e-3)):
        theirs = torch.nn.functional.batch_norm(tensor(BATCHES[0]), tensor(mu), tensor(variance), eps=eps)
        given = {"Training-mu": mu[None], "Training-variance": variance[None]}
        yield alone(text, BATCHES[0], Gamma=np.ones((1, 4)), Beta=np.zeros((1, 4)), **given), theirs


@row("BNORM", "momentum")
def _momentum(torch):
    (ours, _), (theirs, _) = running("BNORM|0.75|0.00001|PYTORCH", 2), torch_running(torch, 0.25, 2)
    yield ours, theirs
    yield ours, 0.75 * (0.25 * BATCHES[0].mean(axis=0)) + 0.25 * BATCHES[1].mean(axis=0)


@row("BNORM", "first batch")
def _first(torch):
    yield from zip(running("BNORM|0.9|0.00001|PYTORCH", 1), torch_running(torch, 0.1, 1))
    replaced, _ = torch_running(torch, 1.0, 1)
    yield running("BNORM|0.9", 1)[0], replaced
    yield running("BNORM|0.9|0.001|KERAS", 1)[0], 0.1 * BATCHES[0].mean(axis=0)


@row("BNORM", "running variance of n values")
def _variance(torch):
    _, theirs = torch_running(torch, 1.0, 1)
    yield running("BNORM|0|0.001|PYTORCH", 1)[1], theirs
    yield running("BNORM|0|0.001", 1)[1], theirs * 6 / (6 + 0.001)
    yield running("BNORM|0|0.001|KERAS", 1)[1], theirs * 6 / 7
    yield running("BNORM|0|0.001|KERAS", 1)[1], BATCHES[0].var(axis=0)


@row("BNORM", "average of all batches")
def _average(torch):
    yield from zip(running("BNORM|-1|0.00001|PYTORCH", 3, epochs=2), torch_running(torch, None, 6))
    yield running("BNORM", 3, epochs=2)[0], BATCHES[3:].mean(axis=(0, 1))


# ------------------------------------------------------------------------------------------------ recurrent layers


def sequences(torch, kind, text, ours, gates="", second=""):
    """States of a layer and of PyTorch's module; `ours`: our gates in PyTorch's order, `second`: the name of the other bias."""
    x, module = RNG.standard_normal((5, 4, 3)), getattr(torch.nn, kind)(3, 6, batch_first=True).double()
    weights = {"W": module.weight_ih_l0, "U": module.weight_hh_l0, "b": module.bias_ih_l0}
    weights |= {second: module.bias_hh_l0} if second else {"b": module.bias_ih_l0 + module.bias_hh_l0}
    network = network_of(f"y={text}@a,RESHAPE|FLAT", 12, inputs=(("a", (4, 3)),), precision="float64", threads=1)
    for name, stacked in weights.items():
        parts = stacked.detach().numpy().reshape(len(ours), 6, -1)
        for gate, part in zip(ours, parts):
            network.parameters.set("y", f"{name}{gate}", part)
    return network.outputs(x.reshape(5, -1)), module(tensor(x))[0], network, module


@row("RNN", "biases")
def _rnn(torch):
    yield sequences(torch, "RNN", "RNN|6|3|4|0|1", [""])[:2]


@row("LSTM", "gates")
def _lstm(torch):
    yield sequences(torch, "LSTM", "LSTM|6|3|4|0|1", ["_i", "_f", "_c", "_o"])[:2]


RZC = ["_r", "_z", "_c"]


@row("GRU", "biases")
def _gru(torch):
    yield sequences(torch, "GRU", "GRU|6|3|4|0|1|1|1", RZC, second="d")[:2]


@row("GRU", "gates")
def _gru_gates(torch):
    yield from _gru(torch)


@row("GRU", "state")
def _gru_state(torch):
    """With an update gate of 1 the state stays what it was: 0."""
    _, _, network, module = sequences(torch, "GRU", "GRU|6|3|4|0|1|1|1", RZC, second="d")
    network.parameters.set("y", "b_z", np.full((6, 1), 1e4))
    with torch.no_grad():
        module.bias_ih_l0[6:12] = 1e4
    x = RNG.standard_normal((2, 12))
    yield network.outputs(x), module(tensor(x.reshape(2, 4, 3)))[0]
    yield network.outputs(x), np.zeros((2, 24))


@row("GRU", "reset gate")
def _gru_reset(torch):
    """Without the second bias of the candidate: PyTorch's with the gate behind the matrix, not with the one before it."""
    module = torch.nn.GRU(3, 6, batch_first=True, bias=False).double()
    x, found = RNG.standard_normal((5, 4, 3)), []
    for after in ("", "|1"):
        layout, options = f"y=GRU|6|3|4|0|1{after}@a,RESHAPE|FLAT", dict(precision="float64", threads=1)
        network = network_of(layout, 12, inputs=(("a", (4, 3)),), **options)
        for name, stacked in (("W", module.weight_ih_l0), ("U", module.weight_hh_l0)):
            for gate, part in zip(RZC, stacked.detach().numpy().reshape(3, 6, -1)):
                network.parameters.set("y", name + gate, part)
                network.parameters.set("y", f"b{gate}", np.zeros((6, 1)))
        found.append(network.outputs(x.reshape(5, -1)))
    assert np.abs(found[0] - found[1]).max() > 1e-3
    yield found[1], module(tensor(x))[0]


# ------------------------------------------------------------------------------------------------ weights from elsewhere


def functions(folder):
    """What the page defines."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (folder / "page.py").write_text("\n".join(blocks), "utf-8")
    return runpy.run_path(str(folder / "page.py"))


def fitted():
    X = np.random.default_rng(6).standard_normal((200, 12)).astype("float32")
    y = (X[:, -3:].sum(axis=1) > 0).astype(int)
    strategy = "TrainingStrategy=LearningRate=1e-2,Momentum=0,BatchSize=20,MaxEpochs=8,TestRepetitions=1"
    method = tmvalite.MethodDL(f"InputLayout=4|3:Layout=gru=GRU|6|3|4|0|0|1|1,d=DENSE|1|LINEAR:RandomSeed=1:{strategy}")
    return method.fit(X, y), X


def test_a_gru_of_pytorch_is_taken_over_saved_and_loaded(tmp_path):
    torch = pytest.importorskip("torch")
    method, X = fitted()
    module = torch.nn.GRU(3, 6, batch_first=True)
    functions(tmp_path)["gru_from_pytorch"](method, "gru", module)
    last = module(torch.tensor(X.reshape(-1, 4, 3)))[0][:, -1].detach().numpy()
    get = method.network.parameters.get
    expected = 1 / (1 + np.exp(-(last @ get("d", "Weights").T + get("d", "Biases").T)[:, 0]))
    assert_close(method.GetMvaValues(X), expected, 1e-6)
    method.save(tmp_path / "gru.weights.xml")
    again = tmvalite.load(tmp_path / "gru.weights.xml")
    assert again.GetMvaValues(X).tobytes() == method.GetMvaValues(X).tobytes()
    assert "GRU|6|3|4|0|0|1|1" in str(again)


def test_a_gru_of_pytorch_gives_the_same_in_onnxruntime():
    from tests.test_onnx_forms import by_onnxruntime, model_of

    torch = pytest.importorskip("torch")
    pytest.importorskip("onnxruntime", reason="needs the package onnxruntime")
    _, _, network, module = sequences(torch, "GRU", "GRU|6|3|4|0|1|1|1", RZC, second="d")
    x = RNG.standard_normal((5, 4, 3)).astype("float32")
    (values,) = by_onnxruntime(model_of(network.graph, network.parameters, "float32"), {"a": x})
    assert_close(values.reshape(5, 4, 6), module.float()(torch.tensor(x))[0].detach().numpy(), 1e-6)


def test_a_gru_of_keras_is_taken_over(tmp_path):
    """Keras' formula, reset_after=True: gates z r h side by side, biases (2, 3 S)."""
    method, X = fitted()
    kernel, recurrent, bias = RNG.standard_normal((3, 18)), RNG.standard_normal((6, 18)), RNG.standard_normal((2, 18))
    functions(tmp_path)["gru_from_keras"](method, "gru", kernel, recurrent, bias)
    h = np.zeros((len(X), 6))
    for x in X.reshape(-1, 4, 3).astype(float).swapaxes(0, 1):
        of_x, of_h = np.split(x @ kernel + bias[0], 3, axis=1), np.split(h @ recurrent + bias[1], 3, axis=1)
        z, r = (1 / (1 + np.exp(-(of_x[i] + of_h[i]))) for i in range(2))
        h = z * h + (1 - z) * np.tanh(of_x[2] + r * of_h[2])
    get = method.network.parameters.get
    expected = 1 / (1 + np.exp(-(h @ get("d", "Weights").T + get("d", "Biases").T)[:, 0]))
    assert_close(method.GetMvaValues(X), expected, 1e-5)
