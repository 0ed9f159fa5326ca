"""The Weights element of TMVA's MethodCrossValidation: it has no layers, but says which files beside it hold the folds."""

from __future__ import annotations

from tmvalite.errors import quoted
from tmvalite.io.weight_file import FoldsRecord
from tmvalite.io.xml_element import XmlElement
from tmvalite.io.xml_writer import XmlWriter

CROSS_VALIDATION = "CrossValidation"
ENSEMBLINGS = ("None", "Avg")
MOST_FOLDS = 10_000
_PARTS = "/\\:\0"  # of a path


def read_folds(weights: XmlElement) -> FoldsRecord:
    """The record. Raises FileError, also for names that would leave the folder of the file."""
    weights.check_attributes(
        ("JobName", "SplitExpr", "NumFolds", "EncapsulatedMethodName", "EncapsulatedMethodTypeName", "OutputEnsembling"),
        lenient=True,
    )
    weights.check_children((), lenient=True)
    weights.check_empty_text()
    names = [weights.string(name) for name in ("JobName", "EncapsulatedMethodName", "EncapsulatedMethodTypeName")]
    for name in names[:2]:
        if any(c in _PARTS for c in name):
            raise weights.error(f"{quoted(name)} cannot be part of the name of a file", code="xml-value")
    return FoldsRecord(
        *names,
        weights.integer("NumFolds", 1, MOST_FOLDS),
        weights.string("SplitExpr"),
        weights.choice("OutputEnsembling", ENSEMBLINGS),
    )


def write_folds(writer: XmlWriter, folds: FoldsRecord) -> None:
    """The element as TMVA writes it."""
    writer.empty(
        "Weights",
        {
            "JobName": folds.job,
            "SplitExpr": folds.split,
            "NumFolds": folds.n_folds,
            "EncapsulatedMethodName": folds.title,
            "EncapsulatedMethodTypeName": folds.method_type,
            "OutputEnsembling": folds.ensembling,
        },
    )


def fold_file_name(folds: FoldsRecord, fold: int) -> str:
    """The name of the file of a fold, counted from 0."""
    return f"{folds.job}_{folds.title}_fold{fold + 1}.weights.xml"
