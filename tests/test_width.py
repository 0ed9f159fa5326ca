"""Nothing that is printed is wider than a terminal of 80 columns, but for names and excerpts of the user's own text.

tests/test_examples.py asks the same of every example.
"""

import warnings

import numpy as np
import pytest

import tmvalite as tmva
from tests.string_utils.tools import published
from tmvalite.cli import VERBS, main
from tmvalite.training.history import Epoch, History
from tmvalite.training.progress import PhaseStart, TableProgress
from tmvalite.wrapping import WIDTH, fitted, wrapped

LONG = "sqrt(jet1_px*jet1_px+jet1_py*jet1_py+jet1_pz*jet1_pz)+sqrt(jet2_px*jet2_px+jet2_py*jet2_py)"


def too_wide(text):
    """Lines of more than 80 columns that are not one long word at the left, such as a path."""
    return [line for line in text.splitlines() if len(line) > WIDTH and " " in line.strip()]


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def printed(capsys, *arguments):
    try:
        main([str(one) for one in arguments])
    except SystemExit:
        pass
    out, err = capsys.readouterr()
    assert out or err
    return out + err


@pytest.mark.parametrize("verb", VERBS)
def test_help_and_errors_of_verbs(verb, capsys):
    assert not too_wide(printed(capsys, verb, "--help"))
    assert not too_wide(printed(capsys, verb, "--no-such-argument-is-known-here", "x" * 30))


def test_check_of_every_published_string(capsys):
    for method, kinds in (("DL", ("dl",)), ("AE", ("ae",)), ("DNN", ("dnn",))):
        for text in published(*kinds):
            assert not too_wide(printed(capsys, "check", text, "--method", method)), text


def test_check_of_strings_that_are_wrong(capsys):
    for text in (
        "Layuot=TANH|4",
        "Layout=TANH|128,TANH|128,TANH|128,TANH|128,TANH|128,TANH|128,TANH|128,TANH|128,DENES|4,LINEAR",
        "Layout=LINEAR:TrainingStrategy=LearningRate=1e-3,Momentum=0.9,TestRepetitions=1,Optimizer=ADMA,BatchSize=100",
        "Layout=a=DENSE|3|RELU,b=DENSE|4|TANH@a,CONCAT@a+b,DENSE|1|LINEAR@c",
        "VarTransform=G_Sgnal+D:Layout=LINEAR",
    ):
        for more in ((), ("--strict",)):
            assert not too_wide(printed(capsys, "check", text, *more)), text
    assert not too_wide(printed(capsys, "check", "Layout=LINEAR", "--variables", "none"))


def test_options_of_everything(capsys):
    from tmvalite.cli.reference import all_sections

    assert not too_wide(printed(capsys, "options"))
    for section in all_sections():
        assert not too_wide(printed(capsys, "options", section.name)), section.name
    assert not too_wide(printed(capsys, "options", "LeraningRate"))


def test_warm_says_where_in_a_deep_folder(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("tmvalite.kernels.jit.compiled.prepare", lambda *arguments: None)
    monkeypatch.setenv("TMVALITE_CACHE_DIR", "")
    text = printed(capsys, "warm", "--to", tmp_path / "a_folder_with_a_long_name" / "and_one_more_below_it")
    assert "0 of them new" in text and not too_wide(text)


def test_the_epoch_table_of_a_phase_with_many_numbers():
    lines = []
    method = tmva.MethodDL(
        "Layout=TANH|3,LINEAR:TrainingStrategy=LearningRate=1.2345e-5,Optimizer=ADAM,ADAM_beta1=0.91234,"
        "ADAM_beta2=0.999123,ADAM_eps=1.2345e-7,Regularization=L2,WeightDecay=1e-5,TestRepetitions=1"
    )
    said = TableProgress(lines.append)
    columns = ("reconstruction", "valid_reconstruction", "kl", "valid_kl", "sparsity", "valid_head")
    said.begin_phase(PhaseStart(1, 12, method.phases[0], 12345678, 1234567, 0.123456789, columns))
    for number in (1, 123456):
        row = Epoch(number, 1, 1.2345e-12, 1.2345e-12, 0.0, 1e-3, True, 1234.5, 123.4, dict.fromkeys(columns, 1.2345e-12))
        said.epoch(number, row, 12345)
    said.message(f"a message of {' '.join(['words'] * 30)}")
    said.end_phase()
    said.end(History(seed=1))
    assert len(lines) > 12 and not too_wide("\n".join(lines))


def loader(classes, targets=()):
    rng = np.random.default_rng(1)
    names = [f"jet{i}_{part}" for i in (1, 2) for part in ("px", "py", "pz")]

    def table():
        return {name: rng.normal(size=80) for name in (*names, *targets)}

    data = tmva.DataLoader("a_data_set_with_a_long_name")
    for expression in (LONG, "jet1_px", "a_new_variable_of_the_second_jet := jet2_px*jet2_pz"):
        data.AddVariable(expression, "F")
    data.AddSpectator("jet2_pz")
    for target in targets:
        data.AddTarget(target)
    for name in classes:
        data.AddTree(table(), name)
    data.AddCut(f"{LONG} > 0 && jet1_px > -100 && jet1_py > -100 && jet2_px > -100 && jet2_py > -100")
    data.PrepareTrainingAndTestTree("", "SplitMode=Alternate:NormMode=NumEvents:V")
    return data


ANALYSES = {
    "Classification": (("Signal", "Background"), ()),
    "Regression": (("Regression",), ("the_first_target_of_them_all", "y")),
    "Multiclass": (("a_class_with_a_very_long_name", "another_class", "bg1", "bg2"), ()),
}


@pytest.mark.parametrize("analysis", ANALYSES)
def test_a_factory_and_a_reader_of_long_names(analysis, capsys, in_tmp_path):
    factory = tmva.Factory(
        "AJobWithAVeryLongName", "out.root", f"V:!Color:Correlations:Transformations=I;D;P;G,D:AnalysisType={analysis}"
    )
    data = loader(*ANALYSES[analysis])
    strategy = "TrainingStrategy=LearningRate=1e-2,BatchSize=40,MaxEpochs=2,TestRepetitions=1:RandomSeed=1"
    titles = ("A_method_with_a_long_name_of_its_own", "Another_method_with_a_long_name")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tmva.TmvaliteWarning)
        for title in titles:
            factory.BookMethod(data, tmva.Types.kDL, title, f"H:V:VarTransform=N,G:Layout=TANH|4,LINEAR:{strategy}")
        factory.BookMethod(data, "BDT", "trees", "NTrees=100")
        factory.TrainAllMethods()
        factory.TestAllMethods()
        factory.EvaluateAllMethods()
        factory.Print()
        print(factory.GetMethod("a_data_set_with_a_long_name", titles[0]))
        reader = tmva.Reader("V:!Color")
        for expression in (LONG, "jet1_px", "a_new_variable_of_the_second_jet := jet2_px*jet2_pz"):
            reader.AddVariable(expression)
        reader.AddSpectator("jet2_pz")
        path = f"a_data_set_with_a_long_name/weights/AJobWithAVeryLongName_{titles[0]}.weights.xml"
        reader.BookMVA(titles[0], path)
    out = capsys.readouterr().out
    assert "Thank you for using TMVA!" in out and path in out
    assert not too_wide(out)


def test_wrapping_keeps_words_and_what_stands_above_a_marker():
    text = "Optimizer=ADAM " + "x" * 100 + " a,b|c " + "word " * 30
    assert " ".join(line.strip() for line in wrapped(text)) == text.strip() and not too_wide("\n".join(wrapped(text)))
    excerpt = "what is wrong " * 8 + "\n  " + "y " * 60 + "\n" + " " * 90 + "^~~\n    hint: " + "do this " * 15
    lines = fitted(excerpt).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("  y y"))
    assert lines[at] == "  " + "y " * 60 and lines[at + 1] == " " * 90 + "^~~"
    assert lines[at + 2].startswith("    hint: do") and lines[at + 3].startswith("      this")
