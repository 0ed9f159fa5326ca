"""Large matrices are updated in the backward pass where a batch is one tile: the same bits as an update afterwards."""

import numpy as np
import pytest

from tests.networks import network_of, sample_of
from tmvalite.kernels import product
from tmvalite.optimizers import OPTIMIZERS
from tmvalite.training.optimizers import OptimizerSettings

LAYOUT = "a=DENSE|260|TANH,b=DENSE|270|RELU,DENSE|3|LINEAR"
INPUTS = 255
BATCH = 20


def trained(settings, threads=1, layout=LAYOUT, events=3 * BATCH):
    """Losses and parameters after three steps, and the matrices that steps update themselves."""
    network = network_of(layout, INPUTS, 3, losses=("SUMOFSQUARES",), precision="float32", threads=threads, scale=0.1)
    sample = sample_of(network, events)
    losses = network.train_steps(
        *sample, np.arange(events), batch_size=events // 3, first=0, count=3, optimizer=network.new_optimizer(settings)
    )
    early = {slot.node for step in network.plan.steps for slot in step.updated_slots}
    return losses.tobytes() + network.parameters.flat.tobytes(), early


@pytest.mark.parametrize("regularization", ["NONE", "L1", "L2"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_an_early_update_gives_the_bits_of_a_late_one(optimizer, regularization, monkeypatch):
    settings = OptimizerSettings(optimizer, 1e-3, momentum=0.5, weight_decay=1e-3, regularization=regularization)
    early, nodes = trained(settings)
    assert nodes == {"a", "b"}
    assert trained(settings, threads=2)[0] == early
    monkeypatch.setattr(product, "LARGE", 2**20)
    late, nodes = trained(settings)
    assert not nodes and late == early


def test_an_early_update_of_many_rows_gives_the_same_bits(monkeypatch):
    settings, events = OptimizerSettings("ADAM", 1e-3), 3 * 45  # columns of so many rows are copied together
    early, nodes = trained(settings, events=events)
    assert nodes == {"a", "b"}
    assert trained(settings, threads=2, events=events)[0] == early
    monkeypatch.setattr(product, "LARGE", 2**20)
    assert trained(settings, events=events)[0] == early


def test_a_batch_of_several_tiles_is_updated_afterwards(monkeypatch):
    settings, events = OptimizerSettings("ADAM", 1e-3), 3 * 150
    early, nodes = trained(settings, events=events)
    assert nodes == {"a", "b"}
    assert trained(settings, threads=2, events=events)[0] == early
    monkeypatch.setattr(product, "LARGE", 2**20)
    assert trained(settings, events=events)[0] == early


def test_shared_weights_wait_for_all_their_gradients():
    layout = "a=DENSE|260|TANH,b=DENSE|270|RELU,c=TIED|b|TANH,DENSE|3|LINEAR"
    assert trained(OptimizerSettings("SGD", 1e-3), layout=layout)[1] == {"a"}


def test_the_plan_says_what_is_updated_early():
    network = network_of(LAYOUT, INPUTS, 3, losses=("SUMOFSQUARES",))
    lines = [line for line in str(network.plan).splitlines() if line.endswith(", updated")]
    assert len(lines) == 2 and "a: weights" in lines[1] and "b: weights" in lines[0]
