"""Linear and quadratic functions of the variables."""

from __future__ import annotations

from tmvalite.standins.base import StandIn, register


@register
class LinearDiscriminants(StandIn):
    """Fisher's discriminant; a regression is a straight line."""

    names = ("Fisher", "LD")
    estimators = {
        "classification": "discriminant_analysis:LinearDiscriminantAnalysis",
        "regression": "linear_model:LinearRegression",
    }


@register
class QuadraticDiscriminant(StandIn):
    """Gaussian classes with a covariance matrix each."""

    names = ("HMatrix",)
    estimators = {"classification": "discriminant_analysis:QuadraticDiscriminantAnalysis"}


@register
class FittedFunction(StandIn):
    """A linear function, whatever formula is given."""

    names = ("FDA",)
    estimators = {
        "classification": "linear_model:LogisticRegression",
        "multiclass": "linear_model:LogisticRegression",
        "regression": "linear_model:LinearRegression",
    }
    scaled = True
