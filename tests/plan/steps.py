"""One step of every kernel: from the plans of all layers and a few networks that use what layers alone do not."""

from __future__ import annotations

from functools import cache

from tests import layouts
from tests.networks import graph_of
from tmvalite.plan import make_plan

WIDE = "DENSE|300|TANH,DENSE|300|TANH,h=DENSE|12|SOFTMAX,TIED|h|LINEAR"  # large products, tied weights of several kinds
TILES = "CONV|32|3|3|1|1|1|1|RELU,CONV|33|3|3|1|1|1|1|RELU,RESHAPE|FLAT,LINEAR"  # convolutions by tiles
PAIR = "a=DENSE|5|TANH,b=DENSE|5|RELU,c=ADD@a+b,x=MUL@a+c,s=SLICE|1|3@a,CONCAT@x+s+a,DROPOUT|0.1,LINEAR"
DECODER = "h=DENSE|12|TANH,DENSE|3|LINEAR,DENSE|12|RELU,TIED|h|LINEAR"


@cache
def all_plans():
    """Training and scoring plans of every example of a layer, and of the networks above."""
    plans = []
    for layout, inputs, outputs in networks():
        graph = graph_of(layout, sum(layouts.size(shape) for _, shape in inputs), outputs, inputs)
        plans.append(make_plan(graph, losses=("SUMOFSQUARES",)))
        plans.append(make_plan(graph, purpose="score"))
    return plans


def networks():
    for cls, example in layouts.EXAMPLES:
        if cls.sink:
            yield layouts.with_sink(example), (("input", (3,)),), sum(map(layouts.size, example.inputs))
        else:
            yield *layouts.around(example), 1
            layout = layouts.between(example)
            if layout is not None:
                yield layout, (("input", (3,)),), 2
    yield WIDE, (("input", (7,)),), 1
    yield TILES, (("x", (32, 6, 7)),), 1
    yield PAIR, (("input", (4,)),), 1
    yield DECODER, (("input", (6,)),), 6


@cache
def one_of_each():
    """{kernel: a step that it runs}, of the steps that have most operands."""
    found = {}
    for plan in all_plans():
        for step in plan.steps:
            known = found.get(step.kernel)
            if known is None or len(step.reads) + len(step.writes) > len(known.reads) + len(known.writes):
                found[step.kernel] = step
    return found
