"""The tables, whole, against TMVA's columns."""

import doctest

import numpy as np
import pytest

from tmvalite.evaluation import Deviation, Efficiencies, Ranking, tables

TEST = Efficiencies(0.7512, (0.083, 0.3834, 0.6491), (0.0, 0.0, 0.0))
TRAIN = Efficiencies(0.7731, (0.105, 0.4171, 0.6822), (0.0, 0.0, 0.0))


def test_area_table():
    assert tables.classification_area_table("dataset", [("BDT", TEST), ("DNN_CPU", TRAIN)])[2:-1] == [
        "DataSet       MVA                       ",
        "Name:         Method:          ROC-integ",
        "dataset       BDT            : 0.751",
        "dataset       DNN_CPU        : 0.773",
    ]


def test_overtraining_table_has_the_columns_of_the_published_log():
    lines = tables.classification_overtraining_table("dataset", [("BDT", TEST, TRAIN)])
    assert lines[-2] == "dataset              BDT            : 0.083 (0.105)       0.383 (0.417)      0.649 (0.682)"
    assert lines[1] == lines[4] == lines[-1] == "-" * 115


def test_regression_table_row():
    numbers = Deviation(0.0123, 1.0, 1.2345, 2.5, 0.9, 0.00456, 1.0, 0.98765, 2.25, 1.3, 0.8)
    row = tables.regression_table("datasetreg", [("DNN_CPU", numbers)], training=False)[-2]
    assert row == "datasetreg           DNN_CPU        :   0.0123  0.00456     1.23    0.988  |  2.500  2.250"
    assert tables.regression_table("d", [], training=True)[1] == "(overtraining check)"


def test_multiclass_table_and_confusion_show_the_test_sample_first():
    lines = tables.multiclass_table("dataset", ["Signal"], [("DL_CPU", [TEST], [TRAIN])])
    assert lines[-3] == "               Signal         0.751 (0.773)  0.083 (0.105)  0.383 (0.417)  0.649 (0.682)  "
    test, train = [np.array([[np.nan, v], [v, np.nan]]) for v in (0.25, 0.75)]
    text = tables.confusion_tables(["Signal", "bg0"], [("DL_CPU", [test] * 3, [train] * 3)])
    assert text[5:12] == [
        "=== Showing confusion matrix for method : DL_CPU         ",
        "(Signal Efficiency for Background Efficiency 0.01)",
        "---------------------------------------------------",
        "                Signal         bg0           ",
        "                 test (train)   test (train) ",
        " Signal         -              0.250 (0.750) ",
        " bg0            0.250 (0.750)  -             ",
    ]


def test_ranking_table():
    assert tables.ranking_table(Ranking("Separation", (("m_bb", 0.09328), ("m_wwbb", 0.04196)))) == [
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
    assert tables.variable_statistics_table(["m_jj", "m_wwbb"], x, np.array([3.0, 1.0])) == [
        "Variable        Mean        RMS   [        Min        Max ]",
        "-----------------------------------------------------------",
        "    m_jj:     1.2500    0.43301   [     1.0000     2.0000 ]",
        "  m_wwbb:     10.000     0.0000   [     10.000     10.000 ]",
        "-----------------------------------------------------------",
    ]


def test_matrix_table():
    assert tables.matrix_table(["m_jj", "m_wwbb"], np.array([[1.0, 0.526], [-0.526, 1.0]])) == [
        "------------------------",
        "            m_jj  m_wwbb",
        "   m_jj:  +1.000  +0.526",
        " m_wwbb:  -0.526  +1.000",
        "------------------------",
    ]


def test_event_counts():
    assert tables.event_count_table([("Signal", 7000, 3000)])[2:] == [
        "Signal     -- training events            : 7000",
        "Signal     -- testing events             : 3000",
        "Signal     -- training and testing events: 10000",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.000895, "0.000895 sec"), (11.04, "11 sec"), (411.3, "411 sec"), (90061, "1 days 1 hrs 1 mins 1 secs")],
)
def test_elapsed(seconds, text):
    assert tables.elapsed(seconds) == text


def test_examples_in_the_docstrings():
    assert doctest.testmod(tables).failed == 0
