"""Job files: a whole analysis from one small text, and errors that point at its lines."""

import json
import os
import tomllib

import numpy as np
import pytest

from tmvalite import DataLoader, Factory, FileError, OptionError, Types, load
from tmvalite.cli import main
from tmvalite.jobs import read_job
from tmvalite.jobs.job import understood
from tmvalite.jobs.job_schema import EXAMPLE, SECTIONS
from tmvalite.jobs.job_text import JobText

STRATEGY = "TrainingStrategy=LearningRate=1e-2,MaxEpochs=2,BatchSize=20,TestRepetitions=1"
JOB = """\
[job]
name = "J"
output = "J.root"

[data]
variables = ["a", "s := b+c"]
cut = "abs(a) < 2"
split = "nTrain_Signal=60:nTrain_Background=60:SplitMode=Random:NormMode=NumEvents"

[[tree]]
file = "signal.npz"
class = "Signal"

[[tree]]
file = "background.npz"
class = "Background"
weight = 2

[class.Background]
weight = "w"
cut = "b > -2"

[[method]]
title = "DNN"
options = "V:Layout=TANH|4,LINEAR:TrainingStrategy=LearningRate=1e-2,MaxEpochs=2,BatchSize=20,TestRepetitions=1"
RandomSeed = 3
"""


def sample(n, seed, shift):
    rng = np.random.default_rng(seed)
    x = {name: (rng.normal(size=n) + shift).astype(np.float32) for name in "abc"}
    return x | {"w": rng.uniform(0.5, 1.5, n)}


@pytest.fixture
def folder(in_tmp_path, monkeypatch):
    monkeypatch.delenv("TMVALITE_THREADS", raising=False)
    np.savez("signal.npz", **sample(120, 1, 0.7))
    np.savez("background.npz", **sample(130, 2, 0.0))
    (in_tmp_path / "job.toml").write_text(JOB, encoding="utf-8")
    return in_tmp_path


def test_a_job_trains_what_the_script_of_the_same_words_trains(folder, capsys):
    assert main(["train", "job.toml", "--json"]) == 0
    out, err = capsys.readouterr()
    printed = json.loads(out)
    assert "Train method: DNN for Classification" in err and os.path.exists("J.root")
    loader = DataLoader("script")
    for text in ("a", "s := b+c"):
        loader.AddVariable(text)
    loader.AddSignalTree("signal.npz")
    loader.AddBackgroundTree("background.npz", 2.0)
    loader.SetBackgroundWeightExpression("w")
    loader.AddCut("abs(a) < 2")
    loader.AddCut("b > -2", "Background")
    loader.PrepareTrainingAndTestTree("", "nTrain_Signal=60:nTrain_Background=60:SplitMode=Random:NormMode=NumEvents")
    factory = Factory("J", "!V:Silent:AnalysisType=Classification")
    factory.BookMethod(loader, Types.kDL, "DNN", f"V:Layout=TANH|4,LINEAR:{STRATEGY}:RandomSeed=3")
    factory.TrainAllMethods()
    factory.TestAllMethods()
    x = np.random.default_rng(1).normal(size=(9, 2))
    assert np.array_equal(
        load("dataset/weights/J_DNN.weights.xml").GetMvaValues(x), load("script/weights/J_DNN.weights.xml").GetMvaValues(x)
    )
    assert (printed["job"], printed["analysis"], list(printed["methods"])) == ("J", "classification", ["DNN"])
    found = printed["methods"]["DNN"]
    assert found["weights"] == "dataset/weights/J_DNN.weights.xml"
    assert found["test"]["area"] == pytest.approx(factory.GetROCIntegral(loader, "DNN"), abs=1e-12)
    assert [point["asked"] for point in found["test"]["cuts"]] == [0.01, 0.1, 0.3]
    scores, test = factory.record(loader, "DNN").output("test"), loader.dataset().test
    for point in found["test"]["cuts"]:
        for name, i in (("signal", 0), ("background", 1)):
            w, kept = test.weight[test.class_index == i], scores[test.class_index == i] >= (point["cut"] or np.inf)
            e = w[kept].sum() / w.sum()
            assert point[name] == pytest.approx(e)
            error = np.sqrt((1 - e) ** 2 * np.sum(w[kept] ** 2) + e**2 * np.sum(w[~kept] ** 2)) / w.sum()
            assert point[f"{name}_error"] == pytest.approx(error)
        assert point["background"] <= point["asked"] + 1e-12


def test_test_gives_the_results_again_from_the_weight_files(folder, capsys):
    assert main(["train", "job.toml", "--json"]) == 0
    trained = json.loads(capsys.readouterr().out)
    assert main(["test", "job.toml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == trained
    assert main(["test", "job.toml"]) == 0
    out, err = capsys.readouterr()
    area = trained["methods"]["DNN"]["test"]["area"]
    assert "Testing efficiency compared to training efficiency" in out and err == ""
    assert out.splitlines()[-4].startswith(f"DNN: test: ROC area {area:.4f}; train: ROC area ")
    cut = trained["methods"]["DNN"]["test"]["cuts"][1]
    kept = f"  DNN >= {cut['cut']:.7g} keeps background {100 * cut['background']:.2f} +- {100 * cut['background_error']:.2f} %, "
    assert out.splitlines()[-2].startswith(kept)


def test_quiet_prints_nothing_and_a_seed_is_for_methods_without_one(folder, capsys):
    text = JOB.replace("RandomSeed = 3\n", "")
    (folder / "job.toml").write_text(text)
    assert main(["train", "job.toml", "--quiet", "--seed", "3"]) == 0
    assert capsys.readouterr() == ("", "")
    x = np.ones((1, 2))
    first = load("dataset/weights/J_DNN.weights.xml").GetMvaValues(x)
    (folder / "job.toml").write_text(JOB)
    assert main(["train", "job.toml", "--quiet", "--seed", "4"]) == 0
    assert load("dataset/weights/J_DNN.weights.xml").GetMvaValues(x) == first


def test_a_job_may_be_killed_and_goes_on_from_its_checkpoints(folder, capsys):
    second = JOB[JOB.index("[[method]]") :].replace("DNN", "B").replace("RandomSeed = 3", "RandomSeed = 4")
    own = second.replace('"B"', '"C"') + 'Checkpoint = "own.ckpt"\nCheckpointEvery = "1 epochs"\n'
    (folder / "job.toml").write_text(JOB + second.replace("V:", "V:CheckpointEvery=1 epochs:") + own)
    assert main(["train", "job.toml", "--quiet", "--checkpoint", "run.ckpt"]) == 0
    assert sorted(path.name for path in folder.glob("*.ckpt")) == ["own.ckpt", "run_B.ckpt"]  # that of DNN was not due
    x = np.ones((1, 2))
    whole = [load(f"dataset/weights/J_{title}.weights.xml").GetMvaValues(x) for title in ("DNN", "B", "C")]
    os.replace("run_B.ckpt.previous", "run_B.ckpt")
    assert main(["train", "job.toml", "--checkpoint", "run.ckpt", "--resume"]) == 0
    said = capsys.readouterr().err
    assert "'B' goes on from run_B.ckpt" in said and "'C' goes on from own.ckpt" in said and "'DNN' goes on" not in said
    assert [load(f"dataset/weights/J_{title}.weights.xml").GetMvaValues(x) for title in ("DNN", "B", "C")] == whole


def test_check_says_what_a_job_means_and_trains_nothing(folder, capsys):
    assert main(["check", "job.toml"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "job J: classification",
        "variables: a, s",
        "Signal: signal.npz, 120 entries",
        "Background: background.npz, 130 entries",
    ]
    assert "    1  DENSE|4|TANH    input    4               12" in lines and sorted(os.listdir()) == [
        "background.npz",
        "job.toml",
        "signal.npz",
    ]
    assert main(["check", "job.toml", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["trees"][1] == {"file": "background.npz", "class": "Background", "entries": 130}
    assert printed["methods"]["DNN"]["options"]["RandomSeed"]["value"] == 3


REGRESSION = """
[job]
name = "R"
[data]
variables = ["a", "b"]
targets = ["c", "w"]
[[tree]]
file = "signal.npz"
[[method]]
title = "REG"
Layout = ["TANH|3", "LINEAR"]
TrainingStrategy = [{LearningRate = 1e-2, MaxEpochs = 1, TestRepetitions = 1}]
RandomSeed = 1
"""


def test_regressions_and_several_classes(folder, capsys):
    (folder / "r.toml").write_text(REGRESSION)
    assert main(["train", "r.toml", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["analysis"] == "regression" and set(printed["methods"]["REG"]["test"]) == {"c", "w"}
    assert printed["methods"]["REG"]["test"]["c"]["rms"] > 0
    assert main(["test", "r.toml"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("REG: test: c RMS ")
    third = '[[tree]]\nfile = "signal.npz"\nclass = "Third"\n'
    third += third + 'sample = "train"\ncut = "a > 0"\n'
    text = JOB.replace("[class.Background]", third + "[class.Background]").replace("DNN", "M").replace("nTrain_Signal=60:", "")
    (folder / "m.toml").write_text(text)
    assert main(["train", "m.toml", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["analysis"] == "multiclass" and list(printed["methods"]["M"]["test"]) == ["Signal", "Background", "Third"]
    assert main(["check", "m.toml"]) == main(["check", "r.toml"]) == 0


def test_the_example_is_whole_and_is_printed(capsys):
    assert main(["train", "--example"]) == 0
    text = capsys.readouterr().out
    assert text == EXAMPLE
    job = understood(JobText(text, "job.toml"))
    assert job.analysis == "Classification" and len(job.trees) == 2
    assert {tree["class"] for tree in job.trees} == {"Signal", "Background"}


def test_the_page_has_every_key(request):
    page = (request.config.rootpath / "docs/jobs.md").read_text("utf-8")
    for section in SECTIONS:
        for key in section.keys:
            assert f"| `{key.name}` | {key.meaning} |" in page, (section.name, key.name)
    assert EXAMPLE in page


ERRORS = {
    "job-toml": (
        ('name = "J"', 'name = "J'),
        """this is not TOML: Illegal character '\\n'
  name = "J
           ^
  in job.toml, line 2""",
    ),
    "job-key": (
        ('cut = "abs', 'cutt = "abs'),
        """[data] has no key 'cutt'
  cutt = "abs(a) < 2"
  ^~~~
  in job.toml, line 7
  expected one of: variables, targets, spectators, cut, weight, split
  hint: did you mean 'cut'?""",
    ),
    "job-section": (
        ("[data]", "[daten]"),
        """there is no section 'daten'
  [daten]
   ^~~~~
  in job.toml, line 5
  expected one of: job, data, tree, class, method, systematic
  hint: did you mean 'data'?""",
    ),
    "job-value": (
        ("weight = 2", 'weight = "2"'),
        """weight is a number
  weight = "2"
           ^~~
  in job.toml, line 17
  hint: factor of all its event weights (1)""",
    ),
    "class-unknown": (
        ("class.Background", "class.Backgruond"),
        """no tree is of class 'Backgruond'
  [class.Backgruond]
   ^~~~~~~~~~~~~~~~
  in job.toml, line 19
  expected one of: Signal, Background
  hint: did you mean 'Background'?""",
    ),
    "method-unknown": (
        ('title = "DNN"', 'title = "DNN"\ntype = "BDT"'),
        """there is no method 'BDT'
  type = "BDT"
         ^~~~~
  in job.toml, line 25""",
    ),
}


@pytest.mark.parametrize("code", ERRORS)
def test_error_with_its_line(folder, code):
    (old, new), text = ERRORS[code]
    with pytest.raises(OptionError) as caught:
        understood(JobText(JOB.replace(old, new, 1), "job.toml")).loader()
    assert caught.value.code == code
    expected = text.splitlines()
    assert [line.rstrip() for line in str(caught.value).splitlines()][: len(expected)] == expected


@pytest.mark.parametrize(
    "old, new, code, first, where",
    [
        ("TANH|4,LINEAR", "TAHN|4|3,LINEAR", None, "", "in Layout, layer 1; job.toml, line 25"),
        (
            'file = "signal.npz"',
            'file = "signal.npy"',
            "data-file-missing",
            "there is no file 'signal.npy'",
            "in job.toml, line 11",
        ),
        ('"s := b+c"', '"s := b+d"', "expression-unknown", "there is no column 'd'", "; job.toml, line 6"),
        ('weight = "w"', 'weight = "v"', "expression-unknown", "there is no column 'v'", "; job.toml, line 20"),
        ('cut = "abs(a) < 2"', 'cut = "abs(a < 2"', None, "", "job.toml, line 7"),
        ('name = "J"', 'name = "J"\noptions = "Silnet"', "option-unknown", "", ""),
    ],
)
def test_error_that_others_find_has_the_line_too(folder, old, new, code, first, where):
    (folder / "job.toml").write_text(JOB.replace(old, new, 1))
    from tmvalite.errors import TmvaliteError
    from tmvalite.jobs import check, train

    with pytest.raises(TmvaliteError) as caught:
        (train if "Silnet" in new else check)(read_job("job.toml"))
    text = str(caught.value)
    assert code in (None, caught.value.code) and text.startswith(first) and where in text and "job.toml, line" in text


@pytest.mark.parametrize(
    "text, code, message",
    [
        ("", "job-section", "the section [job] is missing"),
        (JOB.replace('title = "DNN"\n', ""), "job-key", "the key title is missing"),
        (JOB.replace('class = "Signal"\n', ""), "job-key", "the tree has no class"),
        (JOB.replace('["a", "s := b+c"]', "[]"), "job-value", "there is no variable"),
        (JOB.replace('["a", "s := b+c"]', '["a", 1]'), "job-value", "variables is a list of texts"),
        (JOB.replace('output = "J.root"', 'analysis = "regresion"'), "job-value", "'regresion' is not known"),
        (JOB + '[[method]]\ntitle = "DNN"\n', "title-repeated", "another method is called 'DNN'"),
        ("job = 3\n" + JOB.partition("[data]")[2], "job-section", "'job' is a section"),
        (
            JOB.replace("[class.Background]", "[class]\nBackground = 2\n[class.Signal]"),
            "job-section",
            "'Background' is a section",
        ),
    ],
)
def test_error_what_a_job_must_have(text, code, message):
    with pytest.raises(OptionError) as caught:
        understood(JobText(text, "job.toml"))
    assert (caught.value.code, caught.value.message) == (code, message)


def test_error_files_that_are_no_jobs(folder, capsys):
    assert main(["train"]) == main(["train", "nosuch.toml"]) == main(["test", "job.toml"]) == 2
    err = capsys.readouterr().err
    assert "no job file is named" in err and "'nosuch.toml' cannot be read" in err and "there is no weight file" in err
    (folder / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(FileError, match="no text in UTF-8"):
        read_job("bad.toml")
    (folder / "long.toml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(FileError, match="too long"):
        read_job("long.toml")
    (folder / "job.toml").write_text(JOB.replace("SplitMode=Random", "SplitSeed=0"))
    assert main(["test", "job.toml"]) == 2
    assert "SplitSeed=0 draws another split" in " ".join(capsys.readouterr().err.split())


def test_places_stand_in_texts_of_several_lines_and_quoted_keys():
    text = '[data]\nvariables = """\nx = 1\n"""\n"odd key" = 3\n[class."my class"]\ncut = "a"\n[[tree]]\n[[tree]]\nfile = 1\n'
    assert tomllib.loads(text)
    places = JobText(text, "t")._places
    assert places["data", "odd key"][0] == 4 and ("data", "x") not in places
    assert places["class", "my class", "cut"][0] == 6 and places["tree", 1, "file"][0] == 9


def test_a_report_of_a_job_that_was_trained(folder, capsys):
    pytest.importorskip("matplotlib", reason="needs matplotlib")
    assert main(["train", "job.toml", "--quiet", "--report", "trained.html"]) == 0
    assert main(["report", "job.toml", "-o", "again.html"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "again.html: open it in a browser"
    first, again = ((folder / name).read_text("utf-8") for name in ("trained.html", "again.html"))
    assert "Losses" in first and "Losses" not in again
    assert all("Permutation importance" in page and "What cuts keep" in page for page in (first, again))
