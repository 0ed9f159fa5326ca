"""Trees in chunks: at the edges of clusters, nothing unpacked twice, the same events whenever they are read."""

import os

import numpy as np
import pytest
import uproot

from tests.data.streams import CUT, NAMES, WEIGHT, arrays, write_classes, write_tree
from tmvalite.data.drawn_events import DrawnEvents, event_words, limit_of
from tmvalite.data.sources import open_table
from tmvalite.data.sources.root_stream import BranchStream
from tmvalite.data.streaming.chunks import chunk_bounds
from tmvalite.data.streaming.event_stream import EventStream
from tmvalite.data.streaming.kept_rows import KeptRows
from tmvalite.data.streaming.read_ahead import ahead
from tmvalite.data.streaming.stream_trees import StreamTrees
from tmvalite.data.streaming.streamed_events import StreamedEvents, Survey, whole_limits
from tmvalite.errors import DataError


def trees_of(files, chunk_entries=200, **more):
    stream = EventStream(files, NAMES, **dict(cut=CUT, weight=WEIGHT) | more)
    return StreamTrees(
        stream.info(),
        stream.inputs(),
        cuts=stream.by_class("cut"),
        weights=stream.by_class("weight"),
        chunk_entries=chunk_entries,
    )


def test_a_large_cluster_is_cut_into_few_chunks_if_they_may_be_large():
    assert len(chunk_bounds([0, 4000], 100)) == 40
    assert len(chunk_bounds([0, 4000], 100, 1000)) == 8 and len(chunk_bounds([0, 4000], 100, 200)) == 20
    assert chunk_bounds([0, 150, 4000], 100, 10_000)[0] == (0, 75)


def test_clusters_that_are_unpacked_many_times_are_worth_one_warning(tmp_path):
    files, _ = write_classes(tmp_path, ((2000, 2000), (100,)), 2000)
    trees = trees_of(files, chunk_entries=100)
    assert [warning.code for warning in trees.diagnostics.warnings] == ["stream-clusters"]
    assert "clusters of up to 2000 entries are unpacked 20 times an epoch" in trees.diagnostics.warnings[0].message


@pytest.mark.parametrize(
    ("edges", "entries", "expected"),
    [
        ([0, 10, 20, 30], 20, [(0, 20), (20, 30)]),
        ([0, 10, 20, 30], 5, [(0, 5), (5, 10), (10, 15), (15, 20), (20, 25), (25, 30)]),
        ([0, 4, 100, 104], 30, [(0, 4), (4, 36), (36, 68), (68, 100), (100, 104)]),
        ([0, 12, 24], 10, [(0, 12), (12, 24)]),
        ([0, 0], 10, []),
        ([0, 7], 100, [(0, 7)]),
    ],
)
def test_chunks_are_clusters_put_together_or_cut(edges, entries, expected):
    assert chunk_bounds(edges, entries) == expected


@pytest.mark.parametrize("kind", ["ttree", "rntuple"])
def test_the_edges_of_a_tree_are_those_of_its_clusters(tmp_path, kind):
    files, _ = write_classes(tmp_path, ((300,), (50,)), 130, kind)
    table = open_table(files["Signal"][0])
    assert table.cluster_edges(["x", "y"]) == [0, 130, 260, 300]
    assert open_table(files["Background"][0]).cluster_edges(["x"]) == [0, 50]


def test_branches_whose_baskets_differ_have_the_edges_that_they_share(tmp_path):
    path = tmp_path / "odd.root"
    with uproot.recreate(path) as file:
        file.mktree("t", {"x": "f4"})
        for n in (10, 20, 30):
            file["t"].extend({"x": np.ones(n, np.float32)})
    table = open_table(f"{path}:t")

    class Branch:
        entry_offsets = [0, 30, 60]

    tree = table._tree
    table._tree = {"x": tree["x"], "other": Branch}
    table._places["other"] = type(table._places["x"])("other")
    assert table.cluster_edges(["x", "other"]) == [0, 30, 60] and table.cluster_edges(["x"]) == [0, 10, 30, 60]


@pytest.mark.parametrize("kind", ["ttree", "rntuple"])
def test_all_events_come_in_order_and_again(tmp_path, kind):
    files, content = write_classes(tmp_path, ((300, 200), (150,)), 70, kind)
    x, y, w = arrays(content)
    trees = trees_of(files)
    for _ in range(2):
        events = list(trees.read())
        assert np.array_equal(np.concatenate([e.x for e in events]), x)
        assert np.array_equal(np.concatenate([e.weight for e in events]), w)
        assert [trees.info.classes[e.class_index] for e in events for _ in range(len(e))] == y.tolist()
        for c in (0, 1):
            own = [e for e in events if e.class_index == c]
            assert [e.first for e in own] == np.concatenate(([0], np.cumsum([len(e) for e in own])))[:-1].tolist()
    some = list(trees.read([0, 2, 3]))
    assert [e.number for e in some] == [0, 2, 3]
    assert all(np.array_equal(one.x, events[one.number].x) and one.first == events[one.number].first for one in some)
    trees.close()


def test_no_basket_is_unpacked_twice_in_a_pass(tmp_path, monkeypatch):
    files, _ = write_classes(tmp_path, ((900,), (910,)), 100)
    trees, unpacked = trees_of(files, chunk_entries=300), []
    basket = BranchStream._basket
    monkeypatch.setattr(BranchStream, "_basket", lambda self, n: unpacked.append((self._branch.name, n)) or basket(self, n))
    list(trees.read())
    assert len(unpacked) == 3 * (9 + 10)
    unpacked.clear()
    list(trees.read([1, 3, 5]))
    assert len(unpacked) == 3 * 3 * 3 and len(trees.chunks) > 5


def test_few_files_are_open_at_a_time_and_tables_of_users_stay_open(tmp_path, monkeypatch):
    monkeypatch.setattr("tmvalite.data.streaming.stream_trees.HELD_OPEN", 2)
    files, content = write_classes(tmp_path, ((50,) * 6, (50,)))
    trees = trees_of(files)
    assert len(trees._tables) == 2
    assert sum(len(e) for e in trees.read()) == len(arrays(content)[0]) and len(trees._tables) == 2
    trees.close()
    with uproot.open(files["Signal"][0]) as tree, uproot.open(files["Background"][0]) as other:
        given = trees_of({"Signal": tree, "Background": other})
        list(given.read())
        given.close()
        assert not tree.file.closed and len(list(given.read())) > 0


def test_a_class_without_a_tree_and_a_pattern_without_files_are_named(tmp_path):
    files, _ = write_classes(tmp_path, ((50,), (50,)))
    with pytest.raises(DataError, match="class 'Background' has no tree"):
        trees_of({"Signal": files["Signal"], "Background": []})
    with pytest.raises(DataError, match="no file matches"):
        trees_of({"Signal": f"{tmp_path}/nothing*.root:t", "Background": files["Background"]})


def test_a_fingerprint_tells_events_apart_not_where_they_are(tmp_path):
    found = []
    for folder, cut in (("a", CUT), ("b", CUT), ("c", "y>-0.9")):
        os.mkdir(tmp_path / folder)
        trees = trees_of(write_classes(tmp_path / folder, ((100,), (100,)))[0], cut=cut)
        list(trees.read())
        found.append(trees.fingerprint())
    assert found[0] == found[1] != found[2]


def test_a_tree_that_is_shorter_when_it_is_opened_again_has_changed(tmp_path, monkeypatch):
    monkeypatch.setattr("tmvalite.data.streaming.stream_trees._stat", lambda path: (0, 0))
    files, content = write_classes(tmp_path, ((100,), (100,)))
    trees = trees_of(files)
    list(trees.read())
    trees.close()
    write_tree(files["Signal"][0].removesuffix(":t"), {k: v[:50] for k, v in content["Signal"][0].items()}, 130)
    with pytest.raises(DataError, match="it has 50 entries, not 100"):
        list(trees.read())


def test_parquet_files_are_streamed_by_row_groups(tmp_path):
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    files, content = {}, {}
    for name in ("Signal", "Background"):
        _, made = write_classes(tmp_path, ((400,), (300,)))
        content[name] = made[name]
        parquet.write_table(pa.table(made[name][0]), tmp_path / f"{name}.parquet", row_group_size=90)
        files[name] = f"{tmp_path}/{name}.parquet"
    x, _, w = arrays(content)
    table = open_table(files["Signal"])
    assert table.cluster_edges(["x"]) == [0, 90, 180, 270, 360, 400]
    apart = list(table.stream(["x", "y"], [], [(0, 40), (40, 90), (200, 300), (390, 400)]))
    whole = content["Signal"][0]["x"]
    expected = [whole[:40], whole[40:90], whole[200:300], whole[390:]]
    assert all(np.array_equal(one["x"].values, part) for one, part in zip(apart, expected))
    trees = trees_of(files, chunk_entries=100)
    for _ in range(2):
        events = list(trees.read())
        assert np.array_equal(np.concatenate([e.x for e in events]), x)
        assert np.array_equal(np.concatenate([e.weight for e in events]), w)
    assert np.array_equal(next(trees.read([3])).x, events[3].x)


# ------------------------------------------------------------------------------------------- the parts


def test_a_survey_counts_what_all_events_at_once_give(tmp_path):
    files, content = write_classes(tmp_path, ((300, 200), (150,)))
    x, y, w = arrays(content)
    events = StreamedEvents(trees_of(files), "NumEvents", 1)
    survey = Survey(events, whole_limits(("Signal", "Background"), limit_of(0.3), 3), ignore_negative=False)
    survey.run()
    for c, name in enumerate(("Signal", "Background")):
        assert survey.sums[c].events == (y == name).sum() and survey.sums[c].weight == pytest.approx(w[y == name].sum())
        assert survey.factors()[c] == pytest.approx((y == name).sum() / w[y == name].sum())
    assert survey.count(0) + survey.count(1) == len(x) and survey.trained.sum() == survey.count(0)
    assert abs(survey.count(1) - 0.3 * len(x)) < 4 * np.sqrt(0.21 * len(x))
    scaled = survey.factors()[(y == "Background").astype(int)] * w
    means = [survey.mean_weight(part, survey.factors()) * survey.count(part) for part in (0, 1)]
    assert sum(means) == pytest.approx(scaled.sum())


@pytest.mark.parametrize("most", [1_000_000, 100])
def test_rows_that_are_kept_come_back_from_memory_or_from_a_file(most):
    rng, kept, rows = np.random.default_rng(1), KeptRows(3, most), []
    for c, n in enumerate((5, 0, 17, 2)):
        rows.append((rng.normal(size=(n, 3)).astype(np.float32), rng.uniform(size=n), np.full(n, c)))
        kept.add(rows[-1][0], rows[-1][1], c)
    assert len(kept) == 24 and kept.in_memory == (most > 100)
    for _ in range(2):
        found = [np.concatenate(columns) for columns in zip(*kept.blocks(7))]
        assert all(np.array_equal(a, np.concatenate(b)) for a, b in zip(found, zip(*rows)))
    kept.close()


def test_a_drawn_part_does_not_depend_on_how_the_events_come():
    x, found = np.arange(5000), []
    for size in (5000, 700, 13):
        drawn = DrawnEvents(300, 3, "a", ("s", "b"))
        for start in range(0, 5000, size):
            drawn.add(1, start, (x[start : start + size],))
        found.append(drawn.events())
        assert drawn.seen == 5000
    assert all(np.array_equal(found[0][1], one[1]) for one in found) and len(found[0][1]) == 300
    words = event_words(3, "a", "b", 0, 5000)
    assert np.array_equal(found[0][1], np.sort(np.argsort(words)[:300])) and abs(found[0][1].mean() - 2500) < 300
    few = DrawnEvents(300, 3, "a", ("s", "b"))
    few.add(0, 0, (x[:100],), x[:100] % 2 == 0)
    assert np.array_equal(few.events()[1], np.arange(0, 100, 2)) and few.seen == 50


def test_reading_ahead_gives_everything_and_the_error_in_its_place():
    def items():
        yield from range(3)
        raise ValueError("here")

    found = []
    with pytest.raises(ValueError, match="here"):
        for item in ahead(items()):
            found.append(item)
    assert found == [0, 1, 2] and list(ahead(iter(()))) == []
