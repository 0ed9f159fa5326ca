"""How much the classes weigh: `fit` keeps the shares of the sample, and `norm` asks for others."""

import numpy as np
import pytest

from tests.methods.samples import options, strategy, two_classes
from tmvalite import DataLoader, Factory, MethodDL, Types
from tmvalite.errors import OptionError

SETTINGS = strategy(12, BatchSize=200, LearningRateSchedule="COSINE")
CALIBRATED = f"Layout=TANH|6,LINEAR:TrainingStrategy={SETTINGS}:RandomSeed=3"


@pytest.fixture(scope="module")
def rare_signal():
    """20 000 events, 5 % of them signal, shifted by (1, 1)."""
    y = (np.arange(20000) % 20 == 0).astype(int)
    return np.random.default_rng(11).normal(size=(20000, 2)) + y[:, None], y


def test_probabilities_are_those_of_the_sample(rare_signal):
    """In every bin of the probability the share of signal is its mean within 3 standard deviations, sqrt(p (1 - p) / n)."""
    X, y = rare_signal
    method = MethodDL(CALIBRATED, progress="silent").fit(X, y)
    p = method.predict_proba(X)[:, 1].astype(float)
    assert abs(p.mean() - 0.05) < 0.003 and method.score(X, y) > 0.949
    edges = np.quantile(p, np.linspace(0, 1, 11))
    bins = np.clip(np.searchsorted(edges, p, side="right") - 1, 0, 9)
    for b in range(10):
        inside, mean = bins == b, p[bins == b].mean()
        assert abs(y[inside].mean() - mean) < 3 * np.sqrt(mean * (1 - mean) / inside.sum()), (b, mean)
    assert p.max() > 0.5 and edges[1] < 0.01  # the table reaches from the one class to the other


def test_weights_count_as_they_are_given(rare_signal):
    """Signal events of weight 5 are as probable as five times as many of them."""
    X, y = rare_signal
    weight = np.where(y == 1, 5.0, 1.0)
    p = MethodDL(CALIBRATED, progress="silent").fit(X, y, weight).predict_proba(X)[:, 1]
    assert abs(np.average(p, weights=weight) - 5 / 24) < 0.01


@pytest.mark.parametrize("norm, mean", [("EqualNumEvents", 0.5), ("NumEvents", 0.05), (None, 5 / 24)])
def test_norm_is_an_argument_of_the_constructor_and_of_fit(rare_signal, norm, mean):
    """The mean over the events as `norm` weighs them is the share of signal that it asks for."""
    X, y = rare_signal
    weight = np.where(y == 1, 5.0, 1.0)
    by_constructor = MethodDL(CALIBRATED, norm=norm, verbose=False).fit(X, y, weight).predict_proba(X)[:, 1]
    other = "NumEvents" if norm is None else None
    by_fit = MethodDL(CALIBRATED, norm=other, verbose=False).fit(X, y, weight, norm=norm).predict_proba(X)[:, 1]
    assert np.array_equal(by_constructor, by_fit)
    normalised = {"EqualNumEvents": np.where(y == 1, 19.0, 1.0), "NumEvents": np.ones(len(y)), None: weight}[norm]
    assert abs(np.average(by_fit, weights=normalised) - mean) < 0.02


@pytest.mark.parametrize("wrong", ["Equal", 3, False])
def test_error_norm_that_is_not_known(wrong):
    with pytest.raises(OptionError, match="norm .* is not known\n  expected one of: 'EqualNumEvents', 'NumEvents', None"):
        MethodDL(options(1), norm=wrong)
    with pytest.raises(OptionError, match="norm .* is not known"):
        MethodDL(options(1)).fit(*two_classes(), norm=wrong)


def test_error_a_factory_has_no_norm(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    X, y = two_classes()
    loader = DataLoader("d")
    loader.AddVariable("a")
    for name, of_class in (("Signal", X[y == 1]), ("Background", X[y == 0])):
        loader.AddTree({"a": of_class[:, 0]}, name)
    factory = Factory("Job", "!V:Silent:!Color:!ROC:AnalysisType=Classification")
    with pytest.raises(OptionError, match="norm has no effect in a Factory\n  hint: write NormMode=... in PrepareTraining"):
        factory.BookMethod(loader, Types.kDL, "D", options(1), norm="NumEvents")
