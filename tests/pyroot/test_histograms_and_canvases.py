"""TH1, TH2, TF1, TCanvas of tmvalite.pyroot."""

import math

import numpy as np
import pytest

import tmvalite.pyroot as ROOT
from tmvalite.errors import DataError


def test_filling_counts_weights_and_squares():
    h = ROOT.TH1F("h", "a title;x;events", 4, 0.0, 2.0)
    assert [h.Fill(x) for x in (0.1, 0.6, 0.6, -1.0, 2.0)] == [1, 2, 2, -1, -1]
    h.Fill(1.9, 3.0)
    assert [h.GetBinContent(i) for i in range(6)] == [1.0, 1.0, 2.0, 0.0, 3.0, 1.0]
    assert h.GetBinError(4) == 3.0 and h.GetBinError(2) == math.sqrt(2.0)
    assert h.GetEntries() == 6 and h.Integral() == 6.0 and h.Integral(1, 2) == 3.0 and h.GetMaximum() == 3.0
    assert h.GetMaximumBin() == 4 and h.GetMinimum() == 0.0 and h.GetNbinsX() == 4 and h.GetNbinsY() == 1
    assert h.GetMean() == pytest.approx((0.25 + 2 * 0.75 + 3 * 1.75) / 6) and h.FindBin(0.5) == 2
    assert h.GetBinCenter(2) == 0.75 and h.GetBinLowEdge(2) == 0.5 and h.GetBinWidth(2) == 0.5
    assert h.GetXaxis().GetTitle() == "x" and h.GetYaxis().GetTitle() == "events" and h.GetXaxis().GetNbins() == 4
    h.SetLineColor(ROOT.kRed + 2)


def test_histograms_are_added_scaled_and_copied():
    h = ROOT.TH1D("h", "", 2, [0.0, 1.0, 3.0])
    h.FillN(3, np.array([0.5, 2.0, 2.5]))
    copy = h.Clone("copy")
    copy.Scale(2.0)
    h.Add(copy, 0.5)
    assert [h.GetBinContent(i) for i in (1, 2)] == [2.0, 4.0] and copy.GetName() == "copy"
    assert h.GetBinError(1) == math.sqrt(2.0)
    h.SetBinContent(1, 9.0)
    h.SetBinError(1, 0.5)
    assert h.GetBinContent(1) == 9.0 and h.GetBinError(1) == 0.5
    h.Reset()
    assert h.Integral() == 0.0 and h.GetEntries() == 0 and h.GetMean() == 0.0 and copy.Integral() == 6.0


def test_random_filling_follows_the_function():
    ROOT.gRandom.SetSeed(17)
    h, f = ROOT.TH1D("h", "", 30, 0.0, 10.0), ROOT.TF1("f", "gaus")
    f.SetParameters(1, 5.0, 1.5)
    h.FillRandom(f, 20000)
    assert h.Integral() == h.GetEntries() == 20000
    assert h.GetMean() == pytest.approx(5.0, abs=0.05) and h.GetRMS() == pytest.approx(1.5, abs=0.05)
    two, g = ROOT.TH2D("two", "", 16, 0, 10, 16, 0, 10), ROOT.TF2("g", "xygaus")
    g.SetParameters(1, 4.0, 1.0, 5.0, 1.2)
    two.FillRandom(g, 20000)
    assert two.GetMean(1) == pytest.approx(4.0, abs=0.05) and two.GetMean(2) == pytest.approx(5.0, abs=0.05)
    h.Reset()
    h.FillRandom("f", 100)
    assert h.GetEntries() == 100
    with pytest.raises(DataError, match="there is no function 'nosuch'"):
        h.FillRandom("nosuch", 1)
    assert two.GetStdDev(1) < two.GetStdDev(2) and g.GetParameter(1) == 4.0 and f.Eval(5.0) == 1.0


def test_error_of_axes_and_functions_that_cannot_be():
    with pytest.raises(DataError, match="TH1F cannot be made of 2 numbers"):
        ROOT.TH1F("h", "", 10, 0.0)
    with pytest.raises(DataError, match="'sin' is no function that TF1 knows"):
        ROOT.TF1("f", "sin")


def test_a_canvas_saves_what_was_drawn_on_its_parts(in_tmp_path, capsys):
    pytest.importorskip("matplotlib")
    canvas = ROOT.TCanvas("c", "", 600, 300)
    canvas.Divide(2, 1)
    canvas.cd(1).SetLogy()
    h = ROOT.TH1F("h", "one", 5, 0, 5)
    h.Fill(2.5)
    other = h.Clone("other")
    other.Scale(3.0)
    h.Draw()
    other.DrawClone("hist same").SetLineWidth(2)
    canvas.cd(2)
    ROOT.TH2F("m", "two", 3, 0, 3, 3, 0, 3).Draw("colz")
    assert [len(part.things) for part in canvas.parts] == [2, 1] and ROOT.gPad is canvas.parts[1]
    figure = canvas.figure()
    assert len(figure.axes) == 2 and figure.axes[0].get_yscale() == "log" and len(figure.axes[0].patches) == 2
    canvas.SaveAs("pictures/c.png")
    assert (in_tmp_path / "pictures/c.png").read_bytes().startswith(b"\x89PNG")
    canvas.SaveAs("c.xyz")
    assert "no picture ends in '.xyz'" in capsys.readouterr().err


def test_random_numbers_are_those_of_the_generator_and_repeat():
    from tmvalite.data.root_random import TRandom3

    random = ROOT.TRandom3(4357)
    assert [random.Rndm() for _ in range(3)] == TRandom3(4357).uniform(3).tolist()
    assert all(2.0 < random.Uniform(2.0, 3.0) < 3.0 for _ in range(50)) and 0.0 < random.Uniform(5.0) < 5.0
    first = [random.Gaus(1.0, 0.5), random.Poisson(3.0), random.Binomial(10, 0.5), random.Integer(7), random.Exp(2.0)]
    random.SetSeed(4357)
    for _ in range(54):
        random.Rndm()
    assert random.GetSeed() == 4357 and first[0] == random.Gaus(1.0, 0.5)
    assert ROOT.TRandom3(0).GetSeed() != 0
