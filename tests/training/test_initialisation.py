"""WeightInitialization: scales, bounds, and independence of what else the network holds."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from tmvalite.layers.base import Parameter
from tmvalite.training.initialisation import CODES, METHODS, initial_matrix, initialise
from tmvalite.training.streams import stream_key

ROWS, COLUMNS = 80, 120
KEY = stream_key(5, "test")


def matrix(method, shape=(ROWS, COLUMNS), init="weights"):
    return initial_matrix(Parameter("Weights", shape, init=init), method, KEY)


@pytest.mark.parametrize(
    "method, bound",
    [
        ("XAVIERUNIFORM", math.sqrt(6 / (ROWS + COLUMNS))),
        ("UNIFORM", math.sqrt(2 / COLUMNS)),
        ("GLOROTUNIFORM", math.sqrt(6 / (ROWS + COLUMNS))),
        ("HEUNIFORM", math.sqrt(6 / COLUMNS)),
        ("TORCH", math.sqrt(1 / COLUMNS)),
    ],
)
def test_uniform_methods_fill_their_range_evenly(method, bound):
    w = matrix(method)
    assert np.abs(w).max() < bound and np.abs(w).max() > 0.999 * bound
    assert w.std() == pytest.approx(bound / math.sqrt(3), rel=0.02)
    assert abs(w.mean()) < 4 * bound / math.sqrt(3 * w.size)


@pytest.mark.parametrize(
    "method, sigma",
    [("XAVIER", math.sqrt(6 / (ROWS + COLUMNS))), ("GLOROT", math.sqrt(2 / (ROWS + COLUMNS))), ("HE", math.sqrt(2 / COLUMNS))],
)
def test_truncated_methods_stop_at_two_sigma(method, sigma):
    w = matrix(method)
    assert 1.98 * sigma < np.abs(w).max() <= 2 * sigma
    assert w.std() == pytest.approx(0.8796 * sigma, rel=0.02)


def test_gauss_is_a_whole_normal_distribution():
    w = matrix("GAUSS") / math.sqrt(2 / COLUMNS)
    assert w.std() == pytest.approx(1.0, rel=0.02) and np.abs(w).max() > 3


def test_identity_zero_and_declared_values():
    assert np.array_equal(matrix("IDENTITY", (2, 3)), [[1, 0, 0], [0, 1, 0]])
    assert np.array_equal(matrix("ZERO", (2, 3)), np.zeros((2, 3)))
    assert np.array_equal(matrix("XAVIER", (2, 1), init="zero"), np.zeros((2, 1)))
    assert np.array_equal(matrix("XAVIER", (1, 2), init="one"), np.ones((1, 2)))


def test_the_letters_of_the_weight_file_are_tmvas():
    assert CODES == {"XAVIER": "X", "XAVIERUNIFORM": "F", "GAUSS": "G", "UNIFORM": "U", "IDENTITY": "I", "ZERO": "Z"}
    assert set(CODES) < set(METHODS)


def network(*nodes):
    """A stand-in for Network: nodes of one matrix and one bias each."""
    parameters = (Parameter("Weights", (4, 3), decays=True), Parameter("Biases", (4, 1), init="zero"))
    values = {}
    return SimpleNamespace(
        graph=SimpleNamespace(nodes=[SimpleNamespace(name=name, parameters=parameters) for name in nodes]),
        parameters=SimpleNamespace(set=lambda node, name, array: values.__setitem__((node, name), array)),
        values=values,
    )


def test_a_layer_starts_from_the_same_numbers_whatever_stands_before_it():
    alone, behind, other = network("b"), network("a", "b"), network("b")
    for net, seed in ((alone, 1), (behind, 1), (other, 2)):
        initialise(net, "XAVIER", seed)
    assert np.array_equal(alone.values["b", "Weights"], behind.values["b", "Weights"])
    assert not np.array_equal(behind.values["a", "Weights"], behind.values["b", "Weights"])
    assert not np.array_equal(alone.values["b", "Weights"], other.values["b", "Weights"])
    assert not alone.values["b", "Biases"].any()


def test_torch_draws_the_biases_too_with_the_inputs_of_the_layer():
    net = network("a")
    initialise(net, "TORCH", 1)
    assert len(np.unique(net.values["a", "Biases"])) == 4
    assert np.all(np.abs(net.values["a", "Biases"]) < 1 / math.sqrt(3))
