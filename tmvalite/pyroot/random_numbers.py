"""gRandom and TRandom: random numbers. Uniform ones are those of ROOT's TRandom3 bit for bit; the others are not."""

from __future__ import annotations

import math
import secrets

import numpy as np

from tmvalite.data.root_random import TRandom3

_BLOCK = 1024


class TRandom:
    """TRandom(seed=65539), TRandom3(seed=4357): both are the generator TRandom3 here; seed 0 draws a seed."""

    def __init__(self, seed=4357):
        self.SetSeed(seed)

    def SetSeed(self, seed=0) -> None:
        """Begin anew; 0 draws a seed."""
        self._seed = int(seed) or secrets.randbelow(2**32 - 1) + 1
        self._engine = TRandom3(self._seed)
        self._block: list[float] = []
        self.generator = np.random.default_rng(self._seed)

    def GetSeed(self) -> int:
        """The seed."""
        return self._seed

    def Rndm(self, *ignored) -> float:
        """A number between 0 and 1, both excluded."""
        if not self._block:
            self._block = self._engine.uniform(_BLOCK)[::-1].tolist()
        return self._block.pop()

    def Uniform(self, first=1.0, second=None) -> float:
        """Uniform(high) or Uniform(low, high)."""
        low, high = (0.0, first) if second is None else (first, second)
        return low + (high - low) * self.Rndm()

    def Integer(self, n) -> int:
        """A whole number from 0 to n - 1."""
        return int(n * self.Rndm())

    def Exp(self, tau) -> float:
        """An exponential number of this mean."""
        return -tau * math.log(self.Rndm())

    def Gaus(self, mean=0.0, sigma=1.0) -> float:
        """A Gaussian number."""
        return float(self.generator.normal(mean, sigma))

    def Poisson(self, mean) -> int:
        """A Poisson number."""
        return int(self.generator.poisson(mean))

    def Binomial(self, n, p) -> int:
        """A binomial number."""
        return int(self.generator.binomial(n, p))


gRandom = TRandom()
