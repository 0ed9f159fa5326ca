"""A method copied, pickled and sent to another process: arrays and text travel, and the copy gives the same bits."""

import concurrent.futures
import copy
import multiprocessing
import pickle  # noqa: TID251
import pickletools

import numpy as np
import pytest

from tests.methods.ae_samples import PLAIN, VAE, curved
from tests.methods.ae_samples import fitted as fitted_ae
from tests.methods.samples import line, options, three_classes, two_classes
from tmvalite import MethodAE, MethodDL

X, Y = two_classes()


def classification():
    return MethodDL(options(4, more="VarTransform=N:RandomSeed=5:Threads=1"), norm="NumEvents").fit(X, Y, progress="silent")


def regression():
    method = MethodDL(options(4, more="VarTransform=N:RandomSeed=5"), analysis_type="regression", title="R")
    return method.fit(line()[0], line()[1], progress="silent")


def multiclass():
    layout = "a=TANH|8,b=DENSE|8|TANH,ADD|RELU@b+a,BNORM,DENSE|3|LINEAR"
    more = "Precision=float64:VarTransform=N+D:RandomSeed=5"
    return MethodDL(options(4, layout=layout, more=more), analysis_type="multiclass").fit(*three_classes(), progress="silent")


CASES = {
    "classification": (classification, X),
    "regression": (regression, line()[0]),
    "multiclass": (multiclass, three_classes()[0]),
    "autoencoder": (lambda: fitted_ae(VAE, 3), curved()),
    "autoencoder with a head": (
        lambda: fitted_ae(PLAIN + "Head={DENSE|1|LINEAR}", 2, y=(curved()[:, 0] > 0).astype(int)),
        curved(),
    ),
}


def values(method, events):
    calls = ("GetMvaValues", "predict", "predict_proba", "transform", "reconstruct")
    return {name: getattr(method, name)(events) for name in calls if hasattr(method, name)}


def same(method, again, events):
    before, after = values(method, events), values(again, events)
    assert before.keys() == after.keys() and len(before) >= 2
    for name in before:
        assert before[name].dtype == after[name].dtype and np.array_equal(before[name], after[name]), name
    assert again.get_params() == method.get_params() and again.history == method.history
    assert again.random_seed == method.random_seed and again.info.classes == method.info.classes and repr(again) == repr(method)
    return True


@pytest.mark.parametrize("case", CASES)
def test_a_fitted_method_is_pickled_and_copied(case, tmp_path):
    make, events = CASES[case]
    method = make()
    again = pickle.loads(pickle.dumps(method))  # noqa: S301
    assert same(method, again, events) and same(method, copy.deepcopy(method), events) and same(again, copy.copy(again), events)
    method.save(tmp_path / "a.weights.xml")
    again.save(tmp_path / "b.weights.xml")
    assert (tmp_path / "a.weights.xml").read_bytes() == (tmp_path / "b.weights.xml").read_bytes()


def test_a_copy_trains_on_by_itself():
    method = classification()
    again = copy.deepcopy(method)
    before = method.GetMvaValues(X)
    assert np.array_equal(again.fit(X, 1 - Y, progress="silent").predict(X) != method.predict(X), np.ones(len(X), bool)) or (
        again.score(X, Y) < 0.5
    )
    assert np.array_equal(method.GetMvaValues(X), before)
    assert np.array_equal(copy.deepcopy(method).fit(X, Y, progress="silent").GetMvaValues(X), before)


def test_a_method_that_is_not_trained_is_copied():
    method = MethodAE("Layout=Encoder={DENSE|2|TANH}Decoder={DENSE|N|LINEAR}", KLWeight=0.5, Strict=False, MaxEpochs=3)
    again = pickle.loads(pickle.dumps(method))  # noqa: S301
    assert not again.is_trained and again.get_params() == method.get_params() and again.bound.values.KLWeight == 0.5
    assert again.phases == method.phases and again.phases[0].max_epochs == 3


@pytest.mark.parametrize("case", CASES)
def test_a_pickle_holds_arrays_and_text_alone(case):
    """What a pickle can call stands in it by name: our one function and class, and what numpy makes arrays with."""
    text = pickle.dumps(CASES[case][0](), protocol=2)
    called = {argument for code, argument, _ in pickletools.genops(text) if code.name == "GLOBAL"}
    ours = {name for name in called if name.startswith("tmvalite")}
    numpys = {name for name in called if name.startswith("numpy")}
    assert ours == {"tmvalite.methods.base _again", f"tmvalite.methods.{'ae MethodAE' if 'auto' in case else 'dl MethodDL'}"}
    assert called - ours - numpys <= {"_codecs encode"} and len(numpys) <= 3


def scored_elsewhere(method):
    return method.GetMvaValues(X), method.history["valid_loss"]


def test_another_process_gives_the_same_bits():
    method = classification()
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        scores, losses = pool.submit(scored_elsewhere, method).result()
    assert np.array_equal(scores, method.GetMvaValues(X)) and losses == method.history["valid_loss"]


def test_joblib_takes_a_method():
    joblib = pytest.importorskip("joblib")
    method = regression()
    found = joblib.Parallel(n_jobs=2)(joblib.delayed(method.predict)(line()[0][i::2]) for i in range(2))
    assert np.array_equal(np.concatenate(found), np.concatenate([method.predict(line()[0][i::2]) for i in range(2)]))


def test_scikit_learn_clones_a_trained_method():
    base = pytest.importorskip("sklearn.base")
    again = base.clone(classification())
    assert not again.is_trained and again.norm == "NumEvents"
    assert np.array_equal(again.fit(X, Y, progress="silent").GetMvaValues(X), classification().GetMvaValues(X))
