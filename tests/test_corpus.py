"""Everything that was collected of published TMVA strings and files: an answer for each, counted by kind."""

from __future__ import annotations

import json

import numpy as np
import pytest

import tmvalite
from tests.io.examples import CORPUS, SHARED, needs_corpus
from tests.naive.weight_file import area
from tests.test_reference import script
from tmvalite.io.weights_xml import read_weights
from tmvalite.methods import METHODS

STRINGS = SHARED / "corpus" / "strings.jsonl"
SERIES = SHARED / "data" / "time_data_t10_d30.root"
needs_strings = pytest.mark.skipif(not STRINGS.exists(), reason="the collected strings are not here")
REFUSED = {  # kind: pieces of the messages that may refuse a string; TMVA refuses it too, or runs with shapes that do not fit
    "dl": ("RNN expects", "'e-3' is not a number"),
    "dnn": ("no option is called 'InputLayout'",),
    "factory": ("no option is called 'NumFolds'",),  # the string of a CrossValidation
    "split": (),
    "expression": ("would call a function of an object, which only ROOT can do",),
    "cut": ("would call a function of an object, which only ROOT can do",),
}


def entries():
    return [json.loads(line) for line in STRINGS.read_text("utf-8").splitlines()]


@needs_strings
def test_every_string_is_accepted_warned_or_refused_for_a_reason_that_is_known():
    table = script("make_corpus_table")
    for entry in entries():
        verdict, why = table.judge(entry)
        assert verdict in table.VERDICTS and bool(why) == (verdict != "accepted")
        if verdict == "refused":
            assert any(piece in why for piece in REFUSED[entry["kind"]]), (entry["string"], why)


@needs_strings
def test_the_counts_by_kind():
    """A new warning moves a string from the first number to the second; the third one grows for nobody."""
    found = script("make_corpus_table").verdicts(entries())
    assert {kind: sum(numbers) for kind, numbers in found.items()} == {
        "dl": 62, "dnn": 27, "factory": 26, "split": 26, "expression": 291, "cut": 6
    }  # fmt: skip
    most = {"dl": 4, "dnn": 1, "factory": 1, "split": 0, "expression": 2, "cut": 2}
    assert all(numbers[2] <= most[kind] for kind, numbers in found.items())
    assert found["dl"][2] == 4 and found["dnn"][2] == 1


@needs_corpus
@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name.partition(".")[0])
def test_every_file_is_read_by_the_method_that_wrote_it_and_says_the_same_when_it_is_written_again(path, tmp_path):
    method, file = tmvalite.load(path), read_weights(path)
    assert type(method) is METHODS[file.method_type] and method.title == file.title
    rng = np.random.default_rng(1)
    low, high = (np.array([getattr(v, name) for v in file.variables]) for name in ("minimum", "maximum"))
    x = (low + (high - low) * rng.random((50, len(low)))).astype(np.float32)
    method.save(tmp_path / "again.weights.xml")
    again = read_weights(tmp_path / "again.weights.xml")
    assert (again.method_type, again.header, again.options) == (file.method_type, file.header, file.options)
    assert np.array_equal(tmvalite.load(tmp_path / "again.weights.xml").GetMvaValues(x), method.GetMvaValues(x))


def of_series():
    """Files of a recurrent network over ten steps of thirty numbers, as TMVA_RNN_Classification has it."""
    found = []
    for path in CORPUS:
        text = path.read_text("utf-8")
        if "<LSTMLayer" in text and 'NVar="300"' in text:
            found.append(path)
    return found


@pytest.mark.skipif(not of_series() or not SERIES.exists(), reason="no recurrent weight file, or no series, is here")
def test_the_lstm_that_root_trained_separates_its_series():
    uproot = pytest.importorskip("uproot")
    with uproot.open(SERIES) as file:
        parts = []
        for name in ("sgn", "bkg"):
            branches = file[name].arrays(library="np")
            parts.append(np.stack([np.stack(branches[f"vars_time{t}"]) for t in range(10)], axis=1).reshape(-1, 300))
    x, is_signal = np.concatenate(parts).astype(np.float32), np.repeat([True, False], [len(part) for part in parts])
    for path in of_series():
        assert area(tmvalite.load(path).GetMvaValues(x), is_signal) == pytest.approx(0.906, abs=0.004), path.name
