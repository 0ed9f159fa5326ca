"""The options of Factory, DataLoader and Reader, with TMVA's names, defaults and predefined values."""

from __future__ import annotations

from collections.abc import Mapping

from tmvalite import constants
from tmvalite.data.transforms import check_transforms
from tmvalite.errors import Diagnostics
from tmvalite.string_utils import parse_transformations
from tmvalite.string_utils.option_table import BoundOptions, OptionTable
from tmvalite.string_utils.option_values import DeclaredOption
from tmvalite.string_utils.syntax import TransformList
from tmvalite.workflow.log import LogSettings

ANALYSIS_TYPES = (*(name.capitalize() for name in constants.ANALYSIS_TYPES), "Auto")  # as TMVA writes them

FACTORY = OptionTable(
    DeclaredOption("V", bool, False, "print more"),
    DeclaredOption("VerboseLevel", str, "Info", "what V prints", choices=constants.VERBOSE_LEVELS),
    DeclaredOption("Color", bool, True, "colours on a terminal"),
    DeclaredOption(
        "Transformations", str, "I", "chains after which the inputs are described, separated by ';'; methods do not see them"
    ),
    DeclaredOption("Correlations", bool, False, "print correlations and overlaps of the methods"),
    DeclaredOption("ROC", bool, True, "print the result tables"),
    DeclaredOption("Silent", bool, False, "print nothing but the result tables"),
    DeclaredOption("DrawProgressBar", bool, True, "show the progress of a training"),
    DeclaredOption("ModelPersistence", bool, True, "write weight files"),
    DeclaredOption("Resume", bool, False, "trainings go on from their Checkpoint where there is one"),
    DeclaredOption("AnalysisType", str, "Auto", "what the methods learn", choices=ANALYSIS_TYPES),
)

READER = OptionTable(
    DeclaredOption("V", bool, False, "print more"),
    DeclaredOption("Color", bool, True, "colours on a terminal"),
    DeclaredOption("Silent", bool, False, "print nothing"),
    DeclaredOption("Error", bool, False, "compute errors (no method of tmvalite has any)"),
)


def _read(table: OptionTable, text, keywords: Mapping) -> tuple[BoundOptions, Diagnostics]:
    keywords = dict(keywords)
    diagnostics = Diagnostics(strict=bool(keywords.pop("Strict", False)))
    bound = table.bind(str(text), keywords, diagnostics)
    diagnostics.issue()
    return bound, diagnostics


def _settings(bound: BoundOptions) -> LogSettings:
    values = bound.values
    return LogSettings(silent=values.Silent, verbose=values.V, color=values.Color)


def read_factory_options(text, keywords: Mapping) -> tuple[BoundOptions, LogSettings, bool]:
    """(options, what the log shows, whether Strict was asked for). Raises OptionError."""
    bound, diagnostics = _read(FACTORY, text, keywords)
    return bound, _settings(bound), diagnostics.strict


def read_chains(bound: BoundOptions) -> tuple[TransformList, ...]:
    """The lists of the Factory's Transformations. Raises OptionError for a transformation that is not known, as TMVA does."""
    diagnostics = Diagnostics()
    chains = tuple(items for items in parse_transformations(*bound.place("Transformations"), diagnostics) if items.items)
    for items in chains:
        check_transforms(items, "Transformations")
    diagnostics.issue()
    return chains


def read_reader_options(text, keywords: Mapping) -> tuple[BoundOptions, LogSettings]:
    """(options, what the log shows). Raises OptionError."""
    bound, _ = _read(READER, text, keywords)
    return bound, _settings(bound)
