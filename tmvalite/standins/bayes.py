"""Products of the densities of single variables."""

from __future__ import annotations

from tmvalite.standins.base import StandIn, register


@register
class Likelihood(StandIn):
    """A Gaussian for each variable; VarTransform=D or P works as in TMVA."""

    names = ("Likelihood", "BayesClassifier")
    estimators = {"classification": "naive_bayes:GaussianNB"}
