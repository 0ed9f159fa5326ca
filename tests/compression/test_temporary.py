"""A folder for temporary files that is missing or full is one named error, wherever one is needed."""

import errno
import tempfile
from pathlib import Path

import numpy as np
import pytest

from tmvalite.compression import compress, decompress
from tmvalite.errors import FileError
from tmvalite.io.temporary import temporary_folder, written


@pytest.fixture
def archive(model_file, columns, tmp_path):
    np.savez(tmp_path / "in.npz", **columns)
    compress(model_file, tmp_path / "in.npz", tmp_path / "a.tmvz", bound="1%", network="always")
    return tmp_path / "a.tmvz"


@pytest.fixture
def missing(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))


@pytest.fixture
def full(monkeypatch):
    def write(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write)


def said(call, *arguments):
    with pytest.raises(FileError) as caught:
        call(*arguments)
    assert caught.value.code == "file-temporary"
    return str(caught.value)


def test_error_of_a_missing_folder(tmp_path, archive, model_file, missing):
    expected = (
        "there is no folder for temporary files: No such file or directory\n"
        "  hint: the environment variable TMPDIR names a folder with room"
    )
    assert said(compress, model_file, tmp_path / "in.npz", tmp_path / "b.tmvz") == expected
    assert said(decompress, archive, tmp_path / "out.npz") == expected
    assert not (tmp_path / "b.tmvz").exists() and not (tmp_path / "out.npz").exists()


def test_error_of_a_full_folder(tmp_path, archive, full):
    text = said(decompress, archive, tmp_path / "out.npz")
    assert text.startswith("cannot write the temporary file '") and ": No space left on device" in text
    assert not (tmp_path / "out.npz").exists()


def test_the_folder_goes_with_the_block_and_named_errors_stay(tmp_path):
    with temporary_folder() as folder:
        (folder / "a").write_bytes(b"x")
    assert not folder.exists()
    with pytest.raises(FileError, match="mine"), written(tmp_path):
        raise FileError("mine", code="file-read")
