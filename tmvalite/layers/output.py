"""OUTPUT: marks what it reads as an output of the network, with its own loss and its share of the targets."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.base import Example, Layer, Shape, arg, register
from tmvalite.losses import LOSSES

BOOKED = "BOOKED"  # the method's ErrorStrategy
TRAINING = tuple(name for name, loss in LOSSES.items() if loss.uses)


@register("OUTPUT")
@dataclass(frozen=True)
class Output(Layer):
    """An output: `weight` times the loss of what it reads is added to the loss of the network; nothing reads it."""

    loss: str = arg(
        "loss of this output; BOOKED is the method's ErrorStrategy", type=str, default=BOOKED, choices=(*TRAINING, BOOKED)
    )
    weight: float = arg("weight in the total loss", type=float, default=1.0, minimum=0)

    sink = True
    marks_output = True
    booked = BOOKED
    examples = (Example("OUTPUT", ((1,),), (1,)), Example("OUTPUT|SUMOFSQUARES|0.1", ((3,),), (3,)))

    def output_shape(self, x: Shape) -> Shape:
        return x

    def lower(self, low, inputs, slots):
        return inputs[0]

    def onnx(self, forms, inputs, shapes, parameters):
        return inputs[0]
