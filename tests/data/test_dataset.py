"""Building data sets: cuts, weights, arrays, values that are no numbers, counts, normalisation, TMVA's own numbers."""

from __future__ import annotations

import numpy as np
import pytest

from tmvalite.data.dataset import EventInput, TreeInput, build_dataset
from tmvalite.data.info import DataSetInfo, declare, declare_array
from tmvalite.data.split import SplitOptions, read_split_options
from tmvalite.errors import DataError, Diagnostics, ExpressionError, TmvaliteWarning

BLOCK = SplitOptions(split_mode="Block", norm_mode="None")
TWO = ("Signal", "Background")


def info_of(*variables, targets=(), spectators=(), classes=("Signal",)):
    return DataSetInfo(*(tuple(map(declare, group)) for group in (variables, targets, spectators)), classes)


def whole(info, table, cut="", **options):
    """All events of one class in order, training first, and the warnings."""
    diagnostics = Diagnostics()
    inputs = table if isinstance(table, list) else [TreeInput(table, "Signal")]
    data = build_dataset(
        info, inputs, cuts={"Signal": cut}, split=options.pop("split", BLOCK), diagnostics=diagnostics, **options
    )
    return data, [w.message for w in diagnostics.warnings]


def test_expressions_become_float32_columns_and_classes_keep_their_order():
    info = info_of("sum := x + y", "x", targets=("y*2",), classes=TWO)
    trees = [TreeInput({"x": [1, 2], "y": [3, 4]}, "Background"), TreeInput({"x": [5.0, 6.0], "y": [7.0, 8.0]}, "Signal", 2.0)]
    data = build_dataset(info, trees, split=BLOCK)
    assert data.train.x.tolist() == [[12, 5], [4, 1]] and data.train.x.dtype == np.float32
    assert data.test.targets.tolist() == [[16], [8]]
    assert data.train.class_index.tolist() == [0, 1] and data.train.weight.tolist() == [2.0, 1.0]
    assert (data.info.variables[0].minimum, data.info.variables[0].maximum) == (4.0, 12.0)


def test_a_cut_passes_from_one_half_on():
    data, _ = whole(
        info_of("x"), {"x": [1.0, 2.0, 3.0], "c": [0.3, 0.5, 1.0]}, cut="c", split=SplitOptions(n_train={"Signal": 2})
    )
    assert sorted(data.train.x[:, 0].tolist()) == [2.0, 3.0]
    assert data.report.classes[0].n_before == 3 and data.report.classes[0].efficiency == 2 / 3


def test_cut_of_one_tree_stands_beside_that_of_the_class():
    trees = [TreeInput({"x": np.arange(8.0)}, "Signal", cut="x>1"), TreeInput({"x": np.arange(8.0)}, "Signal")]
    data, _ = whole(info_of("x"), trees, cut="x<3")
    assert (data.report.trees[0].after.n, data.report.trees[1].after.n) == (1, 3)


def test_weights_are_tree_weight_times_expression_in_float32():
    data, _ = whole(info_of("x"), [TreeInput({"x": [1.0, 2.0], "w": [0.1, 3.0]}, "Signal", 0.7)], weights={"Signal": "w"})
    assert data.train.weight.tolist() == [float(np.float32(0.7 * 0.1))]


def test_trees_may_fix_the_sample():
    trees = [TreeInput({"x": [1.0, 2.0]}, "Signal", sample="test"), TreeInput({"x": [3.0, 4.0, 5.0]}, "Signal", sample="train")]
    data, _ = whole(info_of("x"), trees)
    assert (data.train.x[:, 0].tolist(), data.test.x[:, 0].tolist()) == ([3, 4, 5], [1, 2])


@pytest.mark.parametrize(
    ("mode", "factors"), [("None", (1, 1)), ("NumEvents", (2 / 4, 3 / 6)), ("EqualNumEvents", (2 / 4, 2 / 6))]
)
def test_normalisation_changes_training_weights_only(mode, factors):
    info = info_of("x", classes=TWO)
    trees = [TreeInput({"x": np.arange(4.0)}, "Signal", 2.0), TreeInput({"x": np.arange(6.0)}, "Background", 2.0)]
    data = build_dataset(info, trees, split=SplitOptions(split_mode="Block", norm_mode=mode))
    expected = np.array([2.0 * factors[0]] * 2 + [2.0 * factors[1]] * 3)
    np.testing.assert_allclose(data.train.weight, expected)
    assert data.test.weight.tolist() == [2.0] * 5 and data.train.original_weight.tolist() == [2.0] * 5
    np.testing.assert_allclose(data.report.classes[1].factor, factors[1])


# Arrays


def test_array_branch_gives_one_event_per_element():
    table = {"jet": [[1.0, 2.0], [], [3.0]], "n": [10.0, 20.0, 30.0], "eta": [[5.0, 6.0], [], [7.0]]}
    data, warned = whole(
        info_of("jet", "n", spectators=("eta",)), table, split=SplitOptions(n_train={"Signal": 2}, split_mode="Block")
    )
    events = np.concatenate((data.train.x, data.test.x)).tolist()
    assert events == [[1, 10], [2, 10], [3, 30]]
    assert [*data.train.spectators["eta"], *data.test.spectators["eta"]] == [5, 6, 7]
    assert (data.report.trees[0].n_entries, data.report.trees[0].n_before) == (3, 3)


def test_cut_on_an_array_looks_at_its_own_element():
    table = {"jet": [[1.0, 2.0], [4.0, 3.0]]}
    data, _ = whole(info_of("jet"), table, cut="jet>1.5&&jet<3.5")
    assert [data.train.x[0, 0], data.test.x[0, 0]] == [2, 3]


def test_a_cut_without_a_value_rejects():
    data, _ = whole(info_of("n"), {"jet": [[1.0], [], [2.0]], "n": [1.0, 2.0, 3.0]}, cut="jet[0]>0")
    assert [data.train.x[0, 0], data.test.x[0, 0]] == [1, 3]


def test_entries_too_short_for_an_index_are_dropped_with_a_warning():
    data, warned = whole(info_of("jet[1]"), {"jet": [[1.0, 2.0], [3.0], [4.0, 5.0]]})
    assert [data.train.x[0, 0], data.test.x[0, 0]] == [2, 5]
    assert warned[0] == "1 of 3 entries of the dict of arrays are dropped: they are too short for variable 'jet[1]'"
    assert data.report.trees[0].n_dropped == 1


def test_array_variables_are_elements_of_one_entry():
    info = DataSetInfo(declare_array("pix", 2), classes=("Signal",))
    data, warned = whole(info, {"pix": np.arange(6.0).reshape(2, 3)})
    assert np.concatenate((data.train.x, data.test.x)).tolist() == [[0, 1], [3, 4]]
    assert warned[0] == "'pix' has up to 3 elements, only the first 2 are used"


def test_error_of_mixed_kinds_of_arrays():
    info = DataSetInfo((*declare_array("pix", 2), declare("jet")), classes=("Signal",))
    with pytest.raises(DataError) as caught:
        whole(info, {"pix": np.ones((2, 2)), "jet": [[1.0], [2.0, 3.0]]})
    assert str(caught.value) == (
        "variable 'jet' has several values per entry, which cannot be mixed with the array of variables 'pix'\n"
        "  in the dict of arrays\n"
        "  hint: use an element, such as x[0], or a reduction, such as Sum$(x)"
    )


def test_error_of_arrays_of_different_lengths_and_short_arrays():
    with pytest.raises(DataError, match="variable 'a' has 2 elements in entry 1, variable 'b' has 1"):
        whole(info_of("a", "b"), {"a": [[1.0], [1.0, 2.0]], "b": [[1.0], [1.0]]})
    with pytest.raises(DataError, match="'p' has 1 elements in entry 1, not 2"):
        whole(DataSetInfo(declare_array("p", 2), classes=("Signal",)), {"p": [[1.0, 2.0], [1.0]]})


# Spectators


def test_integer_spectators_stay_exact():
    big = 2**53 + 1
    data, _ = whole(info_of("x", spectators=("id", "x")), {"x": [1.0, 2.0], "id": np.array([big, -big])})
    assert data.train.spectators["id"].dtype == np.int64 and data.train.spectators["id"][0] == big
    assert data.test.spectators["x"].dtype == np.float32


def test_spectator_declared_as_integer_becomes_one_where_its_values_are():
    info = DataSetInfo((declare("x"),), (), (declare("id", type="I"),), ("Signal",))
    data, _ = whole(info, {"x": [1.0, 2.0], "id": [3.0, 4.0]})
    assert data.train.spectators["id"].dtype == np.int64


# Values that should not be there


def test_error_of_nan_in_an_event_that_passes():
    with pytest.raises(DataError) as caught:
        whole(info_of("x", "y"), {"x": [1.0] * 8, "y": [0, np.nan, 1, np.inf, *[np.nan] * 4]})
    assert str(caught.value) == (
        "variable 'y' is not a finite number in 6 events\n"
        "  y\n"
        "  ^\n"
        "  in the dict of arrays, entries 1 (nan), 3 (inf), 4 (nan), 5 (nan), 6 (nan), ...\n"
        "  hint: a cut can remove these events"
    )


@pytest.mark.parametrize(
    ("declared", "what"),
    [
        ({"targets": ("bad",)}, "target 'bad'"),
        ({"spectators": ("bad",)}, "spectator 'bad'"),
        ({}, "the weight of class 'Signal'"),
        ({"cut": "bad"}, "the cut of class 'Signal'"),
    ],
)
def test_error_of_nan_anywhere(declared, what):
    table = {"x": [1.0, 2.0], "bad": [1.0, np.nan]}
    cut = declared.pop("cut", "")
    weights = {} if declared or cut else {"Signal": "bad"}
    with pytest.raises(DataError, match=f"^{what} is not a finite number in 1 event\n"):
        whole(info_of("x", **declared), table, cut=cut, weights=weights)


def test_nan_in_the_cut_counts_even_if_another_cut_removes_the_event():
    trees = [TreeInput({"x": [1.0, 2.0, 3.0], "c": [1.0, 1.0, np.nan]}, "Signal", cut="x<3")]
    with pytest.raises(DataError, match="the cut of class 'Signal' is not a finite number"):
        whole(info_of("x"), trees, cut="c")


def test_nan_that_is_cut_away_warns_with_its_count():
    data, warned = whole(info_of("x", "y"), {"x": [1.0, 2.0, 3.0], "y": [1.0, 2.0, np.nan]}, cut="x<2.5")
    assert "variable 'y' has 1 value that is not finite, in events that the cut removes" in [
        w.replace("values", "value") for w in warned
    ]
    assert data.report.not_finite_cut_away == {"variable 'y'": 1}


def test_error_of_a_value_beyond_float32():
    with pytest.raises(DataError, match="variable 'x' is too large for float32 in 1 event"):
        whole(info_of("x"), {"x": [1.0, 1e300]})


def test_error_of_a_weight_without_a_value():
    with pytest.raises(DataError) as caught:
        whole(info_of("x"), {"x": [1.0, 2.0], "w": [[1.0], []]}, weights={"Signal": "w[0]"})
    assert str(caught.value) == (
        "the weight of class 'Signal' has no value in 1 event\n"
        "  w[0]\n"
        "  ^~~~\n"
        "  in the dict of arrays, entry 1\n"
        "  hint: Alt$(w[0],0) gives 0 there"
    )


def test_constants_duplicates_and_large_integers_warn():
    table = {"x": [1.0] * 4, "n": np.array([2**24 + 1, 1, 2, 3])}
    _, warned = whole(info_of("x", "n", "again := n"), table)
    assert warned[0] == "variable 'n' has integers above 2^24, which float32 rounds"
    assert "variable 'x' is constant over the training events" in warned
    assert "variables 'n' and 'again' are the same expression" in warned


def test_warnings_are_issued_without_diagnostics():
    with pytest.warns(TmvaliteWarning, match="constant over the training events"):
        build_dataset(info_of("x"), [TreeInput({"x": [1.0, 1.0]}, "Signal")])


# Empty and impossible


def test_error_of_a_class_emptied_by_its_cut():
    with pytest.raises(DataError) as caught:
        whole(info_of("x"), {"x": [1.0, 2.0]}, cut="x > 5")
    assert str(caught.value) == (
        "class 'Signal' has no events: none of 2 passes the cut 'x > 5'\n  hint: check the names, units and signs in the cut"
    )


@pytest.mark.parametrize(
    ("info", "inputs", "message"),
    [
        (info_of(), [TreeInput({"x": [1.0]}, "Signal")], "there are no variables"),
        (info_of("x"), [], "there are no trees"),
        (info_of("x", classes=TWO), [TreeInput({"x": [1.0]}, "Signal")], "class 'Background' has no tree"),
        (info_of("x"), [TreeInput({"x": []}, "Signal")], "class 'Signal' has no events: its trees are empty"),
        (info_of("x"), [TreeInput({"x": [1.0]}, "Sgnal")], "there is no class 'Sgnal'"),
        (info_of("x"), [TreeInput({"x": [1.0]}, "Signal")], "no events are left to train on"),
        (info_of("x"), [TreeInput({"x": [1.0, 2.0]}, "Signal", -1.0)], "the training weights of class 'Signal' sum up to -1"),
        (info_of("x", spectators=("x", "x")), [TreeInput({"x": [1.0]}, "Signal")], "two spectators have the name 'x'"),
    ],
)
def test_error_of_impossible_declarations(info, inputs, message):
    with pytest.raises(DataError) as caught:
        build_dataset(info, inputs, split=BLOCK)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            "pt+eta2",
            "there is no column 'eta2'\n  pt+eta2\n     ^~~~\n  in variable 'pt+eta2', the dict of arrays\n"
            "  hint: did you mean 'eta'?",
        ),
        (
            "lbl := pt*true",
            "there is no column 'true'\n  lbl := pt*true\n            ^~~~\n  in variable 'lbl', the dict of arrays\n"
            "  hint: write 1 for true",
        ),
        (
            "b-tag+1",
            "there is no column 'b': in 'b-tag' the '-' has a meaning of its own\n  b-tag+1\n  ^~~~~\n"
            "  in variable 'b-tag+1', the dict of arrays\n  hint: write `b-tag`, between back-ticks",
        ),
        (
            "zzzzzz",
            "there is no column 'zzzzzz'\n  zzzzzz\n  ^~~~~~\n  in variable 'zzzzzz', the dict of arrays\n"
            "  expected one of: pt, eta, `b-tag`",
        ),
    ],
)
def test_error_of_an_unknown_column(expression, message):
    with pytest.raises(ExpressionError) as caught:
        whole(info_of(expression), {"pt": [1.0, 2.0], "eta": [1.0, 2.0], "b-tag": [1.0, 2.0]})
    assert str(caught.value) == message


# Events given as values


def test_events_given_as_values_need_no_columns():
    info = info_of("sum := x+y", "z", targets=("t",), spectators=("s",), classes=TWO)
    inputs = [
        EventInput([[1, 2, 3, 4], [5, 6, 7, 8]], "Signal", [1.0, 0.5], "train"),
        EventInput([[9, 10, 11, 12]], "Signal", sample="test"),
        TreeInput({"x": [1.0, 2.0], "y": [1.0, 1.0], "z": [0.0, 0.0], "t": [0.0, 1.0], "s": [1, 2]}, "Background"),
    ]
    data = build_dataset(info, inputs, cuts={"Signal": "z<100"}, split=BLOCK)
    assert data.train.x.tolist() == [[1, 2], [5, 6], [2, 0]] and data.train.targets[:, 0].tolist() == [3, 7, 0]
    assert data.test.x[0].tolist() == [9, 10] and data.train.weight.tolist() == [1.0, 0.5, 1.0]


def test_error_of_events_with_a_wrong_number_of_values():
    with pytest.raises(DataError, match=r"events of class 'Signal' have the shape \(1, 2\)"):
        build_dataset(info_of("x"), [EventInput([[1, 2]], "Signal")])


def test_report_prints_a_table():
    trees = [TreeInput({"x": np.arange(4.0)}, "Signal"), TreeInput({"x": np.arange(6.0)}, "Background", 0.5)]
    data = build_dataset(info_of("x", classes=TWO), trees, cuts={"Background": "x>1"}, split=SplitOptions(split_mode="Block"))
    assert (
        str(data.report)
        == """\
tree                class       sample  weight  entries  events
---------------------------------------------------------------
the dict of arrays  Signal      split        1        4       4
the dict of arrays  Background  split      0.5        6       6

tree                sum of weights  after cuts  sum of weights  effective
-------------------------------------------------------------------------
the dict of arrays               4           4               4        4.0
the dict of arrays               3           4               2        4.0

class       efficiency  weighted  train  sum of weights  effective
------------------------------------------------------------------
Signal          1.0000    1.0000      2               2        2.0
Background      0.6667    0.6667      2               1        2.0

class       train, normalised  test  sum of weights  effective
--------------------------------------------------------------
Signal                      2     2               2        2.0
Background                  2     2               1        2.0
SplitMode=Block, NormMode=EqualNumEvents (training weights only)
cut of class Background: x>1"""
    )


def test_the_tables_fit_a_terminal_whatever_the_names():
    names = (f"{'a' * 60}1", f"{'a' * 60}2")
    trees = [TreeInput({"x": np.arange(1e5)}, name) for name in names]
    data = build_dataset(info_of("x", classes=names), trees)
    assert max(map(len, str(data.report).splitlines()[:16])) <= 80


# TMVA's own numbers


def test_higgs_tutorial_is_split_as_by_root(physics_data):
    names = ("m_jj", "m_jjj", "m_lv", "m_jlv", "m_bb", "m_wbb", "m_wwbb")
    trees = [
        TreeInput(f"{physics_data}/Higgs_data.root:{tree}", name)
        for tree, name in (("sig_tree", "Signal"), ("bkg_tree", "Background"))
    ]
    options = read_split_options("nTrain_Signal=7000:nTrain_Background=7000:SplitMode=Random:NormMode=NumEvents:!V", TWO)
    data = build_dataset(info_of(*names, classes=TWO), trees, split=options)
    assert (len(data.train), len(data.test)) == (14000, 6000)
    x = dict(zip(names, data.test.x.astype(np.float64).T, strict=True))
    expected = {"m_jj": (1.0368, 0.66752), "m_bb": (0.96616, 0.53867), "m_wwbb": (0.96122, 0.31782)}
    for name, (mean, rms) in expected.items():
        assert (f"{x[name].mean():.5g}", f"{x[name].std():.5g}") == (f"{mean:.5g}", f"{rms:.5g}")
    assert (f"{x['m_jj'].min():.5g}", f"{x['m_jj'].max():.5g}") == ("0.1631", "16.132")


def test_classification_tutorial_reads_trees_and_weights(physics_data):
    info = info_of("myvar1 := var1+var2", "myvar2 := var1-var2", "var3", "var4", spectators=("spec1 := var1*2",), classes=TWO)
    trees = [
        TreeInput(f"{physics_data}/tmva_class_example.root:{tree}", name)
        for tree, name in (("TreeS", "Signal"), ("TreeB", "Background"))
    ]
    options = read_split_options("nTrain_Signal=1000:nTrain_Background=1000:SplitMode=Random:NormMode=NumEvents:!V", TWO)
    data = build_dataset(info, trees, weights={"Background": "weight"}, split=options)
    assert (len(data.train), len(data.test)) == (2000, 10000)
    np.testing.assert_allclose(data.report.classes[1].train_normalised.weight, 1000)
    var1 = (data.train.x[:, 0] + data.train.x[:, 1]) / 2
    np.testing.assert_allclose(data.train.spectators["spec1"], 2 * var1, rtol=2e-5, atol=2e-6)
