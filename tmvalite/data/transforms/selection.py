"""Which variables, targets and spectators a transformation reads: as written in an option, and as a weight file states them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tmvalite.data.info import DataSetInfo, VariableInfo
from tmvalite.errors import DataError, Diagnostics, OptionError, Source, Span, did_you_mean

VARIABLE, TARGET, SPECTATOR = "Variable", "Target", "Spectator"


class SelectionRecord(NamedTuple):
    """One input of a transformation as a file states it: type is "Variable", "Target" or "Spectator"."""

    type: str
    label: str
    expression: str


class Input(NamedTuple):
    """One input of a transformation: its type and its position among the variables, targets or spectators."""

    type: str
    index: int


def group_of(info: DataSetInfo, kind: str) -> tuple[VariableInfo, ...]:
    """The variables, targets or spectators of a data set."""
    return {VARIABLE: info.variables, TARGET: info.targets, SPECTATOR: info.spectators}[kind]


def every(info: DataSetInfo, *kinds: str) -> tuple[Input, ...]:
    """All inputs of these types."""
    return tuple(Input(kind, i) for kind in kinds for i in range(len(group_of(info, kind))))


def select(words: Sequence, info: DataSetInfo, source: Source, diagnostics: Diagnostics, where: str) -> tuple[Input, ...]:
    """The inputs that a selection such as `(_V_,_T0_,pt)` names; variables first, then targets, then spectators.

    `_V_`, `_T_`, `_S_` are all of one type, `_V3_` is one of them, anything else is a label or expression and takes every
    variable, target and spectator that has it. An unknown label is an OptionError (TMVA warns and goes on without it).
    """
    chosen: dict[Input, None] = {}
    for word in words:
        chosen.update(dict.fromkeys(_select_one(str(word), word.span, info, source, where)))
    order = (VARIABLE, TARGET, SPECTATOR)
    return tuple(sorted(chosen, key=lambda one: (order.index(one.type), one.index)))


def _select_one(text: str, span: Span, info: DataSetInfo, source: Source, where: str) -> list[Input]:
    kinds = {"V": VARIABLE, "T": TARGET, "S": SPECTATOR}
    if text.startswith("_REARRANGE_"):
        raise OptionError("_REARRANGE_ is not available yet", code="transform-unavailable", source=source, span=span, where=where)
    if len(text) >= 3 and text[0] == text[-1] == "_" and text[1] in kinds and (text[2:-1].isdecimal() or text == f"_{text[1]}_"):
        kind, number = kinds[text[1]], text[2:-1]
        n = len(group_of(info, kind))
        if not number:
            return [Input(kind, i) for i in range(n)]
        if int(number) >= n:
            raise OptionError(
                f"{text} is beyond the {n} {kind.lower()}s, which are counted from 0",
                code="transform-selection",
                source=source,
                span=span,
                where=where,
            )
        return [Input(kind, int(number))]
    plain = "".join(text.split())
    found = [
        one
        for one in every(info, VARIABLE, TARGET, SPECTATOR)
        if plain in (group_of(info, one.type)[one.index].label, group_of(info, one.type)[one.index].expression)
    ]
    if not found:
        labels = list(dict.fromkeys(v.label for kind in (VARIABLE, TARGET, SPECTATOR) for v in group_of(info, kind)))
        raise OptionError(
            f"no variable is called '{text}'",
            code="transform-selection",
            source=source,
            span=span,
            where=where,
            expected="a label, or _V_, _T_, _S_, _V0_ ...",
            hint=did_you_mean(plain, labels),
        )
    return found


def match_inputs(records: Sequence, info: DataSetInfo, name: str) -> tuple[Input, ...]:
    """The inputs that stored selections mean.

    By position where all of a type are stored in declared order (elements of array variables share label and expression),
    otherwise by label or expression, which must then be unique. Raises DataError.
    """
    matched: list[Input] = []
    for kind in dict.fromkeys(record.type for record in records):
        if kind not in (VARIABLE, TARGET, SPECTATOR):
            raise DataError(f"transformation {name} has an input of the unknown type '{kind}'", code="transform-input")
        stored = [record for record in records if record.type == kind]
        known = group_of(info, kind)
        if len(stored) == len(known) and all(_same(record, v) for record, v in zip(stored, known, strict=True)):
            positions = iter(range(len(known)))
        else:
            positions = iter([_find(record, known, name) for record in stored])
        matched += [Input(kind, next(positions)) for _ in stored]
    # The order of the file is that of the parameters, whatever the order of the types.
    by_kind = {kind: iter([one for one in matched if one.type == kind]) for kind in {one.type for one in matched}}
    return tuple(next(by_kind[record.type]) for record in records)


def _same(record, info: VariableInfo) -> bool:
    return record.label == info.label or record.expression == info.expression


def _find(record, known: Sequence[VariableInfo], name: str) -> int:
    found = [i for i, v in enumerate(known) if _same(record, v)]
    if len(found) == 1:
        return found[0]
    what = "is not declared" if not found else f"could be {len(found)} elements of an array"
    raise DataError(
        f"input '{record.label}' of transformation {name} {what}",
        code="transform-input",
        hint=None if found else did_you_mean(record.label, [v.label for v in known]),
    )


def record_inputs(inputs: Sequence[Input], info: DataSetInfo) -> list[SelectionRecord]:
    """Inputs as a file states them."""
    infos = [group_of(info, one.type)[one.index] for one in inputs]
    return [SelectionRecord(one.type, v.label, v.expression) for one, v in zip(inputs, infos, strict=True)]
