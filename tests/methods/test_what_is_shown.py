"""What `fit` prints: `progress`, `verbose` and !V say it, in this order."""

import numpy as np
import pytest

from tmvalite import MethodAE, MethodDL

RNG = np.random.default_rng(4)
X = RNG.normal(size=(60, 2)).astype("float32")
Y = (X[:, 0] > 0).astype(int)
STRATEGY = "RandomSeed=1:TrainingStrategy=LearningRate=1e-2,BatchSize=20,MaxEpochs=2,TestRepetitions=1"
METHODS = {
    MethodDL: f"Layout=TANH|3,LINEAR:{STRATEGY}",
    MethodAE: f"Layout=Encoder={{DENSE|1|TANH}}Decoder={{DENSE|N|LINEAR}}:{STRATEGY}",
}
TABLE, SUMMARY, NOTHING = "table", "summary", "nothing"
CASES = [  # in the string, arguments of the constructor, what `fit` is told, what is shown
    ("", {}, {}, TABLE),
    ("V:", {}, {}, TABLE),
    ("!V:", {}, {}, NOTHING),
    ("", {"V": False}, {}, NOTHING),
    ("", {"verbose": False}, {}, NOTHING),
    ("", {"verbose": 0}, {}, NOTHING),
    ("V:", {"verbose": False}, {}, NOTHING),
    ("!V:", {"verbose": True}, {}, TABLE),
    ("!V:", {"progress": "table"}, {}, TABLE),
    ("!V:", {"progress": "summary"}, {}, SUMMARY),
    ("", {"progress": "summary"}, {}, SUMMARY),
    ("", {"progress": "silent"}, {}, NOTHING),
    ("", {"progress": False}, {}, NOTHING),
    ("", {}, {"progress": False}, NOTHING),
    ("", {"progress": True}, {}, TABLE),
    ("", {"progress": "table", "verbose": False}, {}, NOTHING),
    ("", {"progress": "silent", "verbose": True}, {}, NOTHING),
    ("!V:", {"verbose": False}, {"progress": "table"}, TABLE),
    ("V:", {"verbose": True}, {"progress": "silent"}, NOTHING),
]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("text, arguments, told, shown", CASES)
def test_who_asks_for_the_table_gets_it(method, text, arguments, told, shown, capsys):
    method(text + METHODS[method], **arguments).fit(X, Y, **told)
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert err == ""
    assert any(line.startswith("Epoch |") for line in lines) == (shown == TABLE)
    assert any(line.startswith("Training finished: 2 epochs") for line in lines) == (shown != NOTHING)
    assert (lines == []) == (shown == NOTHING)


def test_the_table_comes_back_when_verbose_is_set_anew(capsys):
    method = MethodDL("!V:" + METHODS[MethodDL]).fit(X, Y).set_params(verbose=True).fit(X, Y)
    assert method.quiet and capsys.readouterr().out.count("Epoch |") == 1
