"""What a layer consists of, looked for part by part, so that a forgotten one is named: nothing is compiled here."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import tmvalite.layers
from tests import layouts
from tests.networks import graph_of
from tests.twins import term_of, twin_of
from tmvalite.layers import REGISTRY
from tmvalite.layers.base import Layer
from tmvalite.plan import make_plan
from tmvalite.plan.verify import PlanError, verify_plan

FOLDER = Path(tmvalite.layers.__file__).parent
KINDS = [pytest.param(cls, id=kind) for kind, cls in REGISTRY.items()]
LOWERED = [pytest.param(cls, id=kind) for kind, cls in REGISTRY.items() if cls.expand.__func__ is Layer.expand.__func__]
EXAMPLES = [pytest.param(cls, example, id=layouts.name_of(example)) for cls, example in layouts.EXAMPLES]


def file_of(cls) -> str:
    return Path(sys.modules[cls.__module__].__file__).name


def test_every_file_with_a_layer_is_imported():
    for path in sorted(FOLDER.glob("*.py")):
        registers = any(
            isinstance(node, ast.ClassDef)
            and any(isinstance(d, ast.Call) and _called(d) == "register" for d in node.decorator_list)
            for node in ast.parse(path.read_text("utf-8")).body
        )
        if registers and f"tmvalite.layers.{path.stem}" not in sys.modules:
            wanted = f"from tmvalite.layers import {path.stem} as _{path.stem}"
            pytest.fail(f"tmvalite/layers/__init__.py lacks: {wanted}", pytrace=False)


def _called(call):
    return call.func.id if isinstance(call.func, ast.Name) else ""


@pytest.mark.parametrize("cls", KINDS)
def test_a_layer_states_its_examples_and_shapes(cls):
    assert cls.__doc__ and cls.__doc__ != Layer.__doc__, f"layers/{file_of(cls)}: {cls.__name__} has no docstring"
    assert cls.examples, f"layers/{file_of(cls)}: {cls.__name__} has no examples"
    assert cls.output_shape is not Layer.output_shape, f"layers/{file_of(cls)}: {cls.__name__} has no output_shape"


@pytest.mark.parametrize("cls", LOWERED)
def test_a_layer_is_lowered_and_has_an_onnx_form(cls):
    for name in ("lower", "onnx"):
        assert hasattr(cls, name), f"layers/{file_of(cls)}: {cls.__name__} has no method {name}; layers/base.py describes it"


@pytest.mark.parametrize("cls", LOWERED)
def test_a_layer_has_a_slow_twin(cls):
    if cls.marks_output:
        return
    if cls.sink:
        term_of(cls.kind)
    else:
        twin_of(cls.kind)


@pytest.mark.parametrize("cls, example", EXAMPLES)
def test_a_layer_lowers_to_steps_that_agree_with_its_kernels(cls, example):
    if not hasattr(cls, "lower"):
        pytest.skip("stands for other layers, or test_a_layer_is_lowered says so")
    if cls.sink:
        networks = [(layouts.with_sink(example), (("input", (3,)),), sum(map(layouts.size, example.inputs)))]
    else:
        networks = [(*layouts.around(example), 1)]
        between = layouts.between(example)
        networks += [] if between is None else [(between, (("input", (3,)),), 2)]
    for layout, inputs, outputs in networks:
        graph = graph_of(layout, sum(layouts.size(shape) for _, shape in inputs), outputs, inputs)
        for options in (dict(losses=("SUMOFSQUARES",)), dict(purpose="score")):
            try:
                verify_plan(make_plan(graph, **options))
            except ImportError as error:
                pytest.fail(f"{cls.kind} imports in `lower` what is not there: {error}", pytrace=False)
            except (LookupError, PlanError) as error:
                pytest.fail(f"{cls.kind}: {error}", pytrace=False)
