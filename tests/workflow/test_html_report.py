"""The HTML report: complete for every analysis, one file without a network, well formed."""

import re
import warnings
from html.parser import HTMLParser

import numpy as np
import pytest

pytest.importorskip("matplotlib")

import tmvalite as tmva
from tmvalite.errors import OptionError, TmvaliteWarning
from tmvalite.plots.html_page import HtmlPage

TRAINING = "RandomSeed=3:TrainingStrategy=LearningRate=1e-2,BatchSize=50,MaxEpochs=3,TestRepetitions=1"
VOID = {"meta", "br", "use", "path", "rect"}


class Checked(HTMLParser):
    """Tags that open and close, ids that occur once, links that lead somewhere."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.counts = [], [], [], {}
        self.feed(text)
        assert self.open == [] and len(self.ids) == len(set(self.ids))
        inside = [link for link in self.links if not link.startswith("data:image/png;base64,")]
        assert not [link for link in inside if link[0] != "#" or link[1:] not in self.ids]

    def handle_starttag(self, tag, attributes):
        self.counts[tag] = self.counts.get(tag, 0) + 1
        named = dict(attributes)
        self.ids += [named["id"]] if "id" in named else []
        self.links += [named[key] for key in ("href", "xlink:href", "src") if key in named]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()


def loader_of(analysis):
    rng = np.random.default_rng(1)
    loader = tmva.DataLoader("dataset")
    columns = {name: rng.normal(size=240).astype(np.float32) for name in ("a", "b", "c")}
    loader.AddVariable("a", "first", "GeV", "F")
    loader.AddVariable("b")
    loader.AddVariable("c*2 := c", "F")
    columns["t"] = columns["a"] * 3 + columns["b"]
    if analysis == "Regression":
        loader.AddTarget("t", "<target>", "GeV")
        loader.AddRegressionTree(columns)
    else:
        names = {"Classification": ("Signal", "Background"), "Multiclass": ("higgs", "top & <b>", "w")}[analysis]
        for shift, name in enumerate(names):
            loader.AddTree({key: value + np.float32(shift) for key, value in columns.items()}, name)
    loader.PrepareTrainingAndTestTree("", "SplitMode=Random:NormMode=NumEvents:!V")
    return loader


def run(analysis, methods, transformations="I;N"):
    factory = tmva.Factory("job", f"!V:Silent:AnalysisType={analysis}:Transformations={transformations}")
    loader = loader_of(analysis)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TmvaliteWarning)
        for title, (kind, options) in methods.items():
            factory.BookMethod(loader, kind, title, f"!H:!V:{options}:{TRAINING}")
        factory.TrainAllMethods()
        factory.TestAllMethods()
    return factory


DENSE = (tmva.Types.kDL, "VarTransform=N:Layout=h=TANH|6,DENSE|6|RELU,DENSE|1|LINEAR@h")


@pytest.mark.parametrize(
    "analysis, figures, words",
    [
        ("Classification", 20, ["Optimal cuts", "Kolmogorov", "after Norm", "two"]),
        ("Regression", 13, ["RMS of 90 %", "Deviations of t", "t [GeV]"]),
        ("Multiclass", 24, ["top &amp; &lt;b&gt; against the rest", "Who is taken for whom"]),
    ],
)
def test_every_analysis_has_its_page(in_tmp_path, capsys, analysis, figures, words):
    width = 3 if analysis == "Multiclass" else 1
    layout = (tmva.Types.kDL, f"Layout=TANH|6,DENSE|{width}|LINEAR")
    factory = run(analysis, {"one": layout, "two": (layout[0], f"VarTransform=N:{layout[1]}")})
    factory.report()
    text = (in_tmp_path / "report.html").read_text("utf-8")
    page = Checked(text)
    assert page.counts["figure"] == page.counts["svg"] == figures
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)
    missing = [word for word in words if word not in text]
    assert not missing
    if analysis == "Classification":
        assert f"{factory.GetROCIntegral('dataset', 'one'):.4f}" in text


def test_residual_links_and_autoencoders_are_drawn(in_tmp_path, capsys):
    encoder = (tmva.Types.kAE, "Layout=Encoder={DENSE|4|TANH,LATENT|2}Decoder={DENSE|4|TANH,DENSE|N|LINEAR}")
    residual = (tmva.Types.kDL, "Layout=h=TANH|6,b=DENSE|6|LINEAR,ADD|RELU@h+b,DENSE|1|LINEAR")
    factory = run("Classification", {"AE": encoder, "residual": residual})
    factory.report("b.html")
    text = (in_tmp_path / "b.html").read_text("utf-8")
    Checked(text)
    assert "Encoder" in text and "ADD|RELU" in text


def test_nothing_is_written_before_a_test(in_tmp_path, capsys):
    factory = tmva.Factory("job", "!V:Silent:AnalysisType=Classification")
    with pytest.raises(OptionError, match="there is nothing to report\n  hint: call TrainAllMethods and TestAllMethods first"):
        factory.report()
    assert not list(in_tmp_path.iterdir())


def test_texts_of_a_page_are_escaped_and_empty_columns_left_out():
    page = HtmlPage("<a>", "b & c")
    page.section("one <two>")
    page.table(["name", "", "n"], [["<x>", "", "1"], ["y", "", "-2.5"]])
    page.preformatted("a < b")
    text = page.html()
    Checked(text)
    assert "<title>&lt;a&gt;</title>" in text and '<a href="#s1">one &lt;two&gt;</a>' in text and "a &lt; b" in text
    assert '<th class="text">name</th><th>n</th>' in text and "<td>-2.5</td>" in text
