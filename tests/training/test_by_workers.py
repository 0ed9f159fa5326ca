"""Training by workers: shares of a batch and their tree, the same bits for any number of workers, also after one was killed."""

import copy
import itertools
import sys
from concurrent.futures import Executor

import numpy as np
import pytest

from tests.cluster.killing import Killing
from tests.cluster.tasks import Sending
from tmvalite import MethodAE, MethodDL, MethodGAN, OptionError, TmvaliteWarning
from tmvalite.cluster.executor import workers_of
from tmvalite.training import share_task
from tmvalite.training.shares import dealt, plus, rows_of, shares_of, sum_of_all, sum_of_block, summed

RNG = np.random.default_rng(3)
X = RNG.normal(size=(900, 6)).astype(np.float32)
Y = (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(int)
WEIGHT = RNG.uniform(0.5, 2.0, 900)
NETWORK = "Layout=TANH|96,RELU|96,LINEAR:RandomSeed=4:VarTransform=N"
PHASES = "LearningRate=1e-3,BatchSize=411,MaxEpochs=2,DropConfig=0.0+0.2,TestRepetitions=1"  # 720 events: 411 and 309
TEXT = f"{NETWORK}:TrainingStrategy={PHASES},Optimizer=ADAM,Regularization=L2,WeightDecay=1e-4"


def trained(text=TEXT, method=MethodDL, **more):
    given = (X,) if method is MethodAE else (X, Y)
    return method(text).fit(*given, sample_weight=WEIGHT, progress="silent", **more)


def same(one, other):
    columns = ("train_loss", "valid_loss")
    equal = np.array_equal(one.network.parameters.flat, other.network.parameters.flat)
    return equal and all(one.history[name] == other.history[name] for name in columns)


class InTurns(Sending, Executor):
    """So many workers, which are copies of this process that do not know what the others were sent."""

    def __init__(self, number, same_machine=True, lost=()):
        self.number, self.same_machine, self.stages = number, same_machine, [{} for _ in range(number)]
        self.turn, self.lost = itertools.count(), lost

    def submit(self, function, *arguments):
        turn = next(self.turn)
        if turn in self.lost:
            self.stages[turn % self.number].clear()  # another process is in its place
        share_task._STAGES.clear()
        share_task._STAGES.update(self.stages[turn % self.number])
        try:
            return super().submit(function, *arguments)
        finally:
            self.stages[turn % self.number] = dict(share_task._STAGES)
            share_task._STAGES.clear()


def test_shares_are_a_power_of_two_and_every_event_is_in_one():
    assert [shares_of(n, 8) for n in (1, 2, 3, 7, 8, 100)] == [1, 2, 2, 4, 8, 8]
    for rows, shares in ((8, 8), (13, 4), (411, 16)):
        edges = [rows_of(rows, shares, (i, i + 1)) for i in range(shares)]
        assert edges[0][0] == 0 and edges[-1][1] == rows and all(a[1] == b[0] for a, b in zip(edges, edges[1:]))


@pytest.mark.parametrize("shares", [2, 8, 64])
@pytest.mark.parametrize("workers", [1, 2, 3, 5, 7, 64, 100])
def test_blocks_are_whole_subtrees_dealt_evenly_in_order(shares, workers):
    blocks = dealt(shares, workers)
    flat = sum(blocks, [])
    assert flat[0][0] == 0 and flat[-1][1] == shares and all(a[1] == b[0] for a, b in zip(flat, flat[1:]))
    for first, stop in flat:
        assert (stop - first) & (stop - first - 1) == 0 and first % (stop - first) == 0
    sizes = [of_one[-1][1] - of_one[0][0] for of_one in blocks]
    assert len(blocks) == min(shares, workers) and max(sizes) - min(sizes) <= 1


def test_the_sum_is_the_same_tree_whoever_does_which_part():
    gradients = RNG.normal(size=(16, 5)).astype(np.float32) * np.float32(10.0) ** RNG.integers(-6, 6, (16, 5))
    whole = summed(list(gradients))
    pairs = ((gradients[0] + gradients[1]) + (gradients[2] + gradients[3])) + (
        (gradients[4] + gradients[5]) + (gradients[6] + gradients[7])
    )
    assert np.array_equal(summed(list(gradients[:8])), pairs)
    assert not np.array_equal(whole, gradients.sum(axis=0))  # the order matters
    for workers in (1, 3, 7, 16):
        blocks = sum(dealt(16, workers), [])
        sums = {block: sum_of_block(block, 2, lambda b: gradients[b[0] : b[1]]) for block in blocks}
        assert np.array_equal(sum_of_all(sums, 16), whole)
    tiny = np.array([1.5e-38, -1.5e-38, np.nan, np.inf], np.float32)
    total = plus(tiny, np.array([-1.4e-38, 1.4e-38, 1.0, 1.0], np.float32))
    assert total[:2].tolist() == [0.0, 0.0] and np.signbit(total[:2]).tolist() == [False, True]
    assert np.isnan(total[2]) and np.isposinf(total[3])


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_any_number_of_workers_gives_the_bits_of_none(workers):
    alone = trained()
    assert alone.network.plan.shares(411) > 1
    for by_file in (True, False):
        assert same(alone, trained(workers=InTurns(workers, by_file)))


@pytest.mark.parametrize("workers", [2, 3])
def test_more_shares_are_other_bits_and_the_same_for_any_number_of_workers(workers):
    alone = trained(f"{TEXT}:Shares=32")
    assert not same(alone, trained())
    np.testing.assert_allclose(alone.network.parameters.flat, trained().network.parameters.flat, atol=1e-4)
    assert same(alone, trained(f"{TEXT}:Shares=32", workers=InTurns(workers)))
    assert same(alone, trained(f"{TEXT}:Shares=32", workers=InTurns(workers, lost=(3, 4, 9))))


def test_an_autoencoder_whose_loss_has_weights_that_change_is_trained_by_workers():
    strategy = "TrainingStrategy=LearningRate=1e-3,BatchSize=128,MaxEpochs=3,TestRepetitions=1"
    layout = "Layout=Encoder={TANH|16,LATENT|2}Decoder={TANH|16,LINEAR}"
    text = f"{layout}:VarTransform=N:RandomSeed=5:Shares=4:KLAnnealing=2:{strategy}"
    alone = trained(text, MethodAE)
    assert same(alone, trained(text, MethodAE, workers=InTurns(3, False)))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_processes_give_the_same_bits_and_a_step_is_repeated_where_one_was_killed():
    text = f"{TEXT}:Shares=4"
    alone = trained(text)
    with Killing(2, after=[6]) as pool:
        assert workers_of(pool) == 2
        assert same(alone, trained(text, workers=pool))
        assert len(pool.killed) == 1 and not set(pool.killed) & set(pool.process_ids())


def test_a_client_of_dask_gives_the_same_bits(tmp_path):
    distributed = pytest.importorskip("distributed", reason="needs distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with distributed.Client(cluster) as client:
            assert workers_of(client) == 2
            assert same(trained(), trained(workers=client))
            client.same_machine = True  # its workers see the files of this machine
            assert same(trained(), trained(workers=client))


def test_workers_without_work_are_remarked_and_a_batch_of_one_share_is_trained_here():
    small = "Layout=TANH|4,LINEAR:RandomSeed=4:TrainingStrategy=LearningRate=1e-3,BatchSize=50,MaxEpochs=1,TestRepetitions=1"
    with pytest.warns(TmvaliteWarning, match="a batch of 50 events is one share") as caught:
        found = trained(small, workers=InTurns(2))
    assert caught[0].message.code == "workers-without-effect" and "Shares=8" in caught[0].message.hint
    assert same(found, trained(small))


@pytest.mark.parametrize("shares", [1, 3, 12])
def test_error_a_number_of_shares_that_is_no_power_of_two(shares):
    with pytest.raises(OptionError, match=f"Shares={shares} is no power of two") as caught:
        trained(f"{TEXT}:Shares={shares}")
    assert caught.value.code == "range"


def test_error_networks_that_need_a_whole_batch_or_take_turns():
    with pytest.raises(OptionError, match="needs all events of a batch at once") as caught:
        trained(TEXT.replace("RELU|96", "RELU|96,BNORM"), workers=InTurns(2))
    assert caught.value.code == "shares-method"
    text = "Layout=Generator={TANH|4,LINEAR}Discriminator={TANH|4,LINEAR}:RandomSeed=1:Shares=2"
    with pytest.raises(OptionError, match="trained in turns"):
        MethodGAN(text).fit(X, progress="silent")


def test_a_checkpoint_goes_on_with_another_number_of_workers(tmp_path):
    path = str(tmp_path / "run.ckpt")
    whole = trained(f"{TEXT}:Shares=8")
    short = copy.copy(TEXT)
    trained(f"{short}:Shares=8", workers=InTurns(3), checkpoint=path, checkpoint_every="1 epochs")
    assert same(whole, trained(f"{TEXT}:Shares=8", workers=InTurns(2), resume=path))
