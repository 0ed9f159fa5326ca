"""SplitExpr of a cross-validation: the fold of every event, from its spectators and variables in brackets.

    int(fabs([eventID]))%int([NumFolds])

TMVA reads it with TFormula, which has C++'s order of operators and C++'s whole numbers: what `int(...)` gives is divided without
rest. Here whole numbers have 64 bits, and a column of whole numbers keeps all of its digits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from tmvalite.data.expression import FUNCTIONS
from tmvalite.data.fold_arithmetic import ABSOLUTE, FLOATING, WHOLE, CppNumber, Part, as_column, called, chosen, joined, prefixed
from tmvalite.data.info import DataSetInfo, VariableInfo
from tmvalite.errors import DataError, OptionError, Source, Span, did_you_mean, quoted

NUM_FOLDS = ("NumFolds", "numFolds")
NEAR = 1e-5  # of a whole number, as in TMVA
DEEPEST, LONGEST = 60, 200  # brackets inside brackets; words and signs

_TOKEN = re.compile(
    r"(?P<blank>\s+)|(?P<name>\[[^\[\]]*\])|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<word>[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*)|(?P<sign>\|\||&&|==|!=|<=|>=|<<|>>|[-+*/%^!<>?:(),&|])"
)
_BINDS = {  # how tightly, as in C++; `^` is TFormula's power
    sign: level
    for level, signs in enumerate(("||", "&&", "|", "&", "== !=", "< <= > >=", "<< >>", "+ -", "* / %", "^"), start=1)
    for sign in signs.split()
}
_POWER = _BINDS["^"]


class FoldExpression:
    """A SplitExpr, understood.

    names : what stands in brackets, without NumFolds, in order of appearance

    Raises
    ------
    OptionError
        Something that TFormula does not read, with its place.

    >>> expression = FoldExpression("int(fabs([eventID]))%int([NumFolds])")
    >>> expression.folds({"eventID": np.array([3000000000, 3000000001, -5])}, 2).tolist()
    [0, 1, 1]
    """

    def __init__(self, text: str):
        self.text = text
        self._evaluate, names = _Parser(text).whole()
        self.names = tuple(dict.fromkeys(name for name in names if name not in NUM_FOLDS))

    def __reduce__(self):
        return FoldExpression, (self.text,)

    def folds(self, columns: Mapping[str, np.ndarray], n_folds: int) -> np.ndarray:
        """(N,) int64, the fold of every event, from 0.

        Parameters
        ----------
        columns : mapping of str to (N,) array
            One for every name in brackets.

        Raises
        ------
        DataError
            An event whose value is no whole number from 0 to n_folds - 1.
        """
        n = len(next(iter(columns.values()))) if columns else 1
        columns = {name: as_column(values) for name, values in columns.items()}
        with np.errstate(all="ignore"):
            values = self._evaluate({**columns, **dict.fromkeys(NUM_FOLDS, np.float64(n_folds))}).values
            values = np.broadcast_to(np.asarray(values, np.float64), (n,))
            rounded = np.rint(values)
            bad = ~((np.abs(values - rounded) <= NEAR) & (rounded >= 0) & (rounded < n_folds))
        if bad.any():
            i = int(np.argmax(bad))
            event = ", ".join(f"{name}={column[i]}" for name, column in columns.items())
            hint = "a remainder has the sign of what is divided: int(fabs([x]))%int([NumFolds])" if values[i] < 0 else None
            raise DataError(
                f"SplitExpr gives {values[i]:g} for an event" + (f" ({event})" if event else ""),
                code="fold-value",
                source=Source(self.text),
                span=Span(0, len(self.text)),
                expected=f"a whole number from 0 to {n_folds - 1}",
                hint=hint,
            )
        return rounded.astype(np.int64)

    def columns_of(self, info: DataSetInfo, spectators: Mapping[str, np.ndarray] | None, x: np.ndarray | None) -> dict:
        """The columns by the names of the expression.

        Parameters
        ----------
        spectators : mapping of str to (N,) array
            By internal name, or None to see only whether the names are known.
        x : (N, V) array

        Raises
        ------
        OptionError
            A name that is neither a spectator nor a variable.
        """
        found = {}
        for name in self.names:
            at = position(name, info.spectators)
            if at is not None:
                found[name] = None if spectators is None else spectators[info.spectators[at].internal]
                continue
            at = position(name, info.variables)
            if at is None:
                known = [v.label for v in (*info.spectators, *info.variables)]
                start = self.text.find(f"[{name}]")
                raise OptionError(
                    f"SplitExpr reads {quoted(name)}, which is no spectator and no variable",
                    code="fold-name",
                    source=Source(self.text),
                    span=Span(start, start + len(name) + 2),
                    expected=tuple(known),
                    hint=did_you_mean(name, known) or f"call AddSpectator('{name}')",
                )
            found[name] = None if x is None else x[:, at]
        return found

    def reads_spectators(self, info: DataSetInfo) -> bool:
        """Whether any of its names is a spectator."""
        return any(position(name, info.spectators) is not None for name in self.names)


def position(name: str, infos: Sequence[VariableInfo]) -> int | None:
    """Where the variable of this internal name, label or expression stands."""
    for i, v in enumerate(infos):
        if name in (v.internal, v.label) or "".join(name.split()) == v.expression:
            return i
    return None


# ------------------------------------------------------------------------------------------- from text to a function


class _Parser:
    """Precedence climbing over the tokens; every part becomes a function of the columns."""

    def __init__(self, text: str):
        self.source = Source(text)
        self.tokens, self.names, self.at, self.depth = [], [], 0, 0
        place = 0
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                raise self.error(Span(place, place + 1), f"{quoted(text[place])} means nothing in SplitExpr")
            if found.lastgroup != "blank":
                self.tokens.append((found.lastgroup, found[0], Span(place, found.end())))
            place = found.end()
        if len(self.tokens) > LONGEST:
            raise self.error(self.tokens[LONGEST][2], f"SplitExpr has more than {LONGEST} words and signs")
        self.tokens.append(("end", "", Span(max(0, len(text) - 1), len(text))))

    def error(self, span: Span, message: str, hint: str | None = None) -> OptionError:
        hint = hint or "SplitExpr=int(fabs([eventID]))%int([NumFolds])"
        return OptionError(message, code="fold-expression", source=self.source, span=span, where="SplitExpr", hint=hint)

    def next(self) -> tuple[str, str, Span]:
        self.at += 1
        return self.tokens[self.at - 1]

    def sees(self, sign: str) -> bool:
        return self.tokens[self.at][:2] == ("sign", sign)

    def expect(self, sign: str) -> None:
        kind, text, span = self.next()
        if (kind, text) != ("sign", sign):
            raise self.error(span, f"{quoted(sign)} is missing" + (f" before {quoted(text)}" if text else ""))

    def whole(self) -> tuple[Part, list[str]]:
        part = self.choice()
        kind, text, span = self.next()
        if kind != "end":
            raise self.error(span, f"{quoted(text)} does not belong there")
        return part, self.names

    def choice(self) -> Part:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(self.tokens[self.at][2], f"more than {DEEPEST} brackets stand inside each other")
        condition = self.binary(1)
        if self.sees("?"):
            self.next()
            yes = self.choice()
            self.expect(":")
            condition = chosen(condition, yes, self.choice())
        self.depth -= 1
        return condition

    def binary(self, least: int) -> Part:
        left = self.prefix()
        while self.tokens[self.at][0] == "sign" and _BINDS.get(self.tokens[self.at][1], 0) >= least:
            _, sign, _ = self.next()
            level = _BINDS[sign]
            left = joined(sign, left, self.binary(level if level == _POWER else level + 1))
        return left

    def prefix(self) -> Part:
        for sign in "-+!":
            if self.sees(sign):
                self.next()
                part = self.binary(_POWER) if sign != "!" else self.prefix()
                return prefixed(sign, part)
        return self.atom()

    def atom(self) -> Part:
        kind, text, span = self.next()
        if kind == "number":
            whole = text.isdigit()
            value = CppNumber(np.int64(text) if whole and int(text) < 2**63 else np.float64(text), whole)
            return lambda columns: value
        if kind == "name":
            name = text[1:-1].strip()
            self.names.append(name)
            return lambda columns: CppNumber(columns[name])
        if kind == "word":
            return self.word(text, span)
        if (kind, text) == ("sign", "("):
            cast = self.tokens[self.at]
            if cast[0] == "word" and self.tokens[self.at + 1][:2] == ("sign", ")") and cast[1] in (*WHOLE, *FLOATING):
                self.at += 2
                return called(cast[1], [self.prefix()])
            part = self.choice()
            self.expect(")")
            return part
        raise self.error(
            span, f"{quoted(text)} stands where a value should" if text else "SplitExpr ends where a value should stand"
        )

    def word(self, name: str, span: Span) -> Part:
        if not self.sees("("):
            if name == "pi":
                return lambda columns: CppNumber(np.float64(np.pi))
            hint = f"write [{name}] for the spectator of this name"
            raise self.error(span, f"{quoted(name)} is neither a function nor a name in brackets", hint)
        self.next()
        arguments: list[Part] = []
        while not self.sees(")"):
            if arguments:
                self.expect(",")
            arguments.append(self.choice())
        self.next()
        known = (1, 1) if name in (*WHOLE, *FLOATING, *ABSOLUTE) else getattr(FUNCTIONS.get(name), "arguments", None)
        if known is None:
            raise self.error(span, f"there is no function {quoted(name)}", did_you_mean(name, [*FUNCTIONS, *WHOLE]))
        if not known[0] <= len(arguments) <= known[1]:
            number = str(known[0]) if known[0] == known[1] else f"{known[0]} to {known[1]}"
            raise self.error(span, f"{name} takes {number} argument{'s' * (number != '1')}, not {len(arguments)}")
        return called(name, arguments)
