"""A plan verifies itself: all plans of the layers agree with their kernels, and faults that a developer may make are found."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from itertools import combinations

import pytest

import tmvalite.kernels
from tests.networks import graph_of
from tests.plan.steps import all_plans, one_of_each
from tmvalite.kernels._jit import Family
from tmvalite.plan import make_plan
from tmvalite.plan.buffers import assign_offsets
from tmvalite.plan.step import ABSENT, Slot, Tensor
from tmvalite.plan.verify import PlanError, Recorder, verify_memory, verify_plan, verify_step

STRANGER = Tensor(7, "stranger")
STEPS = [pytest.param(step, id=kernel.function.__name__) for kernel, step in one_of_each().items()]
NAMED = [param for param in STEPS if param.values[0].kernel.columns is not None]  # whose kernel names its columns


def mutant(step, **changes):
    """A copy of a step of which some properties and methods are replaced."""
    cls = type(f"Mutant{type(step).__name__}", (type(step),), {})
    copy = object.__new__(cls)
    copy.__dict__.update(step.__dict__)
    for name, value in changes.items():
        copy.__dict__.pop(name, None)
        setattr(cls, name, value)
    return copy


def refused(step, **changes):
    """The message about a step with a fault; fails where nothing is found."""
    with pytest.raises(PlanError) as caught:
        verify_step(mutant(step, **changes))
    return str(caught.value)


def code_of(step):
    recorder = Recorder()
    return list(step.encode(recorder)), recorder


def encoding(row, asked):
    """An `encode` that asks for tensors and gives a row, in which their offsets are right."""

    def encode(self, at):
        for tensor in asked:
            at(tensor)
        return tuple(row)

    return encode


def test_most_kernels_name_their_columns():
    assert len(NAMED) >= 60


@pytest.mark.parametrize("plan", all_plans()[::7], ids=lambda plan: f"{plan.purpose} {plan.graph.nodes[0].name}")
def test_plans_of_layers_agree_with_their_kernels(plan):
    verify_plan(plan)  # the others were verified when they were made


# ------------------------------------------------------------------------------------------ what is found


@pytest.mark.parametrize("step", STEPS)
def test_a_read_or_written_tensor_that_is_not_named_is_found(step):
    for name in ("reads", "writes"):
        for tensor in dict.fromkeys(getattr(step, name)):
            left = tuple(t for t in getattr(step, name) if t is not tensor)
            if step.kernel.columns is None and tensor in (*step.writes, *step.reads)[len(getattr(step, name)) :]:
                continue  # said of it twice, and nothing known of the kernel
            if tensor in step.fields(step.columns.scratch) and name == "reads":
                continue
            assert f"'{tensor.label}'" in refused(step, **{name: left})


@pytest.mark.parametrize("step", STEPS)
def test_a_tensor_too_many_is_found(step):
    assert "'stranger'" in refused(step, reads=(*step.reads, STRANGER))
    assert "'stranger'" in refused(step, writes=(*step.writes, STRANGER))


@pytest.mark.parametrize("step", STEPS)
def test_an_operand_that_encode_does_not_ask_for_is_found(step):
    row, recorder = code_of(step)
    for tensor, at in recorder.asked.items():
        places = [i for i, value in enumerate(row) if value == at]
        without = list(row)
        for i in places:
            without[i : i + 2] = ABSENT
        others = [t for t in recorder.asked if t is not tensor]
        renumbered = Recorder()
        moved = {recorder.asked[t]: renumbered(t)[0] for t in others}
        without = [moved.get(value, value) for value in without]
        assert f"'{tensor.label}'" in refused(step, encode=encoding(without, others))


@pytest.mark.parametrize("step", STEPS)
def test_another_operand_in_the_place_of_one_is_found(step):
    row, recorder = code_of(step)
    if not recorder.asked:
        return
    at = next(iter(recorder.asked.values()))
    asked = [*recorder.asked, STRANGER]
    strange = Recorder()
    places = [strange(tensor)[0] for tensor in asked]
    row = [places[-1] if value == at else value for value in row]
    assert "'stranger'" in refused(step, encode=encoding(row, asked))


@pytest.mark.parametrize("step", NAMED)
def test_swapped_operands_are_found(step):
    row, recorder = code_of(step)
    for a, b in combinations(range(len(step.columns.operands)), 2):
        swapped = list(row)
        swapped[2 * a : 2 * a + 2], swapped[2 * b : 2 * b + 2] = row[2 * b : 2 * b + 2], row[2 * a : 2 * a + 2]
        if swapped != row:
            message = refused(step, encode=encoding(swapped, recorder.asked))
            assert f"'{step.columns.operands[a]}'" in message


@pytest.mark.parametrize("step", NAMED)
def test_swapped_columns_are_found(step):
    row, recorder = code_of(step)
    names = step.columns.names
    for a, b in combinations(range(2 * len(step.columns.operands), len(names)), 2):
        swapped = list(row)
        swapped[a], swapped[b] = row[b], row[a]
        if swapped != row:
            assert f"'{names[a]}'" in refused(step, encode=encoding(swapped, recorder.asked))


@pytest.mark.parametrize("step", NAMED)
def test_a_column_that_was_not_written_is_found(step):
    row, recorder = code_of(step)
    names = step.columns.names
    for i, name in enumerate(names):
        empty = [*row[:i], None, *row[i + 1 :]]
        assert f"'{name}'" in refused(step, encode=encoding(empty, recorder.asked))
    assert f"'{names[-1]}'" in refused(step, encode=encoding(row[:-1], recorder.asked))
    assert f"'{names[-1]}'" in refused(step, encode=encoding([*row, 0], recorder.asked))


@pytest.mark.parametrize("step", NAMED)
def test_an_offset_or_a_size_that_is_another_is_found(step):
    row, recorder = code_of(step)
    for i in range(2 * len(step.columns.operands)):
        if row[i] not in ABSENT:
            other = [*row[:i], row[i] + 1, *row[i + 1 :]]
            assert f"'{step.columns.operands[i // 2]}'" in refused(step, encode=encoding(other, recorder.asked))


@pytest.mark.parametrize("step", NAMED)
def test_working_in_place_where_the_kernel_cannot_is_found(step):
    pairs = [(a, b) for a in step.writes for b in step.reads if a is not b]
    for pair in pairs:
        if pair != step.in_place and pair != tuple(step.fields(step.columns.in_place)):
            assert "share memory" in refused(step, in_place=pair)


@pytest.mark.parametrize("step", [p for p in NAMED if p.values[0].columns.gradients or p.values[0].columns.parameters])
def test_parameters_that_are_not_named_or_lie_outside_are_found(step):
    plan = next(plan for plan in all_plans() if any(step is one for one in plan.steps))
    for name in ("slots", "gradient_slots"):
        for slot in getattr(step, name):
            left = tuple(s for s in getattr(step, name) if s.offset != slot.offset)
            named = any(s is slot for s in step.fields(step.columns.gradients + step.columns.parameters))
            if named:
                assert "names" in refused_plan(plan, step, mutant(step, **{name: left}))
            outside = Slot(node=slot.node, name=slot.name, shape=slot.shape, offset=plan.size, stride=slot.stride)
            assert f"{slot.node}/{slot.name} lies at" in refused_plan(plan, step, mutant(step, **{name: (*left, outside)}))


def refused_plan(plan, step, other):
    steps = tuple(other if one is step else one for one in plan.steps)
    with pytest.raises(PlanError) as caught:
        verify_plan(_with(plan, steps))
    return str(caught.value)


def _with(plan, steps):
    copy = object.__new__(type(plan))
    copy.__dict__.update({name: value for name, value in plan.__dict__.items() if name != "placement"}, steps=tuple(steps))
    return copy


NETWORKS = all_plans()[::24]


@pytest.mark.parametrize("plan", NETWORKS, ids=lambda plan: f"{plan.purpose} {plan.graph.nodes[0].name}")
def test_a_value_that_no_step_has_written_is_found(plan):
    for i, step in enumerate(plan.steps):
        rest = plan.steps[i + 1 :]
        first = {t for t in step.writes if not any(t in before.writes for before in plan.steps[:i])} - set(plan.given)
        if any(first & set(other.reads) for other in rest):
            with pytest.raises(PlanError, match="which no step before it has written"):
                verify_plan(_with(plan, (*plan.steps[:i], *rest)))


@pytest.mark.parametrize("plan", NETWORKS, ids=lambda plan: f"{plan.purpose} {plan.graph.nodes[0].name}")
def test_buffers_that_overlap_are_found(plan):
    offsets, size = assign_offsets(plan.steps, plan.given, plan.tile)
    verify_memory(plan.steps, plan.given, offsets, size, plan.tile)
    found = 0
    for step in plan.steps:  # operands of one step are alive together
        for a, b in combinations(dict.fromkeys((*step.reads, *step.writes)), 2):
            if step.in_place in ((a, b), (b, a)):
                continue
            with pytest.raises(PlanError, match="share memory"):
                verify_memory(plan.steps, plan.given, offsets | {a: offsets[b]}, size * 3, plan.tile)
            found += 1
    last = max(offsets, key=lambda t: offsets[t])
    with pytest.raises(PlanError, match="of an arena of"):
        verify_memory(plan.steps, plan.given, offsets | {last: size}, size, plan.tile)
    assert found >= 1


def test_the_switch_makes_a_plan_verify_itself(monkeypatch):
    from tmvalite.plan.families.map import Map

    graph = graph_of("TANH|8,LINEAR", 3)
    monkeypatch.setattr(Map, "reads", property(lambda self: ()))
    monkeypatch.setattr(Map, "in_place", None)
    monkeypatch.setattr(Map, "writes", property(lambda self: (self.y,)))
    monkeypatch.delenv("TMVALITE_VERIFY", raising=False)
    make_plan(graph, purpose="score")
    monkeypatch.setenv("TMVALITE_VERIFY", "1")
    with pytest.raises(PlanError) as caught:
        make_plan(graph, purpose="score")
    assert str(caught.value) == (
        "step f0 (Map, TANH): encode asks for 'DENSE#1', which it says neither that it reads nor that it writes"
    )


# ------------------------------------------------------------------------------------------ the kernels themselves

MODULES = [
    importlib.import_module(f"tmvalite.kernels.{module.name}") for module in pkgutil.iter_modules(tmvalite.kernels.__path__)
]
FAMILIES = [
    pytest.param(module, family, id=family.function.__name__)
    for module in MODULES
    for family in vars(module).values()
    if isinstance(family, Family) and family.function.__module__ == module.__name__ and family.columns is not None
]


def uses(module, family):
    """Names of columns that a kernel, with the functions of its file, takes from a descriptor, and whether it counts columns."""
    name = next(name for name, value in vars(module).items() if getattr(value, "of", None) is family.columns)
    tree = ast.parse(inspect.getsource(module))
    own = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == family.function.__name__)
    called = {n.func.id for n in ast.walk(own) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    bodies = [own, *(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name in called)]
    names = {n.attr for body in bodies for n in ast.walk(body) if isinstance(n, ast.Attribute) and _is(n.value, name)}
    counted = [n for body in bodies for n in ast.walk(body) if isinstance(n, ast.Subscript) and _is(n.value, "d") and _number(n)]
    counted += [
        n for n in ast.walk(own) if isinstance(n, ast.Call) and len(n.args) > 1 and _is(n.args[0], "d") and _literal(n.args[1])
    ]
    return own, names, counted


def _is(node, name):
    return isinstance(node, ast.Name) and node.id == name


def _literal(node):
    return any(isinstance(n, ast.Constant) and isinstance(n.value, int) for n in ast.walk(node))


def _number(node):
    return _literal(node.slice)


@pytest.mark.parametrize("module, family", FAMILIES)
def test_a_kernel_takes_every_column_by_its_name(module, family):
    _, names, counted = uses(module, family)
    columns = family.columns
    assert not counted, f"{family.function.__name__} counts columns in line {counted[0].lineno}"
    expected = {*columns.operands, *columns.numbers, *(("geometry",) if columns.geometry else ())}
    assert names - expected <= {f"{name}_size" for name in columns.operands}
    assert names & expected == expected, f"{family.function.__name__} does not read {sorted(expected - names)}"


@pytest.mark.parametrize("module, family", FAMILIES)
def test_a_kernel_stores_only_into_what_it_says_that_it_writes(module, family):
    own, _, _ = uses(module, family)
    pointers = {}  # local name -> operand
    for node in ast.walk(own):
        if isinstance(node, ast.Assign):
            targets, values = node.targets[0], node.value
            pairs = zip(targets.elts, values.elts) if isinstance(targets, ast.Tuple) and isinstance(values, ast.Tuple) else ()
            for target, value in (*pairs, (targets, values)):
                inner = [n.attr for n in ast.walk(value) if isinstance(n, ast.Attribute)]
                if isinstance(target, ast.Name) and isinstance(value, ast.Call) and len(inner) == 1:
                    pointers[target.id] = inner[0]
    stored = {
        pointers.get(n.value.id)
        for node in ast.walk(own)
        if isinstance(node, (ast.Assign, ast.AugAssign))
        for n in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(n, ast.Subscript) and isinstance(n.value, ast.Name)
    }
    assert stored & set(family.columns.operands) <= set(family.columns.overwritten)
