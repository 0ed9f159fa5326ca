"""Weight files packed with gzip, in memory, and under names of other formats."""

import gzip
from pathlib import Path

import numpy as np
import pytest

import tmvalite
from tests.io.examples import DATA
from tmvalite.errors import FileError
from tmvalite.io import xml_guard
from tmvalite.io.weights_xml import read_weights
from tmvalite.io.xml_guard import XmlText, read_xml


@pytest.fixture
def plain():
    return Path(DATA) / "classification.weights.xml"


def message(path):
    with pytest.raises(FileError) as caught:
        read_xml(path)
    return str(caught.value)


def test_a_packed_file_is_the_file(plain, in_tmp_path):
    packed = in_tmp_path / "a.weights.xml.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    x = np.random.default_rng(1).normal(size=(5, len(read_weights(plain).variables)))
    assert np.array_equal(tmvalite.load(packed).GetMvaValues(x), tmvalite.load(plain).GetMvaValues(x))
    renamed = in_tmp_path / "a.weights.xml"  # what is in a file counts, not its name
    renamed.write_bytes(packed.read_bytes())
    assert read_weights(renamed).title == read_weights(plain).title


def test_a_name_with_gz_is_written_packed_and_the_same_each_time(plain, in_tmp_path):
    method = tmvalite.load(plain)
    for name in ("a.weights.xml.gz", "b.weights.xml.gz"):
        method.save(name)
    method.save("c.weights.xml")
    packed = Path("a.weights.xml.gz").read_bytes()
    assert packed == Path("b.weights.xml.gz").read_bytes()
    assert gzip.decompress(packed) == Path("c.weights.xml").read_bytes()


def test_a_reader_takes_a_packed_file(plain, in_tmp_path):
    tmvalite.load(plain).save("a.weights.xml.gz")
    file = read_weights(plain)
    reader = tmvalite.Reader("Silent")
    for variable in file.variables:
        reader.AddVariable(variable.expression)
    for spectator in file.spectators:
        reader.AddSpectator(spectator.expression)
    assert reader.BookMVA("A", "a.weights.xml.gz").GetName() == file.title
    with pytest.raises(FileError, match="did you mean 'a.weights.xml.gz'"):
        reader.BookMVA("B", "a.weights.xm.gz")


def test_error_of_a_packed_file_that_is_cut_off_or_damaged(plain, in_tmp_path):
    packed = gzip.compress(plain.read_bytes())
    for size in (2, 9, 20, len(packed) // 2, len(packed) - 1):
        Path("cut.gz").write_bytes(packed[:size])
        assert message("cut.gz") == (
            "'cut.gz' is cut off: its packed text does not end\n  hint: copy the file again, or write it again"
        ), size
    rng = np.random.default_rng(2)
    for _ in range(200):
        damaged = bytearray(packed)
        damaged[rng.integers(10, len(packed))] ^= 1 << rng.integers(8)
        Path("bad.gz").write_bytes(damaged)
        assert message("bad.gz").startswith("'bad.gz' ")
    Path("more.gz").write_bytes(packed + b"more")
    assert message("more.gz").startswith("'more.gz' is damaged: it cannot be unpacked (")


def test_error_of_a_small_file_that_unpacks_to_a_large_one(in_tmp_path, monkeypatch):
    monkeypatch.setattr(xml_guard, "MAX_UNPACKED", 1 << 20)
    head, blanks = b'<?xml version="1.0"?><MethodSetup>', b" " * (1 << 22)
    Path("bomb.gz").write_bytes(gzip.compress(head + blanks + b"</MethodSetup>"))
    assert message("bomb.gz") == f"'bomb.gz' unpacks to more than {1 << 20} bytes"
    Path("twice.gz").write_bytes(gzip.compress(Path("bomb.gz").read_bytes()))
    assert message("twice.gz").startswith("'twice.gz' ")


def test_a_text_takes_the_place_of_a_file(plain):
    assert read_weights(XmlText(plain.read_text("utf-8"))).title == read_weights(plain).title
    assert message(XmlText("<MethodSetup")).startswith("'the XML text' is cut off")
    assert message(XmlText("\udcff")).startswith("'the XML text' is damaged or is no XML file")


@pytest.mark.parametrize(
    ("name", "what"),
    [("a.onnx", "an ONNX model"), ("a.ROOT", "a ROOT file"), ("a.pkl", "a pickle"), ("a.pt", "a file of PyTorch")],
)
def test_error_of_a_name_of_another_format(plain, in_tmp_path, name, what):
    hint = "to_onnx('a.onnx') writes the model" if name == "a.onnx" else "save('a.weights.xml')"
    with pytest.raises(FileError) as caught:
        tmvalite.load(plain).save(name)
    assert str(caught.value) == (
        f"a weight file is XML, but '{name}' names {what}\n"
        "  expected a name that ends in .weights.xml, or .weights.xml.gz\n"
        f"  hint: {hint}"
    )
    assert not Path(name).exists()
