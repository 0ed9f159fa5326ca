"""The options of CrossValidation, with TMVA's names, defaults and predefined values, and what they decide together."""

from __future__ import annotations

from collections.abc import Mapping

from tmvalite import constants
from tmvalite.data.folds import SEED
from tmvalite.errors import Diagnostics, OptionError
from tmvalite.io.folds_xml import ENSEMBLINGS
from tmvalite.string_utils.option_table import BoundOptions, OptionTable
from tmvalite.string_utils.option_values import DeclaredOption
from tmvalite.workflow.cv_split import CvSplitKFolds
from tmvalite.workflow.script_options import ANALYSIS_TYPES

DETERMINISTIC, STRATIFIED = "Deterministic", "RandomStratified"

CROSS_VALIDATION = OptionTable(
    DeclaredOption("V", bool, False, "print more"),
    DeclaredOption("VerboseLevel", str, "Info", "what V prints", choices=constants.VERBOSE_LEVELS),
    DeclaredOption("Color", bool, True, "colours on a terminal"),
    DeclaredOption("Silent", bool, False, "print nothing but the result tables"),
    DeclaredOption("NumFolds", int, 2, "number of folds", minimum=2),
    DeclaredOption(
        "SplitType", str, "Random", "how events are divided into folds", choices=("Random", DETERMINISTIC, STRATIFIED)
    ),
    DeclaredOption("SplitExpr", str, "", "fold of an event from its spectators, such as int(fabs([eventID]))%int([NumFolds])"),
    DeclaredOption("SplitSeed", int, SEED, "seed of folds that are drawn; 0 draws one", minimum=0),
    DeclaredOption("AnalysisType", str, "Auto", "what the methods learn", choices=ANALYSIS_TYPES),
    DeclaredOption("Transformations", str, "", "chains after which the inputs are described, separated by ';'"),
    DeclaredOption("Correlations", bool, False, "print correlations and overlaps of the methods"),
    DeclaredOption("ROC", bool, True, "print the result tables"),
    DeclaredOption("DrawProgressBar", bool, True, "show the progress of a training"),
    DeclaredOption("FoldFileOutput", bool, False, "write an output file for each fold of each method"),
    DeclaredOption("OutputEnsembling", str, "None", "what answers for an event: its fold, or the mean", choices=ENSEMBLINGS),
    DeclaredOption("NumWorkerProcs", int, 1, "processes that train folds", minimum=1),
    DeclaredOption("ModelPersistence", bool, True, "write weight files"),
)


def read_cv_options(text, keywords: Mapping) -> tuple[BoundOptions, bool]:
    """(options, whether Strict was asked for). Raises OptionError, also for options that contradict each other."""
    keywords = dict(keywords)
    diagnostics = Diagnostics(strict=bool(keywords.pop("Strict", False)))
    bound = CROSS_VALIDATION.bind(str(text), keywords, diagnostics)
    diagnostics.issue()
    check_split(bound)
    return bound, diagnostics.strict


def check_split(bound: BoundOptions) -> None:
    """SplitType and SplitExpr must fit each other: a SplitExpr alone means Deterministic. Raises OptionError."""
    values, given = bound.values, bool(bound.values.SplitExpr.strip())
    if given and bound.is_set("SplitType") and values.SplitType != DETERMINISTIC:
        source, span = bound.place("SplitExpr")
        raise OptionError(
            f"SplitExpr says the folds, and SplitType={values.SplitType} draws them",
            code="fold-options",
            source=source,
            span=span,
            hint="remove one of them",
        )
    if values.SplitType == DETERMINISTIC and not given:
        source, span = bound.place("SplitType")
        raise OptionError(
            "SplitType=Deterministic needs a SplitExpr",
            code="fold-options",
            source=source,
            span=span,
            hint="SplitExpr=int(fabs([eventID]))%int([NumFolds])",
        )


def split_of(bound: BoundOptions, n_folds: int, expression: str) -> CvSplitKFolds:
    """What divides the events. Raises OptionError for a SplitExpr that cannot be read."""
    values = bound.values
    return CvSplitKFolds(n_folds, expression, values.SplitType == STRATIFIED, values.SplitSeed)
