"""What BookMethod decides: the method's class, the analysis type, and whether its files can be written."""

from __future__ import annotations

from tmvalite.errors import DataError, OptionError, TmvaliteWarning, warn_user
from tmvalite.io.atomic import check_writable
from tmvalite.io.root_file import RootFile
from tmvalite.methods import METHODS, OTHERS
from tmvalite.standins import STANDINS, has_sklearn
from tmvalite.workflow.config import gConfig
from tmvalite.workflow.types import EMVA

FORBIDDEN_IN_TITLE = '/\\:*?"<>|'
_OBJECTS = 'BookMethod(loader, "Python", title, estimator=...) takes any object with fit and predict_proba'
_R = "methods written in R are gone, as from ROOT 6.42"
# What to do instead of methods without a stand-in.
INSTEAD = {"PyKeras": _OBJECTS, "PyTorch": _OBJECTS, **dict.fromkeys(("C50", "RSNNS", "RSVM", "RXGB"), _R)}
REGISTRY = {EMVA[f"k{name}"]: method for name, method in (METHODS | OTHERS).items()}


def class_of(method_type: EMVA, title: str, analysis_type: str):
    """The class of a method, or of what stands in for it; None where there is none, and one warning says what is skipped."""
    name = method_type.name[1:]
    if method_type in REGISTRY:
        return REGISTRY[method_type]
    standin = STANDINS.get(name)
    if standin is not None and has_sklearn() and analysis_type in standin.estimators:
        return standin
    message = f"{name} is not part of tmvalite, skipped: '{title}' is not booked"
    hint = INSTEAD.get(name, "tmvalite has Types.kDL")
    if standin is not None and not has_sklearn():
        hint = "pip install scikit-learn: then an estimator of its stands in"
    elif standin is not None:
        hint = f"its stand-in does no {analysis_type}"
    warn_user(TmvaliteWarning(message, code="method-skipped", hint=hint))
    return None


def resolve_analysis_type(given: str, classes: list[str], n_targets: int) -> str:
    """ "classification", "regression" or "multiclass".

    Auto: two classes named Signal and Background are a classification, any other two or more classes multiclass.
    TMVA never takes Auto for a regression; where only a regression can be meant, the error says which option to write.

    Raises
    ------
    OptionError
        Auto cannot be resolved.
    DataError
        The data do not fit the analysis type.
    """
    if given == "Auto":
        if len(classes) >= 2:
            return "classification" if sorted(classes) == ["Background", "Signal"] else "multiclass"
        raise OptionError(
            f"AnalysisType=Auto cannot be resolved for {len(classes)} class{'' if len(classes) == 1 else 'es'}",
            code="analysis-type",
            expected=("Classification", "Regression", "Multiclass"),
            hint="write AnalysisType=Regression in the Factory's options" if n_targets else "add trees of two classes first",
        )
    if given == "Regression" and not n_targets:
        raise DataError("a regression needs a target", code="call-order", hint="call AddTarget first")
    if given != "Regression" and len(classes) < 2:
        names = ", ".join(classes) or "none"
        raise DataError(
            f"a {given.lower()} needs at least two classes, but there is {names}",
            code="call-order",
            hint="call AddSignalTree and AddBackgroundTree, or AddTree for each class, first",
        )
    return given.lower()


def fits_analysis(method_type: EMVA, analysis_type: str, classes: list[str], title: str) -> bool:
    """Whether the method can do the analysis; otherwise one warning says that the booking is skipped, as in TMVA."""
    if analysis_type == "classification" and len(classes) != 2:
        message = f"{method_type.name[1:]} cannot do a classification of {len(classes)} classes, skipped: '{title}' is not booked"
        warn_user(TmvaliteWarning(message, code="method-skipped", hint="write AnalysisType=Multiclass"))
        return False
    return True


def made(method_type: EMVA, title: str, options: str, analysis_type: str, classes: list[str], keywords: dict):
    """The method, not trained; None where it is skipped, with a warning.

    Raises
    ------
    OptionError
        Its options cannot be understood.
    """
    cls = class_of(method_type, title, analysis_type)
    if cls is None or not fits_analysis(method_type, analysis_type, classes, title):
        return None
    check_keywords(keywords)
    keywords = {"Strict": False, **keywords}  # TMVA's manner: misspelt keys of the training are warnings
    return cls(options, analysis_type=analysis_type, title=title, **keywords)


OF_FIT = {"norm": "write NormMode=... in PrepareTrainingAndTestTree", "progress": "write !V or Silent", "verbose": "write !V"}


def check_keywords(keywords) -> None:
    """Raises OptionError at an argument of `fit`, which a Factory does not call."""
    name = next((name for name in OF_FIT if name in keywords), None)
    if name is not None:
        raise OptionError(f"{name} has no effect in a Factory", code="option-unknown", hint=OF_FIT[name])


def check_title(title: str, booked, dataset: str) -> None:
    """Raises OptionError if a title is empty, unfit for a file name, or taken."""
    if not title.strip() or any(c in FORBIDDEN_IN_TITLE or not c.isprintable() for c in title):
        raise OptionError(
            f"'{title}' cannot be the title of a method, since it names a file",
            code="title",
            expected=f"a text without {' '.join(FORBIDDEN_IN_TITLE)}",
        )
    if title in booked:
        raise OptionError(
            f"a method called '{title}' is already booked for data set '{dataset}'",
            code="title-repeated",
            hint="give each method its own title: it names the weight file",
        )


def weight_file_path(dataset: str, job: str, title: str) -> str:
    """`<prefix>/<dataset>/weights/<job>_<title>.weights.xml`, always with forward slashes, as TMVA prints it."""
    names = gConfig().GetIONames()
    prefix = f"{names.fWeightFileDirPrefix.rstrip('/')}/" if names.fWeightFileDirPrefix else ""
    return f"{prefix}{dataset}/{names.fWeightFileDir}/{job}_{title}.{names.fWeightFileExtension}.xml"


def check_files(weight_file: str | None, target: str | None) -> None:
    """See whether the weight file and the output file can be written: better now than after hours.

    The folder of the weight file is made when it is written; that of the output file must exist already, as for ROOT.
    Raises FileError, and MissingExtraError without uproot.
    """
    if weight_file is not None:
        check_writable(weight_file, make_folders=True)
    if target is not None:
        RootFile(target).check_writable()
