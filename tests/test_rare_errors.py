"""Errors that no other test meets, each by its code and message."""

import sys

import numpy as np
import pytest

from tests.networks import graph_of
from tmvalite import DataLoader
from tmvalite.cli import main
from tmvalite.data.dataset import TreeInput, build_dataset
from tmvalite.data.info import DataSetInfo, Events, declare
from tmvalite.data.transforms import TransformChain
from tmvalite.errors import Diagnostics, Source, TmvaliteError
from tmvalite.losses import LOSSES, reconstruction
from tmvalite.methods.understood import FORMS
from tmvalite.models.blueprint import blueprint
from tmvalite.models.booking import book
from tmvalite.models.events import usable_events
from tmvalite.string_utils import parse_layout, parse_strategy, parse_var_transform, resolve_strategy

INFO = DataSetInfo(tuple(map(declare, "abc")))


def raised(call, *arguments, **keywords):
    with pytest.raises(TmvaliteError) as caught:
        call(*arguments, **keywords)
    return caught.value.code, caught.value.message


def test_error_no_folder_for_kernels(monkeypatch, capsys):
    from tmvalite.kernels.jit import folders

    monkeypatch.setattr(folders, "to_write", lambda: None)
    assert main(["warm"]) == 2
    assert capsys.readouterr().err == "error: there is no folder to keep kernels in\n  hint: name one with --to\n"


def test_error_an_array_of_variables_without_elements():
    loader = DataLoader("dataset")
    expected = ("data-array-size", "an array of variables needs at least one element, not 0")
    assert raised(loader.AddVariablesArray, "x", 0) == expected


def test_error_a_friend_is_shorter_than_its_tree(tmp_path):
    uproot = pytest.importorskip("uproot")
    from tmvalite.data.sources.root import RootTable

    with uproot.recreate(tmp_path / "a.root") as file:
        file["long"], file["short"] = {"a": np.arange(5.0)}, {"b": np.arange(3.0)}
    with uproot.open(tmp_path / "a.root") as file:
        table, friend = RootTable(file["long"], "long"), RootTable(file["short"], "short")
        table._friends = {"b": (friend, "b")}
        table.friend_keys = lambda: ["b"]
        assert raised(table.read, ["b"])[0] == "data-friend"


def test_error_a_spectator_beyond_the_integers():
    info = DataSetInfo((declare("x"),), (), (declare("run"),), ("Signal",))
    table = {"x": np.arange(4.0), "run": np.full(4, 2**64 - 1, np.uint64)}
    expected = ("data-integer", f"spectator 'run' has integers above {2**63 - 1}")
    assert raised(build_dataset, info, [TreeInput(table, "Signal")]) == expected


def test_error_a_regression_without_targets():
    events = Events(np.ones((20, 3)), np.empty((20, 0)), {}, np.ones(20), np.zeros(20, int), np.ones(20))
    keywords = {"learns": "regression", "ignore_negative": False}
    assert raised(usable_events, events, INFO, np.float32, **keywords) == ("data-targets", "a regression needs a target")


def test_error_a_head_of_a_regression_without_targets():
    layout = "Layout=Encoder={TANH|2}Decoder={DENSE|N|LINEAR}Head={LINEAR}"
    expected = ("head-targets", "the Head of a regression learns targets, and there are none")
    booking = book(FORMS["AE"], layout, analysis_type="regression", diagnostics=Diagnostics())
    assert raised(blueprint, booking, INFO, Diagnostics()) == expected


def test_error_layouts_that_hold_nothing_or_too_much():
    from tmvalite.graph import build_graphs

    inputs = {"inputs": {"": (("input", (3,)),)}, "n_variables": 3, "n_outputs": {"": 1}}
    three = parse_layout(Source("TANH|3##TANH|3##LINEAR"))
    assert raised(build_graphs, three, **inputs, diagnostics=Diagnostics()) == (
        "layout-parts",
        "a layout has at most two chains, found 3",
    )


def test_error_a_network_without_layers():
    from tmvalite.graph.chain import chain

    assert raised(chain, (3,), ()) == ("layout-empty", "the network has no layers")


def test_error_a_loss_that_trains_no_decoder(monkeypatch):
    monkeypatch.setattr(type(LOSSES["SUMOFSQUARES"]), "uses", {})
    expected = ("loss-purpose", "SUMOFSQUARES does not train an autoencoder")
    monkeypatch.setattr(sys.modules[reconstruction.__module__], "usual", lambda purpose: reconstruction("CROSSENTROPY"))
    assert raised(reconstruction, "SUMOFSQUARES") == expected


def test_error_padding_that_cuts_everything():
    image = (("input", (1, 3, 3)),)
    expected = ("padding-size", "PADDING2D leaves no rows: -2 + 3 + -2")
    assert raised(graph_of, "PADDING2D|-2|-2|0|0,RESHAPE|FLAT,LINEAR", 9, 1, image) == expected


def test_a_learning_rate_of_0_is_worth_a_warning():
    diagnostics = Diagnostics()
    resolve_strategy(parse_strategy(Source("LearningRate=0,TestRepetitions=1")), diagnostics)
    assert [w.message for w in diagnostics.warnings if w.code == "rate-zero"] == ["LearningRate=0: nothing is learnt"]


def test_error_tied_to_what_is_not_dense():
    expected = ("tied-kind", "TIED uses the weights of a dense layer, and 'h' is RESHAPE")
    assert raised(graph_of, "h=RESHAPE|FLAT,TIED|h,LINEAR", 3) == expected


def chain_of(text):
    return TransformChain.build(parse_var_transform(Source(text)), INFO, Diagnostics())


def test_error_events_of_other_columns_than_a_transformation_has():
    assert raised(chain_of("N").fit, np.ones((5, 2), np.float32), None)[0] == "transform-shape"


def test_error_a_selection_of_tmva_that_is_not_available():
    assert raised(chain_of, "N(_REARRANGE_a)") == ("transform-unavailable", "_REARRANGE_ is not available yet")


def test_error_a_sample_that_does_not_exist():
    info = DataSetInfo((declare("x"),), classes=("Signal",))
    given = TreeInput({"x": [1.0]}, "Signal", sample="both")
    assert raised(build_dataset, info, [given]) == ("data-sample", "'both' is no sample")


def test_error_an_archive_that_does_not_give_back_what_went_in():
    from tmvalite.compression.verified import check_column

    expected = ("archive-verify", "column 'pt' could not be verified; nothing was written")
    assert raised(check_column, "pt", np.arange(3.0), np.arange(3.0) + 1, None) == expected
