"""GUMBEL: categorical latent variables that gradients pass through."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.errors import ShapeError
from tmvalite.layers.base import AddedTerm, Example, Layer, Shape, arg, register
from tmvalite.layers.shapes import as_vector


@register("GUMBEL")
@dataclass(frozen=True)
class Gumbel(Layer):
    """(N, n K) logits -> (N, n K): n variables of K classes each, neighbouring values are classes of one variable.

    Training: softmax((a + g) / tau) in each group, g = -log(-log u), u uniform. Validation: 1 for the largest a + g, else 0.
    Scoring: 1 for the most probable class, else 0. Adds "kl" to the loss, sum over the variables of sum_k q_k ln(q_k K),
    q = softmax(a), in nats per event. Source: Jang, Gu, Poole, arXiv:1611.01144, sections 2 and 3.
    """

    variables: int = arg("number of categorical variables", minimum=1)
    classes: int = arg("classes of each", minimum=2)
    temperature: float = arg("tau, small values give nearly one-hot values", type=float, default=1.0, minimum=0.001)

    beyond_sofie = ("ArgMax", "Equal", "Where")
    examples = (Example("GUMBEL|2|3", ((6,),), (6,)), Example("GUMBEL|3|5|0.5", ((15,),), (15,)))

    def output_shape(self, x: Shape) -> Shape:
        width = as_vector(self.kind, x)
        if width != self.variables * self.classes:
            raise ShapeError(
                f"GUMBEL of {self.variables} variables with {self.classes} classes reads "
                f"{self.variables * self.classes} values, not {width}",
                code="shape-gumbel",
                hint=f"put DENSE|{self.variables * self.classes}|LINEAR before it",
            )
        return x

    def terms(self):
        return (AddedTerm("kl"),)

    def draws(self):
        return ("temperature",)

    def lower(self, low, inputs, slots):
        from tmvalite.kernels import gumbel

        x, classes, one = inputs[0], self.classes, low.tensor(1)
        low.emit(gumbel.categorical_divergence, x=x, y=one, classes=classes, detail=f"KL from 1/{classes}")
        low.loss_term("kl", one)
        draw, text = low.draw("temperature", self.temperature), f"{self.variables} x {classes}"
        return low.emit(
            gumbel.gumbel_sample, x=x, y=low.tensor(x.size), classes=classes, draw=draw, detail=f"{text}, draw {draw}"
        )

    def onnx(self, forms, inputs, shapes, parameters):
        split = forms.reshape(inputs[0], shapes[0], (self.variables, self.classes))
        best = forms.node("ArgMax", split, axis=-1, keepdims=1)
        chosen = forms.node("Equal", best, forms.integers(*range(self.classes)))
        one, zero = forms.constant(1.0), forms.constant(0.0)
        return forms.reshape(forms.node("Where", chosen, one, zero), (self.variables, self.classes), shapes[0])

    def onnx_term(self, forms, inputs, shapes):
        """The divergence of every event, (N, 1): sum_k p_k log(p_k K) over its groups."""
        split = forms.reshape(inputs[0], shapes[0], (self.variables, self.classes))
        p = forms.node("Softmax", split, axis=-1)
        top = forms.node("Max", p, forms.constant(1e-30))  # 0 log 0 is 0
        each = forms.node("Mul", p, forms.node("Log", forms.node("Mul", top, forms.constant(self.classes))))
        flat = forms.reshape(each, (self.variables, self.classes), shapes[0])
        return forms.node("MatMul", flat, forms.constant([[1.0]] * (self.variables * self.classes)))
