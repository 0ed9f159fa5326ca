"""Settings and state of the optimizers; the update itself is kernels/optimizer.py."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tmvalite.kernels import optimizer as kernels

from .parameters import aligned

REGULARIZATIONS = {"NONE": 0, "L1": 1, "L2": 2}  # TMVA's numbers, in its weight file and its log too


@dataclass(frozen=True)
class OptimizerSettings:
    """One of TMVA's optimizers with its numbers; defaults are TMVA's (`tmvalite/kernels/optimizer.py` has the formulas)."""

    name: str = "ADAM"
    learning_rate: float = 1e-3
    momentum: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-7
    rho: float = 0.9
    weight_decay: float = 0.0
    regularization: str = "NONE"

    def __post_init__(self):
        if self.name not in kernels.CODES:
            raise ValueError(f"optimizer {self.name!r} is none of {', '.join(kernels.CODES)}")
        if self.regularization not in REGULARIZATIONS:
            raise ValueError(f"regularization {self.regularization!r} is none of {', '.join(REGULARIZATIONS)}")


class OptimizerState:
    """Moments of every parameter and the number of steps done. `learning_rate` may be set between calls."""

    def __init__(self, settings: OptimizerSettings, size: int, dtype):
        self.settings = settings
        self.steps = 0
        self.first, self.second = aligned(size, dtype), aligned(size, dtype)

    @property
    def learning_rate(self) -> float:
        return self.settings.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self.settings = replace(self.settings, learning_rate=float(value))

    def scalars(self) -> np.ndarray:
        """Run-time scalars in the order of the kernel."""
        s = self.settings
        decay = s.weight_decay if s.regularization != "NONE" else 0.0
        return np.array([s.learning_rate, s.momentum, s.beta1, s.beta2, s.epsilon, s.rho, decay])

    @property
    def codes(self) -> tuple[int, int]:
        """Numbers of the optimizer and the regularisation in the kernel."""
        return kernels.CODES[self.settings.name], REGULARIZATIONS[self.settings.regularization]
