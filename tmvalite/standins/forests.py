"""The methods of PyMVA, which are scikit-learn's, and single trees."""

from __future__ import annotations

from tmvalite.standins.base import Mapped, StandIn, register


def depth(text: str, n_events: int, n_variables: int) -> int | None:
    """A whole number, or "None"."""
    return int(text) if text.strip().isdecimal() else None


TREES = Mapped("NEstimators", int, "n_estimators")
DEPTH = Mapped("MaxDepth", str, "max_depth", depth)


@register
class RandomForest(StandIn):
    """scikit-learn's own, as in TMVA."""

    names = ("PyRandomForest",)
    estimators = {"classification": "ensemble:RandomForestClassifier", "multiclass": "ensemble:RandomForestClassifier"}
    mapped = (TREES, DEPTH, Mapped("Criterion", str, "criterion"))


@register
class AdaptiveBoosting(StandIn):
    """scikit-learn's own, as in TMVA."""

    names = ("PyAdaBoost",)
    estimators = {"classification": "ensemble:AdaBoostClassifier", "multiclass": "ensemble:AdaBoostClassifier"}
    mapped = (TREES, Mapped("LearningRate", float, "learning_rate"))


@register
class GradientTrees(StandIn):
    """scikit-learn's own, as in TMVA."""

    names = ("PyGTB",)
    estimators = {"classification": "ensemble:GradientBoostingClassifier", "multiclass": "ensemble:GradientBoostingClassifier"}
    mapped = (TREES, Mapped("MaxDepth", int, "max_depth"), Mapped("LearningRate", float, "learning_rate"))


@register
class Foam(StandIn):
    """Cells of constant density: the leaves of one tree."""

    names = ("PDEFoam", "DT")
    estimators = {
        "classification": "tree:DecisionTreeClassifier",
        "multiclass": "tree:DecisionTreeClassifier",
        "regression": "tree:DecisionTreeRegressor",
    }
    mapped = (Mapped("nActiveCells", int, "max_leaf_nodes"), Mapped("MaxDepth", int, "max_depth"))
    fixed = {"max_leaf_nodes": 500, "min_samples_leaf": 20}
