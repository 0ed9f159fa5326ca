"""TMVA's names of the values of a method, whatever computes them."""

from __future__ import annotations

from tmvalite.errors import OptionError

NO_ERROR = -1.0  # TMVA's error of a value that has none


class Getters:
    """Delegates to `mva_values`, `regression_values` and `multiclass_values`, for one event or for many."""

    has_errors = False  # whether its values have an error

    def GetMvaValue(self, X, err=None, errUpper=None):
        """TMVA's name of `mva_values`; `err` and `errUpper`, ctypes numbers or arrays, get the spread of the replicas, or -1."""
        error = NO_ERROR
        if self.has_errors and not (err is None and errUpper is None):
            error = self.mva_error(X)
        for place in (err, errUpper):
            give(place, error)
        return self.mva_values(X)

    def GetMvaValues(self, X):
        """TMVA's name of `mva_values`."""
        return self.mva_values(X)

    def GetRegressionValues(self, X):
        """TMVA's name of `regression_values`."""
        return self.regression_values(X)

    def GetMulticlassValues(self, X):
        """TMVA's name of `multiclass_values`."""
        return self.multiclass_values(X)


def give(place, value) -> None:
    """Put a result where C++ returns it: into a ctypes number, or into an array that has room for all of it.

    Raises OptionError for an array that has not.
    """
    if place is None:
        return
    if hasattr(place, "value"):
        place.value = value
    elif hasattr(value, "__len__"):
        if len(place) < len(value):
            message = f"an array of {len(place)} has no room for the errors of {len(value)} events"
            raise OptionError(message, code="argument", hint="values_and_errors gives both")
        for i, one in enumerate(value):
            place[i] = one
    else:
        place[0] = value
