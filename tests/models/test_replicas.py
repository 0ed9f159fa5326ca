"""Replicas: every training has the bits of its own alone, values are mean and spread, nothing learnt is lost."""

import copy
import os
import pickle  # noqa: TID251
import signal

import numpy as np
import pytest

import tmvalite as tmva
from tests.methods.samples import line, options, strategy, three_classes, two_classes
from tests.naive import replicas as naive
from tmvalite.errors import DataError, Diagnostics, OptionError, TmvaliteWarning, TrainingError
from tmvalite.models.blueprint import blueprint
from tmvalite.models.booking import book
from tmvalite.models.events import declared
from tmvalite.models.fitting import fit
from tmvalite.models.form import FORMS
from tmvalite.models.prepared import Replica, prepare, samples
from tmvalite.models.replica_training import fit_booked
from tmvalite.training import streams
from tmvalite.training.progress import Progress, make_progress
from tmvalite.training.replica_draws import drawn_multiplicities, fold_numbers, replica_seed

SAMPLES = {"classification": two_classes, "multiclass": three_classes, "regression": line}
GETTERS = {"classification": "GetMvaValues", "multiclass": "GetMulticlassValues", "regression": "GetRegressionValues"}
LAYOUTS = {
    "classification": "BNORM,DENSE|6|TANH,DENSE|1|LINEAR",
    "multiclass": "TANH|6,LINEAR",
    "regression": "a=DENSE|5|TANH,b=DENSE|5|RELU,ADD@a+b,DENSE|1|LINEAR",
}


def made(analysis, replicas, seed=5, *, more="", epochs=3, x=None, y=None, progress="silent", **settings):
    X, Y = SAMPLES[analysis]() if x is None else (x, y)
    strategy = {"DropConfig": "0.0+0.2", "LearningRate": "3e-2", "BatchSize": 20} | settings
    text = options(epochs, LAYOUTS[analysis], f"VarTransform=N:RandomSeed={seed}:Replicas={replicas}{more}", **strategy)
    return tmva.MethodDL(text, analysis_type=analysis).fit(X, Y, progress=progress)


def alike(a, b):
    return np.array_equal(a, b) and a.dtype == b.dtype


@pytest.mark.parametrize("analysis", SAMPLES)
@pytest.mark.parametrize("kind", ["seeds", "bootstrap"])
def test_every_replica_has_the_bits_of_its_training_alone(analysis, kind):
    together = made(analysis, f"3|{kind}")
    assert together.has_errors and together.replicas.seeds == (5, 6, 7)
    assert len({n.tobytes() for n in together.replicas.parameters}) == 3
    for number, seed in enumerate(together.replicas.seeds):
        one = made(analysis, f"1|{kind}", seed)
        assert alike(together.replicas.parameters[number], one.network.parameters.flat)
        X = SAMPLES[analysis]()[0]
        assert alike(getattr(together.replica(number), GETTERS[analysis])(X), getattr(one, GETTERS[analysis])(X))


def test_one_replica_of_the_kind_seeds_is_a_training_as_ever():
    plain = made("classification", "1|seeds")
    assert plain.replicas is None and not plain.has_errors
    assert alike(plain.network.parameters.flat, made("classification", "2").replicas.parameters[0])


def test_a_fold_is_a_training_whose_validation_events_are_the_fold():
    together = made("classification", "3|folds")
    X, y = two_classes()
    booking = together.booking
    given = declared(booking, X, y)
    plan = blueprint(booking, given.info, Diagnostics())
    folds = fold_numbers(given.events.class_index, len(X), 3, 5)
    for number in range(3):
        split = np.flatnonzero(folds != number), np.flatnonzero(folds == number)
        alone = fit(booking, plan, given.events, given.info, seed=5 + number, split=split)
        assert alike(alone.trained.network.parameters.flat, together.replicas.parameters[number])
    counts = np.array([np.bincount(given.events.class_index[folds == k], minlength=2) for k in range(3)])
    assert counts.sum() == len(X) and (np.ptp(counts, axis=0) <= 1).all() and np.ptp(counts.sum(axis=1)) <= 1


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_change_no_bit(threads):
    first, other = made("classification", "4|bootstrap"), made("classification", "4|bootstrap", more=f":Threads={threads}")
    assert all(map(alike, first.replicas.parameters, other.replicas.parameters))
    assert first.replicas.losses == other.replicas.losses and first.history["train_loss"] == other.history["train_loss"]


def test_an_early_stop_is_that_of_each_replica():
    found = made("classification", "4|seeds", epochs=60, ConvergenceSteps=1)
    assert len(set(found.replicas.epochs)) > 1 and max(found.replicas.epochs) < 60
    for number, seed in enumerate(found.replicas.seeds):
        alone = made("classification", "1", seed, epochs=60, ConvergenceSteps=1)
        assert len(alone.history["epoch"]) == found.replicas.epochs[number]
        assert min(alone.history["valid_loss"]) == found.replicas.losses[number]


# ---- what is drawn


def test_the_bootstrap_draws_of_every_class_as_many_events_as_it_has():
    classes = np.random.default_rng(3).integers(0, 3, 101)
    numbers = {c: streams.uniforms(streams.stream_key(9, "bootstrap", str(c)), int((classes == c).sum())) for c in range(3)}
    found = drawn_multiplicities(classes, len(classes), 9)
    assert found.tolist() == naive.multiplicities(classes.tolist(), {c: u.tolist() for c, u in numbers.items()})
    assert np.bincount(classes, weights=found).tolist() == np.bincount(classes).tolist()
    assert not np.array_equal(found, drawn_multiplicities(classes, len(classes), 10))


def test_multiplicities_are_those_of_draws_with_replacement():
    found = np.concatenate([drawn_multiplicities(None, 1000, seed) for seed in range(1, 41)])
    shares = np.bincount(found, minlength=5)[:5] / len(found)
    poisson = np.exp(-1) / np.array([1, 1, 2, 6, 24])  # the limit of the binomial distribution
    assert abs(shares - poisson).max() < 4 * 0.5 / np.sqrt(len(found))


def test_an_event_drawn_twice_weighs_twice_and_one_that_is_not_drawn_does_not_train():
    X, y = two_classes()
    booking = book(FORMS["DL"], options(1, more="Replicas=2|bootstrap"), diagnostics=Diagnostics())
    weights = np.random.default_rng(1).uniform(0.5, 2, len(X))
    given = declared(booking, X, y, weights)
    prepared = prepare(booking, blueprint(booking, given.info, Diagnostics()), given.events, given.info, Diagnostics())
    replica = Replica("bootstrap", 1, 2, 11)
    whole, valid = samples(booking, prepared, "drawn", replica.seed)
    drawn, same = samples(booking, prepared, "drawn", replica.seed, replica)
    assert alike(valid.x, same.x) and alike(valid.weights, same.weights)
    events = prepared.events
    order = {row.tobytes(): i for i, row in enumerate(whole.x)}
    train_class = np.array([events.class_index[np.flatnonzero((events.x == row).all(axis=1))[0]] for row in whole.x])
    k = drawn_multiplicities(train_class, len(whole), replica.seed)
    assert [order[row.tobytes()] for row in drawn.x] == np.flatnonzero(k).tolist()
    losses = np.random.default_rng(2).normal(size=len(whole))
    expected = naive.repeated_loss(losses.tolist(), whole.weights.astype(float).tolist(), k.tolist())
    got = float(np.mean(drawn.weights.astype(float) * losses[k > 0]))
    assert abs(got - expected) < 1e-6 * max(1.0, abs(expected))


def test_seeds_go_around_without_zero():
    assert [replica_seed(2**32 - 2, i) for i in range(3)] == [2**32 - 2, 2**32 - 1, 1]


# ---- values


@pytest.mark.parametrize("analysis", SAMPLES)
def test_values_are_the_mean_and_errors_the_spread_of_the_replicas(analysis):
    X = SAMPLES[analysis]()[0]
    found = made(analysis, "5|bootstrap")
    values, errors = found.values_and_errors(X)
    each = [np.asarray(one, float).reshape(len(X), -1) for one in found.replica_values(X)]
    for column in range(each[0].shape[1]):
        mean, spread = naive.mean_and_spread([one[:, column].tolist() for one in each])
        scale = np.abs(mean).max()
        assert np.allclose(values.reshape(len(X), -1)[:, column], mean, rtol=0, atol=2e-7 * scale)
        assert np.allclose(errors.reshape(len(X), -1)[:, column], spread, rtol=1e-5, atol=2e-7 * scale)
    assert alike(values, getattr(found, GETTERS[analysis])(X)) and (errors > 0).any()
    mva = found.GetMvaValues(X)
    assert alike(mva, values if values.ndim == 1 else np.ascontiguousarray(values[:, 0]))
    assert alike(np.asarray(found.mva_error(X)), errors if errors.ndim == 1 else np.ascontiguousarray(errors[:, 0]))


def test_targets_are_averaged_in_their_own_units():
    X, y = line()
    text = options(3, LAYOUTS["regression"], "VarTransform=N,G(_T_):RandomSeed=5:Replicas=3")
    found = tmva.MethodDL(text, analysis_type="regression").fit(X, y, progress="silent")
    each = np.stack([found.replica(i).predict(X) for i in range(3)])
    assert np.allclose(found.predict(X), each.mean(axis=0), rtol=1e-6)


@pytest.mark.parametrize("analysis", SAMPLES)
def test_one_event_has_the_bits_of_many(analysis):
    X = SAMPLES[analysis]()[0]
    found = made(analysis, "3|seeds")
    values, errors = found.values_and_errors(X)
    getter = getattr(found, GETTERS[analysis])
    for i in (0, 7):
        assert np.array_equal(getter(X[i]), values[i]) and np.array_equal(found.errors(X[i]), errors[i])
        assert np.array_equal(found.values_and_errors(X[i : i + 1])[1], errors[i : i + 1])
    many = np.tile(X, (18, 1))  # more than a block
    assert np.array_equal(found.errors(many)[-len(X) :], errors) and np.array_equal(getter(many)[-len(X) :], values)


def test_targets_beside_classes_have_a_mean_too():
    X, y = two_classes()
    layout = "h=DENSE|5|TANH,s=DENSE|1|LINEAR@h,m=DENSE|1|LINEAR@h,OUTPUT|CROSSENTROPY@s,OUTPUT|SUMOFSQUARES@m"
    method = tmva.MethodDL(options(20, layout, "RandomSeed=5:Replicas=3"))
    method.fit(X, y, targets=X[:, 0] * 2, progress="silent")
    each = [method.replica(i).GetRegressionValues(X) for i in range(3)]
    assert np.allclose(method.GetRegressionValues(X), np.mean(each, axis=0), rtol=1e-5, atol=1e-6)
    assert method.errors(X).shape == (len(X),)


def test_probabilities_classes_and_bad_events_follow_the_mean():
    X, y = three_classes()
    found = made("multiclass", "3|bootstrap")
    mean = found.GetMulticlassValues(X)
    labels = np.array(found._trained().labels)
    assert (found.predict(X) == labels[mean.argmax(axis=1)]).all()
    assert np.allclose(found.predict_proba(X).sum(axis=1), 1, atol=1e-5)
    bad = X[:2].copy()
    bad[1, 0] = np.nan
    values, errors = found.values_and_errors(bad)
    assert np.isnan(values[1]).all() and np.isnan(errors[1]).all() and np.isfinite(values[0]).all()


def test_a_method_without_replicas_says_how_to_get_errors():
    X, _ = two_classes()
    plain = made("classification", "1")
    for call in (plain.errors, lambda x: list(plain.replica_values(x)), lambda x: plain.replica(0)):
        with pytest.raises(OptionError, match="trained once") as caught:
            call(X)
        assert caught.value.code == "replicas-none" and "Replicas=100|bootstrap" in caught.value.hint
    with pytest.raises(OptionError, match="one replica has no spread"):
        made("classification", "1|bootstrap").errors(X)
    with pytest.raises(OptionError, match="there is no replica 2"):
        made("classification", "2").replica(2)


# ---- files and copies


@pytest.mark.parametrize("analysis, precision", [*((name, "float32") for name in SAMPLES), ("classification", "float64")])
def test_a_weight_file_holds_all_replicas(analysis, precision, tmp_path):
    X = SAMPLES[analysis]()[0]
    found = made(analysis, "3|bootstrap", more=f":Precision={precision}")
    found.save(tmp_path / "a.weights.xml")
    again = tmva.load(tmp_path / "a.weights.xml")
    assert again.replicas.seeds == found.replicas.seeds and again.replicas.losses == found.replicas.losses
    assert again.replicas.epochs == found.replicas.epochs and again.replicas.kind == "bootstrap"
    for a, b in zip(again.values_and_errors(X), found.values_and_errors(X)):
        assert alike(a, b)
    again.save(tmp_path / "b.weights.xml")
    assert (tmp_path / "a.weights.xml").read_text() == (tmp_path / "b.weights.xml").read_text()
    assert "<Weights " not in (tmp_path / "a.weights.xml").read_text()  # so that ROOT refuses it


def test_a_replica_alone_has_the_file_of_its_training_alone(tmp_path):
    X, y = two_classes()
    together = tmva.MethodDL(options(3, more="RandomSeed=5:Replicas=3")).fit(X, y, progress="silent")
    alone = tmva.MethodDL(options(3, more="RandomSeed=6")).fit(X, y, progress="silent")
    together.save(tmp_path / "all.weights.xml")
    for method in (together, tmva.load(tmp_path / "all.weights.xml")):
        one = method.replica(1)
        one.save(tmp_path / "one.weights.xml")
        read = tmva.load(tmp_path / "one.weights.xml")
        assert alike(read.GetMvaValues(X), alone.GetMvaValues(X)) and read.booking.replicas.plain
        assert '<Weights NetDepth="2"' in (tmp_path / "one.weights.xml").read_text()  # as ROOT reads it


@pytest.mark.parametrize(
    "old, new, message",
    [
        ('NReplicas="2"', 'NReplicas="3"', "states NReplicas=3, but has 2"),
        ('Kind="seeds"', 'Kind="seed"', "Kind='seed'"),
        ('NNumbers="41"', 'NNumbers="40"', "this Replica has 40 numbers, but its blocks have 41"),
        ('NNumbers="0"', 'NNumbers="41"', "the first Replica has numbers"),
        ('Seed="6"', 'Seed="0"', "Seed='0'"),
    ],
)
def test_a_damaged_file_is_refused(old, new, message, tmp_path):
    X, y = two_classes()
    path = tmp_path / "a.weights.xml"
    tmva.MethodDL(options(1, more="RandomSeed=5:Replicas=2")).fit(X, y, progress="silent").save(path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(tmva.FileError, match=message):
        tmva.load(path)


def test_replicas_of_a_method_that_has_none_are_refused(tmp_path):
    path = tmp_path / "a.weights.xml"
    text = f"Layout=Encoder={{DENSE|1|LINEAR}}Decoder={{DENSE|N|LINEAR}}:TrainingStrategy={strategy(2)}:RandomSeed=1"
    tmva.MethodAE(text).fit(two_classes()[0], progress="silent").save(path)
    element = (
        '<Replicas Kind="seeds" NReplicas="1"><Replica Seed="1" Epochs="1" ValidationError="" NNumbers="0"/></Replicas></Network>'
    )
    path.write_text(path.read_text().replace("</Network>", element))
    with pytest.raises(tmva.FileError, match="a MethodAE has replicas, which this method cannot have"):
        tmva.load(path)


def test_copies_and_pickles_give_the_same_bits():
    X, _ = two_classes()
    found = made("classification", "3|bootstrap")
    for other in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):  # noqa: S301
        assert alike(other.errors(X), found.errors(X)) and alike(other.GetMvaValues(X), found.GetMvaValues(X))


def test_formats_of_one_network_are_refused(tmp_path):
    found = made("classification", "2")
    for call in (found.MakeClass, found.to_onnx):
        with pytest.raises(OptionError, match="the mean of 2 replicas") as caught:
            call(tmp_path / "file")
        assert caught.value.code == "replicas-export" and f"replica(0).{call.__name__}" in caught.value.hint
    found.replica(1).MakeClass(tmp_path / "one.hpp")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one.hpp"]


# ---- what cannot be, and what ends early


def test_checkpoints_and_warm_starts_are_refused(tmp_path):
    X, y = two_classes()
    method = tmva.MethodDL(options(1, more="RandomSeed=5:Replicas=2"))
    with pytest.raises(OptionError, match="replicas have no checkpoints") as caught:
        method.fit(X, y, progress="silent", checkpoint=tmp_path / "a.ckpt")
    assert caught.value.code == "checkpoint-method"
    with pytest.raises(OptionError, match="replicas have no checkpoints") as caught:
        tmva.MethodDL(options(1, more="Replicas=2:Checkpoint=a.ckpt"))
    assert "^" in str(caught.value) and caught.value.hint == "leave Checkpoint out"
    method.fit(X, y, progress="silent")
    with pytest.raises(OptionError, match="begin with random weights"):
        method.fit(X, y, progress="silent", warm_start=True)


def test_folds_need_events_and_no_validation_sample():
    X, y = two_classes()
    with pytest.raises(OptionError, match="the events that validate are given") as caught:
        tmva.MethodDL(options(1, more="Replicas=2|folds")).fit(X, y, eval_set=(X, y), progress="silent")
    assert caught.value.code == "replicas"
    with pytest.raises(OptionError, match="240 events are no 241 folds"):
        tmva.MethodDL(options(1, more="Replicas=241|folds")).fit(X, y, progress="silent")
    with pytest.warns(TmvaliteWarning, match="ValidationSize has no effect"):
        tmva.MethodDL(options(9, more="Replicas=2|folds:ValidationSize=30%:RandomSeed=5")).fit(X, y, progress="silent")


@pytest.mark.parametrize("threads", [1, 2])
def test_what_is_wrong_with_the_events_is_said_once(threads):
    X, y = two_classes(20)
    y[:] = 0
    y[0] = 1
    with pytest.raises(DataError):
        made("classification", "3|folds", more=f":Threads={threads}", x=X, y=y)
    X, y = two_classes()
    with pytest.warns(TmvaliteWarning) as caught:
        made("classification", "3", more=f":Threads={threads}", epochs=9, BatchSize=1000)
    assert [str(w.message).splitlines()[0][:14] for w in caught] == ["BatchSize=1000"]


def given(text):
    X, y = two_classes()
    booking = book(FORMS["DL"], text, diagnostics=Diagnostics())
    found = declared(booking, X, y)
    return booking, blueprint(booking, found.info, Diagnostics()), found.events, found.info


class Ends(Progress):
    def __init__(self, error, after):
        self.error, self.after = error, after

    def replica(self, done, count, history):
        if done == self.after:
            raise self.error


def test_the_replicas_that_were_trained_before_ctrl_c_are_kept():
    whole = fit_booked(*given(options(2, more="RandomSeed=5:Replicas=6:Threads=2")))
    found = fit_booked(*given(options(2, more="RandomSeed=5:Replicas=6:Threads=2")), progress=Ends(KeyboardInterrupt(), 3))
    assert found.interrupted and 1 <= len(found.trained.replicas) < 6
    assert found.trained.description.facts["Training interrupted"] == f"after {len(found.trained.replicas)} of 6 replicas"
    for seed, numbers in zip(found.trained.replicas.seeds, found.trained.replicas.parameters):
        assert alike(numbers, whole.trained.replicas.parameters[seed - 5])


def test_ctrl_c_of_the_system_ends_all_threads():
    class Interrupts(Progress):
        def replica(self, done, count, history):
            if done == 1:
                os.kill(os.getpid(), signal.SIGINT)

    found = fit_booked(
        *given(options(200, more="RandomSeed=5:Replicas=4:Threads=2", ConvergenceSteps=500)), progress=Interrupts()
    )
    assert found.interrupted and 1 <= len(found.trained.replicas) < 4


def test_a_table_that_nobody_reads_ends_all_and_keeps_what_was_learnt():
    error = BrokenPipeError("nobody reads the table")
    found = fit_booked(*given(options(2, more="RandomSeed=5:Replicas=6:Threads=2")), progress=Ends(error, 2))
    assert found.stopped is error and not found.interrupted and 2 <= len(found.trained.replicas) < 6


def test_what_several_trainings_are_warned_about_is_said_once():
    X, y = two_classes()
    with pytest.warns(TmvaliteWarning) as caught:
        made("classification", "3", epochs=2, LearningRate="1e-30")
    (said,) = [str(w.message).splitlines()[0] for w in caught if w.message.code == "no-improvement"]
    assert said.startswith("3 of 3 replicas: no epoch had a smaller validation error")


def test_a_loss_that_becomes_infinite_ends_all():
    text = options(5, layout="RELU|8,RELU|8,LINEAR", LearningRate="1e20", Optimizer="SGD", more="RandomSeed=5:Replicas=3")
    found = fit_booked(*given(text))
    assert isinstance(found.stopped, TrainingError) and found.trained is None


def test_a_table_has_a_row_for_every_replica():
    said = []
    booking, *rest = given(options(2, more="RandomSeed=5:Replicas=3|bootstrap"))
    fit_booked(booking, *rest, progress=make_progress("table", said.append))
    assert sum(line.split("|")[0].strip().isdigit() for line in said) == 3 and max(map(len, said)) <= 80
    assert any(line.startswith("Training finished: 3 replicas of 2 epochs") for line in said)
    assert sorted(line.split()[2] for line in said if line.split("|")[0].strip().isdigit()) == ["5", "6", "7"]
