"""TString and TCut, and options made of them."""

import pytest

import tmvalite.pyroot as ROOT
from tmvalite.string_utils.python_values import value_text


def test_a_text_grows_in_place():
    text = ROOT.TString("MaxEpochs=20")
    same = text
    text += ",BatchSize=100"
    text.Append(":CPU")
    assert str(same) == "MaxEpochs=20,BatchSize=100:CPU" and same == "MaxEpochs=20,BatchSize=100:CPU"
    assert text.Length() == len(text) == 30 and text.Contains("Batch") and "Batch" in text and not text.IsNull()
    assert text.Data()[:3] == text[:3] == "Max" and text.Index("=") == 9 and text.BeginsWith("Max") and text.EndsWith("CPU")


def test_texts_join_plain_ones_on_both_sides():
    assert str("a" + ROOT.TString("b") + "c") == "abc" and f"{ROOT.TString('x'):>3}" == "  x"
    assert str(ROOT.TString.Format("%s_%i.root", ROOT.TString("run"), 7)) == "run_7.root"
    text = ROOT.TString("aXbX")
    text.ReplaceAll("X", "-").Prepend(">")
    text.ToUpper()
    assert str(text) == ">A-B-" and ROOT.TString("12").Atoi() == 12 and ROOT.TString("1.5").Atof() == 1.5
    text.ToLower()
    assert str(text) == ">a-b-"


def test_a_text_is_the_value_of_an_option():
    assert value_text("Layout", ROOT.TString("TANH|8,LINEAR")) == "TANH|8,LINEAR"


@pytest.mark.parametrize(
    "cut, text",
    [
        (lambda a, b: a + b, "(x > 1)&&(y < 2)"),
        (lambda a, b: a * b, "(x > 1)*(y < 2)"),
        (lambda a, b: a + "z", "(x > 1)&&(z)"),
        (lambda a, b: "z" + a, "(z)&&(x > 1)"),
        (lambda a, b: "2" * a, "(2)*(x > 1)"),
        (lambda a, b: a + "", "x > 1"),
        (lambda a, b: ROOT.TCut() + b, "y < 2"),
    ],
)
def test_cuts_are_joined_as_root_joins_them(cut, text):
    assert str(cut(ROOT.TCut("x > 1"), ROOT.TCut("y < 2"))) == text


def test_a_cut_has_a_name_and_a_title(capsys):
    cut = ROOT.TCut("loose", "pt > 20")
    assert cut.GetName() == "loose" and cut.GetTitle() == "pt > 20" == cut
    cut.SetTitle("pt > 30")
    cut.Print()
    assert capsys.readouterr().out == "pt > 30\n" and repr(cut) == "TCut('pt > 30')"
