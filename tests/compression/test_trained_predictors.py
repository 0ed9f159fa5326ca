"""Networks that predict a column from those before it: kept where they pay, the same bits everywhere, refused where damaged."""

import numpy as np
import pytest

from tests.compression.surgery import change
from tests.naive import whole_network as naive
from tmvalite.cli import main
from tmvalite.compression import compress, decompress, describe, prepare, read_archive
from tmvalite.compression.predictors import KnownSteps
from tmvalite.compression.table import EventTable, FileColumn
from tmvalite.compression.whole_network import input_of, pack_weights, predicted
from tmvalite.errors import FileError, OptionError

N = 4000


@pytest.fixture(scope="module")
def angles():
    """The last column follows from the difference of the first two; one between them follows from nothing."""
    rng = np.random.default_rng(8)
    a, b, c = rng.uniform(1.0, 4.0, size=(3, N))
    return {"a": a, "b": b, "c": c, "y": 1.3 + np.cos(a - b)}


def table_of(columns):
    return EventTable("npz", [FileColumn(name, x.astype(np.float32)) for name, x in columns.items()], N)


@pytest.fixture(scope="module")
def done(angles):
    return prepare(None, table_of(angles), bound="1%", train=True)


def test_a_network_is_kept_where_it_makes_the_archive_smaller(angles, done):
    without = prepare(None, table_of(angles), bound="1%")
    assert done.n_bytes < without.n_bytes - 500
    simple, by_network = done.trained["y"]
    assert by_network < 0.8 * simple
    assert "network after a, b" in describe(done.archive).columns[3].codec
    ways = done.candidates
    assert ways["steps, trained networks"] < ways["steps, predicted"] <= ways["steps"]
    assert f"{simple:10d} bytes, with a network {by_network:10d}  kept" in done.as_text()


def test_every_entry_keeps_its_bound_and_one_column_can_be_read_alone(angles, done):
    again = decompress(done.archive).table.arrays()
    for name, x in angles.items():
        x = x.astype(np.float32).astype(np.float64)
        assert np.all(np.abs(again[name] - x) <= 0.01 * np.abs(x))
    part = decompress(done.archive, rows=slice(100, 107), columns=["y"]).table.column("y").values
    np.testing.assert_array_equal(part, again["y"][100:107])


def test_the_same_table_gives_the_same_bytes(angles, done):
    assert prepare(None, table_of(angles), bound="1%", train=True).data == done.data


def test_later_chunks_are_predicted_by_the_network_of_the_first(angles, monkeypatch):
    monkeypatch.setattr("tmvalite.compression.compression_work._ROWS", N // 2)
    done = prepare(None, table_of(angles), bound="1%", train=True)
    networks = [done.archive.chunk(i).entry(3)["steps"]["prediction"]["network"] for i in range(2)]
    assert networks[0] == networks[1]
    y = decompress(done.archive, rows=slice(N // 2 - 1, N), columns=["y"]).table.column("y").values
    assert np.all(np.abs(y - angles["y"][N // 2 - 1 :]) <= 0.0100001 * angles["y"][N // 2 - 1 :])


def test_columns_that_follow_from_nothing_get_no_network(angles):
    columns = {name: angles[name] for name in "abc"}
    done = prepare(None, table_of(columns), bound="1%", train=True)
    assert done.data == prepare(None, table_of(columns), bound="1%").data
    assert done.trained == {}
    assert "none in the archive, since none makes it smaller" in " ".join(done.as_text().split())


def some_network(hidden=(5, 3), bits=4):
    rng = np.random.default_rng(2)
    widths = [3, *hidden, 1]
    layers = [(rng.normal(size=(n, m)), rng.normal(size=n)) for m, n in zip(widths, widths[1:])]
    inputs = [[0, 0, 3.0, 20.0], [0, 1, 1.5, 0.7], [2, 0, -1.0, 5.0]]
    network = {"inputs": inputs, "hidden": list(hidden), "bits": bits, "size": 75.0, "weights": pack_weights(layers, bits)}
    return network, [(np.rint(w * 2**bits), np.rint(b * 2**bits)) for w, b in layers]


RECORDS = {0: {"mode": "ratio", "size": 1.02, "low": 0, "exponent": -3}, 2: {"mode": "step", "size": 0.5, "low": 0}}


def some_steps(n):
    rng = np.random.default_rng(5)
    return {0: rng.integers(-120, 120, n), 2: rng.integers(-9, 9, n)}


def test_a_network_in_doubles_gives_what_whole_numbers_give():
    network, layers = some_network()
    steps = some_steps(41)
    inputs = np.stack([input_of(entry, steps[entry[0]], RECORDS[entry[0]]) for entry in network["inputs"]], axis=1)
    units = [[(row, b) for row, b in zip(w, biases)] for w, biases in layers]
    expected = [naive.output(x, units, network["bits"], network["size"]) for x in inputs]
    assert len(set(expected)) > 10
    np.testing.assert_array_equal(predicted(network, steps, RECORDS), expected)


def test_the_order_of_sums_changes_no_bit():
    steps, rng = some_steps(1000), np.random.default_rng(1)
    layers = [(rng.normal(size=(64, 3)), rng.normal(size=64)), (rng.normal(size=(1, 64)), rng.normal(size=1))]
    network, _ = some_network()
    network |= {"hidden": [64], "bits": 12, "weights": pack_weights(layers, 12)}
    order = rng.permutation(64)
    (w, b), (v, c) = layers
    other = network | {"weights": pack_weights([(w[order], b[order]), (v[:, order], c)], 12)}
    np.testing.assert_array_equal(predicted(network, steps, RECORDS), predicted(other, steps, RECORDS))


def test_weights_that_are_too_large_are_no_network():
    assert pack_weights([(np.full((1, 3), 1e5), np.zeros(1))], 4) is None


@pytest.mark.parametrize(
    "name, value",
    [
        ("inputs", []),
        ("inputs", [[1, 0, 0.0, 1.0]] * 70),
        ("inputs", [[1, 2, 0.0, 1.0]] * 3),
        ("inputs", [[1, 0, 0.0, 0.0]] * 3),
        ("inputs", [[3, 0, 0.0, 1.0]] * 3),
        ("inputs", 7),
        ("hidden", [4000]),
        ("hidden", [4, 4, 4]),
        ("hidden", [2.5]),
        ("bits", 60),
        ("size", 1e30),
        ("weights", [0, 1, 5, "!!!!"]),
        ("weights", [0, 1, 1 << 40, ""]),
        ("weights", "text"),
    ],
)
def test_a_damaged_network_is_one_named_error(done, tmp_path, name, value):
    path = tmp_path / "a.tmvz"
    path.write_bytes(done.data)

    def edit(index, chunks):
        chunks[0][0]["columns"][3]["steps"]["prediction"]["network"][name] = value

    change(path, edit)
    with pytest.raises(FileError) as caught:
        decompress(read_archive(path), columns=["y"])
    assert caught.value.code == "archive-damaged"


def test_a_prediction_without_columns_is_refused():
    with pytest.raises((ValueError, KeyError)):
        predicted(some_network()[0], KnownSteps({0: np.arange(5)}), {})


def test_train_from_the_command_line_needs_no_model(angles, tmp_path, capsys):
    np.savez(tmp_path / "t.npz", **{name: x.astype(np.float32) for name, x in angles.items()})
    source, target = str(tmp_path / "t.npz"), str(tmp_path / "t.tmvz")
    assert main(["compress", source, "-o", target, "--bound", "1%", "--train"]) == 0
    shown = capsys.readouterr().out
    assert "some by networks" in " ".join(shown.split()) and "networks that predict columns: 1 in the archive" in shown
    assert "network" in describe(read_archive(target)).columns[3].codec


def test_an_archive_that_is_named_twice_is_an_error(tmp_path, capsys):
    assert main(["compress", "model.xml", "t.npz", "a.tmvz", "-o", "b.tmvz"]) == 2
    assert "named twice" in capsys.readouterr().err


def test_networks_are_trained_where_there_is_no_model(angles, tmp_path):
    with pytest.raises(OptionError) as caught:
        compress("model.weights.xml", table_of(angles), tmp_path / "a.tmvz", train=True)
    assert caught.value.code == "argument"
