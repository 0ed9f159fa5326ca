"""What users give: accepted forms, and one clear refusal for everything else."""

import numpy as np
import pandas as pd
import pytest

from tmvalite.data.tables import class_labels, event_matrix, numbers, target_matrix, weight_vector
from tmvalite.errors import DataError, TmvaliteWarning

F32 = np.dtype(np.float32)


def test_arrays_lists_tables_and_dicts_give_the_same_matrix():
    rows = [[1, 2.5], [3, 4], [5, 6]]
    expected = np.array(rows, np.float32)
    table = pd.DataFrame({"pt": [1, 3, 5], "eta": [2.5, 4, 6]})
    structured = np.array([tuple(r) for r in rows], dtype=[("pt", "i4"), ("eta", "f8")])
    for given, names in [
        (rows, ("var1", "var2")),
        (np.array(rows), ("var1", "var2")),
        (np.asfortranarray(rows), ("var1", "var2")),
        (table, ("pt", "eta")),
        (dict(table), ("pt", "eta")),
        (structured, ("pt", "eta")),
    ]:
        x, found = event_matrix(given, F32)
        assert np.array_equal(x, expected) and x.dtype == np.float32 and x.flags.c_contiguous and found == names


def refusal(call, *args, **keywords):
    with pytest.raises(DataError) as caught:
        call(*args, **keywords)
    return str(caught.value)


def test_error_nan_names_column_count_and_rows():
    x = np.zeros((20, 3))
    x[[4, 7, 9, 12], 1] = np.nan
    x[3, 2] = np.inf
    assert refusal(event_matrix, x, F32) == (
        "variable 'var2' is NaN in 4 of 20 events (rows 4, 7, 9, ...); 1 more variable likewise\n"
        "  hint: remove these events or give them a number"
    )


def test_error_too_large_for_single_precision():
    x = np.zeros((3, 2))
    x[1, 0] = 1e300
    assert refusal(event_matrix, pd.DataFrame(x, columns=["m", "n"]), F32) == (
        "variable 'm' is 1e+300, too large for float32, in 1 of 3 events (row 1)\n"
        "  hint: remove these events or give them a number"
    )
    assert event_matrix(x, np.dtype(float))[0][1, 0] == 1e300


@pytest.mark.parametrize(
    "X, message",
    [
        (np.zeros(4), "X has shape (4,)\n  expected (events, variables)\n  hint: one row of variables per event"),
        (
            np.zeros((4, 2, 2)),
            "X has shape (4, 2, 2)\n  expected (events, variables)\n"
            "  hint: flatten every event: X.reshape(len(X), -1); InputLayout says its shape",
        ),
        (np.zeros((0, 2)), "X has 0 events of 2 variables"),
        (np.zeros((2, 0)), "X has 2 events of 0 variables: 0 feature(s) (shape=(2, 0)) while a minimum of 1 is required."),
        ([["a", "b"]], "X has values of type <U1, not numbers"),
        (
            np.array([[1j]]),
            "Complex data not supported: X has values of type complex128, not numbers\n"
            "  hint: give real and imaginary parts as variables of their own",
        ),
        ([[1], [2, 3]], "the rows of X have different lengths"),
        ([[None, 1.0], ["x", 2.0]], "X holds values that are no numbers"),
        ({"a": [1, 2], "b": [1]}, "columns differ in length: 'a' has 2 entries, 'b' has 1\n  in the dict of arrays"),
    ],
)
def test_error_shapes_and_types(X, message):
    assert refusal(event_matrix, X, F32) == message


@pytest.mark.parametrize(
    "y, signal, values, names",
    [
        ([0, 1, 1], None, (1, 0), ("Signal", "Background")),
        ([-1, 1, 1], None, (1, -1), ("Signal", "Background")),
        ([False, True, True], None, (True, False), ("Signal", "Background")),
        (["bkg", "Sig", "Sig"], None, ("Sig", "bkg"), ("Sig", "bkg")),
        (["qcd", "tt", "tt"], "tt", ("tt", "qcd"), ("tt", "qcd")),
        ([-1.0, 1.0, 1.0], None, (1.0, -1.0), ("Signal", "Background")),
        ([2.0, 1.0, 1.0], 1, (1.0, 2.0), ("Signal", "Background")),
        ([1, 2, 2], 2, (2, 1), ("Signal", "Background")),
        ([0, 1, 1], 1, (1, 0), ("Signal", "Background")),
    ],
)
def test_the_signal_is_class_0(y, signal, values, names):
    for given in (y, np.array(y, dtype=object), pd.Series(y)):
        labels = class_labels(given, 3, multiclass=False, signal=signal)
        assert labels.values == values and labels.names == names
        assert labels.index.tolist() == [1, 0, 0]


@pytest.mark.parametrize("other", [2, 5, 2.0])
def test_a_signal_that_was_guessed_from_other_numbers_than_0_and_1_is_named_once(other):
    with pytest.warns(TmvaliteWarning) as caught:
        labels = class_labels([other, 1, 1], 3, multiclass=False)
    assert labels.values == (1, other) and labels.index.tolist() == [1, 0, 0]
    n = f"{other:g}"
    assert [str(w.message) for w in caught] == [
        f"y is 1 or {n}: 1 is taken for the signal, {n} for the background\n  hint: say it: fit(..., signal=1), or signal={n}"
    ]


def test_many_classes_are_sorted():
    labels = class_labels(["b", "c", "a", "b"], 4, multiclass=True)
    assert labels.names == labels.values == ("a", "b", "c") and labels.index.tolist() == [1, 2, 0, 1]
    assert class_labels([2, 0, 1], 3, multiclass=True).names == ("0", "1", "2")


@pytest.mark.parametrize(
    "y, keywords, message",
    [
        ([1, 1, 1], {}, "y has one class only: 1\n  expected at least two classes"),
        ([1, 0], {}, "y has shape (2,), X has 3 events\n  expected one class per event"),
        (
            np.eye(3),
            {},
            "y has shape (3, 3), X has 3 events\n  expected one class per event\n"
            "  hint: give the class of every event, not one column per class",
        ),
        ([0, 1, np.nan], {}, "y is NaN in 1 of 3 events (row 2)"),
        (
            [0, 1, 2],
            {},
            "a classification has two classes, y has 3: 0, 1, 2. Only binary classification is supported.\n"
            '  hint: analysis_type="multiclass" takes more; "regression" takes numbers',
        ),
        (
            [0.0, 1.0, 0.5],
            {},
            "Unknown label type: continuous. y is 0.5 in row 2, which is no class\n  expected names or whole numbers of classes\n"
            '  hint: analysis_type="regression" learns numbers',
        ),
        (["qcd", "tt", "tt"], {"signal": "t"}, "the signal 't' is no class of y\n  expected one of: 'qcd', 'tt'"),
        (np.zeros(3, "M8[s]"), {}, "y has values of type datetime64[s]\n  expected names or numbers of classes"),
    ],
)
def test_error_labels(y, keywords, message):
    assert refusal(class_labels, y, 3, multiclass=False, **keywords) == message


def test_of_two_classes_that_say_nothing_the_later_one_is_the_signal():
    with pytest.warns(TmvaliteWarning) as caught:
        found = class_labels(["qcd", "tt", "tt"], 3, multiclass=False)
    assert found.values == ("tt", "qcd") and found.index.tolist() == [1, 0, 0]
    assert str(caught[0].message) == (
        "which of 'qcd' and 'tt' is the signal? 'tt' is taken, the later one, as in scikit-learn\n"
        "  expected a class called Signal, or the number 1\n  hint: say it: fit(..., signal='tt')"
    )


@pytest.mark.parametrize("kind", ["csr_array", "dok_array", "coo_matrix"])
def test_error_sparse_events(kind):
    sparse = getattr(pytest.importorskip("scipy.sparse"), kind)(np.eye(3))
    expected = f"X is a sparse {kind}; sparse input is not supported\n  hint: X.toarray()"
    assert refusal(event_matrix, sparse, F32) == expected and refusal(numbers, sparse, "X") == expected


def test_error_objects_that_are_no_numbers_are_a_type_error_too():
    with pytest.raises(
        TypeError, match="X holds values that are no numbers: float\\(\\) argument must be a string or a real number"
    ):
        numbers(np.array([[{"a": 1}, 2]], object), "X")


def test_targets_keep_their_names():
    y, names, flat = target_matrix([1, 2], 2, F32)
    assert y.shape == (2, 1) and names == ("target",) and flat
    y, names, flat = target_matrix(pd.DataFrame({"e": [1, 2], "m": [3, 4]}), 2, F32)
    assert names == ("e", "m") and not flat


@pytest.mark.parametrize(
    "y, message",
    [
        ([1, 2, 3], "y has shape (3,), X has 2 events\n  expected (events,) or (events, targets)"),
        ([1, np.nan], "target 'target' is NaN in 1 of 2 events (row 1)\n  hint: remove these events or give them a number"),
    ],
)
def test_error_targets(y, message):
    assert refusal(target_matrix, y, 2, F32) == message


@pytest.mark.parametrize(
    "w, message",
    [
        ([1, 2, 3], "sample_weight has shape (3,), X has 2 events\n  expected one weight per event"),
        ([1, np.inf], "sample_weight is infinite in 1 of 2 events (row 1)\n  hint: every event needs a finite weight"),
    ],
)
def test_error_weights(w, message):
    assert refusal(weight_vector, w, 2) == message
