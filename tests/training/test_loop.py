"""The training loop: phases, epochs, batches, validation, early stop, failures and interruptions."""

import time

import numpy as np
import pytest

from tests.training.fake import FakeNetwork
from tmvalite.errors import Source, Span, TrainingError
from tmvalite.kernels.jit.making import making
from tmvalite.string_utils import parse_strategy, resolve_strategy
from tmvalite.training.epoch_pieces import Sample
from tmvalite.training.loop import Training
from tmvalite.training.progress import Progress


def sample(n, seed=1, width=3):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    x = rng.normal(size=(n, width)) + 0.8 * y[:, None]
    return Sample(x, y[:, None].astype(float), np.ones(n))


def training(strategy, *, n=23, network=None, progress=None, seed=7, **options):
    phases = resolve_strategy(parse_strategy(Source(strategy)))
    network = network if network is not None else FakeNetwork(3)
    return Training(network, sample(n), sample(11, 2), phases, seed=seed, progress=progress, **options)


BASE = "LearningRate=0.1,BatchSize=5,TestRepetitions=1,MaxEpochs="


def test_every_event_trains_once_an_epoch_in_an_order_that_changes():
    run = training(BASE + "3")
    run.run()
    for epoch in (1, 2, 3):
        rows = np.concatenate([r for e, r in run.network.seen if e == epoch])
        assert sorted(rows) == list(range(23))
    first, second = (np.concatenate([r for e, r in run.network.seen if e == epoch]) for epoch in (1, 2))
    assert not np.array_equal(first, second)


def test_the_last_incomplete_batch_trains_and_a_single_event_joins_the_batch_before():
    for n, sizes in ((23, [5, 5, 5, 5, 3]), (21, [5, 5, 5, 6]), (4, [4])):
        run = training(BASE + "1", n=n)
        run.run()
        assert [len(r) for _, r in run.network.seen] == sizes


def test_batches_are_run_in_calls_of_the_length_that_the_network_allows():
    run = training(BASE + "1", network=FakeNetwork(3, chunk=2))
    run.run()
    assert [(first, count) for _, first, count, _, _ in run.network.calls] == [(0, 2), (2, 2), (4, 1)]
    assert {seed for *_, seed in run.network.calls} == {7}


def test_the_training_loss_is_the_mean_over_events_not_over_batches():
    network = FakeNetwork(3)
    losses = []
    original = network.train_steps

    def spy(*args, **keywords):
        losses.extend(original(*args, **keywords))
        return losses[-keywords["count"] :]

    network.train_steps = spy
    history = training(BASE + "1", network=network).run()
    assert history.epochs[0].train_loss == pytest.approx(np.dot(losses, [5, 5, 5, 5, 3]) / 23, rel=1e-14)


def test_the_best_epoch_is_kept_and_improvement_is_strict():
    network = FakeNetwork(3, losses=[1.0, 0.9, 0.8, 0.8, 0.85])
    kept = []
    network_loss = network.loss
    network.loss = lambda *a, **k: (kept.append(network.parameters.snapshot()), network_loss(*a, **k))[1]
    run = training(BASE + "4", network=network)
    history = run.run()
    assert history.best_epoch == 2 and history.best_loss == 0.8
    assert [e.improved for e in history.epochs] == [True, True, False, False]
    assert np.array_equal(network.parameters.flat, kept[2])


def test_convergence_stops_after_more_epochs_without_improvement():
    network = FakeNetwork(3, losses=[1.0, 0.5, 0.6, 0.6, 0.6, 0.6])
    history = training("LearningRate=0.1,BatchSize=5,TestRepetitions=1,ConvergenceSteps=2,MaxEpochs=9", network=network).run()
    assert len(history.epochs) == 4 and history.best_epoch == 1


def test_validation_comes_every_so_many_epochs_and_always_at_the_end():
    network = FakeNetwork(3, losses=[1.0, 0.9, 0.8, 0.7])
    history = training("LearningRate=0.1,BatchSize=5,TestRepetitions=3,MaxEpochs=7", network=network).run()
    losses = [e.valid_loss for e in history.epochs]
    assert np.array_equal(np.isfinite(losses), [False, False, True, False, False, True, True])
    assert history.best_epoch == 7


def test_unvalidated_epochs_count_as_waiting():
    network = FakeNetwork(3, losses=[1.0, 1.1, 1.1, 1.1])
    history = training("LearningRate=0.1,BatchSize=5,TestRepetitions=3,ConvergenceSteps=5,MaxEpochs=50", network=network).run()
    assert len(history.epochs) == 6


def test_a_phase_starts_from_the_best_weights_with_a_new_optimizer_and_its_own_settings():
    network = FakeNetwork(3, losses=[1.0, 0.5, 0.6, 0.5, 0.4])
    starts = []
    new_optimizer = network.new_optimizer
    network.new_optimizer = lambda settings: (starts.append(network.parameters.snapshot()), new_optimizer(settings))[1]
    rates = ({"a": 0.5}, {"a": 0.0})
    strategy = BASE + "2,Optimizer=SGD|LearningRate=0.01,BatchSize=11,TestRepetitions=1,MaxEpochs=1"
    run = training(strategy, network=network, dropout=rates)
    history = run.run()
    assert [o.settings.name for o in network.optimizers] == ["SGD", "ADAM"]
    assert [o.steps for o in network.optimizers] == [10, 2]
    assert [e.epoch for e in history.epochs] == [1, 2, 3] and [e.phase for e in history.epochs] == [1, 1, 2]
    assert np.array_equal(starts[0], np.zeros(4)) and not np.array_equal(starts[1], np.zeros(4))
    assert network.rates == list(rates)
    assert history.best_epoch == 3


def test_a_phase_that_does_not_improve_leaves_the_weights_of_the_phase_before():
    network = FakeNetwork(3, losses=[1.0, 0.5, 0.5, 0.6])
    run = training(BASE + "1|" + BASE + "1", network=network)
    history = run.run()
    assert history.best_epoch == 1 and np.array_equal(network.parameters.flat, run.kept)


def test_without_any_improvement_the_last_weights_are_kept():
    network = FakeNetwork(3, losses=[0.1, 0.5, 0.6])
    history = training(BASE + "2", network=network).run()
    assert history.best_epoch is None and np.any(network.parameters.flat != 0)


def test_the_penalty_counts_once_in_both_losses():
    network = FakeNetwork(3, losses=[1.0, 0.5])
    history = training(BASE + "1,Regularization=L2,WeightDecay=0.25", network=network).run()
    row = history.epochs[0]
    assert row.penalty == pytest.approx(0.25 * np.sum(network.parameters.flat[:3] ** 2)) and row.penalty > 0
    assert row.valid_loss == 0.5 + row.penalty


def test_the_learning_rate_follows_the_schedule():
    strategy = "LearningRate=0.4,BatchSize=5,TestRepetitions=1,MaxEpochs=4"
    run = training(strategy + ",LearningRateSchedule=STEP,LearningRateStep=2,LearningRateFactor=0.5")
    history = run.run()
    assert [e.learning_rate for e in history.epochs] == [0.4, 0.4, 0.2, 0.2]
    assert {rate for epoch, _, _, rate, _ in run.network.calls if epoch == 3} == {0.2}


def test_the_same_seed_gives_the_same_weights_and_another_one_does_not():
    results = []
    for seed in (3, 3, 4):
        run = training(BASE + "2", seed=seed)
        run.run()
        results.append(run.network.parameters.snapshot())
    assert np.array_equal(results[0], results[1]) and not np.array_equal(results[0], results[2])


def test_error_loss_not_finite_in_a_batch_names_it_and_keeps_the_best_weights():
    network = FakeNetwork(3, losses=[1.0, 0.9], bad_batch=(2, 4))
    run = training(BASE + "3", network=network)
    with pytest.raises(TrainingError) as caught:
        run.run()
    assert str(caught.value) == (
        "the loss is nan in epoch 2, batch 5 of 5, at learning rate 0.1; the weights of epoch 1 are kept\n"
        "  in TrainingStrategy, phase 1 of 1\n"
        "  hint: try a smaller LearningRate; VarTransform=N if the variables are large"
    )
    assert np.isfinite(network.parameters.flat).all() and np.array_equal(network.parameters.flat, run.kept)
    assert len(run.history.epochs) == 1


def test_error_loss_not_finite_in_the_first_epoch_restores_the_start():
    network = FakeNetwork(3, bad_batch=(1, 0))
    run = training(BASE + "3", network=network)
    with pytest.raises(TrainingError, match="in epoch 1, batch 1 of 5, at learning rate 0.1; nothing was learnt"):
        run.run()
    assert run.kept is None and np.array_equal(network.parameters.flat, np.zeros(4))


def test_error_loss_not_finite_on_validation():
    network = FakeNetwork(3, losses=[1.0, float("inf")])
    with pytest.raises(TrainingError, match="the loss is inf on the validation events after epoch 1"):
        training(BASE + "3", network=network).run()


def test_error_loss_not_finite_before_the_first_step():
    with pytest.raises(TrainingError, match="the loss is nan before the first step"):
        training(BASE + "3", network=FakeNetwork(3, losses=[float("nan")])).run()


def test_error_points_into_the_users_string():
    text = "Layout=LINEAR:TrainingStrategy=MaxEpochs=3,LearningRate=1e9"
    source = Source(text, ":")
    phases = resolve_strategy(parse_strategy(source, Span(text.index("MaxEpochs"), len(text))))
    run = Training(FakeNetwork(3, bad_batch=(1, 0)), sample(9), sample(5), phases, seed=1, source=source)
    with pytest.raises(TrainingError) as caught:
        run.run()
    assert str(caught.value).splitlines()[1:3] == [
        "  TrainingStrategy=MaxEpochs=3,LearningRate=1e9",
        "                               ^~~~~~~~~~~~~~~~",
    ]


def test_an_interruption_keeps_the_best_weights_and_the_history():
    network = FakeNetwork(3, losses=[1.0, 0.9, 1.2], stop=(3, 2))
    run = training(BASE + "5", network=network)
    history = run.run()
    assert history.interrupted and history.best_epoch == 1 and len(history.epochs) == 2
    assert np.array_equal(network.parameters.flat, run.kept)


def test_an_interruption_before_any_validation_keeps_what_was_learnt():
    network = FakeNetwork(3, stop=(1, 3))
    run = training(BASE + "5", network=network)
    history = run.run()
    assert history.interrupted and history.epochs == []
    assert run.kept is not None and np.any(network.parameters.flat != 0)


class Recorder(Progress):
    def __init__(self):
        self.events = []

    def begin_phase(self, start):
        self.events.append(("phase", start.number, start.count, start.n_train, start.n_valid, start.initial_loss))

    def batches(self, epoch, done):
        self.events.append(("batches", epoch, round(done, 3)))

    def epoch(self, number, epoch, stale):
        self.events.append(("epoch", number, epoch.epoch, stale))

    def end_phase(self):
        self.events.append(("end phase",))

    def end(self, history):
        self.events.append(("end", len(history.epochs)))


def test_progress_hears_of_phases_batches_and_epochs():
    progress = Recorder()
    training(BASE + "1|" + BASE + "1", network=FakeNetwork(3, losses=[1.0, 0.5, 0.5, 0.6]), progress=progress).run()
    assert progress.events == [
        ("phase", 1, 2, 23, 11, 1.0),
        ("batches", 1, 0.6),
        ("batches", 1, 1.0),
        ("epoch", 1, 1, 0),
        ("end phase",),
        ("phase", 2, 2, 23, 11, 0.5),
        ("batches", 1, 0.6),
        ("batches", 1, 1.0),
        ("epoch", 1, 2, 1),
        ("end phase",),
        ("end", 2),
    ]


def test_waiting_for_kernels_is_no_time_of_an_epoch():
    class Waits(FakeNetwork):
        def train_steps(self, *arguments, **keywords):
            with making():
                time.sleep(0.1)
            return super().train_steps(*arguments, **keywords)

    progress = Progress()
    history = training(BASE + "1", network=Waits(3), progress=progress).run()
    assert progress.compile_seconds >= 0.2 and 0.0 <= history.epochs[0].seconds < 0.1
