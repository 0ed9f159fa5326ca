"""Whole messages of layouts that cannot be meant."""

import pytest

from tests.graph.tools import IMAGE, TWO, build, error, message, outputs_error
from tests.networks import register_without_kernels
from tmvalite.errors import Diagnostics, OptionError
from tmvalite.graph import chain, check_outputs, require_lowering
from tmvalite.layers.conv import Conv
from tmvalite.layers.dense import Dense


def test_error_misspelt_kind():
    assert error("DENES|64,LINEAR") == message(
        "there is no layer 'DENES'",
        "  Layout=DENES|64,LINEAR",
        "         ^~~~~",
        "  in Layout, layer 1",
        "  expected a kind of layer, an activation or a width",
        "  hint: did you mean 'DENSE'?",
    )


def test_error_unknown_source():
    assert error("hidden=DENSE|5,DENSE|5@hiden") == message(
        "there is nothing called 'hiden'",
        "  Layout=hidden=DENSE|5,DENSE|5@hiden",
        "                                ^~~~~",
        "  in Layout, layer 2 (DENSE)",
        "  expected one of: input, hidden",
        "  hint: did you mean 'hidden'?",
    )


def test_error_reference_forward():
    assert error("DENSE|5@k,k=DENSE|1") == message(
        "'k' comes only later; a layer reads what stands before it",
        "  Layout=DENSE|5@k,k=DENSE|1",
        "                 ^",
        "  in Layout, layer 1 (DENSE)",
    )


def test_error_reference_to_itself():
    assert error("k=DENSE|5@k,LINEAR").startswith("'k' comes only later")


def test_error_name_taken():
    assert error("k=DENSE|5,k=DENSE|1") == message(
        "the name 'k' is taken by an earlier layer",
        "  Layout=k=DENSE|5,k=DENSE|1",
        "                   ^",
        "  in Layout, layer 2 (DENSE)",
    )
    assert error("jets=DENSE|5@input,LINEAR", TWO).startswith("the name 'jets' is taken by an input")


def test_error_several_sources_of_a_layer_that_reads_one():
    assert error("a=DENSE|5,b=DENSE|6@a,DENSE|1@a+b") == message(
        "DENSE reads one value, not 2",
        "  Layout=a=DENSE|5,b=DENSE|6@a,DENSE|1@a+b",
        "                                       ^~~",
        "  in Layout, layer 3 (DENSE)",
        "  hint: join them first: CONCAT@a+b",
    )


def test_error_a_joining_layer_without_sources():
    assert error("DENSE|5,ADD,LINEAR") == message(
        "ADD reads several values and must name them",
        "  Layout=DENSE|5,ADD,LINEAR",
        "                 ^~~",
        "  in Layout, layer 2 (ADD)",
        "  hint: write ADD@a+b",
    )


def test_error_too_few_sources():
    assert error("a=DENSE|5,CONCAT@a,LINEAR").splitlines()[0] == "CONCAT reads at least 2 values"


def test_error_dead_branch():
    assert error("a=DENSE|5,b=DENSE|6@a,DENSE|1@a") == message(
        "nothing reads 'b', so it reaches no output",
        "  Layout=a=DENSE|5,b=DENSE|6@a,DENSE|1@a",
        "                   ^~~~~~~~~~~",
        "  in Layout, layer 2 (DENSE)",
        "  hint: read it with @, or end the branch with OUTPUT@b",
    )


def test_error_dead_branch_without_a_name():
    assert error("a=DENSE|5,DENSE|6,DENSE|1@a").splitlines()[0] == "nothing reads this DENSE, so it reaches no output"


def test_error_layers_behind_marked_outputs():
    assert error("a=DENSE|1|LINEAR,OUTPUT@a,DENSE|3@a").splitlines()[0] == "nothing reads this DENSE, so it reaches no output"


def test_error_which_input():
    assert error("DENSE|4,LINEAR", TWO) == message(
        "the first layer must say which input it reads",
        "  Layout=DENSE|4,LINEAR",
        "         ^~~~~~~",
        "  in Layout, layer 1 (DENSE)",
        "  expected one of: jets, event, input",
        "  hint: write DENSE...@jets",
    )


def test_error_reading_a_sink():
    assert error("s=DENSE|1|LINEAR,o=OUTPUT@s,DENSE|2@o").splitlines()[0] == "nothing can read 'o': OUTPUT gives no values"
    assert error("s=DENSE|1|LINEAR,OUTPUT@s,DENSE|2") == message(
        "DENSE has nothing to read: OUTPUT before it gives no values",
        "  Layout=s=DENSE|1|LINEAR,OUTPUT@s,DENSE|2",
        "                                   ^~~~~~~",
        "  in Layout, layer 3 (DENSE)",
        "  hint: name what it reads with @",
    )


def test_error_a_sink_as_the_output():
    text = "Encoder={h=RELU|2,m=DENSE|2@h,l=DENSE|2@h,KL@m+l}Decoder={LINEAR}"
    assert error(text, blocks=True) == message(
        "the last layer is the output, but KL gives no values",
        f"  Layout={text}",
        " " * (len("  Layout=") + text.index("KL")) + "^~~~~~",
        "  in Layout, Encoder, layer 4 (KL)",
        "  hint: put KL before the last layer",
    )


def test_error_another_blocks_layer():
    assert error("Encoder={h=DENSE|2|RELU}Decoder={DENSE|4@h}", blocks=True) == message(
        "'h' is a layer of Encoder; Decoder cannot read it",
        "  Layout=Encoder={h=DENSE|2|RELU}Decoder={DENSE|4@h}",
        "                                                  ^",
        "  in Layout, Decoder, layer 1 (DENSE)",
    )


def test_error_tied_to_nothing():
    assert error("Encoder={enc=DENSE|2|RELU}Decoder={TIED|end|LINEAR}", blocks=True) == message(
        "there is no layer called 'end' before this one",
        "  Layout=Encoder={enc=DENSE|2|RELU}Decoder={TIED|end|LINEAR}",
        "                                                 ^~~",
        "  in Layout, Decoder, layer 1 (TIED)",
        "  hint: did you mean 'enc'?",
    )


def test_error_blocks_in_a_method_of_one_network():
    assert error("Encoder={DENSE|2}Decoder={DENSE|4}") == message(
        "MethodDL has one network, not Encoder and Decoder",
        "  Layout=Encoder={DENSE|2}Decoder={DENSE|4}",
        "         ^~~~~~~",
        "  in Layout",
        "  hint: book MethodAE, or write the layers without blocks",
    )
    assert error("DENSE|2##DENSE|4").splitlines()[-1] == "  hint: book MethodGAN, or write the layers without blocks"


def test_error_shape_found_in_the_graph():
    assert error("MAXPOOL|2|2|2|2,CONV|6|5|5|1|1|0|0|RELU,RESHAPE|FLAT,LINEAR", IMAGE) == message(
        "CONV filter 5x5 does not fit its input 4x4",
        "  Layout=MAXPOOL|2|2|2|2,CONV|6|5|5|1|1|0|0|RELU,RESHAPE|FLAT,LINEAR",
        "                         ^~~~~~~~~~~~~~~~~~~~~~~",
        "  in Layout, layer 2 (CONV), reading layer 1 (MAXPOOL)",
    )


def test_error_image_into_dense():
    assert error("c=CONV|6|3|3|1|1|0|0|RELU,DENSE|1@c", IMAGE) == message(
        "DENSE reads a vector, not an image 6x6x6 (channels x rows x columns)",
        "  Layout=c=CONV|6|3|3|1|1|0|0|RELU,DENSE|1@c",
        "                                   ^~~~~~~~~",
        "  in Layout, layer 2 (DENSE), reading 'c'",
        "  hint: put RESHAPE|FLAT before it",
    )


def test_error_network_that_no_machine_holds():
    assert error("DENSE|99999999,DENSE|99999999,LINEAR") == message(
        "the network has 1e+16 parameters, 1e+16 of them here, and this layer gives 1e+08 values",
        "  Layout=DENSE|99999999,DENSE|99999999,LINEAR",
        "                        ^~~~~~~~~~~~~~",
        "  in Layout, layer 2 (DENSE)",
        "  expected at most 2147483647 of either",
    )


def test_error_unread_input():
    _, (warning,) = build("LSTM|16|4|10@jets,LINEAR", TWO)
    assert str(warning) == "no layer reads the input 'event'\n  in InputLayout"


def test_error_drop_probability():
    with pytest.raises(OptionError) as caught:
        build("TANH|3,LINEAR", drop=(0.0, 1.0))
    assert str(caught.value) == message(
        "entry 2 of DropConfig is 1", "  in DropConfig", "  expected probabilities to drop, at least 0 and below 1"
    )


def test_error_outputs_of_a_regression():
    assert outputs_error("TANH|3,DENSE|2|LINEAR", "regression", 3) == message(
        "the last layer has 2 outputs, but there are 3 targets",
        "  Layout=TANH|3,DENSE|2|LINEAR",
        "                ^~~~~~~~~~~~~~",
        "  in Layout, layer 2 (DENSE)",
        "  hint: end with DENSE|3|LINEAR",
    )


def test_error_outputs_of_a_multiclass_analysis():
    assert outputs_error("TANH|3,DENSE|1|LINEAR", "Multiclass", 4).splitlines()[0] == (
        "the last layer has 1 output, but there are 4 classes"
    )


def test_error_outputs_together():
    text = "h=DENSE|4,a=DENSE|1|LINEAR@h,b=DENSE|1|LINEAR@h,OUTPUT@a,OUTPUT@b"
    assert outputs_error(text, "regression", 1) == message(
        "the outputs have 2 values together, but there is 1 target",
        f"  Layout={text}",
        "                                                                  ^~~~~~~~",
        "  in Layout, layer 5 (OUTPUT)",
    )


def test_error_image_as_the_output():
    assert outputs_error("CONV|6|3|3|1|1|1|1|RELU", "classification", 1, IMAGE) == message(
        "the output is an image 6x8x8 (channels x rows x columns), not a vector",
        "  Layout=CONV|6|3|3|1|1|1|1|RELU",
        "         ^~~~~~~~~~~~~~~~~~~~~~~",
        "  in Layout, layer 1 (CONV)",
        "  hint: end with RESHAPE|FLAT or a DENSE layer",
    )


def test_error_wide_output_of_a_classification_warns():
    graph, _ = build("TANH|3,DENSE|2|LINEAR")
    diagnostics = Diagnostics(graph.source)
    check_outputs(graph, "Classification", 1, diagnostics)
    assert str(diagnostics.warnings[0]) == message(
        "the last layer has 2 outputs; classification uses the first one only, as in TMVA",
        "  Layout=TANH|3,DENSE|2|LINEAR",
        "                ^~~~~~~~~~~~~~",
        "  in Layout, layer 2 (DENSE)",
        "  hint: end with DENSE|1|LINEAR",
    )


def test_error_output_function_applied_twice_warns():
    graph, _ = build("TANH|3,SIGMOID")
    diagnostics = Diagnostics(graph.source)
    check_outputs(graph, "classification", 1, diagnostics)
    assert str(diagnostics.warnings[0]) == message(
        "the sigmoid of the output is applied to the SIGMOID of the last layer, as in TMVA",
        "  Layout=TANH|3,SIGMOID",
        "                ^~~~~~~",
        "  in Layout, layer 2 (DENSE)",
        "  hint: write LINEAR in the last layer",
    )
    diagnostics = Diagnostics(graph.source)
    check_outputs(graph, "regression", 1, diagnostics)
    assert not diagnostics.warnings


def test_error_layer_that_cannot_be_trained_yet(monkeypatch):
    register_without_kernels(monkeypatch, "NOVELTY")
    graph, _ = build("TANH|6,NOVELTY|2|3,LINEAR")
    with pytest.raises(OptionError) as caught:
        require_lowering(graph)
    assert str(caught.value) == message(
        "NOVELTY is understood, but it cannot be trained or applied yet",
        "  Layout=TANH|6,NOVELTY|2|3,LINEAR",
        "                ^~~~~~~~~~~",
        "  in Layout, layer 2 (NOVELTY)",
        "  hint: its kernels come with a later release",
    )


def test_error_chain_of_layers_that_do_not_fit():
    with pytest.raises(OptionError) as caught:
        chain((1, 4, 4), [Conv(2, 3, 3, 1, 1), Dense(1, "LINEAR")], title="Weights")
    assert str(caught.value) == message(
        "DENSE reads a vector, not an image 2x2x2 (channels x rows x columns)",
        "  in Weights, layer 2 (DENSE)",
        "  hint: put RESHAPE|FLAT before it",
    )


def test_strict_makes_every_warning_an_error():
    with pytest.raises(OptionError, match="DENSE has no activation 'TAHN'"):
        build("DENSE|3|TAHN,LINEAR", strict=True)
