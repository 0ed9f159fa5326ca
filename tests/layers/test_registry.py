"""Every layer that is registered: its examples, its canonical text, its parameters, its place in the weight file."""

import dataclasses

import pytest

from tests.layers.tools import read_layer
from tmvalite.activations import ACTIVATIONS
from tmvalite.layers import REGISTRY
from tmvalite.layers.base import declared_fields, register
from tmvalite.layers.weight_file import ELEMENTS, element_of, layer_from_element, matrices_of

EXAMPLES = [pytest.param(cls, example, id=example.text) for cls in REGISTRY.values() for example in cls.examples]

TMVA_KINDS = {"DENSE", "CONV", "MAXPOOL", "RESHAPE", "BNORM", "RNN", "LSTM", "GRU"}


def test_the_kinds_are_those_of_the_layout_language():
    ours = "PADDING2D TRANSCONV DEPTHCONV UPSAMPLE AVGPOOL GRIDSAMPLE DROPOUT ACT ADD MUL CONCAT MEAN SLICE OUTPUT LATENT"
    assert set(REGISTRY) >= TMVA_KINDS | set(f"{ours} SAMPLE KL GUMBEL CORRUPT TIED MMD SWD SPARSITY".split())
    assert {kind for kind, cls in REGISTRY.items() if cls.tmva} == TMVA_KINDS


@pytest.mark.parametrize("cls", REGISTRY.values(), ids=lambda cls: cls.kind)
def test_a_layer_has_examples_a_docstring_and_described_fields(cls):
    assert cls.examples and cls.__doc__
    assert all(field.metadata["arg"].help for field in declared_fields(cls))


@pytest.mark.parametrize("cls, example", EXAMPLES)
def test_an_example_gives_the_shape_it_states(cls, example):
    layer, warnings = read_layer(example.text)
    assert type(layer) is cls and not warnings
    assert layer.output_shape(*example.inputs) == example.output
    assert not layer.remarks(*example.inputs)


@pytest.mark.parametrize("cls, example", EXAMPLES)
def test_the_canonical_fields_give_the_layer_back(cls, example):
    layer, _ = read_layer(example.text)
    again, warnings = read_layer("|".join([cls.kind, *layer.to_fields()]))
    assert again == layer and not warnings


@pytest.mark.parametrize("cls, example", EXAMPLES)
def test_parameters_have_different_names_and_sizes_of_at_least_one(cls, example):
    layer, _ = read_layer(example.text)
    parameters = layer.parameters(*example.inputs)
    assert len({p.name for p in parameters}) == len(parameters)
    assert all(min(p.shape) >= 1 and (p.init in ("weights", "zero", "one") or type(p.init) is float) for p in parameters)
    assert all(p.trained or not p.decays for p in parameters)


@pytest.mark.parametrize("cls, example", EXAMPLES)
def test_a_layer_that_root_runs_comes_back_from_its_element(cls, example):
    layer, _ = read_layer(example.text)
    element = element_of(layer, *example.inputs)
    if element is None:
        return
    name, attributes = element
    assert list(attributes) == [a.name for a in cls.weight_element.attributes]
    again = layer_from_element(name, attributes)
    assert again.output_shape(*example.inputs) == example.output
    assert again.parameters(*example.inputs) == layer.parameters(*example.inputs)
    assert element_of(again, *example.inputs) == element


@pytest.mark.parametrize("cls", ELEMENTS.values(), ids=lambda cls: cls.kind)
def test_the_file_holds_every_parameter_once(cls):
    example = cls.examples[0]
    layer, _ = read_layer(example.text)
    held = [parameter for _, parameter in matrices_of(layer)]
    assert sorted(held) == sorted(p.name for p in layer.parameters(*example.inputs))
    names = [element for element, _ in matrices_of(layer)]
    assert len(set(names)) == len(names)


def test_only_the_layers_of_tmva_have_an_element():
    assert {cls.kind for cls in ELEMENTS.values()} == TMVA_KINDS


def test_every_field_is_immutable():
    layer, _ = read_layer("DENSE|3|RELU")
    with pytest.raises(dataclasses.FrozenInstanceError):
        layer.width = 4


def test_a_kind_cannot_be_registered_twice():
    with pytest.raises(ValueError, match="two layers are called DENSE"):
        register("DENSE")(type("Other", (REGISTRY["DENSE"],), {}))


def test_the_activations_have_the_codes_of_tmva():
    codes = {a.name: a.code for a in ACTIVATIONS.values() if a.code is not None}
    assert codes == {"LINEAR": 0, "RELU": 1, "SIGMOID": 2, "TANH": 3, "SYMMRELU": 4, "SOFTSIGN": 5, "GAUSS": 6, "FTANH": 7}
    assert list(ACTIVATIONS)[: len(codes)] == list(codes), "TMVA's are listed first"
    assert [a for a in ACTIVATIONS if a not in codes][:6] == ["LEAKYRELU", "ELU", "GELU", "SOFTPLUS", "SWISH", "SOFTMAX"]
