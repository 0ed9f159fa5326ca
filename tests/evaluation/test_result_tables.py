"""The tables, whole, against TMVA's columns."""

import doctest

import numpy as np
import pytest

from tmvalite.evaluation import Deviation, Efficiencies, Ranking, result_tables

TEST = Efficiencies(0.7512, (0.083, 0.3834, 0.6491), (0.0, 0.0, 0.0))
TRAIN = Efficiencies(0.7731, (0.105, 0.4171, 0.6822), (0.0, 0.0, 0.0))


def test_area_table():
    assert result_tables.classification_area_table("dataset", [("BDT", TEST), ("DNN_CPU", TRAIN)])[2:-1] == [
        "DataSet       MVA                       ",
        "Name:         Method:          ROC-integ",
        "dataset       BDT            : 0.751",
        "dataset       DNN_CPU        : 0.773",
    ]


def test_overtraining_table_has_the_columns_of_the_published_log():
    lines = result_tables.classification_overtraining_table("dataset", [("BDT", TEST, TRAIN)])
    assert lines[-2] == "dataset       BDT            : 0.083 (0.105)   0.383 (0.417)   0.649 (0.682)"
    assert lines[1] == lines[4] == lines[-1] == "-" * 76


def deviation(**changed):
    names = "bias mean_absolute rms mutual_information correlation bias_truncated mean_absolute_truncated rms_truncated"
    numbers = dict.fromkeys([*names.split(), "mutual_information_truncated", "dev", "dev90"], 1.0)
    return Deviation(**{**numbers, **changed})


def test_regression_table_row():
    numbers = deviation(
        bias=0.0123,
        bias_truncated=0.00456,
        rms=1.2345,
        rms_truncated=0.98765,
        mutual_information=2.5,
        mutual_information_truncated=2.25,
    )
    lines = result_tables.regression_table("datasetreg", [("fvalue", [("DNN_CPU", numbers)])], training=False)
    assert lines[5:] == [
        "DataSet: datasetreg",
        "MVA Method:            <Bias>  <Bias_T>       RMS     RMS_T | MutInf MutInf_T",
        "-" * 76,
        "DNN_CPU           :    0.0123   0.00456      1.23     0.988 |  2.500    2.250",
        "-" * 76,
    ]
    assert result_tables.regression_table("d", [], training=True)[1] == "(overtraining check)"


def test_columns_of_the_regression_table_never_run_together():
    numbers = deviation(bias=0.00311, bias_truncated=-0.000511, rms=-1.23456e-12, rms_truncated=123456.0)
    row = result_tables.regression_table("d", [("t", [("M", numbers)])], training=False)[-2]
    assert row.split(":")[1].split()[:4] == ["0.00311", "-0.000511", "-1.23e-12", "1.23e+05"]


def test_every_target_of_a_regression_is_named():
    groups = [(f"t{i}", [("A", deviation()), ("B", deviation())]) for i in range(30)]
    lines = result_tables.regression_table("d", groups[:2], training=True)
    assert [line.split(":")[0].strip() for line in lines[6:-1]] == ["target t0", "A", "B", "target t1", "A", "B"]
    assert result_tables.regression_table("d", groups, training=True)[-2].startswith("... and 10 more targets")


def test_multiclass_table_and_confusion_show_the_test_sample_first():
    lines = result_tables.multiclass_table("dataset", ["Signal"], [("DL_CPU", [TEST], [TRAIN])])
    assert lines[-3] == "Signal         0.751 (0.773)  0.083 (0.105)  0.383 (0.417)  0.649 (0.682)"
    test, train = [np.array([[np.nan, v], [v, np.nan]]) for v in (0.25, 0.75)]
    text = result_tables.confusion_tables(["Signal", "bg0"], [("DL_CPU", [test] * 3, [train] * 3)])
    assert text[6:13] == [
        "=== Showing confusion matrix for method : DL_CPU",
        "(Signal Efficiency for Background Efficiency 0.01)",
        "---------------------------------------------------",
        "               Signal         bg0",
        "               test  (train)  test  (train)",
        "Signal         -              0.250 (0.750)",
        "bg0            0.250 (0.750)  -",
    ]


LONG = [f"sqrt(a{i}*a{i}+b{i}*b{i})*cosh(eta_of_jet_{i})" for i in range(11)]


def all_tables(names):
    """Every table of the log for these names of variables, classes, methods and data set."""
    n, rng = len(names), np.random.default_rng(1)
    square, x = rng.normal(size=(n, n)), rng.normal(size=(50, n))
    rows = [(name, TEST, TRAIN) for name in names]
    yield result_tables.classification_area_table(names[0], [row[:2] for row in rows])
    yield result_tables.classification_overtraining_table(names[0], rows)
    yield result_tables.regression_table(
        names[0], [(t, [(m, deviation(bias=-1e-9)) for m in names]) for t in names], training=False
    )
    yield result_tables.multiclass_table(names[0], names, [(name, [TEST] * n, [TRAIN] * n) for name in names])
    yield result_tables.confusion_tables(names, [(name, [square] * 3, [square] * 3) for name in names])
    yield result_tables.ranking_table(Ranking("Correlation Ratio (T)", tuple((name, 1.0) for name in names)))
    yield result_tables.variable_statistics_table(names, x, np.ones(50))
    yield result_tables.matrix_table(names, square)
    yield result_tables.event_count_table([(name, 123456, 123456) for name in names])


@pytest.mark.parametrize("names", [["a"], ["Signal", "Background"], LONG], ids=["one", "two", "long"])
def test_no_table_is_wider_than_a_terminal(names):
    for table in all_tables(names):
        assert max(map(len, table)) <= 80, table


def test_a_matrix_of_many_columns_stands_in_blocks_that_hold_every_number():
    matrix = np.arange(121.0).reshape(11, 11) / 121
    lines = result_tables.matrix_table([f"variable{i}" for i in range(11)], matrix)
    found = [[float(v) for v in line.split(":")[1].split()] for line in lines if ":" in line]
    blocks = [np.array(found[i : i + 11]) for i in range(0, len(found), 11)]
    assert np.hstack(blocks) == pytest.approx(matrix, abs=5e-4)


def test_names_that_differ_at_the_end_stay_apart():
    assert len({result_tables.shortened(name) for name in LONG}) == len(LONG)


def test_ranking_table():
    assert result_tables.ranking_table(Ranking("Separation", (("m_bb", 0.09328), ("m_wwbb", 0.04196)))) == [
        "Ranking result (top variable is best ranked)",
        "-------------------------------",
        "Rank : Variable  : Separation",
        "-------------------------------",
        "   1 : m_bb      : 9.328e-02",
        "   2 : m_wwbb    : 4.196e-02",
        "-------------------------------",
    ]


def test_variable_statistics_are_weighted():
    x = np.array([[1.0, 10.0], [2.0, 10.0]], dtype=np.float32)
    assert result_tables.variable_statistics_table(["m_jj", "m_wwbb"], x, np.array([3.0, 1.0])) == [
        "Variable        Mean        RMS   [        Min        Max ]",
        "-----------------------------------------------------------",
        "    m_jj:     1.2500    0.43301   [     1.0000     2.0000 ]",
        "  m_wwbb:     10.000     0.0000   [     10.000     10.000 ]",
        "-----------------------------------------------------------",
    ]


def test_matrix_table():
    assert result_tables.matrix_table(["m_jj", "m_wwbb"], np.array([[1.0, 0.526], [-0.526, 1.0]])) == [
        "------------------------",
        "            m_jj  m_wwbb",
        "   m_jj:  +1.000  +0.526",
        " m_wwbb:  -0.526  +1.000",
        "------------------------",
    ]


def test_event_counts():
    assert result_tables.event_count_table([("Signal", 7000, 3000)])[2:] == [
        "Signal     -- training events            : 7000",
        "Signal     -- testing events             : 3000",
        "Signal     -- training and testing events: 10000",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.000895, "0.000895 sec"), (11.04, "11 sec"), (411.3, "411 sec"), (90061, "1 days 1 hrs 1 mins 1 secs")],
)
def test_elapsed(seconds, text):
    assert result_tables.elapsed(seconds) == text


def test_examples_in_the_docstrings():
    assert doctest.testmod(result_tables).failed == 0
