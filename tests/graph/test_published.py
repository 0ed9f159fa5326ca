"""Published layouts, and texts that nobody wrote: an answer for each, and nothing but our own errors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graph.tools import IMAGE, VECTOR, build
from tests.string_utils.tools import published
from tmvalite.activations import ACTIVATIONS
from tmvalite.errors import Diagnostics, OptionError
from tmvalite.graph import layout_text
from tmvalite.layers import REGISTRY
from tmvalite.methods.understood import understand

REFUSED = {  # what TMVA refuses too, or runs with shapes that do not fit
    "RNN|128|300|2|0,DENSE|64|TANH,DENSE|2|LINEAR": "RNN expects 2 steps of 300 features",
    "RNN|128|64|1|0,DENSE|64|TANH,DENSE|2|LINEAR": "RNN expects 1 step of 64 features",
    "LearningRate=e-3": "'e-3' is not a number",
}


@pytest.mark.parametrize("text", published("dl"))
def test_a_published_string_is_understood(text):
    try:
        report = understand(text)
    except OptionError as error:
        reason = next((reason for piece, reason in REFUSED.items() if piece in text), None)
        assert reason is not None and str(error).startswith(reason), str(error)
        return
    graph = report.graphs[""]
    assert graph.nodes and all(node.shape for node in graph.nodes)
    again, _ = build(layout_text(graph), tuple((value.name, value.shape) for value in graph.inputs))
    assert [node.layer for node in again.nodes] == [node.layer for node in graph.nodes]


@pytest.mark.parametrize("text", [t for t in published("dnn") if "InputLayout" not in t])
def test_a_published_string_of_the_predecessor_is_understood(text):
    graph = understand(text, method="DNN").graphs[""]
    assert graph.nodes[-1].layer.activation == "LINEAR"


WORDS = [*REGISTRY, *ACTIVATIONS, "SAME", "VALID", "FLAT", "N", "2*N", "0", "1", "2", "3", "0.5", "x1", "a", "b", "DENES", "-1"]
ITEMS = st.builds(
    lambda name, fields, sources: name + "|".join(fields) + sources,
    st.sampled_from(["", "", "", "a=", "b="]),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=10),
    st.sampled_from(["", "", "", "@a", "@b", "@input", "@a+b", "@input+a"]),
)


@given(st.lists(ITEMS, min_size=1, max_size=6), st.sampled_from([VECTOR, IMAGE, (("input", (3, 5)),)]))
def test_any_layout_gives_a_graph_or_our_own_error(items, inputs):
    try:
        graph, _ = build(",".join(items), inputs)
    except OptionError as error:
        assert error.message and "None" not in str(error)
    else:
        assert graph.outputs


SMALL = st.integers(1, 4)
IMAGE_ITEMS = st.one_of(
    st.builds("CONV|{}|{}|{}|{}|{}|SAME|RELU".format, SMALL, SMALL, SMALL, SMALL, SMALL),
    st.builds("MAXPOOL|{}|{}|{}|{}|VALID".format, SMALL, SMALL, SMALL, SMALL),
    st.builds("PADDING2D|{}|{}|{}|{}".format, SMALL, SMALL, SMALL, SMALL),
    st.builds("TRANSCONV|{}|{}|{}|{}|{}|SAME|TANH".format, SMALL, SMALL, SMALL, SMALL, SMALL),
    st.builds("DEPTHCONV|{}|{}|{}|1|1|VALID|ELU".format, SMALL, SMALL, SMALL),
    st.just("BNORM"),
    st.just("UPSAMPLE|2|2"),
    st.just("ACT|GELU"),
)


@given(st.lists(IMAGE_ITEMS, min_size=1, max_size=5))
def test_networks_of_images_come_back_from_their_text(items):
    try:
        graph, _ = build(",".join([*items, "RESHAPE|FLAT", "LINEAR"]), IMAGE)
    except OptionError as error:
        assert "does not fit its" in str(error)  # an image shrunk below the window
        return
    again, warnings = build(layout_text(graph), IMAGE)
    assert [(n.layer, n.shape) for n in again.nodes] == [(n.layer, n.shape) for n in graph.nodes] and not warnings


def test_a_long_layout_is_read_in_linear_time():
    graph, _ = build(",".join(["DENSE|2|RELU"] * 3000 + ["LINEAR"]))
    assert len(graph.nodes) == 3001


def test_warnings_are_collected_once():
    diagnostics = Diagnostics()
    report = understand("Layout=DENSE|3|TAHN,LINEAR", diagnostics=diagnostics)
    assert [w.code for w in report.diagnostics.warnings] == ["activation-unknown"]
