"""Elements of transformations: the forms of all versions of TMVA; what is unknown elsewhere in a file."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests.io.examples import DATA, ELEMENTS
from tmvalite.data.info import DataSetInfo
from tmvalite.data.transforms import TransformChain
from tmvalite.errors import FileError, TmvaliteWarning
from tmvalite.io.weights_xml import read_weights, write_weights

TEXT = (DATA / "classification.weights.xml").read_text("utf-8").replace(' ReferenceClass="Background"', "")
MARK = ' UseOffsetOrNot="UseOffset"'
X = np.array([[0.5, -1.0, 2.0, 0.25], [3.0, 1.0, 0.0, -4.0]], np.float32)


def chain_of(path, text):
    path.write_text(text, encoding="utf-8")
    file = read_weights(path, ELEMENTS)
    info = DataSetInfo(tuple(file.variables), tuple(file.targets), tuple(file.spectators), tuple(file.classes))
    return TransformChain.from_records(file.transforms, info)


def ranges():
    """Minimum and maximum of the set of all classes."""
    last = TEXT.split('<Class ClassIndex="2">')[1]
    return np.array(re.findall(r'Min="(\S+)" Max="(\S+)"', last)[:4], float).T.astype(np.float32)


def test_the_attribute_of_root_6_38_is_written_and_may_be_missing(tmp_path):
    assert MARK in TEXT
    low, high = ranges()
    expected = 2 * (X - low) / (high - low) - 1
    for text in (TEXT, TEXT.replace(MARK, "")):
        chain = chain_of(tmp_path / "w.xml", text)
        assert chain.transforms[0].letter == "N"
        np.testing.assert_allclose(chain.apply_variables(X), expected, rtol=1e-5, atol=1e-5)


def test_no_offset_keeps_the_sign_and_is_written_with_a_warning(tmp_path):
    low, high = ranges()
    chain = chain_of(tmp_path / "w.xml", TEXT.replace(MARK, ' UseOffsetOrNot="NoOffset"'))
    assert chain.transforms[0].letter == "S"
    np.testing.assert_array_equal(chain.apply_variables(X), X / np.maximum(np.abs(low), np.abs(high)))
    file = read_weights(tmp_path / "w.xml", ELEMENTS)
    with pytest.warns(TmvaliteWarning, match="ROOT before 6.38 reads the transformation S of this weight file as N"):
        write_weights(tmp_path / "again.xml", file, ELEMENTS)
    assert '<Transform Name="Normalize" UseOffsetOrNot="NoOffset">' in (tmp_path / "again.xml").read_text()


def test_error_another_value_of_the_attribute(tmp_path):
    with pytest.raises(FileError, match="Transform has UseOffsetOrNot='Perhaps'"):
        chain_of(tmp_path / "w.xml", TEXT.replace('UseOffset"', 'Perhaps"'))


def test_an_old_normalisation_without_a_selection(tmp_path):
    selection = re.search(r"      <Selection>.*?</Selection>\n", TEXT, re.S)[0]
    old = TEXT.replace(selection, "").replace(f'"Normalize"{MARK}', '"Normalize" NVariables="4" NTargets="0"')
    old = (
        old.replace("<Ranges>", "<Variables>").replace("</Ranges>", "</Variables>").replace("<Range Index", "<Variable VarIndex")
    )
    chain, new = chain_of(tmp_path / "old.xml", old), chain_of(tmp_path / "new.xml", TEXT)
    assert np.array_equal(chain.apply_variables(X), new.apply_variables(X))
    with pytest.raises(FileError, match="Transform states NVariables=3, but has 4 inputs in this file"):
        chain_of(tmp_path / "bad.xml", old.replace('NVariables="4"', 'NVariables="3"'))


@pytest.mark.parametrize("name", ["Decorrelation", "PCA", "Gauss"])
def test_other_old_elements_mean_all_variables(tmp_path, name):
    text = (DATA / "regression.weights.xml").read_text("utf-8")
    for element in re.findall(r"    <Transform .*?</Transform>\n", text, re.S):
        if f'Name="{name}"' in element:
            bare = re.sub(r"      <Selection>.*?</Selection>\n", "", element, flags=re.S)
            old, new = chain_of(tmp_path / "old.xml", text.replace(element, bare)), chain_of(tmp_path / "new.xml", text)
            x = X[:, :2]
            assert np.array_equal(old.apply_variables(x), new.apply_variables(x))
            return
    raise AssertionError(name)


UNKNOWN = {  # what is inserted, and what is said of it
    '<Variable VarIndex="0"': ('<Variable VarIndex="0" Colour="red"', "Variable has the unknown attribute 'Colour'"),
    "<GeneralInfo>": ('<GeneralInfo Hint="1">', "GeneralInfo has the unknown attribute 'Hint'"),
    "  <Options>\n": ('  <Options>\n    <Preset name="a"/>\n', "Options has the unknown element 'Preset'"),
    "  <MVAPdfs/>\n": ("  <MVAPdfs/>\n  <Notes>text</Notes>\n", "MethodSetup has the unknown element 'Notes'"),
    "<Weights NetDepth": ('<Weights Device="GPU" NetDepth', "Weights has the unknown attribute 'Device'"),
    '<Class Name="Signal"': ('<Class Weight="1" Name="Signal"', "Class has the unknown attribute 'Weight'"),
}


@pytest.mark.parametrize("place", UNKNOWN)
def test_what_is_unknown_where_no_score_depends_on_it_warns_and_is_left_out(tmp_path, place):
    new, said = UNKNOWN[place]
    assert TEXT.count(place) == 1
    plain = chain_of(tmp_path / "plain.xml", TEXT)
    with pytest.warns(TmvaliteWarning) as caught:
        chain = chain_of(tmp_path / "w.xml", TEXT.replace(place, new))
    assert len(caught) == 1 and f"'{tmp_path / 'w.xml'}': {said}, which is left out\n  in line" in str(caught[0].message)
    assert np.array_equal(chain.apply_variables(X), plain.apply_variables(X))


@pytest.mark.parametrize(
    "place, new",
    [
        ("<Transform Name", '<Transform Width="2" Name'),
        ("<Ranges>", '<Ranges Kind="x">'),
        ('<DenseLayer Width="2"', '<DenseLayer Gain="2" Width="2"'),
        ("<Selection>", "<Shift/><Selection>"),
    ],
)
def test_error_what_is_unknown_in_a_transformation_or_a_layer(tmp_path, place, new):
    with pytest.raises(FileError, match="unknown|not the first"):
        chain_of(tmp_path / "w.xml", TEXT.replace(place, new, 1))


def test_numbers_have_tmvas_digits_or_as_many_as_restore_them(tmp_path):
    path = DATA / "regression.weights.xml"
    file = read_weights(path, ELEMENTS)
    matrix = np.array([[1 / 3, 0.5], [0.25, 2 / 3]])
    pca = next(record for record in file.transforms if record.name == "PCA")
    pca.parameters["eigenvectors"] = [matrix]
    write_weights(tmp_path / "w.xml", file, ELEMENTS)
    text = (tmp_path / "w.xml").read_text()
    assert "5.00000000e-01 -1.50000000e+00 " in text and "3.3333333333333331e-01" in text
    back = next(record for record in read_weights(tmp_path / "w.xml", ELEMENTS).transforms if record.name == "PCA")
    assert np.array_equal(back.parameters["eigenvectors"][0], matrix)
