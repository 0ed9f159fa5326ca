"""TMVA's names of the values of a method, whatever computes them."""

from __future__ import annotations


class Getters:
    """Delegates to `mva_values`, `regression_values` and `multiclass_values`, for one event or for many."""

    def GetMvaValue(self, X):
        """TMVA's name of `mva_values`."""
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
