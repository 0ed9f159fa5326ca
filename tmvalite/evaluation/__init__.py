"""What a trained method is worth: ROC curves, efficiencies, regression and multiclass numbers, rankings, log tables.

Functions of arrays (outputs, truth, event weights); nothing here knows a method or a file.
"""

from tmvalite.evaluation.classification import kolmogorov_smirnov, separation, significance
from tmvalite.evaluation.comparison import correlation_matrix, cross_correlation, overlap_matrix
from tmvalite.evaluation.efficiency import REFERENCE_BACKGROUNDS, Efficiencies, maximum_significance, signal_efficiencies
from tmvalite.evaluation.multiclass import confusion, one_against_rest
from tmvalite.evaluation.ranking import Ranking, rank_classification, rank_regression
from tmvalite.evaluation.regression import Deviation, regression_deviation
from tmvalite.evaluation.replica_bands import BandMaker, MeanAndSpread, RocBand, roc_band
from tmvalite.evaluation.roc import RocCurve, roc_area, roc_curve
from tmvalite.evaluation.samples import effective_number
from tmvalite.evaluation.score_bins import bin_score
from tmvalite.evaluation.templates import ScoreHistogram, Templates, shape_ratios
from tmvalite.evaluation.working_points import BestCut, Rate, WorkingPoint, best_cut, optimal_cuts, working_point

__all__ = [
    "REFERENCE_BACKGROUNDS",
    "BandMaker",
    "BestCut",
    "Deviation",
    "Efficiencies",
    "MeanAndSpread",
    "Ranking",
    "Rate",
    "RocBand",
    "RocCurve",
    "ScoreHistogram",
    "Templates",
    "WorkingPoint",
    "best_cut",
    "bin_score",
    "confusion",
    "correlation_matrix",
    "cross_correlation",
    "effective_number",
    "kolmogorov_smirnov",
    "maximum_significance",
    "one_against_rest",
    "optimal_cuts",
    "overlap_matrix",
    "rank_classification",
    "rank_regression",
    "regression_deviation",
    "roc_area",
    "roc_band",
    "roc_curve",
    "separation",
    "shape_ratios",
    "signal_efficiencies",
    "significance",
    "working_point",
]
