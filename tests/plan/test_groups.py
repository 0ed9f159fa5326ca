"""Groups of steps that a few events pass at a time: which ones there are, and that they do not change a bit."""

import numpy as np
import pytest

from tests.networks import graph_of, network_of, sample_of
from tmvalite.plan import groups, make_plan
from tmvalite.plan.families.pool import Pool
from tmvalite.plan.groups import WHOLE, find_groups
from tmvalite.training.optimizers import OptimizerSettings

IMAGE = (("image", (1, 9, 8)),)
LAYOUTS = {
    "pool": "CONV|3|3|3|1|1|1|1|RELU,MAXPOOL|2|2|1|1,CONV|2|3|3|1|1|1|1|TANH,RESHAPE|FLAT,DENSE|5|RELU,LINEAR",
    "batch statistics": "CONV|3|3|3|1|1|1|1|RELU,BNORM,CONV|2|3|3|1|1|1|1|RELU,RESHAPE|FLAT,DENSE|5|RELU,BNORM,LINEAR",
    "branches": "a=CONV|3|3|3|1|1|1|1|RELU,b=CONV|3|3|3|1|1|1|1|TANH@a,ADD@a+b,RESHAPE|FLAT,DROPOUT|0.3,LINEAR",
    "dense": "RESHAPE|FLAT,TANH|8,TANH|8,LINEAR",
}


def plan_of(name, purpose="train"):
    return make_plan(
        graph_of(LAYOUTS[name], 1, inputs=IMAGE), purpose=purpose, losses=("CROSSENTROPY",), output_functions=("sigmoid",)
    )


@pytest.fixture
def few(monkeypatch):
    """Three events at a time, however small they are."""
    monkeypatch.setattr(groups, "GROUP_BYTES", 1)
    monkeypatch.setattr(groups, "FEW_EVENTS", 3)


def test_convolutions_and_what_is_between_them_form_groups_that_end_at_products_and_at_the_backward_pass(few):
    plan = plan_of("pool")
    found = find_groups(plan.steps, plan.boundary, plan.tile, 4)
    assert [start for start, *_ in found] == [0, *(stop for _, stop, _ in found[:-1])] and found[-1][1] == len(plan.steps)
    together = [[step.family for step in plan.steps[a:b]] for a, b, events in found if events == 3]
    assert together == [["window", "map", "pool", "window", "map"], ["map", "window", "window", "pool", "map", "window"]]
    assert all(events == WHOLE and stop - start == 1 for start, stop, events in found if events != 3)
    assert plan.groups[0].tolist() == [5, 3] and plan.groups[5].tolist() == [6, 0]


def test_small_images_and_dense_networks_have_no_groups():
    assert not any(plan_of(name).groups[:, 1].any() for name in LAYOUTS)


def test_steps_of_a_whole_batch_and_of_training_alone_are_in_no_group(few):
    for name in ("batch statistics", "branches"):
        plan = plan_of(name)
        for step, (_, events) in zip(plan.steps, plan.groups):
            assert not events or not (step.batch_wide or step.training_only)
        assert plan.groups[:, 1].any()
    assert any(isinstance(step, Pool) for step in plan_of("pool", "score").steps)
    assert plan_of("pool", "score").groups[:5, 1].tolist() == [3] * 5


def results(name, events, threads):
    """Scores, and parameters after two steps, as bytes; the losses of these steps."""
    network = network_of(LAYOUTS[name], 1, inputs=IMAGE, threads=threads)
    x, targets, weights = sample_of(network, events)
    scores = network.outputs(x).tobytes()
    optimizer = network.new_optimizer(OptimizerSettings("ADAM", learning_rate=0.01))
    losses = network.train_steps(
        x, targets, weights, np.arange(events), batch_size=events - 20, first=0, count=2, optimizer=optimizer, seed=3
    )
    return scores + network.parameters.flat.tobytes(), losses


@pytest.mark.parametrize("name", ["pool", "batch statistics", "branches"])
def test_groups_change_no_bit(name, monkeypatch):
    whole, losses = results(name, 131, 1)
    for few in (1, 3, 16):
        monkeypatch.setattr(groups, "GROUP_BYTES", 1)
        monkeypatch.setattr(groups, "FEW_EVENTS", few)
        cut, summed = results(name, 131, 1)
        assert cut == whole
        np.testing.assert_allclose(summed, losses, rtol=1e-14)  # sums of tiles, which are longer where there are groups
    assert results(name, 131, 2)[0] == whole
