"""Events that are read while they train: every event once an epoch, whatever the chunks, buffers and batches are."""

import threading

import numpy as np
import pytest

from tests.training.fake import FakeNetwork
from tests.training.test_loop import BASE
from tmvalite.errors import DataError, Source
from tmvalite.string_utils import parse_strategy, resolve_strategy
from tmvalite.training import streams
from tmvalite.training.batches import batch_sizes
from tmvalite.training.epoch_pieces import Sample
from tmvalite.training.loop import Training
from tmvalite.training.streamed_sample import BlockSample, ChunkSize, StreamedSample

SIZES = (5, 7, 3, 11, 0, 6, 4, 9)  # events of chunks; the classes take turns
KEY = streams.stream_key(7, streams.SHUFFLE)


class Chunks:
    """Rows with their own number as the first variable; notes what was read, and where."""

    def __init__(self, sizes=SIZES, width=3, seed=1):
        rng, n = np.random.default_rng(seed), sum(sizes)
        self.x = np.column_stack([np.arange(n), rng.normal(size=(n, width - 1))])
        self.y = (np.arange(n) % 2)[:, None].astype(float)
        self.w = rng.uniform(0.5, 1.5, n)
        self.ends = np.cumsum(sizes)
        self.sizes, self.read_chunks, self.threads = sizes, [], set()

    def rows(self, i):
        at = slice(self.ends[i] - self.sizes[i], self.ends[i])
        return self.x[at], self.y[at], self.w[at]

    def read(self, numbers):
        for i in numbers:
            self.read_chunks.append(i)
            self.threads.add(threading.current_thread().name)
            yield self.rows(i)

    def streamed(self, capacity, seed=7, read=None):
        chunks = [ChunkSize(i % 2, n) for i, n in enumerate(self.sizes)]
        width = self.x.shape[1]
        return StreamedSample(chunks, read or self.read, width=width, outputs=1, dtype=float, capacity=capacity, seed=seed)

    def whole(self):
        return Sample(self.x, self.y, self.w)


def rows_of(piece):
    return piece.x[piece.order], piece.targets[piece.order], piece.weights[piece.order]


def sequence(sample, epoch, batch_size, done=0):
    """The numbers of the events in the order in which they train, and those of each batch."""
    order, sizes = [], []
    for piece in sample.pieces(KEY, epoch, batch_size, done):
        assert len(sizes) + done == piece.first
        order += piece.x[piece.order, 0].astype(int).tolist()
        sizes += batch_sizes(len(piece.order), batch_size).tolist()
        assert len(sizes) + done == piece.first + piece.count
    return order, sizes


@pytest.mark.parametrize("capacity", [12, 14, 20, 33, 44])
@pytest.mark.parametrize("batch_size", [1, 2, 4, 11, 44, 50])
def test_every_event_trains_once_an_epoch_in_batches_of_the_right_size(capacity, batch_size):
    data = Chunks()
    sample = data.streamed(capacity)
    for epoch in (1, 2, 3):
        order, sizes = sequence(sample, epoch, batch_size)
        assert sorted(order) == list(range(45))
        assert sizes == batch_sizes(45, batch_size).tolist()
    sample.close()


def test_rows_keep_their_targets_and_weights():
    data = Chunks()
    sample = data.streamed(14)
    for piece in sample.pieces(KEY, 1, 4):
        x, y, w = rows_of(piece)
        at = x[:, 0].astype(int)
        assert np.array_equal(x, data.x[at]) and np.array_equal(y, data.y[at]) and np.array_equal(w, data.w[at])
    sample.close()


def test_the_order_changes_from_epoch_to_epoch_and_with_the_seed_and_is_the_same_again():
    found = {}
    for seed in (7, 8):
        sample = Chunks().streamed(14, seed)
        found[seed] = [sequence(sample, epoch, 4)[0] for epoch in (1, 2, 1)]
        sample.close()
    assert found[7][0] == found[7][2] != found[7][1] and found[7][0] != found[8][0]


def test_one_group_is_read_once_and_has_the_order_of_a_sample_in_memory():
    data = Chunks()
    sample = data.streamed(45)
    for epoch in (1, 2):
        assert sequence(sample, epoch, 4) == sequence(data.whole(), epoch, 4)
    assert sample.n_groups == 1 and data.read_chunks == [0, 1, 2, 3, 5, 6, 7]
    sample.close()


def test_no_buffer_has_more_than_its_capacity_and_every_stretch_has_its_share_of_both_classes():
    data = Chunks(sizes=(10,) * 60)
    sample = data.streamed(100)
    for epoch in (1, 2):
        groups = sample.groups(epoch)
        assert sorted(i for group in groups for i in group) == list(range(60))
        for group in groups:
            assert sum(data.sizes[i] for i in group) <= 100
            assert abs(sum(i % 2 for i in group) - len(group) / 2) <= 1
    assert sample.groups(1) != sample.groups(2)


def test_the_next_group_is_read_in_another_thread_while_one_trains():
    data = Chunks()
    sample = data.streamed(14)
    pieces = sample.pieces(KEY, 1, 4)
    next(pieces)
    sample._ahead[1].result()
    groups = sample.groups(1)
    assert data.read_chunks == groups[0] + groups[1] and threading.current_thread().name not in data.threads
    pieces.close()
    sample.close()
    assert not any(thread.name.startswith("events") for thread in threading.enumerate())


@pytest.mark.parametrize("done", range(12))
def test_an_epoch_goes_on_in_the_middle_and_reads_only_what_is_left(done):
    data = Chunks()
    sample = data.streamed(14)
    whole, sizes = sequence(sample, 2, 4)
    sample.close()
    data.read_chunks.clear()
    order, rest = sequence(sample, 2, 4, done)
    sample.close()
    assert order == (whole[4 * done :] if done < 11 else []) and rest == sizes[done:]
    if done == 11:
        assert data.read_chunks == []
        return
    groups, trained = sample.groups(2), 4 * done
    left = [g for n, g in enumerate(groups) if sum(SIZES[i] for other in groups[: n + 1] for i in other) > trained]
    assert data.read_chunks[: sum(map(len, left))] == [i for group in left for i in group]


def run(sample, valid, strategy=BASE + "3", network=None, **options):
    network = network or FakeNetwork(3)
    training = Training(network, sample, valid, resolve_strategy(parse_strategy(Source(strategy))), seed=7, **options)
    history = training.run()
    sample.close()
    return network, history


def test_a_training_has_the_bits_of_one_in_memory_where_the_buffer_holds_everything():
    data = Chunks()
    valid = Chunks(sizes=(11,), seed=2).whole()
    data.x[:, 0] /= 45.0
    one, history = run(data.streamed(45), valid)
    other, expected = run(data.whole(), valid)
    assert np.array_equal(one.parameters.flat, other.parameters.flat)
    assert [e.train_loss for e in history.epochs] == [e.train_loss for e in expected.epochs]


def test_a_training_counts_every_event_once_an_epoch_and_its_batches_are_numbered_through():
    data = Chunks()
    valid = Chunks(sizes=(11,), seed=2).whole()
    data.x[:, 0] /= 45.0
    sample, seen = data.streamed(14), []
    network = FakeNetwork(3, chunk=2)
    train_steps = network.train_steps

    def spy(x, targets, weights, order, **keywords):
        bounds = np.concatenate(([0], np.cumsum(batch_sizes(len(order), keywords["batch_size"]))))
        rows = order[bounds[keywords["first"]] : bounds[keywords["first"] + keywords["count"]]]
        seen.append((keywords["epoch"], np.rint(45 * x[rows, 0]).astype(int)))
        return train_steps(x, targets, weights, order, **keywords)

    network.train_steps = spy
    run(sample, valid, BASE + "2|LearningRate=0.01,BatchSize=11,TestRepetitions=1,MaxEpochs=1", network)
    for epoch in (1, 2, 3):
        assert sorted(np.concatenate([rows for e, rows in seen if e == epoch])) == list(range(45))
    steps = [(epoch, first + i) for epoch, first, count, *_ in network.calls for i in range(count)]
    assert steps == [(e, i) for e, n in ((1, 9), (2, 9), (3, 4)) for i in range(n)]


def test_what_goes_wrong_while_it_is_read_ends_the_training_by_its_name():
    data = Chunks()

    def read(numbers):
        for i in numbers:
            if len(data.read_chunks) >= 9:
                raise DataError("gone", code="data-file-missing")
            data.read_chunks.append(i)
            yield data.rows(i)

    with pytest.raises(DataError, match="gone"):
        run(data.streamed(14, read=read), Chunks(sizes=(11,), seed=2).whole())


def test_signals_are_looked_for_while_a_group_is_read():
    data, looked = Chunks(), threading.Event()

    def read(numbers):
        assert looked.wait(30)
        yield from data.read(numbers)

    sample = data.streamed(14, read=read)
    assert sum(piece.count for piece in sample.pieces(KEY, 1, 4, idle=looked.set)) == 11
    sample.close()


def test_a_sample_of_blocks_gives_the_rows_of_all_of_them(monkeypatch):
    data = Chunks(sizes=(40,)).whole()

    def blocks():
        for start in range(0, 40, 16):
            yield tuple(a[start : start + 16] for a in (data.x, data.targets, data.weights))

    sample = BlockSample(40, blocks)
    assert len(sample) == 40 and np.array_equal(sample.some().x, data.x)
    monkeypatch.setattr("tmvalite.training.streamed_sample.SOME", 7)
    assert np.array_equal(sample.some().x[:, 0], np.arange(0, 40, 6))
