"""Convolutions of several events side by side: the bits of one after the other, the same gradients, any number of events."""

import numpy as np
import pytest

from tests.helpers import EXACT_FLOAT64, FLOAT32_GRADIENT, assert_close
from tests.naive import convolution as naive
from tests.networks import network_of, sample_of
from tmvalite.kernels.event_blocks import correlate_blocks, filter_gradient_blocks
from tmvalite.plan.families import convolution as families

# a layer before, so that the gradient by the image counts, too
LAYERS = {
    "stride 2": ((7, 9, 9), "CONV|7|1|1|1|1|0|0|TANH,y=CONV|12|3|3|2|2|1|1|LINEAR,RESHAPE|FLAT"),
    "uneven": ((8, 11, 8), "CONV|8|1|1|1|1|0|0|TANH,y=CONV|16|5|2|3|2|1|0|LINEAR,RESHAPE|FLAT"),
    "cut": ((9, 10, 11), "CONV|9|1|1|1|1|0|0|TANH,PADDING2D|-1|0|-1|-1,y=CONV|16|3|3|2|2|0|0|LINEAR,RESHAPE|FLAT"),
    "transposed": ((12, 4, 5), "CONV|12|1|1|1|1|0|0|TANH,y=TRANSCONV|10|4|4|2|2|1|1|LINEAR,RESHAPE|FLAT"),
}


def network(name, precision, monkeypatch, side_by_side=True):
    shape, layout = LAYERS[name]
    with monkeypatch.context() as patch:
        if not side_by_side:
            patch.setattr(families, "suits_blocks", lambda *_: False)
        made = network_of(
            layout,
            int(np.prod(shape)),
            inputs=(("input", shape),),
            n_outputs=0,
            losses=("SUMOFSQUARES",),
            precision=precision,
            threads=1,
        )
        made.outputs(np.zeros((1, made.n_inputs), precision))  # plans made now
    kernels = {step.kernel for step in made.plan.steps}
    assert ({correlate_blocks, filter_gradient_blocks} <= kernels) == side_by_side
    return made


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("name", LAYERS)
def test_blocks_have_the_bits_of_one_event_after_the_other(name, precision, monkeypatch):
    ours, plain = (network(name, precision, monkeypatch, flag) for flag in (True, False))
    for events in (1, 5, 9, 16, 27, 40):
        x, targets, weights = sample_of(ours, events)
        assert np.array_equal(ours.outputs(x), plain.outputs(x))
        tight = EXACT_FLOAT64 if precision == "float64" else FLOAT32_GRADIENT
        assert_close(ours.gradient(x, targets, weights), plain.gradient(x, targets, weights), tight)


def test_a_block_equals_the_slow_twin(monkeypatch):
    made = network("stride 2", "float64", monkeypatch)
    parameters = made.parameters
    stem, stem_biases = parameters.get("CONV#1", "Weights"), parameters.get("CONV#1", "Biases")
    filters, biases = parameters.get("y", "Weights").reshape(12, 7, 3, 3), parameters.get("y", "Biases")[:, 0]
    x, _, _ = sample_of(made, 18)
    hidden = np.tanh(np.einsum("kc,nchw->nkhw", stem, x.reshape(18, 7, 9, 9)) + stem_biases[None, :, :, None])
    expected = naive.conv_forward(hidden, filters, biases, (2, 2), (1, 1, 1, 1), 1)
    assert_close(made.outputs(x), expected.reshape(18, -1), EXACT_FLOAT64)


def test_tiles_are_whole_blocks(monkeypatch):
    assert all(network(name, "float32", monkeypatch).plan.tile % 16 == 0 for name in LAYERS)
