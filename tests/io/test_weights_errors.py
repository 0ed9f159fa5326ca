"""What the errors about weight files say."""

from __future__ import annotations

import re

import pytest

from tests.io.examples import DATA, ELEMENTS
from tmvalite.errors import FileError
from tmvalite.io.weights_xml import read_weights

TEXT = (DATA / "classification.weights.xml").read_text("utf-8")


def message(path, text):
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileError) as caught:
        read_weights(path, ELEMENTS)
    assert isinstance(caught.value, OSError)
    return str(caught.value)


def test_error_file_missing(tmp_path):
    with pytest.raises(FileError) as caught:
        read_weights(tmp_path / "no.xml")
    assert str(caught.value) == f"there is no file '{tmp_path / 'no.xml'}'"
    assert caught.value.code == "file-missing"


def test_error_folder(tmp_path):
    with pytest.raises(FileError, match="it is a folder"):
        read_weights(tmp_path)


def test_error_name_with_a_null(tmp_path):
    with pytest.raises(FileError, match="^cannot read 'a b'"):
        read_weights("a\0b")


def test_error_not_a_plain_file():
    with pytest.raises(FileError, match="it is not a plain file"):
        read_weights("/dev/null")


def test_error_cut_off(tmp_path):
    path = tmp_path / "w.xml"
    cut = TEXT[: TEXT.index("<Training-variance") + 60]
    assert message(path, cut) == (
        f"'{path}' is cut off: it ends inside Training-variance\n"
        "  in line 87, MethodSetup > Weights > BatchNormLayer > Training-variance\n"
        "  expected </Training-variance>\n"
        "  hint: copy the file again, or write it again"
    )


def test_error_damaged(tmp_path):
    path = tmp_path / "w.xml"
    assert message(path, TEXT.replace("</Spectators>", "</Spectator>")) == (
        f"'{path}' is damaged or is no XML file: mismatched tag\n  in line 25, column 5"
    )


def test_error_other_method(tmp_path):
    path = tmp_path / "w.xml"
    assert message(path, TEXT.replace("DL::MyDL", "BDT::BDTG")) == (
        f"'{path}': this is a weight file of the method 'BDT::BDTG'; BDT is not read by tmvalite\n"
        "  in line 2, MethodSetup\n"
        "  expected a method of type DL, DNN, AE, GAN, CrossValidation, such as DL::DNN_CPU"
    )


def test_error_document_type(tmp_path):
    path = tmp_path / "w.xml"
    assert message(path, "<!DOCTYPE x []>" + TEXT.split("\n", 1)[1]) == (
        f"'{path}' has a document type (DOCTYPE), which no weight file has\n  in line 1"
    )


def test_error_encoding(tmp_path):
    path = tmp_path / "w.xml"
    assert message(path, TEXT.replace('"1.0"', '"1.0" encoding="EBCDIC-CP-FI"', 1)) == (
        f"'{path}' is written in the encoding 'EBCDIC-CP-FI'\n  in line 1\n  expected UTF-8"
    )


def test_error_unknown_layer(tmp_path):
    path = tmp_path / "w.xml"
    assert message(path, TEXT.replace("BatchNormLayer", "BatchNorm")) == (
        f"'{path}': the layer 'BatchNorm' is not known\n"
        "  in line 82, MethodSetup > Weights > BatchNorm\n"
        "  expected one of: BatchNormLayer, ConvLayer, DenseLayer, GRULayer, LSTMLayer, MaxPoolLayer, RNNLayer, ReshapeLayer\n"
        "  hint: did you mean 'BatchNormLayer'?"
    )


def test_error_too_few_numbers(tmp_path):
    path = tmp_path / "w.xml"
    text = TEXT.replace('<Weights Rows="1" Columns="2">', '<Weights Rows="1" Columns="3">')
    assert message(path, text) == (
        f"'{path}': Weights must hold 3 numbers, but holds 2\n"
        "  in line 97, MethodSetup > Weights > DenseLayer 2 > Weights\n"
        "  hint: the file is cut off or damaged"
    )


def test_error_number(tmp_path):
    path = tmp_path / "w.xml"
    number = re.search(r'Rows="1" Columns="2">\n *(\S+)', TEXT)[1]
    assert message(path, TEXT.replace(number, "nan")) == (
        f"'{path}': Training-mu holds 'nan', which is not a finite number\n"
        "  in line 83, MethodSetup > Weights > BatchNormLayer > Training-mu"
    )


def test_error_layers_missing(tmp_path):
    path = tmp_path / "w.xml"
    assert message(path, TEXT.replace('NetDepth="3"', 'NetDepth="4"')) == (
        f"'{path}': Weights states NetDepth=4, but has 3 layers\n  in line 73, MethodSetup > Weights"
    )


def test_error_class_set_missing(tmp_path):
    path = tmp_path / "w.xml"
    text = re.sub(r'      <Class ClassIndex="2">.*?</Class>\n', "", TEXT, flags=re.S)
    assert message(path, text) == (
        f"'{path}': Normalize has 2 class sets, but the classes of this file ask for 3\n"
        "  in line 31, MethodSetup > Transformations > Transform"
    )


def test_error_unknown_transformation(tmp_path):
    path = tmp_path / "w.xml"
    assert message(path, TEXT.replace('Name="Normalize"', 'Name="Normalise"')) == (
        f"'{path}': the transformation 'Normalise' is not known\n"
        "  in line 31, MethodSetup > Transformations > Transform\n"
        "  expected one of: Decorrelation, Gauss, Normalize, PCA\n"
        "  hint: did you mean 'Normalize'?"
    )


def test_error_forward_reference(tmp_path):
    path = tmp_path / "w.xml"
    text = (DATA / "network.weights.xml").read_text("utf-8").replace('Sources="jets"', 'Sources="ADD#3"')
    assert message(path, text) == (
        f"'{path}': Layer reads 'ADD#3', which is no input and no layer before it\n"
        "  in line 37, MethodSetup > Network > Block 1 > Layer 1"
    )


def test_error_later_version(tmp_path):
    path = tmp_path / "w.xml"
    text = (DATA / "network.weights.xml").read_text("utf-8").replace('Version="1"', 'Version="2"')
    assert message(path, text) == (
        f"'{path}': Network has version 2, which is newer than this tmvalite\n"
        "  in line 32, MethodSetup > Network\n"
        "  expected version 1\n"
        "  hint: pip install -U tmvalite"
    )
