"""Steps that draw random numbers."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.kernels import random
from tmvalite.plan.step import Step, Tensor


@dataclass(frozen=True, eq=False)
class Dropout(Step):
    """y = x with elements dropped, the others divided by the probability to be kept; the rate is the number of a draw."""

    x: Tensor
    y: Tensor
    draw: int
    family = "random"
    identity_when_scoring = True
    kernel = random.dropout_values

    def differentiate(self, tape):
        if self.x in tape.wanted:
            grad = tape.gradient(self.y)
            masked = Tensor(self.x.size, f"d {self.x.label}, masked", self.x.shape)
            tape.steps.append(Dropout(grad, masked, self.draw))  # the same mask, drawn again
            tape.hand_over(self.x, masked)

    def text(self):
        return f"draw {self.draw}"
