"""Graphs of layouts: names, sources, shapes, outputs, inputs, blocks."""

import pytest

from tests.graph.tools import IMAGE, TWO, VECTOR, build, shape_of
from tmvalite.graph import describe, layout_text, require_lowering


def test_a_plain_chain_reads_item_by_item():
    graph, warnings = build("TANH|128,TANH|64,LINEAR")
    assert [node.shape for node in graph.nodes] == [(128,), (64,), (1,)]
    assert [node.inputs[0].name for node in graph.nodes] == ["input", "DENSE#1", "DENSE#2"]
    assert graph.outputs[0].value is graph.nodes[-1].output and graph.outputs[0].loss is None
    assert graph.input_size == 4 and not warnings


def test_a_dense_layer_without_width_has_the_outputs_of_the_method():
    graph, _ = build("TANH|16,LINEAR", n_outputs=3)
    assert graph.nodes[-1].shape == (3,)


def test_a_residual_link_reads_a_named_layer():
    text = (
        "stem=CONV|16|3|3|1|1|1|1|RELU,CONV|16|3|3|1|1|1|1|RELU,r=CONV|16|3|3|1|1|1|1|LINEAR,ADD|RELU@r+stem,"
        "RESHAPE|FLAT,DENSE|1|LINEAR"
    )
    graph, warnings = build(text, IMAGE)
    add = graph.nodes[3]
    assert [value.name for value in add.inputs] == ["r", "stem"] and add.layer.activation == "RELU"
    assert shape_of(graph, "ADD#4") == (16, 8, 8) and not warnings
    stem = graph.nodes[0].output
    assert graph.users(stem) == (graph.nodes[1], add)


def test_two_inputs_are_cut_from_the_event():
    graph, warnings = build("j=LSTM|16|4|10|0|0@jets,e=DENSE|16|RELU@event,CONCAT@j+e,DENSE|32|RELU,DENSE|1|LINEAR", TWO)
    assert [(value.name, value.shape) for value in graph.inputs] == [("jets", (10, 4)), ("event", (5,))]
    assert shape_of(graph, "CONCAT#3") == (32,) and graph.event is None and not warnings


def test_input_is_the_whole_event_also_beside_named_inputs():
    graph, warnings = build("DENSE|4|RELU@input,LINEAR", TWO)
    assert graph.event.shape == (45,) and graph.nodes[0].inputs == (graph.event,) and not warnings
    assert graph.input_size == 45


def test_one_named_input_needs_no_source():
    graph, _ = build("DENSE|4|RELU,LINEAR", (("event", (5,)),))
    assert graph.nodes[0].inputs[0].name == "event"


def test_naming_a_source_twice_is_fine():
    graph, _ = build("h=DENSE|4|RELU,ADD@h+h,LINEAR")
    assert graph.users(graph.nodes[0].output) == (graph.nodes[1], graph.nodes[1])


def test_several_outputs_have_losses_and_weights():
    text = "h=DENSE|64|RELU,score=DENSE|1|LINEAR@h,mass=DENSE|2|LINEAR@h,OUTPUT@score,OUTPUT|SUMOFSQUARES|0.1@mass"
    graph, warnings = build(text, n_outputs=3)
    assert [(o.value.name, o.loss, o.weight) for o in graph.outputs] == [("score", None, 1.0), ("mass", "SUMOFSQUARES", 0.1)]
    assert not warnings


def test_the_latent_item_is_four_layers_that_print_as_one():
    graphs, warnings = build("Encoder={DENSE|64|RELU,LATENT|2}Decoder={DENSE|64|RELU,DENSE|N|LINEAR}", blocks=True, n_outputs=4)
    encoder = graphs["Encoder"]
    assert [node.layer.kind for node in encoder.nodes] == ["DENSE", "DENSE", "DENSE", "KL", "SAMPLE"]
    mu, spread, kl, sample = encoder.nodes[1:]
    assert mu.inputs == spread.inputs == (encoder.nodes[0].output,)
    assert kl.inputs == sample.inputs == (mu.output, spread.output)
    assert encoder.outputs[0].value is sample.output
    assert layout_text(encoder) == "DENSE|64|RELU,LATENT|2"
    assert graphs["Decoder"].inputs[0].shape == (2,) and graphs["Decoder"].nodes[-1].shape == (4,)
    assert not warnings


def test_a_name_given_to_latent_is_that_of_the_sample():
    graphs, _ = build("Encoder={h=DENSE|8|RELU,z=LATENT|2@h,DENSE|3|TANH@z}Decoder={DENSE|4|LINEAR}", blocks=True)
    assert graphs["Encoder"].nodes[-2].name == "z" and graphs["Encoder"].nodes[-1].inputs[0].name == "z"


def test_head_and_discriminator_read_the_encoder():
    graphs, _ = build(
        "Encoder={DENSE|2|LINEAR}Decoder={DENSE|4|LINEAR}Head={DENSE|3|LINEAR}Discriminator={DENSE|1|LINEAR}", blocks=True
    )
    assert {name: graph.inputs[0].shape for name, graph in graphs.items()} == {
        "Encoder": (4,),
        "Decoder": (2,),
        "Head": (2,),
        "Discriminator": (2,),
    }


def test_names_may_repeat_in_other_blocks():
    graphs, _ = build("Encoder={h=DENSE|2|LINEAR}Decoder={h=DENSE|4|LINEAR}", blocks=True)
    assert [graph.nodes[0].name for graph in graphs.values()] == ["h", "h"]
    assert [graph.nodes[0].block for graph in graphs.values()] == ["Encoder", "Decoder"]


def test_two_bare_chains_are_generator_and_discriminator():
    graphs, _ = build("DENSE|4|LINEAR##DENSE|1|LINEAR", blocks=True)
    assert list(graphs) == ["Generator", "Discriminator"]


def test_a_tied_layer_takes_its_width_from_a_layer_of_an_earlier_block():
    graphs, _ = build("Encoder={e=DENSE|3|RELU,DENSE|2|RELU}Decoder={DENSE|3|RELU,TIED|e|LINEAR}", blocks=True)
    tied = graphs["Decoder"].nodes[-1]
    assert tied.shape == (4,) and tied.shared is graphs["Encoder"].nodes[0]
    assert layout_text(graphs["Decoder"]) == "DENSE|3|RELU,TIED|e|LINEAR"


def test_a_dummy_last_layer_of_a_decoder_is_left_out_with_a_warning():
    graphs, (warning,) = build("Encoder={DENSE|2|TANH}Decoder={DENSE|8|TANH,DENSE|4|LINEAR,LINEAR}", blocks=True, n_outputs=4)
    assert [node.shape for node in graphs["Decoder"].nodes] == [(8,), (4,)]
    assert str(warning).splitlines()[0] == "the last layer 'LINEAR' is left out: the layer before it has 4 outputs already"


def test_a_last_linear_that_changes_the_width_stays():
    graphs, warnings = build("Encoder={DENSE|2|TANH}Decoder={DENSE|8|TANH,LINEAR}", blocks=True, n_outputs=4)
    assert [node.shape for node in graphs["Decoder"].nodes] == [(8,), (4,)] and not warnings


def test_drop_entries_count_items_and_act_on_dense_layers():
    graph, warnings = build("DENSE|8|RELU,DENSE|8|RELU,LINEAR", drop=(0.0, 0.5, 0.2))
    assert [node.drop for node in graph.nodes] == [0.0, 0.5, 0.2] and not warnings
    assert graph.nodes[1].inputs[0] is graph.nodes[0].output and graph.outputs[0].value is graph.nodes[-1].output


def test_drop_entries_run_through_the_blocks():
    graphs, _ = build("Encoder={DENSE|3|RELU,DENSE|2|RELU}Decoder={DENSE|4|LINEAR}", blocks=True, drop=(0, 0.1, 0.2))
    assert [node.drop for graph in graphs.values() for node in graph.nodes] == [0.0, 0.1, 0.2]


def test_drop_entries_elsewhere_warn_unless_they_are_zero():
    text = "CONV|4|3|3|1|1|0|0|RELU,RESHAPE|FLAT,LINEAR"
    _, warnings = build(text, IMAGE, drop=(0.5, 0.0, 0.0, 0.0, 0.3))
    assert [w.message for w in warnings] == [
        "entry 1 of DropConfig (0.5) is ignored: layer 1 is CONV, and only dense layers drop inputs",
        "entry 5 of DropConfig (0.3) is ignored: there are 3 layers",
    ]
    assert not build(text, IMAGE, drop=(0.0, 0.0, 0.5, 0.0))[1]


def test_spans_point_into_the_option_string():
    graph, _ = build("h=DENSE|4|RELU,LINEAR@h")
    assert [graph.source.text[node.span.start : node.span.stop] for node in graph.nodes] == ["h=DENSE|4|RELU", "LINEAR@h"]


LAYOUTS = [
    ("TANH|128,(N+100)*2|SOFTSIGN,LINEAR", VECTOR),
    ("CONV|6|3|3|1|1|0|0|RELU|PADDING2D|1|1|1|1|MAXPOOL|2|2|2|2,RESHAPE|FLAT,x=DENSE|8|RELU|DROPOUT|0.5,LINEAR@x", IMAGE),
    ("a=CONV|4|3|3|2|2|SAME|RELU,TRANSCONV|4|2|2|2|2|0|0|TANH,UPSAMPLE|2|2,b=AVGPOOL|4|4|4|4,ADD@a+b,MEAN,LINEAR", IMAGE),
    ("j=GRU|16|4|10|0|1@jets,CONCAT@j+j,m=MEAN,e=DENSE|16|RELU@event,CONCAT@m+e+input,LINEAR", TWO),
    ("h=DENSE|8|RELU,s=DENSE|1|LINEAR@h,m=DENSE|1|LINEAR@h,OUTPUT|CROSSENTROPY@s,OUTPUT|SUMOFSQUARES|0.25@m", VECTOR),
]


@pytest.mark.parametrize("text, inputs", LAYOUTS)
def test_the_text_of_a_graph_gives_the_same_graph(text, inputs):
    def records(graph):
        return [(n.name, n.layer, n.shape, n.index, [value.name for value in n.inputs]) for n in graph.nodes]

    graph, _ = build(text, inputs)
    again, _ = build(layout_text(graph), inputs)
    assert records(again) == records(graph) and layout_text(again) == layout_text(graph)


def test_the_text_of_blocks_gives_the_same_blocks():
    text = "Encoder={h=DENSE|8|RELU,CONCAT@h+input,LATENT|2}Decoder={DENSE|8|RELU|DROPOUT|0.5,DENSE|4|LINEAR}"
    graphs, _ = build(text, blocks=True)
    assert layout_text(graphs) == text


def test_the_table_shows_layers_shapes_and_parameters():
    graph, _ = build("stem=CONV|6|3|3|1|1|1|1|RELU,ADD@stem+stem,RESHAPE|FLAT,DENSE|N|TANH,LINEAR", IMAGE, drop=(0, 0, 0, 0.25))
    assert describe(graph) == "\n".join(
        [
            "input 'input': 1x8x8",
            "   name  layer                                reads        output  parameters",
            "1  stem  CONV|6|3|3|1|1|1|1|RELU              input        6x8x8           60",
            "2        ADD|LINEAR                           stem + stem  6x8x8            0",
            "3        RESHAPE|FLAT                         layer 2      384              0",
            "4        DENSE|64|TANH  (input dropout 0.25)  layer 3      64           24640",
            "5        DENSE|1|LINEAR                       layer 4      1               65",
            "                                                           total        24765",
        ]
    )


def test_the_table_fits_a_terminal():
    graph, _ = build(
        "first=CONV|6|3|3|1|1|1|1|RELU,second=CONV|6|3|3|1|1|1|1|RELU,ADD|LINEAR@first+second+first,RESHAPE|FLAT,LINEAR", IMAGE
    )
    lines = describe(graph, width=70).splitlines()
    assert max(map(len, lines)) <= 70
    assert lines[4:6] == [
        "3          ADD|LINEAR               first + second  6x8x8            0",
        "                                      + first",
    ]


def test_dense_networks_can_be_trained():
    require_lowering(build("h=DENSE|4|RELU,DROPOUT|0.1,a=ACT|ELU,ADD@h+a,LINEAR")[0])
