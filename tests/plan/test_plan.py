"""Lowering, lifetimes, formats and the printed plan."""

from dataclasses import dataclass

import numpy as np
import pytest

from tests.networks import RING, graph_of, network_of, register_without_kernels, sample_of
from tmvalite.errors import OptionError
from tmvalite.plan import make_plan
from tmvalite.plan.buffers import assign_offsets, lifetimes
from tmvalite.plan.families.convert import Convert
from tmvalite.plan.families.map import Map
from tmvalite.plan.formats import insert_conversions
from tmvalite.plan.step import FEATURES, ROWS, Step, Tensor

DEEP = ",".join(
    ["h0=TANH|32"] + [f"DENSE|32|TANH,h{i}=ADD@d{i}+h{i - 1}".replace("DENSE", f"d{i}=DENSE") for i in range(1, 9)] + ["LINEAR"]
)


@pytest.mark.parametrize("layout", [RING, DEEP, "a=TANH|20,b=RELU|20,m=MUL@a+b,CONCAT@a+m,DROPOUT|0.5,LINEAR"])
@pytest.mark.parametrize("purpose", ["train", "score"])
def test_tensors_alive_together_never_share_memory(layout, purpose):
    losses = ("CROSSENTROPY",)
    plan = make_plan(graph_of(layout, 5), purpose=purpose, losses=losses, output_functions=("sigmoid",))
    steps = list(plan.steps)
    alive = lifetimes(steps, tuple(t for t in plan.placement.offsets if t.label == "event"))
    tensors, at = list(alive), plan.placement.offsets
    for i, a in enumerate(tensors):
        for b in tensors[i + 1 :]:
            overlap = at[a] < at[b] + b.size * plan.tile and at[b] < at[a] + a.size * plan.tile
            together = alive[a][0] <= alive[b][1] and alive[b][0] <= alive[a][1]
            if overlap and together:
                # only a step working in place may touch: the one dies where the other begins
                assert alive[a][1] == alive[b][0] or alive[b][1] == alive[a][0]
                step = steps[min(alive[a][1], alive[b][1])]
                assert step.in_place in ((a, b), (b, a))
    assert all(plan.placement.offsets[t] + t.size * plan.tile <= plan.placement.size for t in tensors)


def test_scoring_needs_less_memory_than_training():
    graph = graph_of(DEEP, 5)
    train = make_plan(graph, losses=("CROSSENTROPY",))
    score = make_plan(graph, purpose="score", output_functions=("sigmoid",))
    assert score.placement.size / score.tile < train.placement.size / train.tile / 3


def test_score_plan_has_no_dropout():
    plan = make_plan(graph_of("TANH|8,DROPOUT|0.5,LINEAR", 3), purpose="score", output_functions=("identity",))
    assert "random" not in [step.family for step in plan.steps]


def test_plan_prints_one_line_per_step():
    plan = make_plan(graph_of("TANH|8,LINEAR", 3), losses=("CROSSENTROPY",))
    lines = str(plan).splitlines()
    assert lines[0].startswith("plan to train, float32: 8 steps, 41 parameters") and max(map(len, lines)) <= 80
    assert repr(plan) == f"<plan to train, float32: 8 steps, 41 parameters, {plan.flops} FLOP per event>"
    assert ">plan to train" in plan._repr_html_() and "8 -&gt; 1" in plan._repr_html_()
    assert [line.split()[1] for line in lines[3:]] == [
        "product",
        "map",
        "product",
        "reduce",
        "product",
        "product",
        "map",
        "product",
    ]


def test_shares_depend_on_the_batch_only_and_are_powers_of_two():
    plan = make_plan(graph_of("TANH|128,TANH|128,TANH|128,LINEAR", 4), losses=("CROSSENTROPY",))
    assert [plan.shares(n) for n in (1, 32, 100, 256, 1024, 100000)] == [1, 1, 2, 2, 4, 8]


def test_error_of_a_kind_without_kernels_points_at_it(monkeypatch):
    register_without_kernels(monkeypatch, "NOVELTY")
    graph = graph_of("TANH|6,NOVELTY|2|3,LINEAR", 4)
    with pytest.raises(OptionError) as caught:
        make_plan(graph, losses=("CROSSENTROPY",))
    assert str(caught.value) == (
        "NOVELTY is understood, but it cannot be trained or applied yet\n"
        "  TANH|6,NOVELTY|2|3,LINEAR\n"
        "         ^~~~~~~~~~~\n"
        "  in Layout, layer 2 (NOVELTY)\n"
        "  hint: its kernels come with a later release"
    )


@dataclass(frozen=True, eq=False)
class FeatureMap(Map):
    """A toy family that works feature by feature only."""

    formats = (FEATURES,)


def test_conversions_are_put_where_formats_meet():
    t = [Tensor(3, name) for name in "abcde"]
    steps = [Map(t[0], t[1], "TANH"), FeatureMap(t[1], t[2], "RELU"), Map(t[2], t[3], "TANH"), FeatureMap(t[3], t[4], "RELU")]
    out, boundary = insert_conversions(steps, 3)
    # the elementwise step in between follows its neighbours, so one conversion is enough
    assert [(s.family, getattr(s, "to", "")) for s in out] == [
        ("map", ""),
        ("convert", FEATURES),
        ("map", ""),
        ("map", ""),
        ("map", ""),
    ]
    assert boundary == 4
    assert insert_conversions(steps[:1], 0) == (steps[:1], 0)


@dataclass(frozen=True, eq=False)
class OnlyRows(Map):
    formats = (ROWS,)


def test_a_value_needed_in_both_formats_is_converted_once():
    t = [Tensor(3, name) for name in "abcd"]
    steps = [
        OnlyRows(t[0], t[1], "TANH"),
        FeatureMap(t[1], t[2], "RELU"),
        FeatureMap(t[1], t[3], "RELU"),
        OnlyRows(t[1], t[0], "TANH"),
    ]
    out, _ = insert_conversions(steps, 4)
    assert sum(isinstance(s, Convert) for s in out) == 1


def test_network_with_a_converted_step_gives_the_same_numbers(monkeypatch):
    plain = network_of("TANH|20,ACT|RELU,DENSE|7|TANH,LINEAR", 5, precision="float64", threads=1)
    from tmvalite.plan import lowering

    original = lowering.Lowering.map

    def with_toy_format(self, x, activation):
        y = original(self, x, activation)
        if activation == "RELU":
            self.steps[-1] = FeatureMap(x, y, activation)
        return y

    monkeypatch.setattr(lowering.Lowering, "map", with_toy_format)
    toy = network_of("TANH|20,ACT|RELU,DENSE|7|TANH,LINEAR", 5, precision="float64", threads=1)
    assert {s.family for s in toy.plan.steps} - {s.family for s in plain.plan.steps} == {"convert"}
    sample = sample_of(plain, 70)  # more than a tile, and a partial one
    assert np.array_equal(toy.outputs(sample[0]), plain.outputs(sample[0]))
    assert np.array_equal(toy.gradient(*sample), plain.gradient(*sample))


def test_in_place_steps_take_the_place_of_their_input():
    a, b, c = (Tensor(16, name) for name in "abc")
    steps: list[Step] = [Map(a, b, "TANH"), Map(b, c, "RELU")]
    offsets, size = assign_offsets(steps, (a,), 1)
    assert offsets[a] == offsets[b] == offsets[c] == 0 and size == 16
