"""The loop over events with registered variables, and one event at a time: quick, with the same bits as everything else."""

from array import array
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import tmvalite
from tmvalite import DataError, Reader, TmvaliteWarning

X = np.random.default_rng(5).normal(size=(200, 3)).astype(np.float32)


TRANSFORMED = ("D", "P(_V0_,_V2_)", "U", "G(_V1_)", "N,G,D:Precision=float64")


@pytest.fixture(scope="module", params=["N:Precision=float32", "N:Precision=float64", *TRANSFORMED])
def trained(request, tmp_path_factory):
    """A method and its weight file."""
    more = f"VarTransform={request.param}"
    training = "TrainingStrategy=LearningRate=1e-2,MaxEpochs=15,BatchSize=10,TestRepetitions=1"
    options = f"!V:{more}:Layout=TANH|5,LINEAR:RandomSeed=1:{training}"
    method = tmvalite.MethodDL(options, analysis_type="classification")
    method.fit({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]}, X[:, 0] > 0, progress="silent")
    path = tmp_path_factory.mktemp("weights") / "m.weights.xml"
    method.save(path)
    return method, str(path)


def reader_of(path, slots):
    reader = Reader("!Color:!Silent")
    for name, slot in zip("abc", slots, strict=True):
        reader.AddVariable(name, slot)
    reader.BookMVA("DNN", path)
    return reader


def test_the_loop_gives_the_bits_of_the_array(trained, capsys):
    method, path = trained
    memory = np.zeros(7, np.float64)
    slots = [array("f", [0.0]), memory[2:3], np.zeros(1, np.float32)]
    reader = reader_of(path, slots)
    expected = method.GetMvaValues(X).tolist()
    for event, value in zip(X, expected, strict=True):
        for slot, number in zip(slots, event, strict=True):
            slot[0] = number
        assert reader.EvaluateMVA("DNN") == reader.EvaluateMVA("DNN") == value
        assert type(reader.EvaluateMVA("DNN")) is float


def test_numbers_of_other_kinds_are_read_too(trained, capsys):
    method, path = trained
    slots = [np.zeros(1, np.float16), np.zeros(1, ">f4"), np.zeros(1)]
    reader = reader_of(path, slots)
    for _ in range(2):
        slots[0][0], slots[1][0], slots[2][0] = 0.5, -1.5, 0.25
        assert reader.EvaluateMVA("DNN") == method.GetMvaValues(np.float32([[0.5, -1.5, 0.25]]))[0]


def test_a_float64_is_rounded_as_every_registered_variable(trained, capsys):
    method, path = trained
    slots = [np.full(1, 0.1), np.full(1, 1 / 3), np.full(1, -0.7)]
    reader = reader_of(path, slots)
    expected = method.GetMvaValues(np.float32([[0.1, 1 / 3, -0.7]]))[0]
    assert [reader.EvaluateMVA("DNN") for _ in range(3)] == [expected] * 3


def test_a_nan_in_the_loop_is_answered_with_minus_999_and_a_warning_each_time(trained, capsys):
    _, path = trained
    slots = [array("f", [0.0]) for _ in range(3)]
    reader = reader_of(path, slots)
    good = reader.EvaluateMVA("DNN")
    for bad in (np.nan, np.inf):
        slots[1][0] = bad
        with pytest.warns(TmvaliteWarning, match="b is not finite: the answer is -999"):
            assert reader.EvaluateMVA("DNN") == -999.0
    slots[1][0] = 0.0
    assert reader.EvaluateMVA("DNN") == good


def test_a_variable_that_is_declared_later_ends_the_loop(trained, capsys):
    _, path = trained
    reader = reader_of(path, [array("f", [0.0]) for _ in range(3)])
    reader.EvaluateMVA("DNN")
    reader.AddVariable("late", array("f", [0.0]))
    with pytest.raises(DataError):
        reader.EvaluateMVA("DNN")


def test_threads_have_memory_of_their_own(trained, capsys):
    method, _ = trained
    expected = method.GetMvaValues(X).tolist()
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(method.GetMvaValue, [*X] * 3)) == expected * 3


def test_one_event_may_be_a_list_or_an_array_of_any_numbers(trained):
    method, _ = trained
    numbers = [0.5, -2.0, 3.0]
    (expected,) = method.GetMvaValues(np.array([numbers]))
    for event in (
        numbers,
        [0.5, -2, 3],
        np.array(numbers),
        np.float32(numbers),
        [np.float32(v) for v in numbers],
        tuple(numbers),
    ):
        found = method.GetMvaValue(event)
        assert type(found) is float and found == expected
    assert np.isnan(method.GetMvaValue([0.5, np.nan, 3.0])) and np.isnan(method.GetMvaValue(np.array([np.inf, 0.0, 0.0])))


def test_one_event_that_is_none_is_refused(trained):
    method, _ = trained
    for event in ([1.0, 2.0], [1.0, 2.0, 3.0, 4.0], [1.0, "2", "x"], np.zeros(4)):
        with pytest.raises((DataError, TypeError)):
            method.GetMvaValue(event)
    if method.network.precision == "float32":
        assert np.isnan(method.GetMvaValue([1e300, 0.0, 0.0]))


def test_a_method_that_is_trained_again_is_what_the_loop_asks(trained, capsys):
    _, path = trained
    slots = [array("f", [0.3]) for _ in range(3)]
    reader = reader_of(path, slots)
    before = [reader.EvaluateMVA("DNN") for _ in range(2)]
    method = reader.FindMVA("DNN").method
    method.fit({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]}, X[:, 1] > 0, progress="silent")
    after = reader.EvaluateMVA("DNN")
    assert after == method.GetMvaValues(np.full((1, 3), 0.3, np.float32))[0] and after != before[0] == before[1]
