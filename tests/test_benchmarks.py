"""The timing harness measures what it says; nothing here is timed for real."""

import inspect
import json
import time

import pytest

from benchmarks import compare as harness
from benchmarks import convolution, dense, longest_call, recurrent, roofline, vae
from benchmarks.compare import Comparison, Contender, Timing
from tests.networks import graph_of
from tmvalite.plan import make_plan


class Clock:
    """A clock that only work moves on."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(time, "perf_counter", clock)
    return clock


def work_of(clock, start, unit):
    """Work that takes `start` seconds, and `unit` seconds per unit."""

    def work(units):
        clock.now += start + unit * units

    return work


def test_the_cost_of_starting_out_is_subtracted(clock):
    assert harness.time_work(work_of(clock, 5.0, 0.25), 8, baseline=1) == pytest.approx(0.25)
    assert harness.time_work(work_of(clock, 5.0, 0.25), 8, baseline=0) == pytest.approx(0.25 + 5.0 / 8)


@pytest.mark.parametrize("unit", [1e-4, 0.01, 3.0])
def test_a_run_is_calibrated_to_its_length(clock, unit):
    units = harness.calibrate(work_of(clock, 0.0, unit), 0.5, baseline=0)
    assert units == max(1, round(0.5 / unit))


def test_contenders_alternate_and_the_ratio_is_that_of_the_rounds(clock, monkeypatch):
    monkeypatch.setattr(harness, "busy_seconds", lambda: None)
    started = []

    def make(name, unit):
        inner = work_of(clock, 0.0, unit)

        def work(units):
            started.append(name)
            inner(units)

        return work

    contenders = [
        Contender("ours", make, ("ours", 0.01)),
        Contender("peer a", make, ("peer a", 0.05)),
        Contender("peer b", make, ("peer b", 0.03)),
    ]
    result = harness.compare("case", contenders, threads=1, rounds=3, seconds=0.5, separate=False)
    assert started[-9:] == ["ours", "peer a", "peer b", "peer a", "peer b", "ours", "peer b", "ours", "peer a"]
    assert result.best("peer").name == "peer b"
    assert result.ratio("peer", "ours") == pytest.approx(3.0)
    assert [len(t.seconds) for t in result.timings] == [3, 3, 3]


def test_rounds_with_a_busy_machine_are_repeated_and_confessed():
    assert harness.other_cores((10.0, 4.0), (14.0, 7.0), wall=2.0) == pytest.approx(0.5)
    assert harness.other_cores(None, None, wall=2.0) == 0.0
    result = Comparison("case", 1, [Timing("ours", 1, [1.0]), Timing("peer", 1, [1.5])], others=[0.5])
    assert not result.quiet
    line = harness.row_text(result, "ours", "peer", 2.0)
    assert "LESS" in line and "others used up to 0.50 cores" in line
    assert "ok" in harness.row_text(result, "ours", "peer", 1.2)


def test_all_rounds_are_written(tmp_path):
    harness.write_json(tmp_path / "r.json", [Comparison("case", 2, [Timing("ours", 4, [1.0, 2.0])], [0.0, 0.0])])
    content = json.loads((tmp_path / "r.json").read_text())
    assert content["results"][0]["timings"] == [{"name": "ours", "units": 4, "seconds": [1.0, 2.0]}]
    assert content["machine"]["cores"] >= 1


def test_every_dense_case_has_a_target_and_two_sides():
    for threads in (1, 2):
        for _, contenders, target, units in dense.cases(threads):
            peers = {c.name.split()[0] for c in contenders[1:]}
            assert contenders[0].name == "tmvalite" and len(peers) == 1
            assert units >= 1 and target >= {"torch": 1.8, "onnxruntime": 1.0}[peers.pop()]


def test_every_recurrent_case_has_a_target_and_two_sides():
    for threads in (1, 2):
        for _, contenders, target, units in recurrent.cases(threads):
            assert contenders[0].name == "tmvalite" and all(c.name.startswith("torch") for c in contenders[1:])
            assert target >= 1.2 and units >= 1


@pytest.mark.parametrize("table", [dense, convolution, recurrent, vae])
def test_every_contender_is_made_with_the_arguments_that_it_takes(table):
    for threads in (1, 2):
        for _, contenders, _, _ in table.cases(threads):
            for contender in contenders:
                inspect.signature(contender.make).bind(*contender.arguments)


def test_the_longest_calls_are_made_with_the_arguments_that_they_take():
    for _, make, given, units in longest_call.cases(2):
        inspect.signature(make).bind(*given)
        assert units >= 1


def test_the_roofline_counts_the_products_that_are_done_and_the_functions():
    def counted(layout, shape):
        plan = make_plan(graph_of(layout, 1, inputs=(("x", shape),)), losses=("CROSSENTROPY",))
        return [roofline.work_of(step) for step in plan.steps]

    assert counted("TANH|5,LINEAR", (3,))[:3] == [(15, {}), (0, {"tanh": 5}), (5, {})]
    images = counted("CONV|2|3|3|1|1|1|1|RELU,RESHAPE|FLAT,LINEAR", (1, 4, 4))
    assert images[:3] == [(2 * 9 * 16, {}), (0, {}), (32, {})]  # 3x3 taps on 4x4 pixels
    tiles = counted("RESHAPE|16|8|8,CONV|17|3|3|1|1|1|1|RELU,RESHAPE|FLAT,LINEAR", (1024,))
    assert tiles[0] == (4 * 36 * 16 * 17, {})  # four tiles of 4x4 pixels, 36 products each
    assert counted("LSTM|2|3|4|0,LINEAR", (4, 3))[0] == (4 * (3 + 2) * 8, {"sigmoid": 24, "tanh": 16})


def test_the_roofline_adds_products_functions_and_the_optimizer_up():
    plan = make_plan(graph_of("TANH|5,LINEAR", 3), losses=("CROSSENTROPY",))
    known = {"products": 2.0, "tanh": 5.0, "sigmoid": 1.0, "memory, update": 28.0}
    products = 7 * (15 + 5 + 5 + 5 + 15)  # forward, gradients of the weights, of the input of the last layer
    assert roofline.limit_of(plan, 7, known) == (products, 7.0, plan.size)
