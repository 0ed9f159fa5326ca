"""Sliding windows: sizes of halos, operation counts of either direction, and nothing stretched or cropped."""

import numpy as np
import pytest

from tmvalite.kernels.convolution import HEADER, PHASE_WIDTH
from tmvalite.plan.families.offsets import LANES, Correlation, FilterGradient
from tmvalite.plan.families.windows import Filters, Windows, spread_phases

ONE = {"groups": 1, "image": 1, "small": 1}


def work(image, small, k, s, p, spread):
    """One channel, square."""
    windows = Windows((image, image), (small, small), (k, k), (s, s), (p, p))
    return Correlation(windows, Filters(**ONE, taps=k * k, image_step=k * k, small_step=k * k), spread)


def test_transposed_convolution_costs_what_its_convolution_costs():
    """64x64 <-> 32x32 with 5x5, stride 2: 25600 multiplications either way; stretching with zeros would take 102400."""
    assert work(64, 32, 5, 2, 2, False).multiplications() == 32**2 * 25
    assert work(64, 32, 5, 2, 2, True).multiplications() == 32**2 * 25
    gradient = FilterGradient(work(64, 32, 5, 2, 2, True).windows, Filters(**ONE, taps=25, image_step=25, small_step=25), False)
    assert gradient.multiplications() == 32**2 * 25


def test_phases_take_the_taps_of_their_own():
    even, odd = sorted(spread_phases(64, 5, 2, 2), key=lambda phase: phase.first)
    assert [tap for tap, _ in even.taps] == [0, 2, 4] and [tap for tap, _ in odd.taps] == [1, 3]
    counts = sorted(len(a.taps) * len(b.taps) for a in (even, odd) for b in (even, odd))
    assert counts == [4, 6, 6, 9] and even.count == odd.count == 32


def test_backward_of_stride_one_pads_by_what_it_needs_and_crops_nothing():
    """5x5, 4x4 filter, padding 2 -> 6x6; its gradient is 5^2 16 multiplications on 8x8 values, not 9^2 16 on 12x12."""
    back = work(5, 6, 4, 1, 2, True)
    assert work(5, 6, 4, 1, 2, False).multiplications() == 6**2 * 16
    assert back.multiplications() == 5**2 * 16
    assert (back.halo.rows, back.halo.pitch) == (8, 8)


def test_nothing_is_stretched():
    halo = work(64, 32, 5, 2, 2, True).halo
    assert (halo.rows, halo.pitch) == (34, 34)  # 32 and what windows see around; stretched it would be 68


def test_a_halo_is_copied_only_where_there_is_one():
    assert not work(9, 7, 3, 1, 0, False).halo.copied
    assert not work(5, 5, 1, 1, 0, True).halo.copied
    assert work(9, 9, 3, 1, 1, False).halo.copied
    assert not work(9, 5, 3, 1, -1, False).halo.copied  # one row and column cut off on every side


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("spread", [False, True])
def test_tables_stay_inside_what_they_refer_to(seed, spread):
    """Vectors end inside the scratch, or less than a vector behind the input; every pixel is written, in increasing order."""
    rng = np.random.default_rng(seed)
    taps, strides, small = rng.integers(1, 8, 2), rng.integers(1, 5, 2), rng.integers(1, 20, 2)
    pads, more = rng.integers(-2, 7, 2), rng.integers(0, 3, 2)
    image = np.maximum((small - 1) * strides + taps - pads - rng.integers(-2, 7, 2) + more, 1)
    windows = Windows(*(tuple(map(int, pair)) for pair in (image, small, taps, strides, pads)))
    count = int(taps.prod())
    filters = Filters(groups=2, image=3, small=2, taps=count, image_step=count, small_step=3 * count)
    work = Correlation(windows, filters, spread)
    (source, inputs), (target, outputs) = work.source, work.target
    for lanes in LANES:
        table = work.table(lanes)
        at = {name: int(table[i]) for name, i in HEADER.items()}
        readable = at["HALO_SIZE"] if at["COPIED"] else filters.groups * inputs * source[0] * source[1]
        assert at["HALO_SIZE"] == work.halo_size
        plane = at["OUTPUT_PLANE"]
        written = np.zeros(plane + 64, int)
        for phase in table[at["PHASES_AT"] :][: at["PHASES"] * PHASE_WIDTH].reshape(-1, PHASE_WIDTH):
            terms, in_filters = table[phase[1] :][: phase[0]], table[phase[2] :][: phase[0]]
            places, last = table[phase[4] :][: 2 * phase[3]].reshape(-1, 2), phase[5]
            assert (np.diff(places[:, 1]) > 0).all()
            if len(terms):
                assert places[:, 0].min() + terms.min() >= 0
                end = (filters.groups - 1) * at["GROUP_SOURCE"] + places[:, 0].max() + terms.max() + lanes
                assert end <= (readable if at["COPIED"] else readable + lanes - 1)
                assert 0 <= in_filters.min() and in_filters.max() + (outputs - 1) * at["FILTER_ROW"] < filters.group_step
            for _, to in places[:-1]:
                assert to + lanes <= plane
            assert places[-1, 1] + last <= plane
            for n, (_, to) in enumerate(places):
                written[to : to + (last if n == len(places) - 1 else lanes)] = 1
        if at["MERGED"]:
            assert filters.groups * outputs * plane <= work.merge_size()
            first_and_count = table[at["MERGE_AT"] :][: 2 * at["STRIDE"]].reshape(-1, 2)
            columns = sorted(f + at["STRIDE"] * n for f, c in first_and_count for n in range(c))
            assert columns == list(range(target[1]))
            for row in range(target[0]):
                for b, (_, n) in enumerate(first_and_count):
                    assert written[row * at["MERGE_PITCH"] + b * at["MERGE_SEGMENT"] :][:n].all()
        else:
            assert written[:plane].all()
