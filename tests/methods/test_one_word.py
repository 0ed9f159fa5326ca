"""What trains to nothing, or hardly as meant: one warning or error that names the effect, in every method and in the Factory."""

import numpy as np
import pytest

import tmvalite as tmva

RNG = np.random.default_rng(1)
X = RNG.standard_normal((120, 4)).astype("float32")
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
STRATEGY = "RandomSeed=1:TrainingStrategy=LearningRate=1e-2,Momentum=0,MaxEpochs=8,TestRepetitions=1,BatchSize="
CODER = "Encoder={{{}}}Decoder={{DENSE|6|TANH,DENSE|N|LINEAR}}"
# layout of a network with one output, of an encoder, the batch size, the code, and what is said
SLIPS = [
    ("TANH|5,DENSE|1|SOFTMAX", "DENSE|1|SOFTMAX", 20, "constant-layer", "always 1: DENSE gives the same for every event"),
    (
        "TANH|8.5,DENSE|1|LINEAR",
        "TANH|8.5,DENSE|2|LINEAR",
        20,
        "width-truncated",
        "8.5 is no whole number; the layer has 8 nodes",
    ),
    ("TANH|8,DENSE|1|LINEAR", "TANH|8,DENSE|2|LINEAR", 500, "batch-large", "events that train: every epoch is one step"),
]
FACES = ["classification", "regression", "AE", "Factory DL", "Factory AE"]


def train(face, layout, encoder, batch, folder):
    strategy = f"{STRATEGY}{batch}"
    if face.startswith("Factory"):
        kind = face.split()[1]
        factory = tmva.Factory("J", "!V:Silent:AnalysisType=Classification")
        loader = tmva.DataLoader(str(folder))
        for name in "abcd":
            loader.AddVariable(name, "F")
        loader.AddSignalTree({name: X[Y == 1, i] for i, name in enumerate("abcd")}, 1.0)
        loader.AddBackgroundTree({name: X[Y == 0, i] for i, name in enumerate("abcd")}, 1.0)
        loader.PrepareTrainingAndTestTree("", "SplitMode=Alternate:NormMode=NumEvents:!V")
        text = CODER.format(encoder) if kind == "AE" else layout
        factory.BookMethod(loader, getattr(tmva.Types, f"k{kind}"), "M", f"!H:Layout={text}:{strategy}")
        factory.TrainAllMethods()
    elif face == "AE":
        tmva.MethodAE(f"Layout={CODER.format(encoder)}:{strategy}").fit(X, progress="silent")
    else:
        y = Y if face == "classification" else 2 * X[:, 0]
        tmva.MethodDL(f"Layout={layout}:{strategy}", analysis_type=face).fit(X, y, progress="silent")


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("layout, encoder, batch, code, text", SLIPS)
def test_a_slip_gives_one_warning_that_names_its_effect(face, layout, encoder, batch, code, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.warns(tmva.TmvaliteWarning) as caught:
        train(face, layout, encoder, batch, "d")
    assert [w.message.code for w in caught] == [code] and text in caught[0].message.message


@pytest.mark.parametrize("face", FACES)
def test_batch_normalisation_of_single_events_is_an_error_at_booking(face, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(tmva.OptionError, match="BatchSize=1 of phase 1 is too small for BNORM: one event has no variance"):
        train(face, "TANH|8,BNORM,DENSE|1|LINEAR", "TANH|8,BNORM,DENSE|2|LINEAR", 1, "d")


def test_classes_1_and_2_give_one_warning_that_names_the_signal():
    method = tmva.MethodDL(f"Layout=TANH|8,LINEAR:{STRATEGY}20")
    with pytest.warns(tmva.TmvaliteWarning, match="1 is taken for the signal, 2 for the background") as caught:
        method.fit(X, Y + 1, progress="silent")
    assert len(caught) == 1 and method.signal_class == 1
    method.fit(X, Y + 1, signal=2, progress="silent")
    assert method.signal_class == 2
