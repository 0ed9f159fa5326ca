"""BNORM: batch normalisation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tmvalite.layers.base import Attribute, Example, Layer, Parameter, Shape, WeightElement, arg, register

RUNNING_VALUES = ("TMVA", "PYTORCH", "KERAS")  # in the order of kernels/normalise.py


@register("BNORM")
@dataclass(frozen=True)
class BatchNorm(Layer):
    """y = gamma (x - mu) / sqrt(var + epsilon) + beta; any shape, unchanged.

    One group for each feature of a vector or sequence, for each channel of an image. Training takes mu and the biased
    variance of the batch; scoring takes running values. A momentum m >= 0 moves those by m old + (1 - m) new; a
    negative one is their plain average over the batches of an epoch. The running variance carries n / (n - 1).

    The first batch of a phase replaces the running values, as in TMVA. With `running` PYTORCH or KERAS they begin at 0 and 1 and
    the first batch moves them as every other one does, a negative momentum averages over the whole phase, and with KERAS the
    running variance is the biased one. The momentum is the weight of the old value everywhere: PyTorch's is 1 - m.
    """

    momentum: float = arg(
        "weight of the old running values; negative: average over an epoch", type=float, default=-1.0, maximum=1
    )
    epsilon: float = arg("added to the variance", type=float, default=0.0001, minimum=0)
    running: str = arg(
        "whose running values: TMVA, PYTORCH or KERAS", type=str, default="TMVA", choices=RUNNING_VALUES, extra=True
    )

    tmva = True
    weight_element = WeightElement(
        "BatchNormLayer",
        (Attribute("Momentum", "momentum"), Attribute("Epsilon", "epsilon")),
        tuple((name, name) for name in ("Training-mu", "Training-variance", "Gamma", "Beta")),
    )
    other_names = ("BATCHNORM", "BATCHNORM2D", "BATCHNORMALIZATION", "BN")
    examples = (
        Example("BNORM", ((5,),), (5,)),
        Example("BNORM|0.99|0.001", ((3, 4, 5),), (3, 4, 5)),
        Example("BNORM|0.9", ((4, 5),), (4, 5)),
        Example("BNORM|0.9|0.00001|PYTORCH", ((3, 4, 5),), (3, 4, 5)),
        Example("BNORM|0.99|0.001|KERAS", ((5,),), (5,)),
    )

    def output_shape(self, x: Shape) -> Shape:
        return x

    def groups(self, x: Shape) -> int:
        """Number of normalised groups: features, or channels of an image."""
        return x[0] if len(x) == 3 else x[-1]

    def remark_on_root(self, x: Shape) -> str:
        if len(x) != 3:
            return ""
        return "BNORM of images: ROOT on a CPU mixes the channels, so that its scores differ from those here, of one channel each"

    def least_batch(self, x: Shape) -> int:
        """One value of a group has no variance: it is normalised to 0."""
        return 1 if math.prod(x) > self.groups(x) else 2

    def parameters(self, x: Shape) -> tuple[Parameter, ...]:
        shape = (1, self.groups(x))
        return (
            Parameter("Training-mu", shape, init="zero", trained=False),
            Parameter("Training-variance", shape, init="one", trained=False),
            Parameter("Gamma", shape, init="one"),
            Parameter("Beta", shape, init="zero"),
        )

    def lower(self, low, inputs, slots):
        from tmvalite.kernels.normalise import SHARE_NUMBERS

        shape = low.node.shape
        inner = shape[1] * shape[2] if len(shape) == 3 else 1
        x, groups, numbers = inputs[0], self.groups(shape), dict(momentum=self.momentum, epsilon=self.epsilon)
        numbers["running"] = RUNNING_VALUES.index(self.running)
        trained = dict(gamma=slots["Gamma"], beta=slots["Beta"])
        running = dict(mean=slots["Training-mu"], variance=slots["Training-variance"])
        places = dict(x=x, y=low.tensor(x.size, x.shape), groups=groups, inner=inner, state=low.state(SHARE_NUMBERS * groups))
        return low.emit("Normalise", **places, **trained, **running, **numbers)

    def onnx(self, forms, inputs, shapes, parameters):
        """epsilon is part of the variance: as an attribute it would be rounded to float32."""
        names = ("Gamma", "Beta", "Training-mu", "Training-variance")
        gamma, beta, mean, variance = (parameters[name].ravel() for name in names)
        variance = variance.astype(float) + self.epsilon
        if len(shapes[0]) != 2:
            return forms.node("BatchNormalization", inputs[0], *map(forms.constant, (gamma, beta, mean, variance)), epsilon=0.0)
        # the groups of a sequence are its last axis, those of the operator the second one
        centred = forms.node("Sub", inputs[0], forms.constant(mean))
        scaled = forms.node("Mul", centred, forms.constant(gamma / np.sqrt(variance)))
        return forms.node("Add", scaled, forms.constant(beta))

    def weight_fields(self, x: Shape):
        # TMVA normalises a sequence (a recurrent layer's output) by groups of the wrong size: it cannot run this one.
        return None if len(x) == 2 else super().weight_fields(x)
