"""Columns without a network: whole numbers within the bound, predicted, coded near their entropy, and restored to the bit."""

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from benchmarks import compression
from tests.compression.surgery import change
from tests.compression.test_bound import TYPES, holds
from tests.naive import bins as naive_bins
from tests.naive import rans
from tmvalite.cli import main
from tmvalite.compression import bin_kernels, bins, compress, decompress
from tmvalite.compression.array_coder import CODERS, pack_array, unpack_array, unpack_numbers
from tmvalite.compression.bins import decode_bins, encode_bins
from tmvalite.compression.bound import Bound
from tmvalite.compression.column_codec import decode_column, encode_column
from tmvalite.compression.step_curves import curve
from tmvalite.errors import FileError


def again(x, bound, columns=None, **how):
    """The column that its code gives, and the code."""
    code = encode_column(x, bound, columns or {}, measure=True, **how)
    how = {"whole": False, "digits": 0} | how
    packed = code.packed[""]
    if code.record is None:
        return unpack_array(packed.data, packed.coder, x.dtype, x.shape), code
    left = unpack_numbers(packed.data, packed.coder, packed.dtype, x.shape, code.record["low"])
    rest = {name: unpack_array(p.data, p.coder, p.dtype, (p.count,)) for name, p in code.packed.items() if name}
    y, values = decode_column(code.record, left, rest.get("raw"), columns or {}, x.dtype, rest=rest.get("rest"), **how)
    if code.values is not None:
        np.testing.assert_array_equal(values, code.values)
    return y, code


def entropy(values):
    """Bytes, by the frequencies of single values."""
    _, counts = np.unique(values, return_counts=True)
    return float(-np.sum(counts * np.log2(counts / counts.sum())) / 8.0)


# ------------------------------------------------------------------------------------------- coders


@given(values=st.lists(st.one_of(st.integers(0, 20), st.integers(0, 2**56 - 1)), min_size=1, max_size=60))
def test_bins_give_back_any_whole_numbers(values):
    values = np.array(values, np.uint64)
    data = encode_bins(values)
    np.testing.assert_array_equal(decode_bins(data, len(values)), values)


@settings(max_examples=40)
@given(values=st.lists(st.one_of(st.integers(0, 9), st.integers(0, 300), st.integers(0, 2**40)), min_size=1, max_size=40))
def test_the_bins_need_the_fewest_bits(values):
    starts, levels, counts, bits = bins.find_bins(np.array(values))
    inside = (np.array(values)[:, None] >= starts) & (np.array(values)[:, None] < starts + (1 << levels))
    np.testing.assert_array_equal(inside.sum(axis=0), counts)
    assert inside.sum() == len(values) and (starts % (1 << levels) == 0).all()
    assert bits == pytest.approx(naive_bins.fewest_bits(values, bins._BIN_BITS, bins._GAP_BITS), rel=1e-9)


@pytest.mark.parametrize("n, lanes", [(1, 1), (7, 4), (500, 1), (3001, 8)])
def test_words_of_the_kernels_are_those_of_the_slow_twin(n, lanes):
    rng = np.random.default_rng(n)
    counts = rng.integers(1, 60, 9)
    frequencies = bins._frequencies(counts, 12)
    symbols, sums = rng.choice(9, n, p=counts / counts.sum()).astype(np.uint16), np.cumsum(frequencies) - frequencies
    states, words = np.empty(lanes, np.int64), np.empty(n + 1, np.uint16)
    at = bin_kernels.encode_symbols.get("float64")(symbols, frequencies, sums, 12, states, words)
    data = states.astype("<u4").tobytes() + words[at:].astype("<u2").tobytes()
    assert data == rans.encode(symbols, frequencies, 12, lanes)
    np.testing.assert_array_equal(rans.decode(data, n, frequencies, 12, lanes), symbols)


@pytest.mark.parametrize("n", [1, 2, 1023, 2048, 5001])
def test_bins_give_back_more_numbers_than_states(n):
    values = np.random.default_rng(n).geometric(0.1, n).astype(np.uint16)
    np.testing.assert_array_equal(decode_bins(encode_bins(values), n), values)


def test_bins_come_near_the_entropy_where_deflate_does_not():
    values = np.rint(np.random.default_rng(1).normal(500.0, 40.0, 20000)).astype(np.uint16)
    packed = pack_array(values)
    assert packed.coder == "bins" and entropy(values) < packed.size < 1.02 * entropy(values)
    assert pack_array(values, ("stored", "deflate", "lzma")).size > 1.05 * entropy(values)


def test_numbers_too_large_for_bins_are_packed_otherwise():
    values = np.array([0, 2**63], np.uint64)
    assert encode_bins(values) is None
    packed = pack_array(values)
    np.testing.assert_array_equal(unpack_array(packed.data, packed.coder, values.dtype, values.shape), values)


@pytest.mark.parametrize("coder", CODERS)
def test_bytes_that_are_no_array_are_an_error_and_no_more_than_stated_is_unpacked(coder):
    values = np.random.default_rng(2).geometric(0.2, 3000).astype(np.uint16)
    data = pack_array(values, (coder,)).data
    for bad, dtype, shape in (
        (data[:-3], values.dtype, (3000,)),
        (data, values.dtype, (2999,)),
        (data, values.dtype, (3001,)),
        (b"", values.dtype, (3000,)),
    ):
        with pytest.raises(ValueError):
            unpack_array(bad, coder, dtype, shape)


def test_damaged_bins_are_an_error_or_numbers_but_never_another_failure():
    values = np.random.default_rng(3).geometric(0.2, 300).astype(np.uint16)
    data, rng = encode_bins(values), np.random.default_rng(4)
    refused = 0
    for at in rng.integers(0, len(data), 200):
        bad = bytearray(data)
        bad[at] ^= 1 << int(rng.integers(8))
        try:
            assert decode_bins(bytes(bad), 300).shape == (300,)
        except ValueError:
            refused += 1
    assert refused > 100  # bits of a place in a bin only change a number: the checksum of the file sees them


# ------------------------------------------------------------------------------------------- steps


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("bound", [Bound(0.01, True), Bound(1e-5, True), Bound(0.5, True), Bound(0.3, False), Bound(7.0, False)])
def test_every_entry_keeps_its_bound_its_sign_and_its_zero(dtype, bound):
    rng = np.random.default_rng(3)
    with np.errstate(invalid="ignore"):
        x = (np.exp(rng.uniform(-8, 8, 400)) * rng.choice([-1.0, 1.0, 1.0, 0.0], 400)).clip(-120, 120).astype(dtype)
    y, _ = again(x, bound)
    assert y.dtype == x.dtype and holds(x, y, bound)
    if bound.relative:
        np.testing.assert_array_equal(np.sign(x.astype(float)), np.sign(y.astype(float)))


@given(
    x=hnp.arrays(np.float64, 20, elements=st.floats()),
    bound=st.sampled_from([Bound(0.01, True), Bound(1e-6, True), Bound(0.1, False), Bound(0.0, False)]),
    whole=st.booleans(),
    digits=st.sampled_from([0, 3]),
)
def test_no_value_whatever_breaks_the_bound(x, bound, whole, digits):
    y, _ = again(x, bound, whole=whole, digits=digits)
    assert holds(x, y, bound)


@given(x=hnp.arrays(np.int64, 12, elements=st.integers(-(2**63), 2**63 - 1)))
def test_integers_without_a_bound_are_exact(x):
    np.testing.assert_array_equal(again(x, None)[0], x)


@settings(max_examples=40)
@given(x=hnp.arrays(st.sampled_from([np.float16, np.float32, np.float64]), st.sampled_from([(7,), (4, 3)])))
def test_floats_without_a_bound_keep_every_bit(x):
    y, _ = again(x, None)
    assert y.dtype == x.dtype and y.tobytes() == x.tobytes()


def test_floats_without_a_bound_are_smaller_than_deflate_makes_them():
    x = np.random.default_rng(7).normal(size=20000)
    assert again(x.astype(np.float32), None)[1].n_bytes < 0.85 * 4 * 20000 < len(zlib.compress(x.astype(np.float32).tobytes()))
    assert again(x, None)[1].n_bytes < 0.93 * 8 * 20000


@pytest.mark.parametrize("dtype", ["u1", "i4", "u8", "?"])
def test_integers_of_every_type_are_exact_and_small(dtype):
    x = np.random.default_rng(5).binomial(9, 0.1, 4000).astype(dtype)
    y, code = again(x, None)
    np.testing.assert_array_equal(y, x)
    assert y.dtype == x.dtype and code.n_bytes < entropy(x) + 60


# ------------------------------------------------------------------------------------------- predictions


def test_a_counter_is_predicted_by_the_row_before():
    x = 1000 + np.arange(3000) + np.random.default_rng(0).integers(0, 2, 3000)
    y, code = again(x, None)
    np.testing.assert_array_equal(y, x)
    assert code.record["prediction"] == {"rows": 1} and code.n_bytes < 700 < code.alone


def test_a_column_that_follows_from_others_is_predicted_by_them():
    rng = np.random.default_rng(1)
    a, b, c = rng.normal(3.0, 1.0, (3, 4000))
    columns = {i: np.rint(50.0 * z).astype(np.int64) for i, z in enumerate((a, b, c))}
    x = np.exp(0.5 * a - b + 0.02 * rng.normal(size=4000))
    y, code = again(x, Bound(0.01, True), columns)
    assert holds(x, y, Bound(0.01, True)) and code.record["prediction"]["columns"] == [1, 0]
    assert code.n_bytes < code.alone / 1.3


def test_a_column_that_bends_with_another_is_predicted_by_a_curve():
    rng = np.random.default_rng(3)
    eta, pt = rng.normal(0.0, 1.2, 4000), np.exp(rng.normal(3.0, 0.5, 4000))
    columns = {0: np.rint(30.0 * eta).astype(np.int64), 1: np.rint(50.0 * np.log(pt)).astype(np.int64)}
    x = (pt * np.cosh(eta)).astype(np.float32)
    y, code = again(x, Bound(0.01, True), columns)
    assert holds(x, y, Bound(0.01, True)) and code.record["prediction"]["curves"][0][0] == 0
    assert code.n_bytes < code.alone / 1.5


def test_curves_are_straight_between_their_knots_and_whole():
    found = curve(np.array([-9, 0, 1, 2, 3, 4, 99]), [0, 4], [10, 20])
    assert found.tolist() == [10, 10, 12, 15, 17, 20, 20]


def test_curves_are_those_of_a_search_by_numpy():
    rng = np.random.default_rng(1)
    knots = np.unique(rng.integers(-(10**6), 10**6, 17))
    heights, values = rng.integers(-(10**7), 10**7, len(knots)), rng.integers(-2 * 10**6, 2 * 10**6, 3000)
    v = np.clip(values, knots[0], knots[-1])
    at = np.clip(np.searchsorted(knots, v, side="right") - 1, 0, len(knots) - 2)
    expected = heights[at] + (heights[at + 1] - heights[at]) * (v - knots[at]) // (knots[at + 1] - knots[at])
    np.testing.assert_array_equal(curve(values, knots.tolist(), heights.tolist()), expected)


@pytest.mark.parametrize(
    "knots, heights", [([0], [1]), ([0, 0], [1, 2]), ([0, 1], [1]), ([0, 1.5], [1, 2]), ([0, 1 << 25], [1, 2])]
)
def test_error_of_what_is_no_curve(knots, heights):
    with pytest.raises(ValueError):
        curve(np.arange(3), knots, heights)


def test_noise_is_not_predicted():
    x, other = np.random.default_rng(2).normal(size=(2, 3000))
    code = encode_column(x, Bound(0.01, False), {0: np.rint(100.0 * other).astype(np.int64)}, measure=True)
    assert "prediction" not in code.record and code.n_bytes == code.alone < code.plain


@pytest.mark.parametrize(
    "prediction", [{"columns": [7], "line": [0.0, 1.0]}, {"columns": [], "line": []}, {"columns": [0]}, {"x": 1}]
)
def test_error_of_predictions_that_do_not_fit(prediction):
    record = {"mode": "step", "size": 1.0, "low": 0, "prediction": prediction}
    with pytest.raises((KeyError, ValueError)):
        decode_column(record, np.arange(3), None, {0: np.zeros(2, np.int64)}, np.dtype("i4"), whole=False, digits=0)


# ------------------------------------------------------------------------------------------- archives


def save(path, columns):
    np.savez(path, **columns)
    return path


def test_a_table_without_a_network(columns, tmp_path):
    more = columns | {
        "nan": np.where(columns["zero"] > 0, np.nan, columns["pt"]),
        "tag": np.array(["a", "bcd"] * 250),
        "image": np.random.default_rng(0).normal(size=(500, 2, 3)).astype(">f4"),
        "run": np.arange(500, dtype=">i4"),
    }
    done = compress(None, save(tmp_path / "in.npz", more), tmp_path / "a.tmvz", bound="1%,big=abs:5")
    assert done.archive.model.file == "" and done.archive.latent.shape == (500, 0)
    assert set(done.bounds) == {"pt", "eta", "half", "zero", "nan", "image", "big"}, "integers that are not named are exact"
    decompress(tmp_path / "a.tmvz", tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz", allow_pickle=False) as out:
        assert out.files == list(more)
        for name, x in more.items():
            assert out[name].dtype == x.dtype and out[name].shape == x.shape
            if name in done.bounds:
                assert holds(x, out[name], done.bounds[name]), name
            else:
                assert out[name].tobytes() == x.tobytes(), name


def test_without_a_bound_and_without_a_network_nothing_is_lost(columns, tmp_path):
    done = compress(None, save(tmp_path / "in.npz", columns), tmp_path / "a.tmvz")
    found = decompress(tmp_path / "a.tmvz").table.arrays()
    assert all(found[name].tobytes() == x.tobytes() for name, x in columns.items())
    assert done.n_bytes < sum(x.nbytes for x in columns.values())


def test_a_network_that_does_not_pay_is_left_out(model_file, columns, tmp_path):
    source = save(tmp_path / "in.npz", columns)
    auto = compress(model_file, source, tmp_path / "a.tmvz", bound="1%")
    always = compress(model_file, source, tmp_path / "b.tmvz", bound="1%", network="always")
    assert auto.n_bytes < always.n_bytes and not auto.archive.model.variables and always.archive.model.variables
    assert auto.candidates["steps, predicted"] < auto.candidates["network and corrections"]


def test_a_network_that_pays_is_kept_for_the_columns_where_it_does(tmp_path):
    from tests.compression.fake import FakeAE

    rng = np.random.default_rng(1)
    factor = rng.normal(size=(3000, 1))
    x = np.sin(0.5 * factor * np.arange(1, 31)) + 2.0  # thirty columns that follow from one number, but not on a line

    class Sines(FakeAE):
        def encode(self, x):
            return factor.astype(np.float32)

        def decode(self, z):
            return (np.sin(0.5 * z[:, :1].astype(float) * np.arange(1, 32)) + 2.0).astype(np.float32)

        def save_decoder(self, path):
            path.write_text("sines", encoding="utf-8")

    names = [f"x{i}" for i in range(30)]
    model = Sines.fit([*names, "noise"], np.concatenate([x, factor], axis=1), 1)
    table = dict(zip(names, x.T)) | {"noise": rng.uniform(1.0, 9.0, 3000)}
    done = compress(model, save(tmp_path / "in.npz", table), tmp_path / "a.tmvz", bound="1%", embed=False)
    by_model = [record.name for record in done.archive.columns if record.start >= 0]
    assert "noise" not in by_model and len(by_model) > 25
    assert done.n_bytes < done.candidates["steps, predicted"] / 2
    found = decompress(tmp_path / "a.tmvz", model=model).table.arrays()
    assert all(holds(table[name], found[name], Bound(0.01, True)) for name in table)


@pytest.mark.parametrize("rows, wide", [(1, 1), (1, 7), (25, 100)])
def test_small_tables_do_not_grow(rows, wide, tmp_path):
    x = np.random.default_rng(0).normal(size=(rows, wide)).astype(np.float32)
    source = save(tmp_path / "in.npz", {f"column{i}": x[:, i] for i in range(wide)})
    done = compress(None, source, tmp_path / "a.tmvz", bound="1%")
    assert done.n_bytes < 200 + 4 * wide + x.nbytes
    if wide == 100:
        assert done.n_bytes < x.nbytes / 2 < done.before.n_bytes


HOSTILE = [
    {"mode": "other"},
    {"size": 0.0},
    {"size": 1e308},
    {"size": 1},
    {"low": 1 << 70},
    {"low": -(1 << 50)},
    {"low": 1.5},
    {"exponent": 5000},
    {"special": 1 << 70},
    {"prediction": {"columns": [5], "line": [0.0, 1.0]}},
    {"prediction": {"columns": [0], "line": [0.0, 1.0]}},
    {"prediction": {"columns": 3, "line": 3}},
    {"prediction": {"columns": [[]], "line": []}},
    {"prediction": {"other": 1}},
]


@pytest.mark.parametrize("edit", HOSTILE, ids=str)
def test_hostile_steps_are_one_named_error(edit, columns, tmp_path):
    compress(None, save(tmp_path / "in.npz", columns), tmp_path / "a.tmvz", bound="1%")

    def hostile(index, chunks):
        entry = chunks[0][0]["columns"][0]
        entry["steps"] |= edit

    change(tmp_path / "a.tmvz", hostile, tmp_path / "bad.tmvz")
    with pytest.raises(FileError) as caught:
        decompress(tmp_path / "bad.tmvz")
    assert caught.value.code == "archive-damaged"


def test_a_small_file_that_holds_a_large_table_is_not_unpacked_in_memory_but_into_a_file_or_in_part(tmp_path):
    source = save(tmp_path / "in.npz", {"x": np.full(12_000_000, 2.5, np.float32)})
    done = compress(None, source, tmp_path / "a.tmvz", bound="1%")
    assert done.n_bytes < 20_000 and len(done.archive.chunks) == 46
    with pytest.raises(FileError) as caught:
        decompress(tmp_path / "a.tmvz")
    assert caught.value.code == "archive-size"
    part = decompress(tmp_path / "a.tmvz", rows=slice(9_000_000, 9_000_010)).table
    np.testing.assert_allclose(part.column("x").values, 2.5, rtol=0.01)
    decompress(tmp_path / "a.tmvz", tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz") as out:
        assert out["x"].shape == (12_000_000,)
    with pytest.raises(FileError, match="would grow to 48000000 bytes"):
        decompress(tmp_path / "a.tmvz", tmp_path / "out2.npz", max_bytes=1000)


def test_the_command_needs_no_model_and_shows_all_ways(capsys, columns, tmp_path):
    source, archive = save(tmp_path / "in.npz", columns), tmp_path / "x.tmvz"
    assert main(["compress", "--bound", "1%", str(source), str(archive)]) == 0
    out, err = capsys.readouterr()
    assert err == "" and max(map(len, out.splitlines())) <= 80
    assert "4 columns as steps within their bound, no network" in out
    assert "  steps, predicted" in out and "  steps, LZMA" in out
    assert main(["decompress", str(archive), str(tmp_path / "out.npz")]) == 0
    assert capsys.readouterr().out == "500 events of 8 columns restored\nevery entry keeps its bound: 1%\n"


@pytest.mark.parametrize("name", ["jets", "normal", "tiny", "few"])
@pytest.mark.parametrize("bound", [0.1, 0.001])
def test_no_archive_is_larger_than_steps_and_lzma_by_more_than_the_header(name, bound):
    rng = np.random.default_rng(0)
    tables = {
        "jets": lambda: {key: x[:2000] for key, x in compression.TABLES["jets"](None).items()},
        "normal": lambda: {f"x{i}": rng.normal(size=3000).astype(np.float32) for i in range(4)},
        "tiny": lambda: compression.TABLES["tiny"](None),
        "few": lambda: {f"x{i}": rng.normal(size=10) for i in range(3)},
    }
    columns = tables[name]()
    data, unpack = compression.CODECS["tmvalite"](columns, bound)
    simple, _ = compression.CODECS["steps+lzma"](columns, bound)
    assert len(data) <= len(simple) + 110 and compression.beyond(columns, unpack(), bound) == 0


@pytest.mark.parametrize("name", ["tmvalite", "steps+lzma"])
def test_tables_of_varying_lengths_take_part_in_the_benchmark(name):
    rng = np.random.default_rng(9)
    n = rng.integers(0, 4, 30)
    columns = compression.Varying({"pt": rng.exponential(30.0, n.sum()).astype(np.float32), "n": n})
    found = compression.measure(columns, name, 0.01, 1)
    assert found["beyond"] == 0 and 0 < found["bytes"] < found["raw"]
