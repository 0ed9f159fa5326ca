"""What a training warns about at its end: dead networks, networks that are hardly trained, classes that may be swapped."""

import warnings

import numpy as np
import pytest

from tests.methods.samples import strategy
from tmvalite import MethodAE, MethodDL
from tmvalite.errors import TmvaliteWarning


def events(n=400, shift=0.3, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    return rng.normal(size=(n, 4)) + shift * y[:, None], y


def said(method, *sample, **more):
    """The codes of the warnings of a training, and their texts."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", TmvaliteWarning)
        method.fit(*sample, progress="silent", **more)
    return [w.message.code for w in caught], [str(w.message) for w in caught]


def booked(layout, epochs=2, seed=1, cls=MethodDL, analysis_type="classification", more="", **settings):
    options = f"Layout={layout}:TrainingStrategy={strategy(epochs, BatchSize=50, **settings)}:RandomSeed={seed}{more}"
    return cls(options, analysis_type=analysis_type)


# ------------------------------------------------------------------------------------------- swapped or hardly trained


def test_short_trainings_with_right_labels_never_speak_of_swapped_classes():
    codes = []
    for seed in range(24):
        found, texts = said(booked("TANH|16,LINEAR", seed=seed + 1, LearningRate="1e-3"), *events(seed=seed))
        codes += found
        assert all("swapped" not in text for text in texts)
        assert all("of the validation events is 0." in text and "the loss is still falling" in text for text in texts)
    assert set(codes) == {"hardly-trained"} and 5 < len(codes) < 24


def test_a_training_that_has_learnt_says_nothing():
    assert said(booked("TANH|16,LINEAR", 20), *events(shift=1)) == ([], [])


def test_swapped_validation_events_are_warned_about():
    X, y = events(800, shift=0.8)
    codes, texts = said(booked("TANH|16,LINEAR", 4), X[:600], y[:600], eval_set=(X[600:], 1 - y[600:]))
    assert "roc-below-half" in codes and "hardly-trained" not in codes
    assert texts[-1].startswith("the ROC area is 0.") and "where background scores above the signal, 'Signal'" in texts[-1]
    assert texts[-1].endswith("hint: see whether signal and background are swapped in one of the two")
    assert said(booked("TANH|16,LINEAR", 4), X[:600], y[:600], eval_set=(X[600:], y[600:])) == ([], [])


def test_overtrained_noise_is_neither():
    X, _ = events(200)
    y = np.random.default_rng(8).integers(0, 2, 200)
    assert "roc-below-half" not in said(booked("TANH|64,TANH|64,LINEAR", 60, LearningRate="3e-2"), X, y)[0]


# ------------------------------------------------------------------------------------------- dead networks


RELU = "RELU|32,RELU|32,RELU|32,RELU|32,LINEAR"
X, Y = events(2000, shift=0.8)
DEAD = {
    "classification": (booked(RELU, 5, LearningRate="1", seed=2), Y),
    "regression": (booked(RELU, 5, LearningRate="1", seed=2, analysis_type="regression"), X @ [1, 2, 3, 4]),
    "multiclass": (booked(RELU, 5, LearningRate="1", seed=2, analysis_type="multiclass"), np.digitize(X[:, 0], [0, 1])),
}


@pytest.mark.parametrize("kind", DEAD)
def test_a_dead_network_is_warned_about(kind):
    method, y = DEAD[kind]
    codes, texts = said(method, X, y)
    values = method.GetMvaValues(X)
    assert np.mean(values == np.median(values)) > 0.999  # dead indeed
    assert codes[-1] == "output-constant" and texts[-1].startswith("the network gives the same value for ")
    assert " validation events: all units of DENSE|32|RELU are dead, they give 0\n" in texts[-1]
    assert "try a smaller LearningRate" in texts[-1] and "LEAKYRELU" in texts[-1] and "in Layout, layer " in texts[-1]


def test_a_dead_autoencoder_is_warned_about():
    layout = "Encoder={DENSE|16|RELU,DENSE|2|RELU}Decoder={DENSE|16|RELU,DENSE|N|LINEAR}"
    method = booked(layout, 5, cls=MethodAE, LearningRate="1")
    codes, texts = said(method, X)
    assert len(np.unique(method.reconstruct(X), axis=0)) == 1 and codes[-1] == "output-constant"
    assert texts[-1].startswith("the Decoder gives the same value for ")


def test_a_saturated_network_is_warned_about():
    method = booked("TANH|16,TANH|8,LINEAR", 3)
    codes, texts = said(method, X + 1e4, Y)
    assert len(np.unique(method.GetMvaValues(X + 1e4))) == 1 and codes[-1] == "output-constant"
    assert "all units of DENSE|16|TANH are saturated" in texts[-1] and "VarTransform=N" in texts[-1]
    assert said(booked("TANH|16,TANH|8,LINEAR", 3, more=":VarTransform=N"), X + 1e4, Y) == ([], [])


def test_events_that_are_alike_are_no_dead_network():
    counts = np.where(np.arange(2000)[:, None] % 200 == 0, X, 0)
    assert "output-constant" not in said(booked("RELU|8,LINEAR", 3), counts, Y)[0]


def test_constant_targets_are_no_dead_network():
    method = booked("TANH|8,LINEAR", 3, analysis_type="regression", more=":WeightInitialization=ZERO")
    assert "output-constant" not in said(method, X, np.full(2000, 3.0))[0]
