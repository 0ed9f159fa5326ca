"""SPARSITY: a price for activity of hidden nodes, added to the loss."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.base import AddedTerm, Example, Layer, Shape, arg, register


@register("SPARSITY")
@dataclass(frozen=True)
class Sparsity(Layer):
    """Adds "sparsity" to the loss; reads values h_j of any shape.

    L1: sum_j |h_j| of every event. KL: sum_j rho ln(rho/m_j) + (1 - rho) ln((1 - rho)/(1 - m_j)), m_j the mean of h_j over the
    batch, for h_j in (0, 1) such as those of SIGMOID; training only, and event weights do not count.
    Source: Ng, "Sparse autoencoder", CS294A lecture notes (2011), section 3.
    """

    penalty: str = arg("kind of penalty", type=str, default="L1", choices=("L1", "KL"))
    rho: float = arg("mean activity wanted by KL", type=float, default=0.05, minimum=1e-6, maximum=1 - 1e-6)

    sink = True
    examples = (Example("SPARSITY|L1@a", ((5,),), (1,)), Example("SPARSITY|KL|0.2@a", ((2, 3, 4),), (1,)))

    def output_shape(self, x: Shape) -> Shape:
        return (1,)

    def to_fields(self) -> tuple[str, ...]:
        return super().to_fields() if self.penalty == "KL" else (self.penalty,)

    def terms(self):
        return (AddedTerm("sparsity", whole_batch=self.penalty == "KL"),)

    def lower(self, low, inputs, slots):
        if self.penalty == "KL":
            return low.batch_term("sparsity", "MeanActivity", inputs[0], rho=float(self.rho))
        from tmvalite.kernels import sparsity

        y = low.emit(sparsity.absolute_sum, x=inputs[0], y=low.tensor(1), detail="sum of |x|")
        low.loss_term("sparsity", y)
        return y

    def onnx(self, forms, inputs, shapes, parameters):
        return inputs[0]
