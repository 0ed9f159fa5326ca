"""The arguments of a method's constructor, each by its name: scikit-learn reads, sets and copies them.

They are the option string, TMVA's options of the method, the keys of TrainingStrategy, and how `fit` goes about it. An option
or key that is None was not given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import Parameter, Signature
from typing import Any

from tmvalite.errors import OptionError
from tmvalite.models.weighting import NORM_MODES
from tmvalite.string_utils import OptionTable
from tmvalite.string_utils.key_hints import hint_for_argument
from tmvalite.string_utils.option_table import STRICT
from tmvalite.string_utils.training_keys import KEY_NAMES

# What is neither an option nor a key, with its default; the first one is the option string.
OPTIONS = "options"
OWN = {OPTIONS: "", "analysis_type": "classification", "title": None, "norm": None, "progress": "auto", "verbose": None}
# What may change without a new training.
HARMLESS = frozenset({"title", "norm", "progress", "verbose"})


def defaults(table: OptionTable) -> dict[str, Any]:
    """Every argument of the constructor of a method with these options, with its default, in order."""
    return OWN | dict.fromkeys((STRICT, *KEY_NAMES, *table.names, *table.opened_names))


def constructor(table: OptionTable) -> Callable:
    """The `__init__` of a method with these options; its signature names all arguments."""

    def __init__(self, options: str = "", **arguments: Any) -> None:
        self._construct({OPTIONS: options, **arguments})

    named = [Parameter(name, Parameter.KEYWORD_ONLY, default=default) for name, default in defaults(table).items()]
    named[0] = named[0].replace(kind=Parameter.POSITIONAL_OR_KEYWORD)
    __init__.__signature__ = Signature([Parameter("self", Parameter.POSITIONAL_OR_KEYWORD), *named])
    return __init__


def spelt(arguments: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The arguments under the names as declared; as in a string, options and keys may be written in any case."""
    declared = {name.lower(): name for name in names if name not in OWN}
    found: dict[str, Any] = {}
    for name, value in arguments.items():
        known = declared.get(name.lower(), name)
        found[name if known in found or (known != name and known in arguments) else known] = value
    return found


def check_known(arguments: Iterable[str], names: Iterable[str]) -> None:
    """Raises OptionError at an argument that no method of this kind has, where it is near to one that it has."""
    names = tuple(names)
    for name in arguments:
        hint = None if name in names else hint_for_argument(name, names)
        if hint is not None:
            raise OptionError(f"no option is called {name!r}", code="option-unknown", hint=hint)


def split(arguments: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options and the training's keys among the arguments, those that were given."""
    given = {name: value for name, value in arguments.items() if name not in OWN and value is not None}
    keys = {name: given.pop(name) for name in KEY_NAMES if name in given}
    return given, keys


def check_own(arguments: dict[str, Any], modes: tuple[str, ...]) -> None:
    """Raises OptionError at a value that `norm`, `progress`, `verbose` or `options` cannot have."""
    options, norm, progress, verbose = (arguments[name] for name in (OPTIONS, "norm", "progress", "verbose"))
    if not isinstance(options, str):
        raise OptionError(f"options cannot be this {type(options).__name__}", code="argument", expected="TMVA's option string")
    if not (norm is None or isinstance(norm, str)) or norm not in NORM_MODES:
        raise OptionError(f"norm {norm!r} is not known", code="argument", expected=tuple(map(repr, NORM_MODES)))
    if isinstance(progress, str) and progress not in modes:
        raise OptionError(f"progress {progress!r} is not known", code="argument", expected=modes)
    if verbose is not None and not isinstance(verbose, (bool, int)):
        raise OptionError(f"verbose={verbose!r} is not known", code="argument", expected=("True", "False"))


def progress_of(arguments: dict[str, Any], quiet: bool) -> Any:
    """How `fit` shows its progress where it is not told.

    `verbose` switches off what `progress` asks for. `quiet`, which is !V among the options, counts where neither says anything.
    """
    verbose, progress = arguments["verbose"], arguments["progress"]
    if verbose is None:
        return "silent" if quiet and progress == OWN["progress"] else progress
    return progress if verbose else "silent"
