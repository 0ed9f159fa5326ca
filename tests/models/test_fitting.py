"""fit is a function of values: nothing that is handed in changes, another process gives the same bits, nothing learnt is lost."""

import copy
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from tests.methods.ae_samples import VAE, curved
from tests.methods.ae_samples import options as ae_options
from tests.methods.samples import as_events, options, two_classes
from tmvalite.data.info import DataSetInfo, Events
from tmvalite.errors import Diagnostics, TrainingError
from tmvalite.models import fitting
from tmvalite.models.blueprint import blueprint
from tmvalite.models.booking import book
from tmvalite.models.file import weight_file
from tmvalite.models.fitting import fit
from tmvalite.models.form import FORMS
from tmvalite.training.progress import Progress


def booked(text, form="DL"):
    return book(FORMS[form], text, diagnostics=Diagnostics())


def problem(text=None, form="DL"):
    """Booking, blueprint, events and names."""
    if form == "AE":
        x = curved()
        info = DataSetInfo.from_names(["a", "b", "c", "d"], classes=("Data",))
        events = Events(x, np.empty((len(x), 0), np.float32), {}, np.ones(len(x)), np.zeros(len(x), np.int64))
        booking = booked(text or ae_options(VAE, 3, "VarTransform=N:RandomSeed=5"), form)
    else:
        events, info = as_events(*two_classes())
        booking = booked(text or options(4, more="VarTransform=N:RandomSeed=5"))
    return booking, blueprint(booking, info, Diagnostics()), events, info


def numbers(fitted):
    return fitted.trained.network.parameters.flat


@pytest.mark.parametrize("form", ["DL", "AE"])
def test_nothing_that_is_handed_in_changes(form):
    booking, plan, events, info = given = problem(form=form)
    before = copy.deepcopy(given)
    fit(*given, seed=3)
    assert booking.bound.values == before[0].bound.values and booking.phases == before[0].phases
    assert info == before[3] and plan.objectives == before[1].objectives and plan.dropout == before[1].dropout
    for name in ("x", "targets", "weight", "class_index"):
        assert np.array_equal(getattr(events, name), getattr(before[2], name))


def test_a_seed_decides_and_stands_in_the_history_and_the_file():
    given = problem()
    first, again, other = fit(*given, seed=3), fit(*given, seed=3), fit(*given, seed=4)
    assert np.array_equal(numbers(first), numbers(again)) and not np.array_equal(numbers(first), numbers(other))
    assert first.history.seed == 3 and first.trained.description.facts["Random seed"] == "3"
    assert fit(*given).history.seed == 5  # RandomSeed


def test_folds_in_other_processes_give_the_bits_of_this_one():
    booking, plan, events, info = given = problem(form="AE")
    folds = [(np.flatnonzero(np.arange(len(events)) % 3 != k), np.flatnonzero(np.arange(len(events)) % 3 == k)) for k in (0, 1)]
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = [pool.submit(fit, *given, seed=7, split=fold) for fold in folds]
        there = [one.result() for one in waiting]
    here = [fit(*given, seed=7, split=fold) for fold in folds]
    for a, b in zip(there, here):
        assert np.array_equal(numbers(a), numbers(b)) and a.history.best_epoch == b.history.best_epoch
        assert np.array_equal(a.trained.encode(events.x), b.trained.encode(events.x))
        assert a.trained.sigma == b.trained.sigma


def test_positions_say_which_events_validate():
    booking, plan, events, info = problem()
    seen = []

    class Looks(Progress):
        def begin_phase(self, start):
            seen.append((start.n_train, start.n_valid))

    fit(booking, plan, events, info, split=(np.arange(0, 240, 2), np.arange(1, 31, 2)), progress=Looks())
    assert seen == [(120, 15)]


class Breaks(Progress):
    def __init__(self, error, epoch=3):
        self.error, self.stop = error, epoch

    def epoch(self, number, epoch, stale):
        if number == self.stop:
            raise self.error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), BrokenPipeError("nobody reads the table"), MemoryError()])
def test_what_was_learnt_before_a_training_stopped_is_there(error):
    given = problem(options(50, more="RandomSeed=5"))
    fitted = fit(*given, progress=Breaks(error))
    assert len(fitted.history.epochs) == 3 and np.isfinite(fitted.trained.mva(given[2].x)).all()
    assert fitted.interrupted == isinstance(error, KeyboardInterrupt)
    assert fitted.stopped is (None if fitted.interrupted else error) and fitted.remarks == ()


def test_a_loss_that_becomes_infinite_is_an_outcome():
    fitted = fit(*problem(options(5, layout="RELU|8,RELU|8,LINEAR", LearningRate="1e20", Optimizer="SGD")))
    assert isinstance(fitted.stopped, TrainingError) and fitted.trained is None


def test_what_the_file_will_say_is_known_before_the_first_epoch(monkeypatch):
    def refuse(*args, **keywords):
        raise LookupError("a loss without a letter")

    class Epochs(Progress):
        seen = 0

        def epoch(self, number, epoch, stale):
            Epochs.seen += 1

    monkeypatch.setattr(fitting, "describe", refuse)
    with pytest.raises(LookupError):
        fit(*problem(), progress=Epochs())
    assert Epochs.seen == 0


def test_the_time_of_the_training_comes_into_the_facts_at_their_place():
    facts = weight_file("NN", fit(*problem()).trained).info
    assert list(facts)[:9] == (
        ["TMVA Release", "ROOT Release", "Creator", "Date", "Host", "Dir", "Training events", "TrainingTime", "AnalysisType"]
    )
    assert float(facts["TrainingTime"]) > 0 and facts["Date"]
