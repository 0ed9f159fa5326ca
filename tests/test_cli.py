"""The command line: what it prints, and how it ends."""

import json
import subprocess
import sys

import pytest

import tmvalite
from tmvalite.cli import main

STRING = (
    "!H:V:VarTransform=N:InputLayout=1|4|4:Layout=CONV|2|3|3|1|1|1|1|RELU,RESHAPE|FLAT,DENSE|8|TAHN,LINEAR:"
    "TrainingStrategy=LearningRate=1e-2,BatchSize=100,Optimizer=SGD,Momentum=0.3,Regularization=L2,WeightDecay=1e-4,"
    "TestRepetitions=7|LearningRate=1e-3,BatchSize=50,TestRepetitions=1"
)


def run(capsys, *arguments):
    code = main(["check", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_check_prints_what_was_understood(capsys):
    code, out, err = run(capsys, STRING)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "MethodDL, classification, 16 variables"
    assert "  VarTransform                N" in lines and "  RandomSeed                  0  (default)" in lines
    table = lines[lines.index("layers") + 1 :][:7]
    assert table == [
        "  input 'input': 1x4x4",
        "     layer                    reads    output  parameters",
        "  1  CONV|2|3|3|1|1|1|1|RELU  input    2x4x4           20",
        "  2  RESHAPE|FLAT             layer 1  32               0",
        "  3  DENSE|8|TANH             layer 2  8              264",
        "  4  DENSE|1|LINEAR           layer 3  1                9",
        "                                       total          293",
    ]
    at = lines.index("training") + 1
    assert lines[at : at + 3] == [
        "  phase 1: SGD, learning rate 0.01, batches of 100 events, at most 2000 epochs,",
        "    stops after 100 epochs without improvement, validates every 7 epochs,",
        "    momentum 0.3, L2 with weight decay 0.0001",
    ]
    at = lines.index("1 warning")
    assert lines[at + 1 : at + 5] == [
        "  DENSE has no activation 'TAHN'; TANH is used, as in TMVA",
        "    Layout=CONV|2|3|3|1|1|1|1|RELU,RESHAPE|FLAT,DENSE|8|TAHN,LINEAR",
        "                                                        ^~~~",
        "    in Layout, layer 3 (DENSE), argument 2 (activation)",
    ]


def test_check_says_that_the_number_of_variables_is_assumed(capsys):
    code, out, _ = run(capsys, "Layout=TANH|N,LINEAR")
    assert code == 0
    assert out.splitlines()[0] == "MethodDL, classification, 4 variables (assumed: give --variables or InputLayout)"
    assert "  1  DENSE|4|TANH    input    4               20" in out.splitlines()


def test_check_takes_variables_classes_and_targets(capsys):
    assert "  2  DENSE|3|LINEAR  layer 1  3               15" in run(capsys, "Layout=TANH|4,LINEAR", "--classes", "3")[1]
    code, out, _ = run(capsys, "Layout=TANH|N,LINEAR", "--targets", "2", "--variables", "7")
    assert code == 0 and out.startswith("MethodDL, regression, 7 variables\n")


def test_check_prints_json(capsys):
    code, out, err = run(capsys, STRING, "--json")
    report = json.loads(out)
    assert (code, err) == (0, "")
    assert report["variables"] == 16 and not report["variables_assumed"]
    network = report["networks"][""]
    assert network["parameters"] == 293 and [layer["output"] for layer in network["layers"]] == [[2, 4, 4], [32], [8], [1]]
    assert report["options"]["VarTransform"] == {"value": "N", "set": True}
    assert report["phases"][0]["optimizer"] == "SGD" and report["phases"][1]["batch_size"] == 50
    (warning,) = report["warnings"]
    start, stop = warning["span"]
    assert warning["code"] == "activation-unknown" and STRING[start:stop] == "TAHN"


def test_check_is_quiet_where_only_its_exit_code_counts(capsys):
    assert run(capsys, STRING, "--quiet") == (0, "", "")
    assert run(capsys, "Layout=DENES|3|LINEAR", "--quiet")[0] == 2


def test_error_check_ends_with_one_error_and_exit_code_2(capsys):
    code, out, err = run(capsys, "V:Layout=TANH|5,DENES")
    assert (code, out) == (2, "")
    assert err == "\n".join(
        [
            "error: there is no layer 'DENES'",
            "  Layout=TANH|5,DENES",
            "                ^~~~~",
            "  in Layout, layer 2",
            "  expected a kind of layer, an activation or a width",
            "  hint: did you mean 'DENSE'?",
            "",
        ]
    )


@pytest.mark.parametrize("arguments", [(STRING, "--strict"), (STRING + ":Strict",)])
def test_error_strict_refuses_a_warning(capsys, arguments):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "") and err.startswith("error: DENSE has no activation 'TAHN'")


def test_error_variables_that_contradict_the_layout(capsys):
    code, _, err = run(capsys, STRING, "--variables", "15")
    assert code == 2 and err.startswith("error: InputLayout holds 16 values, but the event has 15 variables\n")


@pytest.mark.parametrize(
    "option, text, first",
    [
        ("--method=AE", "Layout=DENSE|3|RELU", "error: MethodAE needs Encoder and Decoder"),
        ("--method=GAN", "Layout=DENSE|3|RELU", "error: MethodGAN needs two networks"),
        ("--method=GAN", "Layout=DENSE|3|LINEAR##DENSE|1|LINEAR", "error: the generator gives 3 values, but an event has 4"),
        ("--method=DNN", "InputLayout=1|1|4:Layout=TANH|3,LINEAR", "error: no option is called 'InputLayout'"),
        ("--method=DL", "Layout=Encoder={TANH|3}Decoder={LINEAR}", "error: MethodDL has one network, not Encoder and Decoder"),
    ],
)
def test_error_of_the_methods(capsys, option, text, first):
    code, _, err = run(capsys, text, option)
    assert code == 2 and err.splitlines()[0] == first


def test_check_shows_the_halves_of_an_autoencoder(capsys):
    text = "Layout=Encoder={DENSE|8|RELU,LATENT|2}Decoder={DENSE|8|RELU,DENSE|N|LINEAR,LINEAR}"
    code, out, _ = run(capsys, text, "--method=AE")
    lines = out.splitlines()
    assert code == 0 and "Encoder" in lines and "Decoder" in lines
    assert "  2  LATENT|2      layer 1  2               36" in lines


def test_check_shows_generator_and_discriminator(capsys):
    text = "InputLayout=1|1|6##1|1|4:Layout=RESHAPE|1|1|6|FLAT,TANH|8,DENSE|4|LINEAR##TANH|8,LINEAR"
    code, out, _ = run(capsys, text, "--method=GAN")
    assert code == 0 and "  input 'input': 6" in out.splitlines() and "Discriminator" in out.splitlines()


TWO_OUTPUTS = (
    "Layout=h=DENSE|64|TANH,score=DENSE|1|LINEAR@h,mass=DENSE|1|LINEAR@h,OUTPUT|CROSSENTROPY@score,OUTPUT|SUMOFSQUARES|0.1@mass"
)


def test_check_says_of_the_outputs_what_a_booking_says(capsys):
    code, out, _ = run(capsys, TWO_OUTPUTS)
    assert code == 0 and out.endswith("no warnings\n")
    assert run(capsys, TWO_OUTPUTS, "--targets", "2")[0] == 0
    code, _, err = run(capsys, TWO_OUTPUTS, "--classes", "3")
    assert code == 2 and err.startswith("error: the first output has 1 values, but it stands for the 3 classes\n")
    code, _, err = run(capsys, "Layout=TANH|4,LINEAR:ErrorStrategy=MUTUALEXCLUSIVE")
    assert code == 2 and err.startswith("error: MUTUALEXCLUSIVE needs an output for every class")
    assert run(capsys, "Layout=TANH|4,DENSE|2|LINEAR:ErrorStrategy=MUTUALEXCLUSIVE")[1].endswith("no warnings\n")
    assert "CROSSENTROPY is ignored" in run(capsys, "Layout=TANH|4,LINEAR:ErrorStrategy=CROSSENTROPY", "--targets", "1")[1]


def test_check_knows_all_transformations(capsys):
    assert run(capsys, "VarTransform=N+G:Layout=TANH|4,LINEAR")[1].endswith("no warnings\n")
    report = json.loads(run(capsys, "VarTransform=D,G_Signal:Layout=TANH|4,LINEAR", "--json")[1])
    assert report["unavailable"] == []
    code, _, err = run(capsys, "VarTransform=N+Q:Layout=TANH|4,LINEAR")
    assert code == 2 and err.startswith("error: no transformation is called 'Q'\n")


def test_the_predecessor_has_no_activation_in_its_last_layer(capsys):
    code, out, _ = run(capsys, "Layout=RELU|5,SIGMOID", "--method=DNN")
    assert code == 0 and "MethodDNN gives the last layer no activation; SIGMOID is ignored, as in TMVA" in out


def test_error_a_batch_layout_with_which_tmva_would_not_train(capsys):
    text = (
        "InputLayout=1|1|4:BatchLayout=1|128|4:Layout=TANH|3,LINEAR:"
        "TrainingStrategy=LearningRate=1e-3,TestRepetitions=1,BatchSize="
    )
    assert run(capsys, text + "128")[0] == 0
    code, out, err = run(capsys, text + "100")
    assert (code, out) == (2, "") and err.splitlines() == [
        "error: BatchLayout does not fit BatchSize=100 and events of 4 values: TMVA would",
        "  not train",
        "  BatchLayout=1|128|4",
        "              ^~~~~~~",
        "  in BatchLayout",
        "  expected 1|100|4",
        "  hint: leave BatchLayout out: it follows from InputLayout and BatchSize",
    ]


@pytest.mark.parametrize("arguments", [(), ("check",), ("check", "V", "--variables", "0"), ("check", "V", "--method", "XX")])
def test_error_wrong_arguments_show_the_usage(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2 and capsys.readouterr().err.startswith("usage: tmvalite")


def test_a_reader_that_closes_early_is_no_error():
    command = [sys.executable, "-m", "tmvalite.cli", "check", f"Layout={'TANH|9,' * 2000}LINEAR"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b"" and process.wait(60) == 0


def test_characters_that_a_terminal_cannot_show_do_not_matter():
    result = subprocess.run(
        [sys.executable, "-m", "tmvalite.cli", "check", "Layout=TÄNH\u2192|5,LINEAR"],
        capture_output=True,
        env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": ".", "PATH": ""},
        timeout=60,
    )
    assert result.returncode == 2 and b"Traceback" not in result.stderr and b"is no width" in result.stderr


def test_the_version_and_both_modules():
    for arguments in (["tmvalite", "--version"], ["tmvalite.cli", "--version"]):
        done = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"tmvalite {tmvalite.__version__}\n", "")
