"""What BookMethod decides: the method's class, the analysis type, and whether its files can be written."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tmvalite.data.info import DataSetInfo
from tmvalite.errors import DataError, OptionError, TmvaliteWarning, collecting, warn_user
from tmvalite.io.atomic import check_writable
from tmvalite.io.root_file import RootFile
from tmvalite.methods import METHODS, OTHERS
from tmvalite.standins import STANDINS, has_sklearn
from tmvalite.string_utils.option_ranges import Range, find_ranges, with_choice
from tmvalite.string_utils.python_values import value_text
from tmvalite.training.checkpointing import read_every
from tmvalite.workflow.config import gConfig
from tmvalite.workflow.types import EMVA

TEXTS = (str, list, tuple, dict)  # what an option may be given as, besides numbers and truth values
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
    """The method, not trained; None where it is skipped, with a warning. Raises OptionError: its options cannot be understood."""
    cls = class_of(method_type, title, analysis_type)
    if cls is None or not fits_analysis(method_type, analysis_type, classes, title):
        return None
    return BookingCall(cls, title, options, keywords, analysis_type).make()


OF_FIT = {"norm": "write NormMode=... in PrepareTrainingAndTestTree", "progress": "write !V or Silent", "verbose": "write !V"}


def check_keywords(keywords) -> None:
    """Raises OptionError at an argument of `fit`, which a Factory does not call."""
    name = next((name for name in OF_FIT if name in keywords), None)
    if name is not None:
        raise OptionError(f"{name} has no effect in a Factory", code="option-unknown", hint=OF_FIT[name])


@dataclass(frozen=True)
class BookingCall:
    """What BookMethod was given, from which methods are made; ranges in the strings leave a choice."""

    cls: type
    title: str
    options: str
    keywords: Mapping[str, object]
    analysis_type: str
    strict: bool = False

    def __post_init__(self):
        check_keywords(self.keywords)

    @cached_property
    def ranges(self) -> tuple[Range, ...]:
        """The ranges of the string and of the keywords. Raises OptionError where one cannot be read."""
        return tuple(found for _, text in self._texts() for found in find_ranges(text))

    def _texts(self) -> list[tuple[str | None, str]]:
        """The string, and every keyword that may hold ranges, as `name=text`."""
        texts = [(k, v if isinstance(v, str) else value_text(k, v)) for k, v in self.keywords.items() if isinstance(v, TEXTS)]
        return [(None, self.options), *((k, f"{k}={v}") for k, v in texts if "{" in v)]

    def chosen(self, choice: Sequence[str]) -> BookingCall:
        """The call with one text in place of each range."""
        texts, left = {}, list(choice)
        for name, text in self._texts():
            found = find_ranges(text)
            texts[name], left = with_choice(text, found, left[: len(found)]), left[len(found) :]
        options = texts.pop(None)
        keywords = {name: texts[name].partition("=")[2] if name in texts else value for name, value in self.keywords.items()}
        return dataclasses.replace(self, options=options, keywords=keywords)

    def again(self, title: str | None = None):
        """One more method of a call that was booked: what was worth a warning is not said again."""
        with collecting():
            return self.make(title)

    def make(self, title: str | None = None):
        """A method that is not trained, the first text of each range taken, in TMVA's manner. Raises OptionError, ShapeError."""
        call = self.chosen([found.texts[0] for found in self.ranges]) if self.ranges else self
        keywords = {"Strict": False, **call.keywords}  # TMVA's manner: misspelt keys of the training are warnings
        if self.strict:
            keywords["Strict"] = True
        title = self.title if title is None else title
        return self.cls(call.options, analysis_type=self.analysis_type, title=title, **keywords)


def check_fits_data(method, info: DataSetInfo) -> None:
    """Say now what does not fit the data, not when the training begins. Raises OptionError and ShapeError."""
    with method.diagnostics.telling():
        method.blueprint(info)
    method.diagnostics.issue()


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


def check_checkpoint(method, booked) -> None:
    """Raises OptionError where another booked method writes the same checkpoint: each would go on from the other's.

    FileError where it cannot be written; OptionError where it is not clear how often it should be.
    """
    path = _checkpoint(method)
    if path:
        check_writable(path)
        read_every(method.bound.values.CheckpointEvery)
    other = next((record.title for record in booked if path and _checkpoint(record.method) == path), None)
    if other is not None:
        bound = method.bound
        raise OptionError(
            f"'{other}' writes the checkpoint '{path}' too",
            code="checkpoint-shared",
            source=bound.source,
            span=bound.spans.get("Checkpoint"),
            hint="give each method a file of its own",
        )


def _checkpoint(method) -> str:
    return getattr(method.bound.values, "Checkpoint", "") if hasattr(method, "bound") else ""


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
