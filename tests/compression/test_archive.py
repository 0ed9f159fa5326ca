"""An archive is refused, with one sentence, when it is damaged, too large, of another kind, or without its model."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.compression.surgery import change
from tmvalite.cli import main
from tmvalite.compression import compress, decompress, read_archive
from tmvalite.compression.container import pack_json, unpack_json
from tmvalite.compression.pack import from_planes, planes, shortest_unsigned
from tmvalite.errors import DataError, FileError, OptionError, TrainingError


@pytest.fixture
def archive(model_file, columns, tmp_path):
    np.savez(tmp_path / "in.npz", **columns)
    compress(model_file, tmp_path / "in.npz", tmp_path / "a.tmvz", bound="1%", network="always")
    return tmp_path / "a.tmvz"


def refusal(path):
    with pytest.raises(FileError) as caught:
        read_archive(path)
    return str(caught.value)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=">i2").reshape(3, 2),
        np.array(["a", "bcd"]),
        np.zeros((0, 3)),
        np.array([True, False]),
        np.random.default_rng(0).normal(size=(4, 2, 3)),
    ],
)
def test_planes_take_an_array_apart_and_back(array):
    data = planes(array)
    again = from_planes(data, array.dtype, array.shape)
    assert len(data) == array.nbytes and again.dtype == array.dtype
    np.testing.assert_array_equal(again, array)


def test_symbols_take_the_smallest_type():
    assert [shortest_unsigned(np.array([n])).dtype.itemsize for n in (0, 255, 256, 65536, 2**33)] == [1, 1, 2, 4, 8]


def test_equal_tables_are_equal_bytes(archive, model_file, columns, tmp_path):
    compress(model_file, tmp_path / "in.npz", tmp_path / "b.tmvz", bound="1%", network="always")
    assert (tmp_path / "b.tmvz").read_bytes() == archive.read_bytes()


@pytest.mark.parametrize("value", [None, [], {"names": ["a", "\u00e9"]}, list(range(500))])
def test_json_values_come_back_from_their_bytes_and_no_more_than_is_allowed(value):
    data = pack_json(value)
    assert unpack_json(data, 5000) == value
    with pytest.raises(ValueError, match="more than 1 bytes"):
        unpack_json(data, 1)


@pytest.mark.parametrize("data", [b"", b"\2[]", b"\1\xff", b"\0[", b"\0NaN", b"\0" + b"[" * 20000])
def test_error_of_bytes_that_are_no_json(data):
    with pytest.raises(ValueError):
        unpack_json(data, 1 << 20)


def test_the_codes_of_an_archive_can_be_read_without_the_model(archive, model, columns):
    x = np.stack([x.astype(np.float64) for x in columns.values()], axis=1)
    np.testing.assert_array_equal(read_archive(archive).latent, model.encode(x))


def everything(path):
    """All that an archive holds."""
    return {name: x.tobytes() for name, x in decompress(path).table.arrays().items()}


def test_any_changed_byte_is_one_named_error(archive):
    data, good, rng = archive.read_bytes(), everything(archive), np.random.default_rng(0)
    places = {*range(30), *range(len(data) - 300, len(data)), *rng.integers(0, len(data), 300).tolist()}
    same = 0
    for at in places:
        bad = bytearray(data)
        bad[at] ^= 1 << int(rng.integers(8))
        archive.write_bytes(bytes(bad))
        try:
            same += everything(archive) == good or pytest.fail(f"byte {at} was changed unseen")
        except FileError as problem:
            assert problem.code in ("archive-damaged", "archive-kind", "archive-version")
    assert same == 0


def test_a_file_that_is_cut_off_anywhere_is_one_named_error(archive):
    data = archive.read_bytes()
    for length in {*range(0, 40), *range(40, len(data), 97), *range(len(data) - 40, len(data))}:
        archive.write_bytes(data[:length])
        with pytest.raises(FileError) as caught:
            everything(archive)
        assert caught.value.code == ("archive-damaged" if length else "archive-kind")


def test_bytes_that_were_put_in_or_taken_out_are_one_named_error(archive):
    data, rng = archive.read_bytes(), np.random.default_rng(1)
    for _ in range(150):
        at, n = int(rng.integers(8, len(data))), int(rng.integers(1, 40))
        archive.write_bytes(data[:at] + (rng.bytes(n) if rng.random() < 0.5 else b"") + data[at + n * int(rng.integers(2)) :])
        if archive.read_bytes() != data:
            with pytest.raises(FileError):
                everything(archive)


def test_error_of_another_zip_file(tmp_path, columns):
    np.savez(tmp_path / "x.npz", **columns)
    assert refusal(tmp_path / "x.npz") == "\n".join(
        [f"'{tmp_path / 'x.npz'}' is no archive of tmvalite", "  hint: tmvalite compress INPUT OUTPUT writes one"]
    )
    assert refusal(tmp_path / "none") == f"there is no file '{tmp_path / 'none'}'"


def test_error_of_an_older_version(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.tmvz", "w") as file:
        file.writestr("header.json", "{}")
    assert refusal(tmp_path / "a.tmvz") == "\n".join(
        [
            f"the archive '{tmp_path / 'a.tmvz'}' has version 1 or 2 of the format",
            "  expected version 3",
            "  hint: decompress it with the tmvalite that wrote it and compress it again",
        ]
    )


def test_error_of_a_later_version(archive):
    data = bytearray(archive.read_bytes())
    data[5] = 4
    archive.write_bytes(bytes(data))
    assert refusal(archive) == "\n".join(
        [
            f"the archive '{archive}' has version 4 of the format",
            "  expected version 3",
            "  hint: a later tmvalite may have written it",
        ]
    )


def _events(index, chunks):
    index["events"] = 501


def _rows(index, chunks):
    index["events"] = index["chunks"][0][0] = 501


def _many_chunks(index, chunks):
    index["chunks"] *= 3


def _objects(index, chunks):
    index["types"][0] = "|O8"


def _start(index, chunks):
    index["start"][0] = 3


def _twice(index, chunks):
    index["names"][0] = index["names"][1]


def _shape(index, chunks):
    index["shapes"] = {"0": [2]}


def _huge(index, chunks):
    index["shapes"] = {"0": [1 << 40]}


def _no_column(index, chunks):
    index["shapes"] = {"99": [1]}


def _words(index, chunks):
    index["names"] = "none"


def _kind(index, chunks):
    index["kind"] = "xls"


def _bound(index, chunks):
    index["bounds"][0][0] = "1"


def _codes(index, chunks):
    index["model"]["latent"] = 4


def _directory(index, chunks):
    chunks[0][0] = []


def _fewer(index, chunks):
    del chunks[0][0]["columns"][0]


def _network(index, chunks):
    del chunks[0][0]["columns"][0]["network"]


def _coder(index, chunks):
    chunks[0][0]["latent"][0] = 9


def _length(index, chunks):
    chunks[0][0]["latent"][1] += 1


def _negative(index, chunks):
    chunks[0][0]["latent"][1] = -1


def _array(index, chunks):
    next(iter(chunks[0][0]["columns"][0]["arrays"].values()))[0] = 77


def _runs(index, chunks):
    chunks[0][0]["columns"][0]["of"] = [0, 1 << 40]


def _correction(index, chunks):
    chunks[0][0]["columns"][0]["correction"]["mode"] = "other"


@pytest.mark.parametrize(
    "edit",
    [_events, _rows, _many_chunks, _objects, _start, _twice, _shape, _huge, _no_column, _words, _kind, _bound, _codes, _directory]
    + [_fewer, _network, _coder, _length, _negative, _array, _runs, _correction],
)
def test_error_of_what_does_not_fit(archive, edit):
    change(archive, edit)
    with pytest.raises(FileError) as caught:
        decompress(archive)
    assert caught.value.code == "archive-damaged"
    assert str(caught.value).startswith(f"the archive '{archive}' is damaged: ")


def test_error_of_an_index_that_would_grow_without_measure(archive):
    change(archive, lambda index, chunks: index.update(layout={"x": " " * (3 << 20)}))
    assert Path(archive).stat().st_size < 1 << 16
    assert "its index is no JSON (more than" in refusal(archive)


def test_error_of_a_table_out_of_proportion(archive):
    with pytest.raises(FileError) as caught:
        decompress(archive, max_bytes=1000)
    size = archive.stat().st_size
    assert str(caught.value) == "\n".join(
        [
            f"the archive of {size} bytes would grow to {500 * 32} bytes",
            "  expected at most 1000 bytes",
            "  hint: if you trust it: --max-size with the bytes that it may take",
        ]
    )


def test_error_of_a_model_that_is_not_there_or_another_one(model_file, columns, tmp_path):
    np.savez(tmp_path / "in.npz", **columns)
    (tmp_path / "far").mkdir()
    compress(model_file, tmp_path / "in.npz", tmp_path / "far" / "a.tmvz", embed=False)
    with pytest.raises(FileError) as caught:
        decompress(tmp_path / "far" / "a.tmvz")
    assert str(caught.value) == "\n".join(
        ["the archive needs its model 'model.weights.xml', which is not beside it", "  hint: say where it is: --model"]
    )
    assert decompress(tmp_path / "far" / "a.tmvz", model=model_file).table.n_events == 500
    model_file.write_text(model_file.read_text(encoding="utf-8") + " ", encoding="utf-8")
    with pytest.raises(FileError, match="is not the one with which the archive was written"):
        decompress(tmp_path / "far" / "a.tmvz", model=model_file)


def test_error_of_a_bound_that_does_not_hold_for_certain(archive, model):
    class Other:
        info = model.info

        def decode(self, z):
            return model.decode(z) * np.float32(1.0000001)

    with pytest.raises(FileError, match="the bound does not hold for certain"):
        decompress(archive, model=Other())


def test_error_of_outputs_that_exist_or_are_of_another_kind(archive, model_file, tmp_path):
    with pytest.raises(FileError) as caught:
        compress(model_file, tmp_path / "in.npz", archive)
    assert str(caught.value) == f"'{archive}' exists\n  hint: choose another name, or replace it: --force"
    compress(model_file, tmp_path / "in.npz", archive, overwrite=True)
    with pytest.raises(DataError) as caught:
        decompress(archive, tmp_path / "out.root")
    assert str(caught.value) == "\n".join(
        [
            f"the events come from a .npz file, '{tmp_path / 'out.root'}' names another kind",
            "  expected a file name that ends in .npz",
        ]
    )
    with pytest.raises(DataError, match="is no kind of table"):
        decompress(archive, tmp_path / "out.xls")


def test_error_of_codes_that_half_precision_cannot_hold(model, columns, tmp_path):
    np.savez(tmp_path / "in.npz", **columns)
    model = type(model)([v.label for v in model.info.variables], model.mean, model.scale, model.components * 1e5)
    with pytest.raises(DataError) as caught:
        compress(model, tmp_path / "in.npz", tmp_path / "a.tmvz", precision="float16")
    assert str(caught.value).startswith("the code of event 0 is too large for float16 (")
    assert str(caught.value).endswith("hint: store the codes as float32: --precision float32")
    assert not (tmp_path / "a.tmvz").exists()


def test_error_of_a_model_without_finite_codes(model, columns, tmp_path):
    np.savez(tmp_path / "in.npz", **columns)
    model = type(model)([v.label for v in model.info.variables], model.mean, model.scale, model.components * np.nan)
    with pytest.raises(TrainingError, match="the model gives no finite code for event 0"):
        compress(model, tmp_path / "in.npz", tmp_path / "a.tmvz")


def test_error_of_words_that_are_not_known(model, tmp_path):
    with pytest.raises(OptionError) as caught:
        compress(model, "in.npz", tmp_path / "a", precision="float23")
    assert str(caught.value) == "\n".join(
        ["precision 'float23' is not known", "  expected one of: float32, float16", "  hint: did you mean 'float32'?"]
    )


def test_the_output_of_decompress_may_be_an_option_and_is_named_once(archive, model_file, tmp_path, capsys):
    path = tmp_path / "back.npz"
    given = ["decompress", str(archive), "--model", str(model_file)]
    assert main([*given, str(path), "-o", str(path)]) == 2
    assert "the output is named twice" in capsys.readouterr().err
    assert not path.exists()
    assert main([*given, "-o", str(path)]) == 0
    assert path.exists()
