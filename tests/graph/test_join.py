"""Blocks joined to one graph, and taken out of it again."""

import pytest

from tests.graph.tools import IMAGE, TWO, VECTOR, build
from tmvalite.graph.append import append_sink
from tmvalite.graph.join import block_of, join, original_name

PLAIN = "Encoder={h=DENSE|8|TANH,DENSE|2|LINEAR}Decoder={DENSE|8|TANH,DENSE|4|LINEAR}Head={DENSE|3|LINEAR}"


def joined(text, inputs=VECTOR, **keywords):
    graphs, _ = build(text, inputs, blocks=True, **keywords)
    return join(graphs)


def names(graph):
    return [node.name for node in graph.nodes]


def test_what_the_first_block_gives_is_what_the_others_read():
    graph = joined(PLAIN)
    assert names(graph) == ["Encoder.h", "Encoder.DENSE#2", "Decoder.DENSE#1", "Decoder.DENSE#2", "Head.DENSE#1"]
    code = graph.nodes[1].output
    assert [node.name for node in graph.users(code)] == ["Decoder.DENSE#1", "Head.DENSE#1"]
    assert [output.value.name for output in graph.outputs] == ["Decoder.DENSE#2", "Head.DENSE#1"]
    assert [node.block for node in graph.nodes] == ["Encoder", "Encoder", "Decoder", "Decoder", "Head"]
    assert original_name("Encoder.DENSE#2") == "DENSE#2"


def test_a_block_is_its_nodes_with_an_input_where_it_read_another_block():
    graph = joined(PLAIN)
    encoder, decoder, head = (block_of(graph, name) for name in ("Encoder", "Decoder", "Head"))
    assert encoder.inputs == graph.inputs and [o.value.name for o in encoder.outputs] == ["Encoder.DENSE#2"]
    assert [v.shape for v in decoder.inputs] == [(2,)] and [o.value.name for o in decoder.outputs] == ["Decoder.DENSE#2"]
    assert names(head) == ["Head.DENSE#1"] and head.outputs[0].value.shape == (3,)


def test_blocks_that_follow_each_other_stay_joined():
    part = block_of(joined(PLAIN), "Encoder", "Head")
    assert names(part) == ["Encoder.h", "Encoder.DENSE#2", "Head.DENSE#1"]
    assert [o.value.name for o in part.outputs] == ["Head.DENSE#1"]


def test_an_image_may_pass_from_block_to_block():
    graph = joined("Encoder={CONV|3|4|4|2|2|1|1|RELU}Decoder={TRANSCONV|1|4|4|2|2|1|1|LINEAR}", IMAGE)
    assert block_of(graph, "Decoder").inputs[0].shape == (3, 4, 4)


def test_several_inputs_and_the_whole_event_belong_to_the_first_block():
    graph = joined(
        "Encoder={a=RESHAPE|FLAT@jets,b=DENSE|4|TANH@event,CONCAT@a+b+input,DENSE|2|LINEAR}Decoder={DENSE|45|LINEAR}", TWO
    )
    assert [value.name for value in graph.inputs] == ["jets", "event"] and graph.event is not None
    assert block_of(graph, "Encoder").event is graph.event and block_of(graph, "Decoder").event is None


def test_shared_parameters_point_to_the_joined_node():
    graph = joined("Encoder={h=DENSE|3|TANH}Decoder={TIED|h|LINEAR}")
    encoder, tied = graph.nodes
    assert tied.shared is encoder
    assert block_of(graph, "Decoder").nodes[0].shared is encoder


def test_sharing_survives_the_dropout_of_a_drop_config():
    graph = joined("Encoder={h=DENSE|3|TANH}Decoder={TIED|h|LINEAR}", drop=(0.5,))
    assert graph.nodes[1].shared is graph.nodes[0] and graph.nodes[0].drop == 0.5


def test_one_block_alone_keeps_its_outputs():
    graphs, _ = build(PLAIN, blocks=True)
    graph = join({"Encoder": graphs["Encoder"]})
    assert [o.value.name for o in graph.outputs] == ["Encoder.DENSE#2"]


def test_a_block_that_reads_something_else_is_refused():
    graphs, _ = build(PLAIN, blocks=True)
    with pytest.raises(ValueError, match="Decoder does not read what Head gives"):
        join({"Head": graphs["Head"], "Decoder": graphs["Decoder"]})


def test_a_sink_is_put_behind_a_graph_under_a_free_name():
    graphs, _ = build(PLAIN, blocks=True)
    encoder = graphs["Encoder"]
    code = encoder.outputs[-1].value
    more = append_sink(append_sink(encoder, "SPARSITY|L1", code), "SPARSITY|L1", code)
    assert [node.layer.kind for node in more.nodes[2:]] == ["SPARSITY", "SPARSITY"]
    assert len(set(names(more))) == 4 and more.outputs == encoder.outputs
