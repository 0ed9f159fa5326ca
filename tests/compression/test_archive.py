"""An archive is refused, with one sentence, when it is damaged, too large, of another kind, or without its model."""

import io
import json
import zipfile

import numpy as np
import pytest

from tmvalite.compression import compress, decompress, read_archive
from tmvalite.compression.container import Parts, pack_parts
from tmvalite.compression.pack import from_planes, planes, shortest_unsigned
from tmvalite.errors import DataError, FileError, OptionError, TrainingError


@pytest.fixture
def archive(model_file, columns, tmp_path):
    np.savez(tmp_path / "in.npz", **columns)
    compress(model_file, tmp_path / "in.npz", tmp_path / "a.tmvz", bound="1%", network="always")
    return tmp_path / "a.tmvz"


def parts_of(path):
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def changed(path, change):
    parts = parts_of(path)
    header = json.loads(parts["header.json"])
    change(header, parts)
    parts["header.json"] = json.dumps(header).encode()
    path.write_bytes(pack_parts(parts))
    return path


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


def test_equal_parts_are_equal_bytes_and_nothing_says_when():
    parts = {"a": bytes(100000), "b": np.random.default_rng(0).bytes(5000), "c": b""}
    assert pack_parts(parts) == pack_parts(parts)
    with zipfile.ZipFile(io.BytesIO(pack_parts(parts))) as file:
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert [info.compress_type for info in file.infolist()][1] == zipfile.ZIP_STORED
        assert {name: file.read(name) for name in parts} == parts


def test_the_codes_of_an_archive_can_be_read_without_the_model(archive, model, columns):
    x = np.stack([x.astype(np.float64) for x in columns.values()], axis=1)
    np.testing.assert_array_equal(read_archive(archive).latent, model.encode(x))


def test_any_flipped_byte_is_noticed_or_changes_nothing(archive):
    data = archive.read_bytes()
    good = read_archive(archive)
    rng = np.random.default_rng(0)
    for at in rng.integers(0, len(data), 200):
        bad = bytearray(data)
        bad[at] ^= 1 << int(rng.integers(8))
        try:
            again = read_archive(io.BytesIO(bytes(bad)))
        except FileError:
            continue
        assert again.columns == good.columns or [vars(c) for c in again.columns] == [vars(c) for c in good.columns]
        assert all(np.array_equal(again.arrays[name], x) for name, x in good.arrays.items() if name in again.arrays)


@pytest.mark.parametrize("length", [0, 1, 50, 1000, -1, -30])
def test_error_of_a_file_that_is_cut_off(archive, length):
    archive.write_bytes(archive.read_bytes()[:length])
    assert refusal(archive) == "\n".join(
        [f"'{archive}' is no archive of tmvalite", "  hint: tmvalite compress MODEL INPUT OUTPUT writes one"]
    )


def test_archives_of_version_1_are_read(archive, columns):
    def older(header, parts):
        again = read_archive(archive)
        header["version"] = 1
        header["arrays"] = {name: {"dtype": x.dtype.str, "shape": list(x.shape)} for name, x in again.arrays.items()}
        header["columns"] = [{k: v for k, v in vars(c).items() if k != "steps"} for c in again.columns]
        del parts["data"]
        parts |= {name: planes(x) for name, x in again.arrays.items()}

    before = decompress(archive).table.arrays()
    after = decompress(changed(archive, older)).table.arrays()
    assert list(after) == list(columns) and all(np.array_equal(after[name], before[name]) for name in columns)


def test_error_of_another_zip_file(tmp_path, columns):
    np.savez(tmp_path / "x.npz", **columns)
    assert refusal(tmp_path / "x.npz").startswith(f"'{tmp_path / 'x.npz'}' is no archive of tmvalite")
    assert refusal(tmp_path / "none") == f"there is no file '{tmp_path / 'none'}'"


def test_error_of_a_later_version(archive):
    changed(archive, lambda header, parts: header.update(version=3))
    assert refusal(archive) == "\n".join(
        [
            f"the archive '{archive}' has version 3 of the format",
            "  expected version 1 or 2",
            "  hint: a later tmvalite may have written it",
        ]
    )


def _events(header, parts):
    header["events"] = 501


def _latent(header, parts):
    header["arrays"][0][2] = [500, 4]


def _huge(header, parts):
    header["events"] = 1 << 47
    header["arrays"][0][2][0] = 1 << 47


def _objects(header, parts):
    header["arrays"][0][1] = "|O8"


def _column(header, parts):
    header["columns"][0]["start"] = 3


def _shape(header, parts):
    header["columns"][0]["shape"] = [2]


def _missing(header, parts):
    del parts["data"]


def _extra(header, parts):
    header["columns"][0]["surprise"] = 1


def _words(header, parts):
    header["columns"] = "none"


def _negative(header, parts):
    header["arrays"][0][2] = [-500, -3]


def _coder(header, parts):
    header["arrays"][0][3] = 4


def _length(header, parts):
    header["arrays"][0][4] += 1


@pytest.mark.parametrize(
    "change", [_events, _latent, _huge, _objects, _column, _shape, _missing, _extra, _words, _negative, _coder, _length]
)
def test_error_of_a_header_that_does_not_fit(archive, change):
    changed(archive, change)
    assert refusal(archive).startswith(f"the archive '{archive}' is damaged: its ")


def test_error_of_a_part_that_would_grow_without_measure():
    data = bytes(20_000_000)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as bomb:
        bomb.writestr("header.json", data)
    with pytest.raises(FileError, match="claims to unpack to 20000000 bytes"):
        Parts(file, "bomb")


def test_error_of_two_parts_of_one_name():
    file = io.BytesIO()
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(file, "w") as twice:
        twice.writestr("a", b"1")
        twice.writestr("a", b"2")
    with pytest.raises(FileError, match="two of one name"):
        Parts(file, "twice")


def test_error_of_a_table_out_of_proportion(archive):
    with pytest.raises(FileError) as caught:
        decompress(archive, max_bytes=1000)
    size = sum(read_archive(archive).sizes.values())
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
        decompress(archive, tmp_path / "out.parquet")


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
