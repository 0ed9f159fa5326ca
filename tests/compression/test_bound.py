"""Every entry keeps its bound, whatever the model gives; entries that need no correction cost nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tmvalite.compression import compress, decompress, parse_bound
from tmvalite.compression.bound import Bound, correct, find_correction, restore, within
from tmvalite.errors import OptionError

TYPES = ["f2", "f4", "f8", "i1", "u1", "i2", "i4", "u4", "i8", "u8", "?"]


def final(x, decoded, bound, whole=False, digits=0):
    like = restore(decoded, x.dtype, whole=whole, digits=digits)
    c = find_correction(x, decoded, like, bound, whole=whole, digits=digits)
    if c is None:
        return like, None
    spec = {"mode": c.mode, "size": c.size}
    return correct(decoded, like, spec, c.symbols, c.raw, dtype=x.dtype, whole=whole, digits=digits), c


def holds(x, y, bound):
    """The definition, in exact integers and in extended precision; separate from `within`."""
    for a, b in zip(x.reshape(-1).tolist(), y.reshape(-1).tolist()):
        if a != a or a in (float("inf"), -float("inf")):
            ok = b == a or (a != a and b != b)
        else:
            limit = bound.value * abs(a) if bound.relative else bound.value
            ok = abs(b - a) <= limit * (1 + 1e-15)
        if not ok:
            return False
    return True


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(
    "bound",
    [
        Bound(0.01, True),
        Bound(1e-4, True),
        Bound(0.5, True),
        Bound(0.3, False),
        Bound(7.0, False),
        Bound(0.0, False),
        Bound(1e-12, True),
    ],
)
def test_every_entry_keeps_its_bound_in_every_type(dtype, bound):
    rng = np.random.default_rng(3)
    wide = np.exp(rng.uniform(-8, 8, 400)) * rng.choice([-1.0, 1.0, 1.0, 0.0], 400)
    x = restore(wide, np.dtype(dtype))
    decoded = (x.astype(np.float64) * rng.normal(1.0, 0.2, 400) + rng.normal(size=400)).astype(np.float32)
    y, _ = final(x, decoded, bound)
    assert y.dtype == x.dtype and holds(x, y, bound)


@given(
    x=hnp.arrays(np.float32, 20, elements=st.floats(width=32)),
    decoded=hnp.arrays(np.float32, 20, elements=st.floats(width=32)),
    bound=st.sampled_from([Bound(0.01, True), Bound(0.1, False), Bound(0.0, False)]),
    whole=st.booleans(),
    digits=st.sampled_from([0, 3]),
)
def test_no_value_whatever_breaks_the_bound(x, decoded, bound, whole, digits):
    y, _ = final(x, decoded, bound, whole, digits)
    assert holds(x, y, bound)


@given(
    x=hnp.arrays(np.int64, 20, elements=st.sampled_from([0, 1, -1, 99, 2**53 + 1, -(2**62) - 1, 2**63 - 1, -(2**63)])),
    decoded=hnp.arrays(np.float32, 20, elements=st.sampled_from([0.0, -0.5, 101.0, 9.2e18, -9.3e18, 1e30])),
    bound=st.sampled_from([Bound(0.01, True), Bound(3.0, False), Bound(0.0, False)]),
)
def test_large_integers_keep_the_bound(x, decoded, bound):
    y, _ = final(x, decoded, bound)
    assert holds(x, y, bound)


def test_an_entry_that_is_zero_stays_zero():
    x = np.array([0.0, 0.0, 2.0], np.float32)
    y, c = final(x, np.array([1e-9, -3.0, 2.001], np.float32), Bound(0.01, True))
    assert y.tolist() == [0.0, 0.0, np.float32(2.001)] and c.symbols.tolist() == [1, 1, 0] and not len(c.raw)


def test_a_column_within_its_bound_has_no_correction():
    x = np.linspace(1.0, 2.0, 50)
    assert find_correction(x, x * 1.005, x * 1.005, Bound(0.01, True), whole=False, digits=0) is None
    assert find_correction(x, x * 1.005, x * 1.005, None, whole=False, digits=0) is None


def test_the_symbols_are_as_described():
    x = np.array([1.0, 1.05, -1.0, 1.0, np.nan])
    decoded = np.array([1.0, 1.0, 1.0, 1e30, 1.0])
    y, c = final(x, decoded, Bound(0.01, True))
    k = 2  # ln 1.05 / ln 1.01^2 = 2.45
    far = round(30.0 * np.log(10.0) / np.log(c.size))
    assert c.mode == "ratio" and c.size == pytest.approx(1.01**2, rel=1e-4)
    assert c.symbols.tolist() == [0, 3 + 2 * 2 * k, 3 + 1, 3 + 2 * (2 * far - 1), 2]
    assert y[1] == 1.0 * c.size * c.size and y[2] == -1.0 and np.isnan(y[4])


def test_integers_take_the_shorter_of_two_ways():
    rng = np.random.default_rng(0)
    x = np.rint(np.exp(rng.uniform(10, 14, 2000))).astype(np.int64)
    decoded = x * rng.normal(1.0, 0.05, 2000)
    assert final(x, decoded, Bound(0.01, True))[1].mode == "ratio"
    few = rng.integers(0, 20, 2000)
    assert final(few, few + rng.normal(0.0, 0.7, 2000), Bound(0.01, True))[1].mode == "step"


def test_integers_with_an_absolute_bound_are_corrected_in_odd_steps():
    x = np.arange(-50, 51)
    y, c = final(x, np.zeros(101), Bound(2.0, False))
    assert c.mode == "step" and c.size == 5.0 and np.abs(y - x).max() == 2


def test_rounding_is_to_the_nearest_and_stops_at_the_range():
    assert restore(np.array([1.9, -1.9, 300.0, -300.0, np.nan]), np.dtype(np.int8)).tolist() == [2, -2, 127, -128, 0]
    assert restore(np.array([1e30, -1.0]), np.dtype(np.uint64)).tolist() == [2**64 - 2048, 0]
    assert restore(np.array([0.49, 0.5]), np.dtype(bool)).tolist() == [False, True]
    assert restore(np.array([1.6, np.nan]), np.dtype(np.float32), whole=True)[0] == 2.0
    assert restore(np.array([1.23456]), np.dtype(np.float64), digits=3)[0] == 1.23


def test_within_counts_equal_values_and_nan_for_nan():
    x = np.array([0.0, np.nan, np.inf, np.inf, 1.0])
    y = np.array([0.0, np.nan, np.inf, -np.inf, np.inf])
    assert within(x, y, Bound(0.5, True)).tolist() == [True, True, True, False, False]


@pytest.mark.parametrize("bound", ["1%", "0.001", "10%,eta=abs:0.01,n=abs:1,zero=abs:0"])
def test_the_decompressed_file_keeps_the_bound(model_file, columns, tmp_path, bound):
    np.savez(tmp_path / "in.npz", **columns)
    done = compress(model_file, tmp_path / "in.npz", tmp_path / "a.tmvz", bound=bound)
    decompress(tmp_path / "a.tmvz", tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz", allow_pickle=False) as out:
        for name, x in columns.items():
            assert holds(x, out[name], done.bounds[name]), name
    free = compress(model_file, tmp_path / "in.npz", tmp_path / "b.tmvz").after.arrays()
    broken = [name for name, x in columns.items() if not holds(x, free[name], done.bounds[name])]
    assert broken == list(columns), "without corrections the bound must not hold, or the test shows nothing"


def test_a_bound_that_no_entry_breaks_costs_nothing(columns, tmp_path):
    from tests.compression.fake import FakeAE

    x = np.stack([columns["pt"], columns["eta"]], axis=1).astype(np.float64)
    model = FakeAE.fit(["pt", "eta"], x, 2)
    np.savez(tmp_path / "in.npz", pt=columns["pt"], eta=columns["eta"])
    done = compress(model, tmp_path / "in.npz", tmp_path / "a.tmvz", bound="1%")
    assert done.archive.corrected_entries() == {} and done.archive.section_bytes()["correction"] == 0


def test_bounds_by_column_the_last_counts():
    names = ["jet1_phi", "jet2_phi", "pt"]
    assert parse_bound("1%, jet*_phi = abs:0.01,jet2_phi=0.5", names) == {
        "jet1_phi": Bound(0.01, False),
        "jet2_phi": Bound(0.5, True),
        "pt": Bound(0.01, True),
    }
    assert parse_bound("pt=2%", names) == {"pt": Bound(0.02, True)}


def test_error_of_a_bound_that_is_none():
    with pytest.raises(OptionError) as caught:
        parse_bound("1%,pt=abs:-1", ["pt"])
    assert str(caught.value) == "\n".join(
        [
            "'abs:-1' is no bound",
            "  1%,pt=abs:-1",
            "     ^~~~~~~~~",
            "  expected a relative bound such as 1% or 0.01 (below 100%), or an absolute one such as abs:0.5",
        ]
    )


@pytest.mark.parametrize("text", ["", "x", "100%", "0", "0%", "-1%", "nan", "inf", "abs:", "abs:inf", "abs:1%", "1_0%"])
def test_error_of_numbers_that_are_no_bound(text):
    with pytest.raises(OptionError, match="is no bound"):
        parse_bound(text, ["pt"])


def test_error_of_a_bound_for_a_column_that_is_not_there():
    with pytest.raises(OptionError) as caught:
        parse_bound("eta=1%", ["pt", "phi"])
    assert str(caught.value) == "\n".join(
        ["no column that the model compresses is called 'eta'", "  eta=1%", "  ^~~~~~", "  expected columns pt, phi"]
    )
