"""HINGE: what a value lacks of 1 on its side. It trains the Discriminator of GanLoss=HINGE."""

from __future__ import annotations

from tmvalite.losses.base import Example, Loss, register


@register("HINGE")
class Hinge(Loss):
    """Targets are +1 and -1. Source: Lim and Ye, arXiv:1705.02894, section 4."""

    text = "what the output lacks of 1 on its side; trains a Discriminator only"
    formula = "1/C sum_j max(0, 1 - y_j o_j)"
    uses = {}  # GanLoss asks for it: no analysis is trained with it
    examples = (Example((0.25,), (1.0,), 0.75), Example((2.0, 0.5), (1.0, -1.0), 0.75))

    def value(self, m, x, t):
        return m.larger(1.0 - x * t, 0.0)

    def slope(self, m, x, t):
        return m.choose(x * t < 1.0, -t, 0.0 * t)

    def nats(self, width, sigma=1.0):
        return float(width)
