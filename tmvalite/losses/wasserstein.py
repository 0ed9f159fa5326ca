"""WASSERSTEIN: the output itself, as large as can be for what is real and as small as can be for what is made."""

from __future__ import annotations

from tmvalite.losses.base import Example, Loss, register


@register("WASSERSTEIN")
class Wasserstein(Loss):
    """Targets are +1 and -1; something else must bound the slope. Source: Arjovsky et al., arXiv:1701.07875, equation 2."""

    text = "minus the output, or the output; trains a critic only"
    formula = "1/C sum_j -y_j o_j"
    uses = {}  # GanLoss asks for it: no analysis is trained with it
    examples = (Example((0.25,), (1.0,), -0.25), Example((2.0, 0.5), (-1.0, 1.0), 0.75))

    def value(self, m, x, t):
        return 0.0 - x * t

    def slope(self, m, x, t):
        return 0.0 * x - t

    def nats(self, width, sigma=1.0):
        return float(width)
