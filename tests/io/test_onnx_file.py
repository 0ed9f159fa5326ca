"""ONNX files of whole models: run by onnxruntime they give what the method gives, and what cannot be written is refused."""

import json
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import tmvalite as tmva
from tests.io.examples import CORPUS, needs_corpus
from tmvalite.errors import FileError, MissingExtraError, NotFittedError, OptionError, TmvaliteWarning
from tmvalite.io import onnx_file
from tmvalite.io.onnx_file import OPSET
from tmvalite.io.onnx_targets import SOFIE_OPERATORS, check_operators
from tmvalite.layers import REGISTRY
from tmvalite.layers.onnx_form import OnnxForms
from tmvalite.losses import AUTOENCODER, LOSSES, losses_for
from tmvalite.models import onnx_export

onnx = pytest.importorskip("onnx", reason="needs the package onnx")
onnxruntime = pytest.importorskip("onnxruntime", reason="needs the package onnxruntime")

NEWEST = onnx.defs.onnx_opset_version()
TRAINING = "TrainingStrategy=LearningRate=1e-2,BatchSize=50,MaxEpochs=2,TestRepetitions=1"
TOLERANCE = 2e-6
DENSE = "Layout=TANH|9,LINEAR"


def sample(variables, events=150):
    """Events of unequal widths and means, (N, V) float32."""
    rng = np.random.default_rng(3)
    return (rng.standard_normal((events, variables)) * (1 + np.arange(variables) % 3) + 0.5).astype(np.float32)


def fitted(options, variables=4, analysis="classification", y=None, cls=tmva.MethodDL, **more):
    x = sample(variables)
    kinds = {
        "classification": x[:, 0] + x[:, -1] > 1,
        "multiclass": np.digitize(x[:, 0], [0, 1]),
        "regression": np.stack([3 * x[:, 0] + 7, x[:, 1] ** 2], axis=1),
    }
    method = cls(f"{options}:RandomSeed=4:{TRAINING}", analysis_type=analysis)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TmvaliteWarning)
        method.fit(x, kinds[analysis] if y is None else y, progress="silent", **more)
    return method


def run(path, x, name="events"):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    feeds = x if isinstance(x, dict) else {name: x}
    return dict(zip((one.name for one in session.get_outputs()), session.run(None, feeds)))


def agree(values, expected, tolerance=TOLERANCE):
    """Within the tolerance of the largest value of the column, or of 1."""
    expected = np.asarray(expected).reshape(values.shape)
    assert values.dtype == np.float32 and np.isfinite(expected).all() and expected.std() > 0
    assert (np.abs(values - expected) <= tolerance * np.maximum(1, np.abs(expected).max(axis=0))).all()


NETWORKS = {
    "no transformation": ("Layout=TANH|9,LINEAR", 4),
    "dense": (
        "Layout=DENSE|9|SIGMOID,DENSE|8|SWISH,DENSE|7|GELU,DENSE|6|SYMMRELU,DENSE|5|GAUSS,DENSE|1|LINEAR:VarTransform=N",
        4,
    ),
    "images": (
        "InputLayout=2|6|5:Layout=CONV|3|3|3|1|1|1|1|RELU,BNORM,MAXPOOL|2|2|1|1,RESHAPE|FLAT,DENSE|1|LINEAR:VarTransform=N",
        60,
    ),
    "means": ("InputLayout=2|6|5:Layout=CONV|3|3|3|1|1|1|1|RELU,MEAN,DENSE|1|LINEAR", 60),
    "rnn": ("InputLayout=4|3:Layout=RNN|5|3|4|0|1,RESHAPE|FLAT,DENSE|1|LINEAR:VarTransform=N", 12),
    "lstm": ("InputLayout=4|3:Layout=LSTM|5|3|4,DENSE|1|LINEAR", 12),
    "gru": ("InputLayout=4|3:Layout=GRU|5|3|4|0|0,DENSE|1|LINEAR", 12),
    "two inputs": (
        "InputLayout=image=1|4|4,rest=3:Layout=c=CONV|2|3|3|1|1|1|1|TANH@image,v=RESHAPE|FLAT@c,j=CONCAT@v+rest,DENSE|1|LINEAR@j:"
        "VarTransform=N",
        19,
    ),
    "residual": ("Layout=h=DENSE|6|TANH,a=DENSE|6|RELU@h,b=DENSE|6|LINEAR@a,s=ADD|RELU@b+h,DENSE|1|LINEAR@s:VarTransform=D", 4),
    "dropout": ("Layout=DENSE|9|TANH,DENSE|1|LINEAR:VarTransform=P:ErrorStrategy=SUMOFSQUARES", 4),
}


@pytest.mark.parametrize("opset", [OPSET, NEWEST])
@pytest.mark.parametrize("name", NETWORKS)
def test_scores_of_every_kind_of_network(tmp_path, name, opset):
    options, variables = NETWORKS[name]
    method, path, x = fitted(options, variables), tmp_path / "a.onnx", sample(variables, 77)
    method.to_onnx(path, opset=opset)
    found = run(path, x)
    assert list(found) == ["mva"] and found["mva"].shape == (77, 1)
    agree(found["mva"], method.GetMvaValues(x))
    model = onnx.load(path)
    assert [one.version for one in model.opset_import] == [opset] and model.ir_version >= 10
    onnx.checker.check_model(model, full_check=True)
    read = tmva.from_onnx(path)
    assert np.array_equal(read.GetMvaValues(x), found["mva"][:, 0])
    assert read.GetMvaValue(x[0]) == pytest.approx(found["mva"][0, 0], abs=TOLERANCE)


@pytest.mark.parametrize("chain", ["N", "S", "D", "P", "U", "G", "N,D,G", "G,D", "N(_V0_),U(_V1_)", "N_Signal", "I"])
def test_scores_after_every_transformation(tmp_path, chain):
    method, x = fitted(f"VarTransform={chain}:{DENSE}"), sample(4, 77)
    method.to_onnx(tmp_path / "a.onnx")
    agree(run(tmp_path / "a.onnx", x)["mva"], method.GetMvaValues(x))


# the way back of U and G stretches the last digit of a value by the width of a bin over its probability
@pytest.mark.parametrize(
    "chain, tolerance",
    [("N", 2e-6), ("S", 2e-6), ("N,N", 2e-6), ("D(_T_)", 2e-6), ("P(_T_)", 2e-6), ("U", 2e-5), ("G(_T_)", 2e-5)],
)
def test_targets_come_back_in_their_units(tmp_path, chain, tolerance):
    method, x = fitted(f"VarTransform={chain}:{DENSE}", analysis="regression"), sample(4, 77)
    method.to_onnx(tmp_path / "a.onnx")
    found = run(tmp_path / "a.onnx", x)
    assert list(found) == ["targets"] and found["targets"].shape == (77, 2)
    agree(found["targets"], method.GetRegressionValues(x), tolerance)
    read = tmva.from_onnx(tmp_path / "a.onnx")
    assert np.array_equal(read.GetRegressionValues(x), found["targets"])
    assert np.array_equal(read.GetMvaValues(x), found["targets"][:, 0])


@pytest.mark.parametrize("strategy", ["MUTUALEXCLUSIVE", "CROSSENTROPY", "SUMOFSQUARES"])
def test_classes_in_declared_order(tmp_path, strategy):
    method, x = fitted(f"VarTransform=N:{DENSE}:ErrorStrategy={strategy}", analysis="multiclass"), sample(4, 77)
    method.to_onnx(tmp_path / "a.onnx")
    found = run(tmp_path / "a.onnx", x)
    assert list(found) == ["classes"]
    agree(found["classes"], method.GetMulticlassValues(x))
    assert np.array_equal(tmva.from_onnx(tmp_path / "a.onnx").GetMulticlassValues(x), found["classes"])


def test_classes_and_targets_of_one_network(tmp_path):
    layout = "Layout=h=TANH|9,s=DENSE|1|LINEAR@h,m=DENSE|2|LINEAR@h,OUTPUT|CROSSENTROPY@s,OUTPUT|SUMOFSQUARES@m:VarTransform=N"
    x = sample(4)
    method = fitted(layout, targets=np.stack([x[:, 0] * 3, x[:, 1] + 4], axis=1))
    method.to_onnx(tmp_path / "a.onnx")
    found = run(tmp_path / "a.onnx", x)
    assert list(found) == ["mva", "targets"]
    agree(found["mva"], method.GetMvaValues(x))
    agree(found["targets"], method.GetRegressionValues(x))


def test_inputs_by_the_names_of_the_layout(tmp_path):
    options, variables = NETWORKS["two inputs"]
    method, x = fitted(options, variables), sample(variables, 77)
    method.to_onnx(tmp_path / "a.onnx", inputs="layout")
    agree(run(tmp_path / "a.onnx", {"image": x[:, :16].reshape(77, 1, 4, 4), "rest": x[:, 16:]})["mva"], method.GetMvaValues(x))
    assert np.array_equal(tmva.from_onnx(tmp_path / "a.onnx").outputs["mva"], (1,))
    agree(tmva.from_onnx(tmp_path / "a.onnx").GetMvaValues(x), method.GetMvaValues(x))


def test_small_scores_keep_their_digits(tmp_path):
    method = fitted("Layout=LINEAR", 2)
    method.network.parameters.set(method.graph.nodes[0].name, "Weights", np.array([[8.0, 0.0]]))
    x = np.array([[-2.0, 0.0], [-4.0, 1.0], [-6.0, 2.0], [3.0, 0.0]], np.float32)
    method.to_onnx(tmp_path / "a.onnx")
    assert method.GetMvaValues(x).min() < 1e-20
    np.testing.assert_allclose(run(tmp_path / "a.onnx", x)["mva"][:, 0], method.GetMvaValues(x), rtol=1e-5)


HALVES = "Layout=Encoder={DENSE|5|TANH,DENSE|2|LINEAR}Decoder={DENSE|5|TANH,DENSE|N|LINEAR}"


@pytest.mark.parametrize("chain", ["N", "D", "G", "U"])
def test_an_autoencoder_and_its_halves(tmp_path, chain):
    method, x = fitted(f"{HALVES}:VarTransform={chain}", cls=tmva.MethodAE), sample(4, 77)
    whole, encoder, decoder = (tmp_path / name for name in ("a.onnx", "e.onnx", "d.onnx"))
    method.to_onnx(whole)
    method.to_onnx(encoder, part="Encoder")
    method.to_onnx(decoder, part="Decoder")
    z, back, tolerance = method.encode(x), method.reconstruct(x), 2e-5 if chain in "GU" else TOLERANCE
    agree(run(encoder, x)["code"], z)
    agree(run(decoder, z, "code")["reconstruction"], back, tolerance)
    found = run(whole, x)
    agree(found["code"], z)
    agree(found["reconstruction"], back, tolerance)
    assert np.array_equal(tmva.from_onnx(whole).encode(x), found["code"])
    assert np.array_equal(tmva.from_onnx(whole).GetRegressionValues(x), found["reconstruction"])
    agree(tmva.from_onnx(decoder).decode(z), back, tolerance)


CODES = {"LATENT": "LATENT|2", "GUMBEL": "DENSE|6|LINEAR,GUMBEL|2|3", "plain": "DENSE|2|LINEAR"}


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("strategy", losses_for(AUTOENCODER))
def test_anomaly_scores_of_every_loss_and_code(tmp_path, strategy, code):
    layout = f"Layout=Encoder={{DENSE|5|TANH,{CODES[code]}}}Decoder={{DENSE|5|TANH,DENSE|N|LINEAR}}:ErrorStrategy={strategy}"
    x = np.abs(sample(4))
    x /= x.sum(axis=1, keepdims=True)  # in [0, 1], and probabilities
    method = tmva.MethodAE(f"{layout}:RandomSeed=4:{TRAINING}").fit(x, progress="silent")
    method.to_onnx(tmp_path / "a.onnx")
    agree(run(tmp_path / "a.onnx", x)["mva"], method.GetMvaValues(x))
    assert np.array_equal(tmva.from_onnx(tmp_path / "a.onnx").GetMvaValues(x), run(tmp_path / "a.onnx", x)["mva"][:, 0])


def test_an_autoencoder_with_a_head(tmp_path):
    layout = "Layout=Encoder={DENSE|5|TANH,LATENT|2}Decoder={DENSE|5|TANH,DENSE|N|LINEAR}Head={DENSE|3|LINEAR}:VarTransform=N"
    method, x = fitted(layout, analysis="multiclass", cls=tmva.MethodAE), sample(4, 77)
    method.to_onnx(tmp_path / "a.onnx", target="sofie")
    found = run(tmp_path / "a.onnx", x)
    assert list(found) == ["code", "mva", "reconstruction", "classes"]
    agree(found["classes"], method.GetMulticlassValues(x))
    agree(found["code"], method.encode(x))
    agree(found["mva"], method.GetMvaValues(x))


def test_metadata_are_one_entry(tmp_path):
    method = fitted(DENSE, 3)
    method.to_onnx(tmp_path / "a.onnx", target="sofie")
    (entry,) = onnx.load(tmp_path / "a.onnx").metadata_props
    facts = json.loads(entry.value)
    assert entry.key == "tmvalite"
    assert [one["label"] for one in facts["variables"]] == [v.label for v in method.info.variables]
    assert [one["expression"] for one in facts["variables"]] == [v.expression for v in method.info.variables]
    assert facts["classes"] == list(method.info.classes)
    assert (facts["analysis_type"], facts["target"], facts["outputs"]) == ("classification", "sofie", {"mva": [1]})


def test_the_same_model_is_the_same_bytes(tmp_path):
    method = fitted(f"VarTransform=N,D:{DENSE}")
    method.to_onnx(tmp_path / "a.onnx")
    method.to_onnx(tmp_path / "b.onnx")
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


@pytest.mark.parametrize("options, variables", [NETWORKS[name] for name in ("dense", "images", "lstm", "gru", "two inputs")])
def test_for_sofie_nothing_stands_in_double_precision(tmp_path, options, variables):
    method, x = fitted(options, variables), sample(variables, 77)
    method.to_onnx(tmp_path / "a.onnx", target="sofie")
    agree(run(tmp_path / "a.onnx", x)["mva"], method.GetMvaValues(x))
    graph = onnx.shape_inference.infer_shapes(onnx.load(tmp_path / "a.onnx")).graph
    assert onnx.TensorProto.DOUBLE not in {one.type.tensor_type.elem_type for one in graph.value_info}
    assert onnx.TensorProto.DOUBLE not in {one.data_type for one in graph.initializer}


def test_float64_is_written_in_float32_with_a_warning(tmp_path):
    method, x = fitted(f"VarTransform=N:{DENSE}:Precision=float64"), sample(4, 77)
    with pytest.warns(TmvaliteWarning) as caught:
        method.to_onnx(tmp_path / "a.onnx")
    (told,) = caught
    assert str(told.message) == ("the network computes in float64, the ONNX file in float32\n  hint: scores agree within 2e-06")
    agree(run(tmp_path / "a.onnx", x)["mva"], method.GetMvaValues(x))


def test_nan_gives_nan(tmp_path):
    method, x = fitted(f"VarTransform=N:{DENSE}"), sample(4, 5)
    method.to_onnx(tmp_path / "a.onnx")
    x[2, 1] = np.nan
    assert np.isnan(tmva.from_onnx(tmp_path / "a.onnx").GetMvaValues(x)).tolist() == [False, False, True, False, False]


@needs_corpus
@pytest.mark.parametrize("opset", [OPSET, NEWEST])
@pytest.mark.parametrize("file", CORPUS, ids=lambda path: path.name)
def test_scores_of_published_weight_files(tmp_path, file, opset):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TmvaliteWarning)
        try:
            method = tmva.load(file)
        except FileError:
            pytest.skip("not a file of a method that tmvalite has")
    method.to_onnx(tmp_path / "a.onnx", opset=opset)
    rng = np.random.default_rng(1)
    x = onnx_export.drawn(rng, method.info.variables)[:50]
    found = run(tmp_path / "a.onnx", x)
    for name, values in (
        ("mva", method.GetMvaValues),
        ("targets", method.GetRegressionValues),
        ("classes", method.GetMulticlassValues),
    ):
        if name in found:
            close(found[name], values(x))


def close(values, expected):
    expected = np.asarray(expected).reshape(values.shape)
    assert (np.abs(values - expected) <= TOLERANCE * np.maximum(1, np.abs(expected).max(axis=0))).all()


def test_the_docs_list_the_operators_for_sofie():
    text = (Path(__file__).parents[2] / "docs" / "onnx.md").read_text("utf-8")
    listed = text.partition("<!-- operators for SOFIE -->")[2].partition("<!-- end -->")[0]
    assert set(re.findall(r"`(\w+)`", listed)) == SOFIE_OPERATORS


# ---- what is refused

REFUSED = [
    (DENSE, {"target": "tmva"}, "target='tmva' is not known\n  expected one of: onnxruntime, sofie"),
    (DENSE, {"inputs": "named"}, "inputs='named' is not known\n  expected one of: matrix, layout"),
    (
        DENSE,
        {"opset": 12},
        f"opset=12 cannot be written\n  expected a whole number from 18 to {NEWEST}, the newest that the installed onnx knows",
    ),
    (
        f"VarTransform=G:{DENSE}",
        {"target": "sofie"},
        "VarTransform needs double precision, which sofie does not run\n  hint: target='onnxruntime' runs it",
    ),
    (
        "InputLayout=1|2|2:Layout=u=UPSAMPLE|2|2|BILINEAR,RESHAPE|FLAT,DENSE|1|LINEAR",
        {"target": "sofie"},
        "the layer 'u' (UPSAMPLE) needs the operator Resize, which sofie does not run\n  hint: target='onnxruntime' runs it",
    ),
]


def test_error_of_what_onnxruntime_does_not_load():
    with pytest.raises(FileError, match=r"onnxruntime \S+ does not load the model: .*\n  hint: opset=") as caught:
        onnx_file.OnnxSession(b"no model")
    assert caught.value.code == "onnx-runtime"


def test_error_of_categories_for_sofie(tmp_path):
    x = sample(4)
    layout = "Layout=Encoder={g=DENSE|6|LINEAR,c=GUMBEL|2|3}Decoder={DENSE|N|LINEAR}"
    method = tmva.MethodAE(f"{layout}:RandomSeed=4:{TRAINING}").fit(x, progress="silent")
    with pytest.raises(OptionError) as caught:
        method.to_onnx(tmp_path / "a.onnx", target="sofie")
    assert str(caught.value) == (
        "the layer 'Encoder.c' (GUMBEL) needs the operator ArgMax, which sofie does not run\n  hint: target='onnxruntime' runs it"
    )


@pytest.mark.parametrize("options, arguments, message", REFUSED)
def test_error_of_what_cannot_be_written(tmp_path, options, arguments, message):
    with pytest.raises(OptionError) as caught:
        fitted(options).to_onnx(tmp_path / "a.onnx", **arguments)
    assert str(caught.value) == message
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("operator", ["MaxPool", "AveragePool", "ConvTranspose"])
def test_error_of_unequal_pads_for_sofie(operator):
    forms = OnnxForms()
    forms.node(operator, "x", pads=(1, 1, 1, 1))
    check_operators("sofie", forms, 0, "the layer 'p'")
    forms.node(operator, "x", pads=(0, 0, 1, 1))
    with pytest.raises(OptionError) as caught:
        check_operators("sofie", forms, 0, "the layer 'p'")
    assert str(caught.value) == (
        f"the layer 'p' needs {operator} with unequal pads 0, 0, 1, 1, which sofie does not run\n"
        "  hint: target='onnxruntime' runs it"
    )
    check_operators("onnxruntime", forms, 0, "the layer 'p'")


def test_error_of_a_layer_without_a_form(tmp_path, monkeypatch):
    method = fitted("Layout=TANH|9,LINEAR")
    monkeypatch.delattr(REGISTRY["DENSE"], "onnx")
    with pytest.raises(OptionError) as caught:
        method.to_onnx(tmp_path / "a.onnx")
    assert str(caught.value).startswith("the layer 'DENSE#1' (DENSE) has no form in ONNX")
    assert not list(tmp_path.iterdir())


def test_error_of_a_loss_without_a_form(tmp_path, monkeypatch):
    method = fitted(HALVES, cls=tmva.MethodAE)
    monkeypatch.delattr(type(LOSSES["SUMOFSQUARES"]), "onnx_errors")
    with pytest.raises(OptionError) as caught:
        method.to_onnx(tmp_path / "a.onnx")
    assert str(caught.value) == "the loss SUMOFSQUARES has no form in ONNX\n  hint: write Encoder and Decoder apart"
    method.to_onnx(tmp_path / "a.onnx", part="Encoder")


def test_error_of_a_part_that_is_not_there(tmp_path):
    with pytest.raises(OptionError) as caught:
        fitted(HALVES, cls=tmva.MethodAE).to_onnx(tmp_path / "a.onnx", part="Head")
    assert str(caught.value) == "part='Head' cannot be written alone\n  expected one of: Encoder, Decoder"
    with pytest.raises(OptionError) as caught:
        fitted(DENSE).to_onnx(tmp_path / "a.onnx", part="Encoder")
    assert str(caught.value) == ("part='Encoder' cannot be written alone\n  hint: this method is one network: leave part out")
    assert not list(tmp_path.iterdir())


def test_error_before_a_training(tmp_path):
    with pytest.raises(NotFittedError):
        tmva.MethodDL(DENSE).to_onnx(tmp_path / "a.onnx")


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_error_without_the_extra(tmp_path, monkeypatch, package):
    method = fitted(DENSE)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError) as caught:
        method.to_onnx(tmp_path / "a.onnx")
    assert str(caught.value) == f"ONNX files need {package}, which is not installed\n  hint: pip install 'tmvalite[onnx]'"
    assert not list(tmp_path.iterdir())


def test_a_warning_where_digits_are_lost(tmp_path, monkeypatch):
    right = onnx_file.OnnxSession.run
    monkeypatch.setattr(onnx_file.OnnxSession, "run", lambda s, f: {k: v + np.float32(8e-6) for k, v in right(s, f).items()})
    with pytest.warns(TmvaliteWarning, match=r"the ONNX model gives .*\n  hint: that is [78]\.\de-06 of the largest value"):
        fitted(DENSE).to_onnx(tmp_path / "a.onnx")
    assert (tmp_path / "a.onnx").exists()


def test_an_old_file_stays_where_the_new_one_disagrees(tmp_path, monkeypatch):
    method, path = fitted(DENSE), tmp_path / "a.onnx"
    path.write_bytes(b"old")
    right = onnx_file.OnnxSession.run
    monkeypatch.setattr(onnx_file.OnnxSession, "run", lambda s, f: {k: v + np.float32(1e-4) for k, v in right(s, f).items()})
    with pytest.raises(FileError) as caught:
        method.to_onnx(path)
    lines = str(caught.value).split("\n")
    assert lines[0].startswith("the ONNX model gives ") and " for mva[0] of an event, the method " in lines[0]
    assert lines[1:] == [
        "  expected a difference of at most 2e-05 of the largest value of the column, or of 1",
        "  hint: nothing was written; large weights or sharp transformations lose digits in float32",
    ]
    assert path.read_bytes() == b"old" and [p.name for p in tmp_path.iterdir()] == ["a.onnx"]


def written(tmp_path, change=lambda model: None):
    """A right file, changed."""
    path = tmp_path / "a.onnx"
    fitted(DENSE).to_onnx(path)
    model = onnx.load(path)
    change(model)
    path.write_bytes(model.SerializeToString())
    return path


def facts_with(**changed):
    def change(model):
        entry = model.metadata_props[0]
        entry.value = json.dumps(json.loads(entry.value) | changed)

    return change


FOREIGN = [
    (
        lambda model: model.ClearField("metadata_props"),
        "tmvalite did not write '{}': its metadata have no entry 'tmvalite'\n"
        "  hint: run it with onnxruntime, or train again and call method.to_onnx",
    ),
    (facts_with(version=2), "'{}' was written by a later version of tmvalite\n  hint: install the newest tmvalite"),
    (facts_with(variables=7), "the metadata of '{}' cannot be understood"),
    (facts_with(variables=[{"nothing": 1}]), "the metadata of '{}' cannot be understood"),
    (facts_with(variables=[{"expression": "x"}]), "'{}' reads 4 values and names 1 variables"),
    (facts_with(outputs={"mva": [2]}), "the outputs of '{}' are not those that its metadata state"),
    (facts_with(inputs={"events": [9]}), "the inputs of '{}' are not those that its metadata state"),
]


@pytest.mark.parametrize("change, message", FOREIGN)
def test_error_of_a_file_that_tmvalite_did_not_write(tmp_path, change, message):
    path = written(tmp_path, change)
    with pytest.raises(FileError) as caught:
        tmva.from_onnx(path)
    assert str(caught.value) == message.format(path)


def test_error_of_a_damaged_or_missing_file(tmp_path):
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(FileError) as caught:
        tmva.from_onnx(path)
    assert str(caught.value) == f"'{path}' is no ONNX model, or is damaged"
    with pytest.raises(FileError) as caught:
        tmva.from_onnx(tmp_path / "b.onnx")
    assert str(caught.value) == f"cannot read '{tmp_path / 'b.onnx'}': No such file or directory"


def test_error_of_numbers_in_another_file(tmp_path):
    def change(model):
        first = model.graph.initializer[0]
        first.data_location = onnx.TensorProto.EXTERNAL
        first.ClearField("raw_data")
        first.external_data.add(key="location", value="other.bin")

    path = written(tmp_path, change)
    with pytest.raises(FileError):
        tmva.from_onnx(path)


def test_error_of_values_that_the_file_has_not(tmp_path):
    read = tmva.from_onnx(written(tmp_path))
    with pytest.raises(OptionError) as caught:
        read.GetMulticlassValues(sample(4))
    assert str(caught.value) == "this ONNX file has no classes of events\n  expected one of: mva"
    with pytest.raises(OptionError) as caught:
        read.decode(sample(4))
    assert str(caught.value) == (
        "this ONNX file reads events, not codes\n  hint: method.to_onnx(path, part='Decoder') writes what decodes"
    )
