"""Keys of the training given as Python arguments: LearningRate=1e-3 beside an option string, or in place of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tmvalite.errors import Diagnostics, OptionError, Source, Span
from tmvalite.string_utils import OptionTable, parse_strategy
from tmvalite.string_utils.python_values import value_text
from tmvalite.string_utils.strategy import OPTION
from tmvalite.string_utils.syntax import Phase, Setting


def with_keys(table: OptionTable, options: str, keywords: dict[str, Any], keys: Mapping[str, Any], diagnostics: Diagnostics):
    """Option string and keywords of which TrainingStrategy has these keys in all phases.

    A key that the strategy writes otherwise is replaced, with one warning; without a strategy the default one takes them.

    Parameters
    ----------
    keys : by TrainingStrategy's spelling

    Raises
    ------
    OptionError
        The phases differ in the key, so that nobody knows which one is meant; or the value has a separator inside.
    """
    if not keys:
        return options, keywords
    quiet = Diagnostics()
    quiet.strict = False
    bound = table.bind(options, keywords, quiet)
    diagnostics.strict |= quiet.strict
    source, span = bound.place(OPTION)
    phases = parse_strategy(source, span, quiet).phases
    told = diagnostics if bound.is_set(OPTION) else quiet  # the default strategy is nobody's wish
    changes = []
    for name, value in keys.items():
        changes += _changes(name, value_text(OPTION, {name: value}), phases, source, told)
    text = source.text
    for place, new in sorted(changes, key=lambda change: change[0].start, reverse=True):
        text = text[: place.start] + new + text[place.stop :]
    if bound.is_set(OPTION):
        return text, {}  # the keywords stand in it already
    return options, {**keywords, OPTION: text.partition("=")[2]}


def _changes(name: str, text: str, phases: tuple[Phase, ...], source: Source, diagnostics: Diagnostics) -> list[tuple[Span, str]]:
    """Places of the source and what shall stand there."""
    written = [_setting(phase, name) for phase in phases]
    if len({setting and setting.value.text for setting in written}) > 1:
        first = next(setting for setting in written if setting is not None)
        raise OptionError(
            f"{name} differs between the {len(phases)} phases of {OPTION}; which of them does {text} mean?",
            code="keyword-phases",
            source=source,
            span=first.span,
            where=OPTION,
            hint=f"leave the keyword out and write {name} in every phase",
        )
    if written[0] is None:
        return [(Span(phase.span.stop, phase.span.stop), f",{text}") for phase in phases]
    if f"{name}={written[0].value.text}" != text:
        diagnostics.warn(
            f"the keyword {name} replaces what {OPTION} has",
            code="keyword-replaces",
            source=source,
            span=written[0].span,
            where=OPTION,
            hint="remove one of them",
        )
    return [(setting.span, text) for setting in written]


def _setting(phase: Phase, name: str) -> Setting | None:
    """The setting of a phase that counts: the first one of this name."""
    return next((setting for setting in phase.settings if setting.key.text.lower() == name.lower()), None)
