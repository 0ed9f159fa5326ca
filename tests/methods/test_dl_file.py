"""Weight files of MethodDL: the same bits after reading, what ROOT would see, what is refused."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from tests.methods.samples import line, options, three_classes, two_classes
from tests.naive import activations
from tmvalite.data.info import VariableInfo
from tmvalite.errors import FileError
from tmvalite.io.weight_file import LayerRecord, SelectionRecord, TransformRecord, WeightFile
from tmvalite.io.weights_xml import read_weights, write_weights
from tmvalite.methods import MethodDL, load
from tmvalite.models.file import weight_file

TWO_OUTPUTS = "h=DENSE|8|TANH,a=DENSE|1|LINEAR@h,b=DENSE|1|LINEAR@h,OUTPUT|CROSSENTROPY@a,OUTPUT|SUMOFSQUARES|0.5@b"


def trained(text, analysis_type="classification", data=two_classes, **keywords):
    return MethodDL(text, analysis_type=analysis_type, title="NN").fit(*data(), progress="silent", **keywords)


CASES = {
    "classification": lambda: trained(options(2, more="VarTransform=N:RandomSeed=5")),
    "regression": lambda: trained(options(2, more="VarTransform=N:RandomSeed=5"), "regression", line),
    "multiclass": lambda: trained(options(2), "multiclass", three_classes),
    "float64": lambda: trained(options(2, more="Precision=float64:RandomSeed=5")),
    "two outputs": lambda: trained(options(5, layout=TWO_OUTPUTS), targets=two_classes()[0][:, 0]),
    "residual": lambda: trained(options(2, layout="a=DENSE|8|TANH,b=DENSE|8|LINEAR,ADD|RELU@a+b,DENSE|1|LINEAR")),
    "two inputs": lambda: trained(
        options(2, layout="a=DENSE|4|TANH@p,b=DENSE|4|TANH@q,CONCAT@a+b,DENSE|1|LINEAR", more="InputLayout=p=2,q=1:RandomSeed=5")
    ),
    "softmax": lambda: trained(options(2, layout="TANH|8,DENSE|2|LINEAR", more="ErrorStrategy=MUTUALEXCLUSIVE:RandomSeed=5")),
}


@pytest.mark.parametrize("case", CASES)
def test_a_method_read_back_gives_the_same_bits(case, tmp_path):
    method = CASES[case]()
    path = tmp_path / "a.weights.xml"
    method.save(path)
    again = load(path)
    X = {"regression": line, "multiclass": three_classes}.get(case, two_classes)()[0]
    values, expected = again.GetMvaValues(X), method.GetMvaValues(X)
    assert np.array_equal(values, expected) and values.dtype == expected.dtype
    assert np.array_equal(again.predict(X), method.predict(X)) and again.predict(X).dtype == method.predict(X).dtype
    if case in ("regression", "two outputs"):
        assert np.array_equal(again.GetRegressionValues(X), method.GetRegressionValues(X))
    if case == "multiclass":
        assert np.array_equal(again.GetMulticlassValues(X), method.GetMulticlassValues(X))
    assert (again.title, again.analysis_type, again.info.classes) == (method.title, method.analysis_type, method.info.classes)
    assert [v.label for v in again.info.variables] == [v.label for v in method.info.variables]
    again.save(tmp_path / "b.weights.xml")
    assert (tmp_path / "b.weights.xml").read_bytes() == path.read_bytes()


def test_a_network_that_root_can_run_has_tmvas_elements_and_options_only(tmp_path):
    method = trained(
        options(
            2,
            more="Precision=float32:Threads=1:WeightInitialization=GLOROT:VarTransform=N:RandomSeed=5",
            WeightDecay="1e-4",
            Regularization="L2",
        )
    )
    method.save(tmp_path / "a.weights.xml")
    root = ElementTree.parse(tmp_path / "a.weights.xml").getroot()
    assert root.attrib == {"Method": "DL::NN"}
    assert [o.get("name") for o in root.iter("Option")] == (
        "V VerbosityLevel VarTransform H CreateMVAPdfs IgnoreNegWeightsInTraining InputLayout BatchLayout Layout ErrorStrategy "
        "WeightInitialization RandomSeed ValidationSize Architecture TrainingStrategy"
    ).split()
    weights = root.find("Weights")
    assert weights.attrib == {
        "NetDepth": "2",
        "InputDepth": "1",
        "InputHeight": "1",
        "InputWidth": "3",
        "BatchSize": "1",
        "BatchDepth": "1",
        "BatchHeight": "40",
        "BatchWidth": "3",
        "LossFunction": "C",
        "Initialization": "X",
        "Regularization": "2",
        "OutputFunction": "S",
        "WeightDecay": "1.0000000000000000e-04",
    }
    assert [layer.tag for layer in weights] == ["DenseLayer", "DenseLayer"]
    assert weights[0].attrib == {"Width": "8", "ActivationFunction": "3"}
    assert root.find("Network") is None
    assert load(tmp_path / "a.weights.xml").bound.values.WeightInitialization == "GLOROT"


@pytest.mark.parametrize("case", ["two outputs", "residual", "two inputs"])
def test_any_other_network_has_no_weights_so_that_root_refuses_it(case, tmp_path):
    CASES[case]().save(tmp_path / "a.weights.xml")
    root = ElementTree.parse(tmp_path / "a.weights.xml").getroot()
    assert root.find("Weights") is None and root.find("Network") is not None


def test_options_come_back_and_the_method_can_be_trained_again(tmp_path):
    method = trained(options(2, more="RandomSeed=5"))
    method.save(tmp_path / "a.weights.xml")
    again = load(tmp_path / "a.weights.xml")
    assert dict(again.bound.values) == dict(method.bound.values)
    X, y = two_classes()
    assert np.array_equal(again.fit(X, y, progress="silent").GetMvaValues(X), method.GetMvaValues(X))


def test_options_that_cannot_be_booked_do_not_keep_a_file_from_being_read(tmp_path):
    method = CASES["classification"]()
    file = weight_file("NN", method._model)
    file.options = [o._replace(text="DENSE|", modified=True) if o.name == "Layout" else o for o in file.options]
    write_weights(tmp_path / "a.weights.xml", file)
    X = two_classes()[0]
    assert np.array_equal(load(tmp_path / "a.weights.xml").GetMvaValues(X), method.GetMvaValues(X))


@pytest.mark.filterwarnings("ignore::tmvalite.errors.TmvaliteWarning")  # whatever this seed leads to
@pytest.mark.filterwarnings("ignore::tmvalite.TmvaliteWarning")  # one epoch from a start that nobody chose may bring nothing
def test_the_seed_that_was_drawn_stands_in_the_file(tmp_path):
    method = trained(options(1, more="RandomSeed=0"))
    method.save(tmp_path / "a.weights.xml")
    assert read_weights(tmp_path / "a.weights.xml").info["Random seed"] == str(method.random_seed)


def dnn_file(tmp_path, **changes):
    """A file of MethodDNN: two variables, tanh of three nodes, one output."""
    rng = np.random.default_rng(7)
    layers = [
        LayerRecord(
            "Layer",
            {"ActivationFunction": code},
            [("Weights", rng.normal(size=shape).astype("f4")), ("Biases", np.full((shape[0], 1), code, "f4"))],
        )
        for code, shape in ((3, (3, 2)), (0, (1, 3)))
    ]
    file = WeightFile(
        "DNN",
        "old",
        {"AnalysisType": "Classification"},
        variables=[VariableInfo("x"), VariableInfo("y")],
        classes=["Signal", "Background"],
        network=layers,
        header={"InputWidth": 2, "Depth": 2, "LossFunction": "C", "OutputFunction": "S"},
    )
    for name, value in changes.items():
        setattr(file, name, value)
    write_weights(tmp_path / "old.weights.xml", file)
    return file, tmp_path / "old.weights.xml"


def test_files_of_method_dnn_are_read_and_written_again(tmp_path):
    file, path = dnn_file(tmp_path)
    method = load(path)
    (_, w1), (_, b1) = file.network[0].matrices
    (_, w2), _ = file.network[1].matrices
    x = np.array([[0.5, -1.0], [2.0, 0.25]], np.float32)
    expected = [activations.sigmoid(v) for v in (np.tanh(x @ w1.T + b1.T) @ w2.T)[:, 0]]
    assert np.allclose(method.GetMvaValues(x), expected, rtol=1e-6)
    method.save(tmp_path / "new.weights.xml")
    assert read_weights(tmp_path / "new.weights.xml").method_type == "DNN"
    assert np.array_equal(load(tmp_path / "new.weights.xml").GetMvaValues(x), method.GetMvaValues(x))


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"variables": [VariableInfo("x")]}, "the network reads 2 values, but the weight file has 1 variables"),
        ({"classes": ["a", "b", "c"]}, "a classification has two classes, the weight file 3"),
        (
            {"info": {"AnalysisType": "Regression"}, "targets": [VariableInfo("t"), VariableInfo("u")]},
            "the network has 1 outputs, but the weight file 2 targets",
        ),
        (
            {"info": {"AnalysisType": "Multiclass"}, "classes": ["a", "b", "c"]},
            "the network has 1 outputs, but the weight file 3 classes",
        ),
        ({"info": {"AnalysisType": "Classification", "Class labels": "[1"}}, "the weight file has the class labels '\\[1'"),
        ({"info": {"AnalysisType": "Classification", "Class labels": '[1, "a"]'}}, "the weight file has the class labels"),
    ],
)
def test_error_what_does_not_fit_together_is_refused(changes, message, tmp_path):
    _, path = dnn_file(tmp_path, **changes)
    with pytest.raises(FileError, match=message):
        load(path)


def test_error_matrices_of_other_shapes(tmp_path):
    file, path = dnn_file(tmp_path)
    file.network[1].matrices[0] = ("Weights", np.ones((1, 4), "f4"))
    write_weights(path, file)
    with pytest.raises(FileError) as caught:
        load(path)
    assert str(caught.value) == (
        f"Weights of layer DENSE#2 is 1x4 in the weight file, its layer needs 1x3\n  in the weight file '{path}'"
    )


def test_a_predecessors_file_with_a_decorrelation_is_read(tmp_path):
    chosen = [SelectionRecord("Variable", label, label) for label in ("x", "y")]
    exchange = [np.array([[0.0, 1.0], [1.0, 0.0]])] * 3
    _, path = dnn_file(tmp_path, transforms=[TransformRecord("Decorrelation", chosen, chosen, {"matrices": exchange})])
    (tmp_path / "plain").mkdir()
    _, plain = dnn_file(tmp_path / "plain")
    X = np.random.default_rng(3).standard_normal((5, 2)).astype(np.float32)
    assert np.array_equal(load(path).GetMvaValues(X), load(plain).GetMvaValues(X[:, ::-1]))


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda f: setattr(f.extension.blocks[0].nodes[0], "fields", "DENSE|8|TAHN"), "DENSE has no activation 'TAHN'"),
        (lambda f: setattr(f.extension.blocks[0].nodes[0], "fields", "DENS|8|TANH"), "the kind 'DENS', which is not known"),
        (lambda f: setattr(f.extension.blocks[0].nodes[0], "shape", (9,)), r"states the shape \(9,\), the layer gives \(8,\)"),
        (lambda f: f.extension.blocks[0].nodes[0].parameters.pop(), "Biases of layer a is nothing in the weight file"),
        (lambda f: f.extension.settings.clear(), "the weight file does not say what its outputs mean"),
    ],
)
def test_error_extensions_that_cannot_be(change, message, tmp_path):
    file = weight_file("NN", CASES["residual"]()._model)
    change(file)
    write_weights(tmp_path / "a.weights.xml", file)
    with pytest.raises(FileError, match=message):
        load(tmp_path / "a.weights.xml")


def test_error_methods_of_others(tmp_path):
    file, path = dnn_file(tmp_path)
    path.write_text(path.read_text().replace("DNN::old", "BDT::old"))
    with pytest.raises(FileError):
        load(path)
