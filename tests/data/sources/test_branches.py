"""What ROOT writes beyond plain branches: leaf lists, objects, aliases, friends; the file is ROOT's own."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("uproot")

from tests.data.expression.root_oracle import stream
from tmvalite.data.dataset import TreeInput, build_dataset
from tmvalite.data.info import DataSetInfo, declare
from tmvalite.data.sources import open_table
from tmvalite.data.split import SplitOptions
from tmvalite.errors import DataError, Diagnostics, ExpressionError

FILE = Path(__file__).parents[1] / "expression" / "data" / "events.root"


def values(*texts, source=f"{FILE}:events"):
    """(N, texts) through the DataLoader's door, in the order of the tree."""
    info = DataSetInfo(tuple(declare(f"v{i} := {text}") for i, text in enumerate(texts)), classes=("S",))
    split = SplitOptions(split_mode="Block")
    data = build_dataset(info, [TreeInput(source, "S")], split=split, diagnostics=Diagnostics())
    return np.concatenate([data.train.x, data.test.x])


def test_leaves_and_fields_have_full_and_short_names():
    table = open_table(f"{FILE}:events")
    x = table.read(["trk.px", "px", "trk.q", "jet.pt", "eta", "p4.fE", "fE", "p4.fP.fX", "vt.fZ", "trk", "x", "k"])
    assert np.array_equal(x["trk.px"].values, x["px"].values) and np.array_equal(x["trk"].values, x["px"].values)
    assert x["trk.q"].is_integer and np.array_equal(x["p4.fE"].values, x["fE"].values)
    first = stream()
    assert x["x"].values[0] == first[0] and x["k"].values[0] == int(4 * first[2])
    listed = table.branches()
    assert {"trk.px", "trk.q", "p4.fP.fX", "jets.fX", "x"} <= set(listed) and len(set(listed)) == len(listed)
    assert "px" not in listed and "fE" not in listed


def test_expressions_over_leaves_objects_aliases_and_friends():
    x = values("trk.px+trk.q", "px+q", "p4.fP.fX^2", "mass", "sqrt(x*x+y*y)", "twice", "fr.fx-fx", "events.x-x", "@jets.size()")
    assert np.array_equal(x[:, 0], x[:, 1]) and np.array_equal(x[:, 3], x[:, 4])
    np.testing.assert_allclose(x[:, 5], 2 * x[:, 3], rtol=1e-6)
    assert not x[:, 6].any() and not x[:, 7].any() and x[:4, 8].tolist() == [0, 2, 3, 0]


def test_texts_in_a_cut():
    info = DataSetInfo((declare("Entry$"),), classes=("S",))
    data = build_dataset(
        info,
        [TreeInput(f"{FILE}:events", "S")],
        cuts={"S": 's=="b c"'},
        split=SplitOptions(split_mode="Block"),
        diagnostics=Diagnostics(),
    )
    assert np.concatenate([data.train.x, data.test.x])[:, 0].tolist() == [2, 5, 8, 11, 14, 17, 20, 23]


def test_a_friend_in_another_folder_is_found_beside_its_tree(tmp_path):
    shutil.copy(FILE, tmp_path / "moved.root")
    assert not values("fr.fx-fx", source=f"{tmp_path}/moved.root:events").any()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trk.pz", "there is no column 'trk.pz'"),
        ("jet.pz", "there is no column 'jet.pz'"),
        ("mass[0]", "the alias 'mass' stands for an expression, which cannot have an index"),
        ("s+1", "column 's' holds text, not numbers"),
    ],
)
def test_error_and_its_hint_name_a_column_that_is_there(text, message):
    with pytest.raises((ExpressionError, DataError)) as caught:
        values(text)
    assert caught.value.message == message
    hint = caught.value.hint or ""
    if "did you mean" in hint:
        assert values(hint.split("'")[1]).shape[1] == 1


def test_error_of_an_alias_that_stands_for_itself():
    class Circular:
        n_entries, aliases = 1, {"a": "b+1", "b": "a"}

        def keys(self):
            return ["x"]

        def read(self, names, texts=()):
            return {}

    with pytest.raises(ExpressionError, match="the alias '.' stands for itself"):
        build_dataset(DataSetInfo((declare("a"),), classes=("S",)), [TreeInput(Circular(), "S")], diagnostics=Diagnostics())
