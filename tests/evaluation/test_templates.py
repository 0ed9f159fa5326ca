"""Histograms of an output for a fit: contents, variations, UHI, files for Combine, workspaces for pyhf."""

import doctest

import pytest
import uproot

from tmvalite.errors import DataError, OptionError
from tmvalite.evaluation import templates as module
from tmvalite.evaluation.templates import ScoreHistogram, Templates, shape_ratios

EDGES = [0.0, 0.25, 1.0]


@pytest.fixture
def templates():
    made = Templates(EDGES, channel="SR")
    made.add("signal", [0.1, 0.5, 2.0], [1.0, 2.0, 0.5]).add("background", [0.2, 0.2, 0.9]).add("background", [0.3], [2.0])
    made.add("signal", [0.1, 0.5, 0.6], [1.0, 3.0, 0.5], systematic="jes", direction="up")
    made.add("background", [0.2, 0.9], systematic="jes", direction="up")
    return made.add("background", [0.2, 0.2, 0.2, 0.9, 0.8, 0.7], systematic="jes", direction="down")


def test_contents_errors_and_what_lies_outside(templates):
    signal, background = templates["signal"], templates["background"]
    assert signal.values().tolist() == [1.0, 2.5] and signal.variances().tolist() == [1.0, 4.25]
    assert background.values().tolist() == [2.0, 3.0] and background.variances().tolist() == [2.0, 5.0]
    assert signal.counts() == pytest.approx([1.0, 2.5**2 / 4.25])
    assert ScoreHistogram.of([0.25, 1.0, -1.0, 5.0], None, EDGES).values().tolist() == [1.0, 3.0]
    assert [tuple(one) for one in signal.axes[0]] == [(0.0, 0.25), (0.25, 1.0)] and signal.kind == "COUNT"


def test_a_missing_direction_is_the_mirror_image(templates):
    assert templates.variation("signal", "jes", "up").values().tolist() == [1.0, 3.5]
    assert templates.variation("signal", "jes", "down").values().tolist() == [1.0, 1.5]
    up, down = shape_ratios(templates)["background", "jes"]
    assert up.tolist() == [0.5, 1 / 3] and down.tolist() == [1.5, 1.0]


def test_names_of_combine_in_a_root_file(templates, tmp_path):
    templates.add("data_obs", [0.1, 0.9])
    templates.write_root(tmp_path / "a.root")
    with uproot.open(tmp_path / "a.root") as file:
        found = file["SR"].keys(cycle=False)
        assert sorted(found) == sorted(
            ["signal", "background", "data_obs", "signal_jesUp", "signal_jesDown", "background_jesUp", "background_jesDown"]
        )
        assert file["SR/signal"].values().tolist() == [1.0, 2.5] and file["SR/signal"].variances().tolist() == [1.0, 4.25]
        assert file["SR/signal"].axis().edges().tolist() == EDGES
        assert file["SR/background_jesDown"].classname == "TH1D"


def test_a_workspace_for_pyhf(templates):
    made = templates.pyhf()
    (channel,) = made["channels"]
    signal, background = channel["samples"]
    assert channel["name"] == "SR" and signal["data"] == [1.0, 2.5] and made["observations"][0]["data"] == [3.0, 5.5]
    assert signal["modifiers"][0] == {"name": "mu", "type": "normfactor", "data": None}
    assert background["modifiers"][0]["data"] == {"hi_data": [1.0, 1.0], "lo_data": [3.0, 3.0]}
    assert background["modifiers"][1]["type"] == "staterror" and background["modifiers"][1]["data"] == pytest.approx(
        [2**0.5, 5**0.5]
    )
    assert templates.add("data_obs", [0.1]).pyhf()["observations"][0]["data"] == [1.0, 0.0]
    pyhf = pytest.importorskip("pyhf", reason="needs pyhf")
    model = pyhf.Workspace(templates.pyhf()).model()
    assert model.expected_data(model.config.suggested_init(), include_auxdata=False) == pytest.approx([3.0, 5.5])


def test_hist_takes_it(templates):
    pytest.importorskip("hist", reason="needs hist")
    made = templates["signal"].to_hist()
    assert made.values().tolist() == [1.0, 2.5] and made.variances().tolist() == [1.0, 4.25]


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda t: t.add("a", [0.1], systematic="jes"), OptionError),
        (lambda t: t.add("a", [0.1], direction="up"), OptionError),
        (lambda t: t.add("a", [0.1], systematic="jes", direction="left"), OptionError),
        (lambda t: t["data"], DataError),
        (lambda t: t.ratio("signal", "jer", "up"), DataError),
        (lambda t: t.pyhf(signal="higgs"), DataError),
        (lambda t: Templates([1.0, 0.0]), DataError),
    ],
)
def test_error_of(templates, call, error):
    with pytest.raises(error):
        call(templates)


def test_examples_of_the_docstrings():
    assert doctest.testmod(module).failed == 0
