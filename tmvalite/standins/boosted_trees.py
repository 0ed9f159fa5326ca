"""Boosted decision trees, and rules made of them."""

from __future__ import annotations

from tmvalite.standins.base import Mapped, StandIn, register


def leaf_size(text: str, n_events: int, n_variables: int) -> int | None:
    """MinNodeSize, "2.5%" or "2.5" of the events."""
    try:
        percent = float(text.strip().rstrip("%"))
    except ValueError:
        return None
    return max(1, round(percent / 100 * n_events))


def bins(cuts: int, n_events: int, n_variables: int) -> int | None:
    """nCuts between two bins each; -1 asks for all possible cuts."""
    return min(cuts + 1, 255) if cuts > 0 else 255


@register
class BoostedTrees(StandIn):
    """Gradient boosting over histograms, whatever BoostType says."""

    names = ("BDT",)
    estimators = {
        "classification": "ensemble:HistGradientBoostingClassifier",
        "multiclass": "ensemble:HistGradientBoostingClassifier",
        "regression": "ensemble:HistGradientBoostingRegressor",
    }
    mapped = (
        Mapped("NTrees", int, "max_iter"),
        Mapped("MaxDepth", int, "max_depth"),
        Mapped("Shrinkage", float, "learning_rate"),
        Mapped("MinNodeSize", str, "min_samples_leaf", leaf_size),
        Mapped("nCuts", int, "max_bins", bins),
    )
    fixed = {"max_iter": 200, "max_depth": 3, "early_stopping": False}


@register
class FittedRules(BoostedTrees):
    """The rules of small trees."""

    names = ("RuleFit",)
    estimators = {"classification": "ensemble:HistGradientBoostingClassifier"}
    mapped = (Mapped("nTrees", int, "max_iter"),)
    fixed = {"max_iter": 20, "max_depth": 3, "early_stopping": False}
