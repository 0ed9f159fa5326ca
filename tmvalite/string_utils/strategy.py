"""TrainingStrategy and DropConfig: phases of settings, and lists of probabilities. What keys mean is in phases.py."""

from __future__ import annotations

from tmvalite.errors import Diagnostics, OptionError, Source, Span, quoted
from tmvalite.string_utils.blanks import trim, warn_about_blanks, without_blanks
from tmvalite.string_utils.key_hints import decimal_comma, hint_for_entry
from tmvalite.string_utils.numbers import read_number
from tmvalite.string_utils.parse import Builder, Explanation, Failure, Token, run
from tmvalite.string_utils.pieces import present
from tmvalite.string_utils.syntax import Phase, Setting, Strategy, Word

OPTION = "TrainingStrategy"


def _word(token: Token) -> Word:
    return Word(without_blanks(str(token)), Builder.span(token))


class _Strategies(Builder):
    """Phases as (entries, commas, span), None where nothing is written; entries as token lists."""

    def strategy(self, parts):
        phases = [part for part in parts if not isinstance(part, Token)]
        return phases, [self.span(part) for part in parts if isinstance(part, Token)]

    def phase(self, parts):
        entries = [part for part in parts if not isinstance(part, Token)]
        commas = [self.span(part) for part in parts if isinstance(part, Token)]
        spans = [*commas, *(self.span(entry[0], entry[-1]) for entry in entries if entry is not None)]
        if not spans:
            return None
        return entries, commas, Span(min(span.start for span in spans), max(span.stop for span in spans))

    def entry(self, parts):
        return [part for part in parts if part is not None]

    def drop_config(self, parts):
        words = [None if part is None else _word(part) for part in parts if part is None or part.type != "PLUS"]
        return words, [self.span(part) for part in parts if part is not None and part.type == "PLUS"]


def _explain(failure: Failure, source: Source) -> Explanation:
    hint = "write key=value,key=value|key=value, with ',' between settings and '|' between phases"
    return Explanation(f"{quoted(failure.found)} does not belong here", "strategy-syntax", failure.char_span, hint=hint)


def parse_strategy(source: Source, span: Span | None = None, diagnostics: Diagnostics | None = None) -> Strategy:
    """Read phases separated by '|', each a list of `key=value` separated by ','.

    Blanks inside keys and values are removed, as TMVA does. Warns about empty phases, empty entries and entries
    without '=', which TMVA drops. Keys and values are not judged; see `phases.resolve_strategy`.

    Raises
    ------
    OptionError
        Nothing is written.

    Examples
    --------
    >>> strategy = parse_strategy(Source("LearningRate=1e-2,BatchSize=100|LearningRate=1e-3"))
    >>> [[(str(s.key), str(s.value)) for s in phase.settings] for phase in strategy.phases]
    [[('LearningRate', '1e-2'), ('BatchSize', '100')], [('LearningRate', '1e-3')]]
    """
    span = Span(0, len(source.text)) if span is None else span
    diagnostics = Diagnostics(source) if diagnostics is None else diagnostics
    raw, bars = run("training", source, _Strategies, span=span, start="strategy", explain=_explain, where=OPTION)
    if not any(raw):
        raise OptionError(
            f"{OPTION} has no phase",
            code="value-missing",
            source=source,
            span=span,
            where=OPTION,
            hint="write at least one setting, as in MaxEpochs=20",
        )
    warn_about_blanks(source, span, diagnostics, OPTION)
    kept = present(raw, bars, source, diagnostics, noun="phase", plural="phases", code="empty-phase", where=OPTION)
    phases = tuple(_phase(part, number, source, diagnostics) for number, part in enumerate(kept, 1))
    return Strategy(phases, source, trim(source, span))


def _phase(raw: tuple, number: int, source: Source, diagnostics: Diagnostics) -> Phase:
    entries, commas, span = raw
    where = f"{OPTION}, phase {number}"
    if any(entries):
        entries = present(entries, commas, source, diagnostics, noun="entry", plural="entries", code="empty-entry", where=where)
    else:
        diagnostics.warn(
            "the phase has no settings; as in TMVA it runs with the default of every key",
            code="phase-without-settings",
            source=source,
            span=span,
            where=where,
            hint="remove the phase",
        )
        return Phase((), span)
    settings: list[Setting] = []
    for tokens in entries:
        place = Builder.span(tokens[0], tokens[-1])
        if tokens[0].type == "KEY" and len(tokens) > 1:
            equal = tokens[1]
            value = _word(tokens[2]) if len(tokens) > 2 else Word("", Span(equal.end_pos, equal.end_pos))
            settings.append(Setting(_word(tokens[0]), value, place))
        else:
            _explain_entry(tokens, place, settings[-1] if settings else None, source, diagnostics, where)
    return Phase(tuple(settings), span)


def _explain_entry(tokens, place: Span, before: Setting | None, source: Source, diagnostics: Diagnostics, where: str) -> None:
    """Say that an entry without key or '=' is ignored, and what it was probably meant to be."""
    text = _word(tokens[0]).text if tokens[0].type == "KEY" else ""
    number = decimal_comma(before.key.text, before.value.text, text) if before is not None and text else None
    if number is not None:
        written, right = number
        comma = f"{quoted(written)} has a comma, which ends the number"
        diagnostics.slip(
            f"{comma}; {before.key} is {before.value.text}, as in TMVA",
            refused=comma,
            code="decimal-comma",
            source=source,
            span=Span(before.value.span.start, place.stop),
            where=where,
            hint=f"write {right}",
        )
        return
    missing = "'='" if text else "key before its '='"
    written = quoted(source.text[place.start : place.stop])
    diagnostics.slip(
        f"{written} is ignored, as TMVA does: it has no {missing}",
        refused=f"{written} has no {missing}",
        code="entry-without-equal",
        source=source,
        span=place,
        where=where,
        hint=hint_for_entry(text, before.key.text if before is not None else "") if text else "write key=value",
    )


def parse_drop_config(
    source: Source, span: Span | None = None, diagnostics: Diagnostics | None = None, *, where: str = "DropConfig", swallowed=None
) -> tuple[float, ...]:
    """Read the probabilities to drop the inputs of the items of a layout: `0.0+0.5+0.5`.

    Parameters
    ----------
    swallowed : callable(name, ReadNumber), optional
        Words the warning about text behind a number; see `phases.py`.

    Raises
    ------
    OptionError
        An entry is no number or lies outside [0, 1).
    """
    span = Span(0, len(source.text)) if span is None else span
    diagnostics = Diagnostics(source) if diagnostics is None else diagnostics
    words, pluses = run("training", source, _Strategies, span=span, start="drop_config", explain=_explain, where=where)
    if not any(words):
        diagnostics.warn(
            "DropConfig has no value, so nothing is dropped",
            code="value-missing",
            source=source,
            span=trim(source, span),
            where=where,
            hint="write DropConfig=0.0+0.5, or remove DropConfig",
        )
        return ()
    kept = present(
        words,
        pluses,
        source,
        diagnostics,
        noun="probability",
        plural="probabilities",
        code="empty-probability",
        consequence="; later ones move up, as in TMVA" if words[-1] is not None else "",
        where=where,
    )
    values = []
    for i, word in enumerate(kept, 1):
        name = f"probability {i} of DropConfig"
        number = read_number(word.text, float, source, word.span, name=name, where=where)
        if number.ignored is not None:
            if swallowed is not None:
                swallowed("DropConfig", number)
            else:
                diagnostics.warn(
                    f"{quoted(word.text)} is read as {number.value:g}; TMVA ignores the text behind the number",
                    code="text-after-number",
                    source=source,
                    span=number.ignored,
                    where=where,
                    hint=f"write {number.value:g}",
                )
        if not 0 <= number.value < 1:
            raise OptionError(
                f"{name} cannot be {quoted(word.text)}",
                code="range",
                source=source,
                span=word.span,
                where=where,
                expected="a probability: at least 0, less than 1",
            )
        values.append(float(number.value))
    return tuple(values)
