"""Curves and canvases: ROOT's names, pictures, ROOT files, and a job that no picture can end."""

import sys
from pathlib import Path

import numpy as np
import pytest
import uproot

from tests.workflow.fake import unwrapped
from tests.workflow.test_factory import QUIET, loader, run
from tmvalite import Factory, ROCCurve, Types
from tmvalite.errors import DataError, NotProvidedError
from tmvalite.workflow.curves import RocCanvas, RocGraph

ERROR = "<ERROR>                  : "


@pytest.fixture
def job(fake_method):
    factory, data = Factory("Job", QUIET + ":!ROC"), loader()
    return run(factory, data, ("A", "B")), data


def steps():
    """Efficiency 0.5 at rejection 1, then 1 at 0.5: area 0.75."""
    return ROCCurve([0.9, 0.8, 0.7, 0.6], [True, False, True, False]).GetROCCurve()


def test_a_curve_has_points_and_names(job):
    factory, data = job
    graph = factory.GetROCCurve(data, "A", True, 0)
    assert (graph.x[0], graph.y[0], graph.x[-1], graph.y[-1]) == (0.0, 1.0, 1.0, 0.0)
    assert (graph.GetN(), graph.GetTitle(), graph.GetPointX(0), graph.GetPointY(0)) == (len(graph.x), "A", 0.0, 1.0)
    assert np.trapezoid(graph.y, graph.x) == pytest.approx(factory.GetROCIntegral(data, "A"))
    graph.SetName("mine")
    graph.SetTitle("My curve")
    assert (graph.GetName(), graph.GetTitle(), graph.ClassName()) == ("mine", "My curve", "RocGraph")


def test_integral_is_that_of_a_tgraph_and_eval_reads_the_straight_lines():
    graph = steps()
    assert graph.Integral() == pytest.approx(0.75 - 0.5)
    assert graph.Integral(0, 1) == 0.0
    assert [graph.Eval(x) for x in (0.0, 0.25, 0.5, 0.75, 1.0)] == [1.0, 1.0, 1.0, 0.5, 0.5]
    assert (graph.Eval(-1.0), graph.Eval(2.0)) == (1.0, 0.0)
    slope = RocGraph("s", ROCCurve([1.0, 1.0], [True, False]).curve)
    assert [slope.Eval(x) for x in (0.0, 0.25, 1.0, 1.5)] == [1.0, 0.75, 0.0, 0.0]


def test_a_canvas_has_all_methods_and_makes_the_folder_of_its_picture(job):
    factory, data = job
    canvas = factory.GetROCCurve(data)
    assert canvas.GetName() == "ROCCurve dataset class 0" and canvas.cd() is canvas
    assert [g.name for g in canvas.GetListOfGraphs()] == ["A", "B"]
    canvas.Draw()
    canvas.SaveAs("nodir/deeper/roc.png")
    assert Path("nodir/deeper/roc.png").read_bytes().startswith(b"\x89PNG")
    assert canvas._repr_png_().startswith(b"\x89PNG")
    canvas.Print("roc.pdf")
    assert Path("roc.pdf").read_bytes().startswith(b"%PDF")


def test_axes_grid_and_lines_reach_the_picture():
    graph = steps()
    graph.SetLogy()
    graph.SetGrid()
    graph.GetXaxis().SetTitle("efficiency")
    graph.GetXaxis().SetRangeUser(0.2, 0.8)
    graph.SetLineColor(2)
    graph.SetLineStyle(2)
    graph.SetLineWidth(3)
    (ax,) = graph.figure().axes
    (line,) = ax.lines
    assert (ax.get_yscale(), ax.get_xscale(), ax.get_xlabel(), ax.get_xlim()) == ("log", "linear", "efficiency", (0.2, 0.8))
    assert (line.get_color(), line.get_linestyle(), line.get_linewidth()) == ("red", "--", 3.0)
    assert any(grid.get_visible() for grid in ax.get_xgridlines())


def test_a_root_file_gets_the_points(job):
    factory, data = job
    factory.GetROCCurve(data).SaveAs("out/roc.root")
    graph = factory.GetROCCurve(data, "B")
    with uproot.open("out/roc.root") as file:
        assert sorted(key.split(";")[0] for key in file.keys()) == ["A", "B"]
        x, y = file["B"].values()
    assert np.array_equal(x, graph.x) and np.array_equal(y, graph.y)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("roc.C", "'roc.C' is not written: no picture ends in '.c' (known are "),
        ("roc", "'roc' is not written: no picture ends in '.' (known are "),
        ("taken/roc.png", "'taken/roc.png' is not written: cannot make the folder 'taken': something that is no folder has this"),
        ("folder.png", "'folder.png' is not written: cannot write "),
    ],
)
def test_a_picture_that_cannot_be_written_says_so_and_the_job_goes_on(fake_method, capsys, path, line):
    Path("taken").write_text("a file")
    Path("folder.png").mkdir()
    steps().SaveAs(path)
    out = unwrapped(capsys.readouterr().out)
    assert out.startswith(ERROR + line) and out.count("\n") == 1


def test_without_matplotlib_drawing_is_one_line_with_the_command_that_installs_it(job, capsys, monkeypatch):
    factory, data = job
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    canvas = factory.GetROCCurve(data)
    capsys.readouterr()
    canvas.Draw()
    canvas.SaveAs("roc.png")
    why = "drawing needs matplotlib, which is not installed (pip install 'tmvalite[plot]')"
    assert unwrapped(capsys.readouterr().out).splitlines() == [
        f"{ERROR}the curve is not drawn: {why}",
        f"{ERROR}'roc.png' is not written: {why}",
    ]
    assert canvas._repr_png_() is None
    canvas.SaveAs("roc.root")
    assert Path("roc.root").exists()


def test_short_texts():
    graph = steps()
    assert repr(graph) == "RocGraph('ROCCurve', 5 points, area 0.750)"
    assert repr(RocCanvas("c", [graph])) == "RocCanvas('c', areas: ROCCurve 0.750)"


def test_curves_by_keywords_and_by_position(job):
    factory, data = job
    one = factory.GetROCCurve(loader=data, theMethodName="A", setTitles=False, iClass=0, type=Types.kTraining)
    assert one.curve.area == factory.GetROCIntegral(datasetname="dataset", methodName="A", type=Types.kTraining)
    assert (one.GetTitle(), one.GetXaxis().GetTitle()) == ("", "")
    many = factory.GetROCCurve("dataset", 0, Types.kTraining)
    assert many.graphs[0].curve.area == one.curve.area
    assert factory.GetROCCurveAsMultiGraph(data).graphs[1].label == "B"


def test_roc_curve_of_plain_arrays():
    rng = np.random.default_rng(3)
    signal, background = rng.normal(1, 1, 50), rng.normal(0, 1, 70)
    two = ROCCurve(signal, background)
    assert two.GetROCIntegral() == pytest.approx(np.mean(signal[:, None] > background[None, :]))
    both, truth = np.concatenate([signal, background]), np.arange(120) < 50
    one = ROCCurve(both, truth, np.ones(120))
    assert one.GetROCIntegral() == pytest.approx(two.GetROCIntegral())
    assert one.ComputeSensitivity() == pytest.approx(two.ComputeSensitivity())
    assert 1 - np.array(one.ComputeSpecificity()) == pytest.approx(two.curve.background_efficiency)
    weighted = ROCCurve(signal, background, np.arange(50.0), None)
    expected = np.average(np.mean(signal[:, None] > background[None, :], axis=1), weights=np.arange(50.0))
    assert weighted.GetROCIntegral() == pytest.approx(expected)
    assert two.GetEffSForEffB(1.0) == 1.0
    with pytest.raises(DataError):
        ROCCurve(signal, background, None, None, None)


def test_what_a_canvas_lacks_names_the_figure():
    with pytest.raises(NotProvidedError, match="RocGraph.SetMarkerStyle is not part of tmvalite: curve.figure\\(\\) gives"):
        steps().SetMarkerStyle(20)
