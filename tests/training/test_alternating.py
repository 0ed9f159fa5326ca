"""Networks that take turns: what each turn trains, what it leaves alone, what is reported."""

import numpy as np

from tests.graph.tools import build
from tmvalite.graph.join import block_of, join
from tmvalite.training.alternating import Alternating, Turn
from tmvalite.training.initialisation import initialise
from tmvalite.training.network import Network
from tmvalite.training.optimizers import OptimizerSettings

LAYOUT = "Encoder={DENSE|6|TANH,DENSE|2|LINEAR}Decoder={DENSE|4|LINEAR}Discriminator={DENSE|5|TANH,DENSE|1|LINEAR}"


def adversarial(settings=None, **of_turns):
    graphs, _ = build(LAYOUT, blocks=True)
    graph = join(graphs)
    whole = Network(graph, losses=("SUMOFSQUARES", "CROSSENTROPY"), threads=1)
    initialise(whole, "XAVIER", 1)
    encoder = whole.part(block_of(graph, "Encoder"))

    def made(batch):
        codes = encoder.outputs(batch.x)
        targets = np.zeros((2 * len(codes), 1), np.float32)
        targets[len(codes) :] = 1
        return np.concatenate([codes, np.ones_like(codes)]), targets

    def part(*blocks, losses, trained):
        return whole.part(block_of(graph, *blocks), losses=losses, trained=trained)

    turns = {
        "reconstruct": Turn(part("Encoder", "Decoder", losses=("SUMOFSQUARES",), trained=("Encoder", "Decoder")), slice(0, 4)),
        "adversary": Turn(
            part("Discriminator", losses=("CROSSENTROPY",), trained=("Discriminator",)), make=made, extra="adversary"
        ),
        "deceive": Turn(
            part("Encoder", "Discriminator", losses=("CROSSENTROPY",), trained=("Encoder",)), rate_of="output2", regularised=False
        ),
    }
    return whole, turns


def sample(n=50):
    x = np.random.default_rng(2).normal(size=(n, 4)).astype(np.float32)
    return x, np.concatenate([x, np.ones((n, 1), np.float32)], axis=1), np.ones(n, np.float32)


def changed(whole, before):
    """The blocks whose parameters differ from a snapshot."""
    after = whole.parameters.snapshot()
    found = set()
    for node, name in whole.parameters.names():
        whole.parameters.restore(before)
        old = whole.parameters.get(node, name)
        whole.parameters.restore(after)
        if not np.array_equal(old, whole.parameters.get(node, name)):
            found.add(node.partition(".")[0])
    return found


def one_epoch(network, x, y, w, seed=3, **settings):
    optimizer = network.new_optimizer(OptimizerSettings("SGD", learning_rate=0.1, **settings))
    parts = np.zeros((3, len(network.term_names)))
    losses = network.train_steps(
        x, y, w, np.arange(len(x)), batch_size=20, first=0, count=3, optimizer=optimizer, epoch=1, seed=seed, parts=parts
    )
    return losses, parts


def test_each_turn_trains_its_blocks_and_no_other():
    for chosen, trained in (("reconstruct", {"Encoder", "Decoder"}), ("adversary", {"Discriminator"}), ("deceive", {"Encoder"})):
        whole, turns = adversarial()
        before = whole.parameters.snapshot()
        one_epoch(Alternating(whole, [turns[chosen]]), *sample())
        assert changed(whole, before) == trained


def test_a_weight_of_0_leaves_the_turn_out():
    whole, turns = adversarial()
    before = whole.parameters.snapshot()
    network = Alternating(whole, [turns["deceive"]])
    network.set_weight("output2", 0.0)
    one_epoch(network, *sample())
    assert changed(whole, before) == set()


def test_a_weight_is_a_factor_of_the_learning_rate_of_its_turn():
    steps = []
    for weight in (1.0, 0.5):
        whole, turns = adversarial()
        before = whole.parameters.snapshot()
        network = Alternating(whole, [turns["deceive"]])
        network.set_weight("output2", weight)
        x, y, w = sample(20)
        one_epoch(network, x, y, w)
        steps.append(whole.parameters.snapshot() - before)
    assert np.allclose(steps[1], 0.5 * steps[0], rtol=1e-3, atol=1e-7) and np.abs(steps[0]).max() > 0


def test_regularisation_acts_in_one_turn_of_a_block():
    whole, turns = adversarial()
    optimizers = Alternating(whole, list(turns.values())).new_optimizer(
        OptimizerSettings("SGD", weight_decay=0.1, regularization="L2")
    )
    assert [state.settings.weight_decay for state in optimizers.states] == [0.1, 0.1, 0.0]


def test_terms_are_reported_under_the_names_of_the_whole():
    whole, turns = adversarial()
    network = Alternating(whole, list(turns.values()))
    assert network.term_names == ("output1", "output2", "adversary")
    losses, parts = one_epoch(network, *sample())
    assert np.isfinite(parts).all() and (parts > 0).all()
    assert np.allclose(losses, parts[:, 0] + parts[:, 1])
    found = np.zeros(3)
    value = network.loss(*sample(), parts=found)
    assert np.isclose(value, found[0] + found[1]) and np.isnan(found[2])


def test_the_same_seed_gives_the_same_bits():
    results = []
    for seed in (3, 3):
        whole, turns = adversarial()
        one_epoch(Alternating(whole, list(turns.values())), *sample(), seed=seed)
        results.append(whole.parameters.snapshot())
    assert np.array_equal(*results)
