"""Batch normalisation in training: PyTorch's numbers, running values, bits, and what scoring does with them."""

import numpy as np
import pytest

from tests.helpers import assert_close, check_gradient
from tests.naive import normalise as naive
from tests.networks import network_of, sample_of, trained_mask, training_loss
from tmvalite.training.optimizers import OptimizerSettings

DEEP = "TANH|6,BNORM,TANH|5,BNORM|0.9|0.01,LINEAR"
IMAGE = "RESHAPE|3|2|5,BNORM|0.5,RESHAPE|FLAT,TANH|4,LINEAR"
RUNNING = ["BNORM", "BNORM|0.9", "BNORM|0.9|0.001|PYTORCH", "BNORM|-1|0.001|PYTORCH", "BNORM|0.9|0.001|KERAS"]


def run(network, sample, batch, count=3, first=0):
    state = network.new_optimizer(OptimizerSettings(learning_rate=1e-2))
    return network.train_steps(*sample, np.arange(len(sample[0])), batch_size=batch, first=first, count=count, optimizer=state)


@pytest.mark.parametrize("layout,inputs", [(DEEP, 3), (IMAGE, 30)])
def test_gradient_through_the_batch_equals_central_differences(layout, inputs):
    network = network_of(layout, inputs, precision="float64", threads=1)
    sample = sample_of(network, 130)  # more than two tiles
    start, mask = network.parameters.snapshot(), trained_mask(network)

    def loss(vector):
        network.parameters.restore(np.where(mask, vector, start))
        return training_loss(network, *sample)

    check_gradient(loss, network.gradient(*sample) * mask, start)


@pytest.mark.parametrize("layout,node,inputs", [(f"{text},TANH|4,LINEAR", "BNORM#1", 6) for text in RUNNING])
def test_running_values_follow_the_batches_of_an_epoch(layout, node, inputs):
    network = network_of(layout, inputs, precision="float64", threads=1)
    sample = sample_of(network, 21)
    layer = network.graph.nodes[0].layer
    at = {"momentum": layer.momentum, "epsilon": layer.epsilon, "running": layer.running}
    names = ("Gamma", "Beta", "Training-mu", "Training-variance")
    parameters = {name: network.parameters.get(node, name) for name in names}
    state = network.new_optimizer(OptimizerSettings("SGD", learning_rate=0.0))
    for step in range(3):
        network.train_steps(*sample, np.arange(21), batch_size=7, first=step, count=1, optimizer=state)
        mean, variance = naive.running(at, parameters, [sample[0][7 * step : 7 * step + 7]], step, step)
        parameters["Training-mu"], parameters["Training-variance"] = mean[None], variance[None]
        assert_close(network.parameters.get(node, "Training-mu"), mean[None], 1e-13)
        assert_close(network.parameters.get(node, "Training-variance"), variance[None], 1e-13)
    kept = network.parameters.snapshot()
    network.loss(*sample)
    network.outputs(sample[0])
    assert np.array_equal(network.parameters.flat, kept)  # neither validation nor scoring touches them


def test_mean_far_from_zero_loses_no_digits():
    network = network_of("BNORM,LINEAR", 2, precision="float64", threads=1)
    x, y, w = sample_of(network, 200)
    network.train_steps(
        x + 1e7,
        y,
        w,
        np.arange(200),
        batch_size=200,
        first=0,
        count=1,
        optimizer=network.new_optimizer(OptimizerSettings("SGD", learning_rate=0.0)),
    )
    assert_close(network.parameters.get("BNORM#1", "Training-variance")[0], x.var(axis=0, ddof=1), 1e-6)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_training_has_the_same_bits_for_any_number_of_threads(precision):
    layout = "TANH|128,BNORM,TANH|128,BNORM,TANH|128,LINEAR"
    networks = [network_of(layout, 7, precision=precision, threads=t, scale=0.1) for t in (1, 2, 3)]
    losses = [run(network, sample_of(network, 900), 300) for network in networks]
    assert networks[0].plan.shares(300) > 1 and networks[0].plan.whole_batch
    for network, loss in zip(networks[1:], losses[1:]):
        assert loss.tobytes() == losses[0].tobytes()
        assert network.parameters.flat.tobytes() == networks[0].parameters.flat.tobytes()


def test_a_larger_batch_gets_a_larger_workspace():
    small, large = (network_of(DEEP, 3, precision="float64", threads=1) for _ in range(2))
    sample = sample_of(small, 200)
    run(small, sample, 20, count=1)
    small.parameters.restore(large.parameters.snapshot())
    assert run(small, sample, 200, count=1) == run(large, sample, 200, count=1)


def test_epochs_equal_pytorch():
    torch = pytest.importorskip("torch")
    network = network_of("TANH|6,BNORM|0.9|0.001,LINEAR", 3, precision="float64", threads=1)
    get = network.parameters.get
    model = torch.nn.Sequential(
        torch.nn.Linear(3, 6), torch.nn.Tanh(), torch.nn.BatchNorm1d(6, eps=1e-3), torch.nn.Linear(6, 1)
    ).double()
    with torch.no_grad():
        for module, node in ((model[0], "DENSE#1"), (model[3], "DENSE#3")):
            module.weight[:] = torch.tensor(get(node, "Weights"))
            module.bias[:] = torch.tensor(get(node, "Biases")[:, 0])
        model[2].weight[:], model[2].bias[:] = torch.tensor(get("BNORM#2", "Gamma")[0]), torch.tensor(get("BNORM#2", "Beta")[0])
    x, y, _ = sample_of(network, 60)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    ours = network.new_optimizer(OptimizerSettings("SGD", learning_rate=0.1))
    for epoch in range(17):
        losses = network.train_steps(
            x, y, np.ones(60), np.arange(60), batch_size=20, first=0, count=3, optimizer=ours, epoch=epoch
        )
        for k in range(3):
            optimizer.zero_grad()
            batch = slice(20 * k, 20 * k + 20)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(model(torch.tensor(x[batch])), torch.tensor(y[batch]))
            loss.backward()
            optimizer.step()
            assert_close(losses[k], loss.item(), 1e-9)


@pytest.mark.parametrize("layer", ["MAXPOOL|2|2|1|1", "AVGPOOL|3|3|1|1", "UPSAMPLE|2|2", "UPSAMPLE|2|2|BILINEAR"])
def test_steps_with_scratch_memory_train_beside_batch_normalisation(layer):
    """Such a plan asks every step how much memory for whole batches it needs."""
    network = network_of(f"BNORM,{layer},RESHAPE|FLAT,DENSE|1|LINEAR", 36, inputs=(("x", (1, 6, 6)),))
    sample = sample_of(network, 12)
    before = network.loss(*sample)
    optimizer = network.new_optimizer(OptimizerSettings("ADAM", 1e-2))
    for epoch in range(20):
        network.train_steps(*sample, np.arange(12), batch_size=6, first=0, count=2, optimizer=optimizer, epoch=epoch)
    assert network.loss(*sample) < before
