"""TF1 and TF2: ROOT's named functions, for FillRandom."""

from __future__ import annotations

import numpy as np

from tmvalite.errors import DataError
from tmvalite.pyroot.styled import Styled


def _gaus(x, height, mean, sigma):
    return height * np.exp(-0.5 * ((x - mean) / sigma) ** 2)


FORMULAS = {  # by name: (function of the axes and the parameters, number of parameters)
    "gaus": (_gaus, 3),
    "expo": (lambda x, a, b: np.exp(a + b * x), 2),
    "pol0": (lambda x, a: a + 0.0 * x, 1),
    "pol1": (lambda x, a, b: a + b * x, 2),
    "xygaus": (lambda x, y, height, mx, sx, my, sy: _gaus(x, height, mx, sx) * _gaus(y, 1.0, my, sy), 5),
}


_functions: dict[str, TF1] = {}  # by name, as FillRandom takes them


def function_called(name: str) -> TF1:
    """The function of this name. Raises DataError where there is none."""
    if name not in _functions:
        raise DataError(f"there is no function '{name}'", code="call", expected=tuple(_functions) or "a TF1 first")
    return _functions[name]


class TF1(Styled):
    """TF1(name, "gaus") and TF2(name, "xygaus"): one of ROOT's named functions, with its parameters."""

    def __init__(self, name, formula, *ranges):
        formula = str(formula).strip()
        if formula not in FORMULAS:
            raise DataError(f"'{formula}' is no function that TF1 knows", code="call", expected=tuple(FORMULAS))
        self._name, (self._function, n) = str(name), FORMULAS[formula]
        self._parameters = [1.0] * n
        _functions[self._name] = self

    def GetName(self) -> str:
        """The name of the function."""
        return self._name

    def SetParameters(self, *values) -> None:
        """Set the first parameters."""
        self._parameters[: len(values)] = map(float, values)

    def SetParameter(self, i, value) -> None:
        """Set the parameter i, from 0."""
        self._parameters[int(i)] = float(value)

    def GetParameter(self, i) -> float:
        """The parameter i, from 0."""
        return self._parameters[int(i)]

    def values(self, *at):
        """The values at arrays of points, one array for each axis."""
        return self._function(*at, *self._parameters)

    def Eval(self, *at) -> float:
        """The value at a point."""
        return float(self.values(*map(float, at)))
