"""Weight files are read and written again without a change, those of TMVA and our own."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest

from tests.io.examples import CORPUS, DATA, ELEMENTS, EXAMPLES, SHARED, classification, dense, dnn, header, needs_corpus, network
from tmvalite.errors import FileError
from tmvalite.io.layers_xml import declared_elements
from tmvalite.io.weight_file import WeightFile
from tmvalite.io.weights_xml import read_weights, weights_text, write_weights

MARK = ' UseOffsetOrNot="UseOffset"'


def numbers_rounded(text):
    """The text with every number to 5 digits, one blank between, so that files of 7 and of 9 digits compare equal."""
    return [
        re.sub(r"[-+]?\d\.\d+e[-+]\d+", lambda m: f"{float(m[0]):.5g}", re.sub(" +", " ", line.rstrip()))
        for line in text.split("\n")
    ]


def without_matrices(text):
    return [line for line in text.split("\n") if not line.startswith("        ") or "<" in line]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_stored_file_is_what_the_records_give(name):
    assert weights_text(EXAMPLES[name](), ELEMENTS) == (DATA / f"{name}.weights.xml").read_text("utf-8")


@pytest.mark.parametrize("name", EXAMPLES)
def test_reading_and_writing_gives_the_same_bytes(name, tmp_path):
    path = DATA / f"{name}.weights.xml"
    write_weights(tmp_path / "again.xml", read_weights(path, ELEMENTS), ELEMENTS)
    assert (tmp_path / "again.xml").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_bit_of_the_parameters_comes_back(tmp_path, dtype):
    file = classification(dtype)
    values = np.random.default_rng(7).integers(0, 2**63, 600, dtype=np.uint64).view(dtype)
    values = values[np.isfinite(values)][:500].copy()
    values[:4] = (0.0, -0.0, np.finfo(dtype).tiny / 4, np.finfo(dtype).max)
    file.network[0].matrices[0] = ("Weights", values.reshape(5, 100))
    write_weights(tmp_path / "w.xml", file)
    back = read_weights(tmp_path / "w.xml")
    again = back.network[0].matrices[0][1]
    assert again.dtype == dtype and back.dtype == dtype
    assert again.tobytes() == file.network[0].matrices[0][1].tobytes()
    assert {a.dtype for layer in back.network for _, a in layer.matrices} == {np.dtype(dtype)}


def test_a_network_of_our_own_comes_back_in_its_precision(tmp_path):
    for precision in ("float32", "float64"):
        file = network(precision)
        write_weights(tmp_path / "w.xml", file)
        back = read_weights(tmp_path / "w.xml")
        for block, again in zip(file.extension.blocks, back.extension.blocks, strict=True):
            assert (block.name, block.inputs, block.outputs) == (again.name, again.inputs, again.outputs)
            for node, other in zip(block.nodes, again.nodes, strict=True):
                assert (node.name, node.fields, node.sources, node.shape, node.index) == (
                    other.name,
                    other.fields,
                    other.sources,
                    other.shape,
                    other.index,
                )
                for (n, a), (m, b) in zip(node.parameters, other.parameters, strict=True):
                    assert n == m and b.dtype == precision and a.tobytes() == b.tobytes()
        assert back.extension.settings == {"OutputFunction": "I"} and back.extension.precision == precision
        assert back.dtype == np.dtype(precision) and back.network == [] and back.header == {}


def test_the_records_of_a_file():
    file = read_weights(DATA / "regression.weights.xml", ELEMENTS)
    assert (file.method_type, file.title, file.analysis_type) == ("DL", "DL_reg", "Regression")
    assert file.info["Creator"] == "me & <you>"
    assert file.options[0] == ("Array", "1 2", True, 2) and file.option("Array") == "1 2" and file.option("H", "no") == "no"
    assert [(v.expression, v.title, v.internal, v.type, v.index, v.has_range) for v in file.variables] == [
        ("v", "[0]", "v[0]", "F[]", 0, False),
        ("v", "[1]", "v[1]", "F[]", 1, False),
    ]
    assert (file.targets[0].unit, file.targets[0].minimum, file.targets[0].maximum) == ("GeV", 0.0, 9.0)
    normalize, decorrelation, pca, gauss = file.transforms
    assert normalize.parameters["ranges"].shape == (1, 3, 2)
    assert [entry.type for entry in normalize.inputs] == ["Variable", "Variable", "Target"]
    assert decorrelation.parameters["matrices"][0].shape == (2, 2)
    assert pca.parameters["means"][0].tolist() == [0.5, -1.5] and pca.parameters["eigenvectors"][0][0, 1] == -0.8
    assert gauss.name == "Uniform" and gauss.parameters["pdfs"][1][0].edges.tolist() == [-1.0, -1.0, 0.5, 2.0]
    assert [p.edges for p in file.pdfs] == [None, None]
    assert [layer.element for layer in file.network] == [
        "ReshapeLayer",
        "ConvLayer",
        "MaxPoolLayer",
        "RNNLayer",
        "LSTMLayer",
        "GRULayer",
    ]
    assert file.network[4].matrices[9][0] == "OuputWeights"
    assert file.header["NetDepth"] == 6 and file.header["WeightDecay"] == float(np.float32(1e-4))


def test_tmvas_digits_and_stripped_blanks_are_read(tmp_path):
    text = weights_text(classification(), ELEMENTS)
    short = re.sub(r"(\d\.\d{6})\d\d(e[-+]\d\d  )", r"\1\2", text)
    stripped = "\n".join(line.rstrip() for line in short.split("\n"))
    (tmp_path / "w.xml").write_text(stripped)
    back = read_weights(tmp_path / "w.xml", ELEMENTS)
    for layer, other in zip(classification().network, back.network):
        for (_, a), (_, b) in zip(layer.matrices, other.matrices):
            np.testing.assert_allclose(b, a, rtol=6e-7, atol=0)
    nine = re.sub(r"(\d\.\d{8})(e[-+]\d\d  )", r"\g<1>0\2", text)  # ROOT 6.39
    (tmp_path / "w.xml").write_text(nine)
    assert weights_text(read_weights(tmp_path / "w.xml", ELEMENTS), ELEMENTS) == text


def test_comments_byte_order_marks_and_windows_line_ends_do_not_matter(tmp_path):
    text = (DATA / "dnn.weights.xml").read_text("utf-8")
    changed = "\ufeff" + text.replace("<Classes", "<!-- by hand --><Classes").replace("\n", "\r\n")
    (tmp_path / "w.xml").write_bytes(changed.encode("utf-8"))
    assert weights_text(read_weights(tmp_path / "w.xml"), {}) == text


def test_letters_of_all_languages(tmp_path):
    file = dnn()
    file.title, file.options[0] = "µ→eγ", file.options[0]._replace(text="Ünïcode\nline")
    write_weights(tmp_path / "wä.xml", file)
    back = read_weights(tmp_path / "wä.xml")
    assert back.title == "µ→eγ" and back.options[0].text == "Ünïcode\nline"


def test_classes_without_names_are_numbered(tmp_path):
    text = re.sub(
        r'<Classes NClass="2">.*?</Classes>', '<Classes NClass="2"/>', (DATA / "dnn.weights.xml").read_text(), flags=re.S
    )
    (tmp_path / "w.xml").write_text(text)
    assert read_weights(tmp_path / "w.xml").classes == ["class0", "class1"]


def test_an_infinite_range_of_a_spectator_does_not_cost_the_training(tmp_path):
    file = classification()
    file.spectators = [file.spectators[0].with_range(float("-inf"), float("nan"))]
    write_weights(tmp_path / "w.xml", file, ELEMENTS)
    back = read_weights(tmp_path / "w.xml", ELEMENTS).spectators[0]
    assert (back.minimum, back.maximum) == (-3.40282347e38, -3.40282347e38)


def test_a_million_weights_take_a_few_seconds(tmp_path):
    file = classification()
    file.network[0] = dense(500, 1000, 1, 1)
    file.network[1:] = [dense(1000, 500, 1, 2)]
    start = time.process_time()
    write_weights(tmp_path / "w.xml", file, ELEMENTS)
    read_weights(tmp_path / "w.xml", ELEMENTS)
    assert time.process_time() - start < 10.0  # 1 s on an idle core


def test_the_layers_declare_the_elements_of_tmva():
    declared = declared_elements()
    for name in set(declared) & set(ELEMENTS):
        assert [a.name for a in declared[name].attributes] == [a.name for a in ELEMENTS[name].attributes]
        assert [m for m, _ in declared[name].matrices] == [m for m, _ in ELEMENTS[name].matrices]
    assert set(declared) <= set(ELEMENTS)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda f: f.network[0].matrices[0][1].__setitem__((0, 0), np.nan), "cannot write Weights: a number in it is not finite"),
        (lambda f: f.network[0].matrices.pop(), "cannot write DenseLayer: it was given Weights\n  expected Weights, Biases"),
        (
            lambda f: f.network[0].attributes.pop("Width"),
            "cannot write DenseLayer: it was given ActivationFunction\n  expected Width, ActivationFunction",
        ),
        (
            lambda f: setattr(f.network[0], "element", "DenceLayer"),
            "the weight file has no layer 'DenceLayer'\n  expected one of: " + ", ".join(sorted(ELEMENTS)),
        ),
        (
            lambda f: setattr(f.transforms[0], "name", "Squeeze"),
            "the weight file has no transformation 'Squeeze'\n  expected one of: "
            "Decorrelation, Gauss, Normalize, PCA, Scale, Uniform",
        ),
        (lambda f: f.transforms[0].parameters["ranges"].__setitem__(0, np.inf), "cannot write the number inf: it is not finite"),
        (lambda f: setattr(f, "title", "a\0b"), "cannot write 'DL::a b': XML cannot hold the character U+0000"),
        (lambda f: setattr(f, "header", {}), "a weight file holds either the layers of Weights with their header, or a Network"),
    ],
)
def test_error_what_the_file_cannot_state_is_not_written(tmp_path, change, message):
    file = classification()
    change(file)
    with pytest.raises(FileError) as caught:
        write_weights(tmp_path / "w.xml", file, ELEMENTS)
    assert str(caught.value) == message
    assert list(tmp_path.iterdir()) == []


@needs_corpus
@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name.split(".")[0])
def test_real_files_are_read_and_written_again(path):
    original = path.read_text("utf-8")
    file = read_weights(path, ELEMENTS)
    again = weights_text(file, ELEMENTS).replace(MARK, "")  # before ROOT 6.38
    if file.method_type == "DNN":
        assert again == original  # 16 digits after the point
    else:
        assert numbers_rounded(again)[:60] == numbers_rounded(original)[:60]
        assert without_matrices(again) == without_matrices(original)
        assert len(again.split("\n")) == len(original.split("\n"))
    assert file.network and file.dtype == np.float32


@needs_corpus
def test_the_example_of_the_reference_is_read(tmp_path):
    text = (SHARED / "reference" / "weights-xml.md").read_text("utf-8").split("```xml\n")[1].split("```")[0]
    note = re.search(r"\n *<!--.*?-->", text)
    sets = re.search(r' *<Class ClassIndex="0">.*?</Class>\n', text, re.S)[0]
    text = text.replace(note[0], "").replace(sets, "".join(sets.replace('ClassIndex="0"', f'ClassIndex="{i}"') for i in range(3)))
    (tmp_path / "w.xml").write_text(text)
    file = read_weights(tmp_path / "w.xml", ELEMENTS)
    assert numbers_rounded(weights_text(file, ELEMENTS).replace(MARK, "")) == numbers_rounded(text)
    assert file.network[0].matrices[0][1].tolist()[0] == np.float32([0.1, -0.2, 0.3]).tolist()


def test_header_order_does_not_depend_on_the_record():
    file = classification()
    file.header = dict(reversed(header(1, 1, 4, "C", "S").items()))
    assert weights_text(file, ELEMENTS) == weights_text(classification(), ELEMENTS)
    assert isinstance(file, WeightFile)
