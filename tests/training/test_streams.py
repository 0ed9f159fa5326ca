"""The random streams: published vectors, independence of shape, distributions, permutations."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from tmvalite.training import streams
from tmvalite.training.streams import drawn_seed  # the real one, which conftest.py replaces

# Random123 1.09, tests/kat_vectors: philox4x32 10, counter, key -> words
VECTORS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize("counter, key, expected", VECTORS)
def test_philox_gives_the_published_words(counter, key, expected):
    assert tuple(streams.philox(counter, key).tolist()) == expected


def test_philox_of_many_counters_is_philox_of_each():
    counters = np.arange(12, dtype=np.uint32).reshape(4, 3)
    together = streams.philox(tuple(counters), (5, 6))
    alone = [streams.philox(tuple(counters[:, i]), (5, 6)) for i in range(3)]
    assert np.array_equal(together, np.stack(alone, axis=1))


def test_keys_differ_between_seeds_streams_and_nodes_and_are_fixed_for_ever():
    keys = {
        streams.stream_key(seed, stream, node)
        for seed in (1, 2, 12)
        for stream in (streams.SHUFFLE, streams.DROPOUT)
        for node in ("", "dense1", "1")
    }
    assert len(keys) == 18
    assert streams.stream_key(1, streams.DROPOUT, "dense1") == (3175229414, 1368125545)


def test_a_word_does_not_depend_on_how_many_are_drawn():
    key = streams.stream_key(7, "test")
    many = streams.words(key, 101, row=3, step=4, epoch=5)
    for count in (1, 4, 6, 100):
        assert np.array_equal(streams.words(key, count, row=3, step=4, epoch=5), many[:count])
    assert not np.array_equal(streams.words(key, 101, row=3, step=5, epoch=5), many)


def test_words_sit_where_the_dropout_kernel_looks_for_them():
    key = streams.stream_key(7, "test")
    four = streams.philox((2, 3, 4, 5), key)
    assert streams.words(key, 11, row=3, step=4, epoch=5)[8:].tolist() == four[:3].tolist()


def test_uniforms_are_uniform_and_never_touch_the_ends():
    u = streams.uniforms(streams.stream_key(1, "test"), 40000)
    assert 0.0 < u.min() and u.max() < 1.0
    counts = np.histogram(u, bins=20, range=(0, 1))[0]
    assert ((counts - 2000) ** 2 / 2000).sum() < 45  # 99.9 % of a chi-squared with 19 degrees of freedom
    assert abs(u.mean() - 0.5) < 4 * math.sqrt(1 / 12 / 40000)


def test_normals_are_the_exact_quantiles_of_the_uniforms():
    key = streams.stream_key(2, "test")
    u, z = streams.uniforms(key, 500), streams.normals(key, 500)
    expected = [NormalDist().inv_cdf(p) for p in u]
    np.testing.assert_allclose(z, expected, rtol=3e-15)


@pytest.mark.parametrize("p", [2.0**-53, 1e-13, 1e-11, 0.0749, 0.075, 0.5, 0.925, 0.9999999])
def test_the_quantile_holds_in_the_tails(p):
    assert streams.normal_quantile(np.array([p]))[0] == pytest.approx(NormalDist().inv_cdf(p), rel=2e-15, abs=1e-300)


def test_truncated_normals_redraw_only_what_was_outside():
    key = streams.stream_key(3, "test")
    z, plain = streams.truncated_normals(key, 20001), streams.normals(key, 20001)
    inside = np.abs(plain) <= 2.0
    assert np.array_equal(z[inside], plain[inside])
    assert np.abs(z).max() <= 2.0 and not inside.all()
    assert z.std() == pytest.approx(0.8796, abs=0.015)  # sigma of a normal cut at two sigma
    assert np.array_equal(streams.truncated_normals(key, 100), z[:100])


def test_a_permutation_holds_every_number_once_and_changes_with_the_epoch():
    key = streams.stream_key(4, streams.SHUFFLE)
    first, second = streams.permutation(key, 1000, epoch=1), streams.permutation(key, 1000, epoch=2)
    assert np.array_equal(np.sort(first), np.arange(1000))
    assert np.array_equal(first, streams.permutation(key, 1000, epoch=1))
    assert (first != second).sum() > 900


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_small_permutations(n):
    assert sorted(streams.permutation((1, 2), n).tolist()) == list(range(n))


def test_every_permutation_of_three_is_equally_likely():
    counts = {}
    for epoch in range(3000):
        order = tuple(streams.permutation((9, 9), 3, epoch=epoch).tolist())
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    assert sum((c - 500) ** 2 / 500 for c in counts.values()) < 20.5  # 99.9 %, 5 degrees of freedom


def test_a_drawn_seed_can_be_written_as_an_option():
    seeds = {drawn_seed() for _ in range(20)}
    assert len(seeds) > 1 and all(0 < seed <= streams.MAX_SEED for seed in seeds)
