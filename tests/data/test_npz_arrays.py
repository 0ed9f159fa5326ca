"""NPZ files: what numpy writes is read as numpy reads it; every other header is one named error, wherever it is read."""

import io
import struct
import warnings
import zipfile

import numpy as np
import pytest

from tmvalite.compression.table_files import read_table
from tmvalite.data.npz_arrays import read_npz_arrays
from tmvalite.data.sources.npz import open_npz
from tmvalite.errors import DataError

BODY = np.arange(12.0).tobytes()
FINE = "{'descr': '<f8', 'fortran_order': False, 'shape': (12,), }"


def npy(header, version=1, body=BODY):
    """The bytes of an array with this header."""
    text = header if isinstance(header, bytes) else header.encode("latin-1")
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(text)) + text + body


def zipped(*arrays, kind=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", kind) as archive:
        for i, data in enumerate(arrays):
            archive.writestr(f"a{i}.npy", data)
    return file.getvalue()


def shape(text):
    return npy(FINE.replace("(12,)", text))


def kind(text):
    return npy(FINE.replace("'<f8'", text))


HEADERS = {
    "no closing brace": npy(FINE[:-1]),
    "no opening brace": npy(FINE[1:]),
    "nothing": npy(""),
    "a list": npy("[1, 2]"),
    "a number": npy("5"),
    "a call": npy(FINE.replace("False", "print(1)")),
    "an open text": npy(FINE.replace("<f8'", "<f8")),
    "a key is missing": npy("{'descr': '<f8', 'shape': (12,)}"),
    "a key more": npy(FINE.replace(", }", ", 'x': 1}")),
    "a key that is a number": npy(FINE.replace("'fortran_order'", "1")),
    "a key that is a list": npy(FINE.replace("'fortran_order'", "[]")),
    "null characters": npy(FINE.replace(",", "\0,", 1)),
    "brackets without end": npy("(" * 3000),
    "brackets": npy("[" * 90 + "]" * 90),
    "an order that is no truth": npy(FINE.replace("False", "7")),
    "Python 2": shape("(12L,)"),
    "a version of its own": npy(FINE, 9),
    "a shape that is text": shape("'12'"),
    "a shape that is a number": shape("12"),
    "a shape that is a list": shape("[12]"),
    "a shape with a fraction": shape("(12.0,)"),
    "a shape with a truth": shape("(True,)"),
    "a shape in a shape": shape("((12,),)"),
    "a negative shape": shape("(-1,)"),
    "a shape of terabytes": shape(f"({10**12},)"),
    "a shape beyond integers": shape(f"({2**70},)"),
    "a shape whose product is beyond integers": shape(f"({2**40}, {2**40})"),
    "a shape of no events and 2^62 columns": shape(f"(0, {2**62})"),
    "a shape of a hundred axes": shape("(" + "1, " * 100 + ")"),
    "a type that is not known": kind("'<q99'"),
    "a type that is nothing": kind("None"),
    "a type without fields": kind("[]"),
    "a type without bytes": kind("'|V0'"),
    "a text without letters": kind("'<U0'"),
    "a type of gigabytes": kind("'|S2147483647'"),
    "a type that numpy forgets": kind("(('a', 'b'), '<f8')"),
    "a field twice": kind("[('a', '<f8'), ('a', '<f8')]"),
    "the length of the header": b"\x93NUMPY\1\0\xff\xff" + FINE.encode(),
    "the magic alone": b"\x93NUMPY",
    "cut in its numbers": npy(FINE, body=BODY[:50]),
    "a letter that is none": npy(b"{'descr': [('\xff', '<f8')], 'fortran_order': False, 'shape': (12,)}", 3),
}
LZMA = zipped(npy(FINE), kind=zipfile.ZIP_LZMA)
PLAIN = zipped(npy(FINE))
FILES = {
    "nothing": b"",
    "no zip": b"x" * 100,
    "cut": PLAIN[:-30],
    "a flipped number": PLAIN.replace(BODY[:16], BODY[:15] + b"\1"),
    "encrypted": PLAIN.replace(b"PK\3\4\x14\0\0", b"PK\3\4\x14\0\1").replace(b"PK\1\2\x14\3\x14\0\0", b"PK\1\2\x14\3\x14\0\1"),
    "packed in a way of its own": PLAIN.replace(b"\x14\0\0\0\0\0", b"\x14\0\0\0\x63\0"),
    "damaged LZMA": LZMA[:60] + bytes([LZMA[60] ^ 255]) + LZMA[61:],
}


def refused(tmp_path, content, code="data-file-damaged"):
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    for read in (read_table, lambda path: open_npz(str(path), None)):
        with pytest.raises(DataError) as caught:
            read(path)
        assert caught.value.code == code and str(path) in str(caught.value)
        assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize("name", HEADERS)
def test_error_of_a_header(tmp_path, name):
    refused(tmp_path, zipped(HEADERS[name]))


@pytest.mark.parametrize("name", FILES)
def test_error_of_a_file(tmp_path, name):
    refused(tmp_path, FILES[name])


def test_error_of_python_objects(tmp_path):
    refused(tmp_path, zipped(kind("'|O'")), "data-pickle")
    refused(tmp_path, zipped(kind("[('a', '|O')]")), "data-pickle")


def test_error_of_an_array_without_a_name(tmp_path):
    refused(tmp_path, npy(FINE), "data-file-kind")


def test_every_cut_of_a_file_is_refused(tmp_path):
    for stop in range(len(PLAIN)):
        refused(tmp_path, PLAIN[:stop])


@pytest.mark.parametrize("version", [1, 2, 3])
def test_every_version_is_read(tmp_path, version):
    (tmp_path / "a.npz").write_bytes(zipped(npy(FINE, version)))
    assert read_npz_arrays(tmp_path / "a.npz").arrays["a0"].tolist() == list(range(12))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_writes_is_read_with_the_same_bits(tmp_path, save):
    numbers = np.random.default_rng(3).normal(size=(5, 7, 3))
    arrays = {
        "double": numbers,
        "turned": np.asfortranarray(numbers),
        "big": numbers.astype(">f4"),
        "one": np.array(2.5),
        "none": np.zeros((0, 3), np.float32),
        "text": np.array(["a", "µ"]),
        "bytes": np.array([b"a", b"bc"]),
        "flags": numbers > 0,
        "records": np.array([(1, 2.5), (3, 4.5)], [("i", "i8"), ("x", "f4")]),
        "half": numbers.astype("f2"),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save(tmp_path / "a.npz", **arrays)
    found, others, packed = read_npz_arrays(tmp_path / "a.npz")
    assert list(found) == list(arrays) and others == [] and packed == (save is np.savez_compressed)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape
        assert found[name].tobytes() == array.tobytes()
    assert found["turned"].flags.f_contiguous
