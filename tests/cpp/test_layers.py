"""Every layer as C++, in one program: it gives what the engine gives."""

import numpy as np
import pytest

from tests.cpp.compiled import NUMBERS, call, class_of_graph, compiled, needs_compiler, read
from tests.networks import sample_of
from tests.test_onnx_forms import WITH_FORM, build

pytestmark = needs_compiler
TOLERANCE = {"float32": 1e-6, "float64": 1e-12}  # both round; the last digits of exp and sums differ
EVENTS = 3


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_layers_give_what_the_engine_gives(tmp_path, precision):
    networks, files, body = [], [], []
    for number, example in enumerate(WITH_FORM):
        network = build(example.values[1], precision)
        x = sample_of(network, EVENTS)[0].astype(np.float32)
        name = f"L{number}"
        (tmp_path / f"{name}.hpp").write_text(class_of_graph(network.graph, network.parameters, precision, name))
        x.tofile(tmp_path / f"{name}.x")
        expected = network.outputs(x.astype(precision))
        networks.append((name, example.values[1].text, expected))
        files.append(f"{name}.hpp")
        body += call(name, "Values", x, expected.shape[1], NUMBERS[precision], name)
    compiled(tmp_path, files, body)
    for name, text, expected in networks:
        found = read(tmp_path, name, expected.shape, precision)
        assert (np.abs(found - expected) <= TOLERANCE[precision] * np.maximum(1, np.abs(expected))).all(), text
